import type { Account } from '../lib/account.ts'

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
  /** W3C or X-Ray header to hand on. */
  readonly traceId?: string
  /**
   * A service that calls on somebody's behalf: the function's resource policy must let it in. Absent: the caller
   * was authorised already.
   */
  readonly principal?: ServicePrincipal
  /** Stops the function when its caller went away. */
  readonly signal?: AbortSignal
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
  readonly functionError?: 'Handled' | 'Unhandled'
  /** JSON text. */
  readonly payload: string
  /** START, the function's own lines, END and REPORT. */
  readonly logs: string
  /** Milliseconds inside the function. */
  readonly durationMs: number
}

export interface Refused {
  readonly kind: 'refused'
  readonly reason: 'not-found' | 'not-permitted' | 'throttled' | 'not-ready' | 'unavailable'
  readonly message: string
}

export type InvokeFunction = (invocation: Invocation) => Promise<InvocationResult>
