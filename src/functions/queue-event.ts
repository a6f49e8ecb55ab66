import type { Env } from '../env.ts'
import type { Account } from '../lib/account.ts'
import type { InvokeFunction } from './invocation.ts'

/** An asynchronous call on its way through the queue. */
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

/** A queue message holds 128 KB; this leaves room for the rest of it. */
const INLINE_LIMIT = 96 * 1024

/** Lambda tries an event three times: at once, a minute later, two minutes after that. */
const RETRY_DELAYS_SECONDS = [60, 120]

/** What a throttled or unreachable function is given before the next try; such tries do not count as failures. */
const THROTTLED_DELAY_SECONDS = 30

/** Accepts an event: once this returns, the function will be called at least once. */
export async function enqueueEvent(
  env: Env,
  event: Omit<EventMessage, 'schema' | 'payload' | 'payloadKey'>,
  payload: Uint8Array,
): Promise<void> {
  if (payload.length <= INLINE_LIMIT) {
    await env.INVOCATIONS.send({
      schema: 1,
      ...event,
      payload: new TextDecoder().decode(payload),
    } satisfies EventMessage)
    return
  }
  const payloadKey = `events/${event.requestId}.json`
  await env.STORE.put(payloadKey, payload)
  await env.INVOCATIONS.send({ schema: 1, ...event, payloadKey } satisfies EventMessage)
}

/** Calls the functions of a batch of events, each on its own: one that fails does not hold up the others. */
export async function consumeEvents(
  batch: MessageBatch<EventMessage>,
  env: Env,
  invoke: InvokeFunction,
): Promise<void> {
  await Promise.all(
    batch.messages.map(async message => {
      const { body, attempts } = message
      const payload = body.payload ?? (await payloadOf(env, body))
      if (payload === undefined) return message.ack()
      const result = await invoke({
        account: body.account,
        name: body.name,
        qualifier: body.qualifier,
        requestId: body.requestId,
        clientContext: body.clientContext,
        payload,
      }).catch(error => {
        console.error(`event ${body.requestId} could not be delivered`, error)
        return undefined
      })
      const failed = result?.kind === 'answered' && result.functionError !== undefined
      const again = result === undefined || (result.kind === 'refused' && result.reason !== 'not-found')
      if (failed && attempts <= RETRY_DELAYS_SECONDS.length) {
        return message.retry({ delaySeconds: RETRY_DELAYS_SECONDS[attempts - 1] })
      }
      if (again) return message.retry({ delaySeconds: THROTTLED_DELAY_SECONDS })
      message.ack()
      if (body.payloadKey) await env.STORE.delete(body.payloadKey)
    }),
  )
}

async function payloadOf(env: Env, body: EventMessage): Promise<string | undefined> {
  const object = body.payloadKey ? await env.STORE.get(body.payloadKey) : null
  return object?.text()
}
