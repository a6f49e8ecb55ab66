import type { CallSource } from '../deployments/feed/sticky-key.ts'
import type { Account } from '../lib/account.ts'
import type { KeyTrouble } from './key-unusable.ts'
import type { CallLog } from './log-lines.ts'
import type { Patience } from './patience.ts'

/** One synchronous call of a function, whoever makes it: the Lambda API, a gateway, a queue. */
export interface Invocation {
  readonly account: Account
  readonly name: string
  /** A version, an alias or `$LATEST`; absent means `$LATEST` called without a qualifier. */
  readonly qualifier?: string
  /** The event as JSON text; handed to the function as it is. */
  readonly payload: string | Uint8Array
  readonly requestId: string
  /** Base64 JSON as the client sent it. */
  readonly clientContext?: string
  /** JSON of a Cognito identity, as the client's SDK sent it. */
  readonly identity?: string
  /** `X-Amzn-Trace-Id` to hand on; its lineage tells which functions called one another. See count-hops.ts. */
  readonly traceId?: string
  /**
   * A service that calls on somebody's behalf: the function's resource policy must let it in. Absent: the caller
   * was authorised already.
   */
  readonly principal?: ServicePrincipal
  /** What may keep the caller on its version while a deployment moves the alias that it calls. */
  readonly source?: CallSource
  /** Stops the function when its caller went away. */
  readonly signal?: AbortSignal
  /** Of a caller that waits no longer than this, and lets the function go on. */
  readonly patience?: Patience
}

export interface ServicePrincipal {
  /** `apigateway.amazonaws.com` */
  readonly service: string
  readonly sourceArn: string
  readonly sourceAccount: string
}

export type InvocationResult = Answered | Refused

export interface Answered {
  readonly kind: 'answered'
  /** The version that ran: a number or `$LATEST`. */
  readonly executedVersion: string
  /** Set when the function failed; `payload` then is its error document. */
  readonly functionError?: 'Unhandled'
  /** JSON text. */
  readonly payload: string
  /** START, the function's own lines, END and REPORT. */
  readonly logs: string
  /** What that is made of; absent when nothing ran. */
  readonly log?: CallLog
  /** Milliseconds inside the function. */
  readonly durationMs: number
  /** What the call is charged as; absent when nothing ran. */
  readonly usage?: CallUsage
}

export interface CallUsage {
  /** MB, as configured. */
  readonly memorySize: number
  /** Whole milliseconds. */
  readonly billedMs: number
  /** Milliseconds of loading the version; set when this call did. */
  readonly initMs?: number
  /** Its isolate has answered few events yet: what a function opens, fetches and compiles at first takes time, too. */
  readonly isFresh?: true
  /** Milliseconds that others took which were before it in its isolate's line; absent where nobody was. */
  readonly inLineMs?: number
}

/** Whether calls after this one may be expected to be quicker. */
export const isCold = (usage: CallUsage | undefined): boolean =>
  usage?.initMs !== undefined || usage?.isFresh === true

/** An answer that is handed on while the function produces it. */
export interface Streamed {
  readonly kind: 'streamed'
  readonly executedVersion: string
  /**
   * `application/vnd.awslambda.http-integration-response` when the body begins with a prelude
   * (`awslambda.HttpResponseStream.from`), otherwise what the function set, `application/octet-stream` by default;
   * `application/json` for a handler that does not stream, whose whole result is the body.
   */
  readonly contentType: string
  /** Ends also when the function failed; {@link Streamed.ending} tells. A consumer that cancels does not end the function. */
  readonly body: ReadableStream<Uint8Array>
  /** Settles once the function has ended; never rejects. The body has to be read or cancelled for that. */
  readonly ending: Promise<StreamEnding>
}

export interface StreamEnding {
  readonly functionError?: 'Unhandled'
  /** JSON text; set when the function failed. */
  readonly errorDocument?: string
  readonly logs: string
  /** As of {@link Answered}. */
  readonly log?: CallLog
  readonly durationMs: number
  readonly usage?: CallUsage
}

export interface Refused {
  readonly kind: 'refused'
  readonly reason: RefusalReason
  readonly message: string
  /** Of `key-unusable`. */
  readonly code?: KeyTrouble
}

/**
 * `over-ceiling`: the function's reserved concurrency is in use. `recursive`: it called itself too often.
 * `key-unusable`: the KMS key of its variables.
 */
export type RefusalReason =
  | 'not-found'
  | 'not-permitted'
  | 'throttled'
  | 'over-ceiling'
  | 'recursive'
  | 'not-ready'
  | 'unavailable'
  | 'key-unusable'

export type InvokeFunction = (invocation: Invocation) => Promise<InvocationResult>

/** As {@link InvokeFunction}, with the answer as it is produced. */
export type StreamFunction = (invocation: Invocation) => Promise<Streamed | Refused>
