import type { Answered, StreamEnding } from '../invocation.ts'
import type { CallLog, LogTarget } from '../log-lines.ts'
import type { RoleCall } from '../outbound.ts'
import type { NotRun, Run } from '../run-version.ts'

/**
 * On a machine where nothing limits what a function takes, the isolates of functions live in a process of their own.
 * Weir calls it through a supervisor, which replaces it when a function holds its only thread or fills its memory:
 *
 *     Weir -> supervisor -> function process       POST CALLS.run | stream | warm
 *     Weir <- function process                     POST SOURCE + manifest | code | variables | aws
 *
 * All of it is HTTP on this machine's loopback, and every request has the secret of this start in TOKEN_HEADER.
 *
 * A call is answered with frames (stream-frames.ts), at once:
 *
 *     starting   JSON, {@link Starting}: the function is about to be called
 *     begin      JSON, {@link Begin}, of a stream only: what follows is its answer
 *     data       payload
 *     logs       the function's own lines, as in CallLog
 *     end        JSON, {@link CallEnd}
 *
 * `cut` (JSON, {@link Cut}) may stand in the place of any of them, the last one then: the supervisor says it of a
 * process that cannot.
 *
 * The supervisor sends a process a call's payload with its length before it (4 bytes, big-endian), and one byte more
 * as its answer to `starting`. Only then does the function get its event, so that the supervisor knows of every call
 * whether it may be made again elsewhere, and whose thread it is.
 */
export const CALLS = { run: '/run', stream: '/stream', warm: '/warm' } as const
export type CallKind = keyof typeof CALLS

/** The supervisor shows the body, lines of text, in the terminal. */
export const PRINT = '/print'

/** Answered as soon as the thread is free. */
export const PING = '/ping'

/** Below it is what the function process asks of Weir. */
export const SOURCE = '/_weir/functions/'

/** Of an answer that is a KeyUnusable, as JSON. */
export const KEY_UNUSABLE_STATUS = 409

export const TOKEN_HEADER = 'weir-token'
/** JSON in ASCII: {@link RunHead} or {@link WarmHead}. */
export const HEAD_HEADER = 'weir-call'

export type RunHead = Omit<Run, 'payload' | 'signal' | 'starting' | 'known' | 'patience'>

export interface WarmHead {
  readonly manifest: string
  readonly isolates: number
}

export interface Starting {
  readonly name: string
  readonly version: string
  /** MB, as configured. */
  readonly memorySize: number
  /** Seconds. */
  readonly timeout: number
  /** Where its lines go; absent where nothing is called. */
  readonly target?: LogTarget
}

export interface Begin {
  readonly executedVersion: string
  readonly contentType: string
}

/** The payload of an answer and the function's own lines come in frames of their own. */
export type CallEnd =
  | (Omit<Answered, 'payload' | 'logs' | 'log'> & LogHead)
  | ({ readonly kind: 'ended' } & Omit<StreamEnding, 'logs' | 'log'> & LogHead)
  | (Pick<NotRun, 'kind' | 'reason' | 'trouble'> & { readonly cause?: string })
  | { readonly kind: 'warm' }

interface LogHead {
  readonly logHead?: Omit<CallLog, 'lines'>
}

/**
 * `time-out`: the function did not let go of its thread until its time was over. `exit`: its process ended with it,
 * `signal` says how in Lambda's words (`killed`). `interrupted`: its process ended for another one's sake.
 */
export type Cut =
  | { readonly reason: 'time-out' | 'interrupted' }
  | { readonly reason: 'exit'; readonly signal: string }

/** Header of a function's request to an AWS service on its way to Weir, JSON in ASCII: what the request was. */
export const ROLE_CALL_HEADER = 'weir-role-call'

export interface ForwardedCall {
  readonly url: string
  readonly method: string
  readonly call: RoleCall
}
