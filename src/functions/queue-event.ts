import type { Env } from '../env.ts'
import type { Account } from '../lib/account.ts'
import type { Clock } from '../lib/clock.ts'
import type { InvocationResult, InvokeFunction } from './invocation.ts'

/** An asynchronous call. */
export interface EventMessage {
  readonly schema: 1
  readonly account: Account
  readonly name: string
  readonly qualifier?: string
  readonly requestId: string
  readonly clientContext?: string
  /** JSON text, or ... */
  readonly payload?: string
  /** ... where in the store it lies, when it is too large for a message. */
  readonly payloadKey?: string
}

/** ... and on its way through the queue. */
interface QueuedEvent extends EventMessage {
  /** When it was accepted, in milliseconds since the epoch. */
  readonly acceptedAt: number
  /** How often the function has failed at it. */
  readonly failures: number
}

/** A queue message holds 128 KB; this leaves room for the rest of it. */
const INLINE_LIMIT = 96 * 1024

/** Lambda tries an event three times: at once, a minute later, two minutes after that. */
const RETRY_DELAYS_SECONDS = [60, 120]

/** An event that could not be handed to its function for so long is dropped: Lambda's default, six hours. */
const LARGEST_AGE_MS = 6 * 60 * 60 * 1000

/** The longest pause between tries of an event whose function is throttled or out of reach; as Lambda's. */
const LONGEST_PAUSE_SECONDS = 300

/** By then every isolate knows of a function that was created before the event was accepted. */
const UNKNOWN_FUNCTION_SECONDS = 3

/** Of a message that a newer Weir wrote, while an older one still runs beside it. */
const UNKNOWN_SCHEMA_SECONDS = 60

/** Accepts an event: once this returns, the function will be called at least once. */
export async function enqueueEvent(
  env: Env,
  event: Omit<EventMessage, 'schema' | 'payload' | 'payloadKey'>,
  payload: Uint8Array,
  clock: Clock,
): Promise<void> {
  const message = { schema: 1, ...event, acceptedAt: clock(), failures: 0 } as const
  if (payload.length <= INLINE_LIMIT) {
    await send(env, { ...message, payload: new TextDecoder().decode(payload) })
    return
  }
  const payloadKey = `events/${event.account.id}/${event.requestId}.json`
  await env.STORE.put(payloadKey, payload)
  await send(env, { ...message, payloadKey })
}

/**
 * Calls the functions of a batch of events, each on its own: one that fails does not hold up the others. Never
 * rejects, as the queue would then repeat the events of the batch that were served.
 *
 * @param invoke must not run its function within the consumer's own request, which may only have a few under way
 */
export async function consumeEvents(
  batch: MessageBatch<unknown>,
  env: Env,
  invoke: InvokeFunction,
  clock: Clock,
): Promise<void> {
  await Promise.all(
    batch.messages.map(async message => {
      try {
        await consume(message, env, invoke, clock)
      } catch (error) {
        console.error(`event ${message.id} could not be served`, error)
        message.retry({ delaySeconds: pauseAfter(message.attempts) })
      }
    }),
  )
}

async function consume(
  message: Message<unknown>,
  env: Env,
  invoke: InvokeFunction,
  clock: Clock,
): Promise<void> {
  const { body, attempts } = message
  if (!isEvent(body)) {
    if (isNewer(body)) return message.retry({ delaySeconds: UNKNOWN_SCHEMA_SECONDS })
    console.error(`message ${message.id} is not an event and was dropped`)
    return message.ack()
  }
  const payload = body.payload ?? (await payloadOf(env, body))
  // It is removed after the event was served: this is a repetition of its message.
  if (payload === undefined) return message.ack()
  const result = await invoke({
    account: body.account,
    name: body.name,
    qualifier: body.qualifier,
    requestId: body.requestId,
    clientContext: body.clientContext,
    payload,
  })
  const { failures } = body
  if (hasFailed(result) && failures < RETRY_DELAYS_SECONDS.length) {
    // A message of its own: tries that did not reach the function must not count as failures of it.
    await send(env, { ...body, failures: failures + 1 }, RETRY_DELAYS_SECONDS[failures])
    return message.ack()
  }
  const pause = pauseBefore(result, attempts)
  if (pause !== undefined) {
    if (clock() - body.acceptedAt + pause * 1000 <= LARGEST_AGE_MS)
      return message.retry({ delaySeconds: pause })
    console.error(`event ${body.requestId} for ${body.name} is too old and was dropped`)
  }
  message.ack()
  if (body.payloadKey) await env.STORE.delete(body.payloadKey)
}

const hasFailed = (result: InvocationResult): boolean =>
  result.kind === 'answered' && result.functionError !== undefined

/** Seconds until an event that did not reach its function is tried again; undefined when it is not. */
function pauseBefore(result: InvocationResult, attempts: number): number | undefined {
  if (result.kind === 'answered') return undefined
  if (result.reason !== 'not-found') return pauseAfter(attempts)
  return attempts === 1 ? UNKNOWN_FUNCTION_SECONDS : undefined
}

/** "The retry interval increases exponentially from 1 second after the first attempt to a maximum of 5 minutes" */
const pauseAfter = (attempts: number): number => Math.min(LONGEST_PAUSE_SECONDS, 2 ** (attempts - 1))

async function send(env: Env, message: QueuedEvent, delaySeconds?: number): Promise<void> {
  await env.INVOCATIONS.send(message, { delaySeconds })
}

async function payloadOf(env: Env, body: QueuedEvent): Promise<string | undefined> {
  const object = body.payloadKey ? await env.STORE.get(body.payloadKey) : null
  return object?.text()
}

/** The queue is ours, but a message may be of another version of Weir, or sent by hand. */
function isEvent(body: unknown): body is QueuedEvent {
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

const isNewer = (body: unknown): boolean => Number((body as { schema?: unknown } | null)?.schema) > 1
