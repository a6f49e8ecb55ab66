import type { Account } from '../../lib/account.ts'

/** An asynchronous call: what its caller decides. */
export interface EventMessage {
  readonly account: Account
  readonly name: string
  readonly qualifier?: string
  /** Of the function that was meant: one of the same name that is created later does not get its events. */
  readonly uid?: string
  readonly requestId: string
  readonly clientContext?: string
  /** `X-Amzn-Trace-Id` of the call. */
  readonly traceId?: string
  /** By which the caller keeps its version while a deployment moves the alias: see `stickyKeyOf`. */
  readonly stickyKey?: string
}

/** ... and on its way through the queue. */
export interface QueuedEvent extends EventMessage {
  readonly schema: 1
  /** When it was accepted, in milliseconds since the epoch. */
  readonly acceptedAt: number
  /** How often the function has failed at it. */
  readonly failures: number
  /** Tries that earlier messages of this event made without reaching the function. */
  readonly deferrals?: number
  /** Whoever accepted it has counted that it came. */
  readonly isCounted?: boolean
  /** JSON text, or ... */
  readonly payload?: string
  /** ... where in the store it lies, when it is too large for a message, or also lies there. */
  readonly payloadKey?: string
}

/** The queue is ours, but a message may be of another version of Weir, or sent by hand. */
export function isQueuedEvent(body: unknown): body is QueuedEvent {
  if (typeof body !== 'object' || body === null) return false
  const { schema, account, name, requestId, acceptedAt, failures, payload, payloadKey } =
    body as Partial<QueuedEvent>
  return (
    schema === 1 &&
    typeof account?.id === 'string' &&
    typeof account.region === 'string' &&
    typeof name === 'string' &&
    typeof requestId === 'string' &&
    typeof acceptedAt === 'number' &&
    typeof failures === 'number' &&
    (typeof payload === 'string' || typeof payloadKey === 'string')
  )
}

/** Of a message that a newer Weir wrote, while an older one still runs beside it. */
export const isOfNewerSchema = (body: unknown): boolean =>
  Number((body as { schema?: unknown } | null)?.schema) > 1
