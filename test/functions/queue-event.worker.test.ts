import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Env } from '../../src/env.ts'
import type { Answered, Invocation, InvocationResult } from '../../src/functions/invocation.ts'
import { consumeEvents, enqueueEvent } from '../../src/functions/queue-event.ts'
import { bindings } from './function-host.ts'

const EVENT = {
  account: { id: '000000000000', region: 'us-east-1' },
  name: 'called',
  requestId: 'request-1',
}
const HOUR = 60 * 60 * 1000

const answered: Answered = {
  kind: 'answered',
  executedVersion: '1',
  payload: 'null',
  logs: '',
  durationMs: 1,
}
const failed: Answered = { ...answered, functionError: 'Unhandled' }
const refused = (reason: 'throttled' | 'not-found' | 'unavailable'): InvocationResult => ({
  kind: 'refused',
  reason,
  message: 'why',
})

let now: number
let sent: Array<{ body: Record<string, unknown>; delaySeconds: number | undefined }>
let calls: Invocation[]
let answer: () => Promise<InvocationResult>
let env: Env

beforeEach(() => {
  now = 1_800_000_000_000
  sent = []
  calls = []
  answer = async () => answered
  const INVOCATIONS = {
    async send(body: Record<string, unknown>, options?: { delaySeconds?: number }) {
      sent.push({ body: structuredClone(body), delaySeconds: options?.delaySeconds })
    },
  } as unknown as Queue
  env = { ...bindings, INVOCATIONS }
  const log = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => log.mockRestore())
})

const clock = () => now
const enqueue = (payload = '{"a":1}', event = EVENT) =>
  enqueueEvent(env, event, new TextEncoder().encode(payload), clock)

/** Delivers messages as one batch and says what became of each. */
async function deliver(...messages: Array<{ body: unknown; attempts?: number }>): Promise<string[]> {
  const fates = messages.map(() => 'undecided')
  const batch = {
    messages: messages.map(({ body, attempts = 1 }, index) => ({
      id: `message-${index}`,
      body,
      attempts,
      ack: () => {
        fates[index] = 'done'
      },
      retry: ({ delaySeconds }: { delaySeconds: number }) => {
        fates[index] = `again in ${delaySeconds} s`
      },
    })),
  } as unknown as MessageBatch<unknown>
  const invoke = (invocation: Invocation) => {
    calls.push(invocation)
    return answer()
  }
  await consumeEvents(batch, env, invoke, clock)
  return fates
}

describe('an event', () => {
  test('reaches its function with the request id that its caller was told', async () => {
    await enqueue()
    expect(await deliver(sent[0]!)).toEqual(['done'])
    expect(calls).toMatchObject([{ ...EVENT, payload: '{"a":1}' }])
  })

  test('is tried three times when the function fails, a minute and two minutes apart', async () => {
    answer = async () => failed
    await enqueue()
    for (const delaySeconds of [60, 120]) {
      expect(await deliver(sent.at(-1)!)).toEqual(['done'])
      expect(sent.at(-1)!.delaySeconds).toBe(delaySeconds)
    }
    expect(await deliver(sent.at(-1)!)).toEqual(['done'])
    expect(sent).toHaveLength(3)
    expect(calls.map(call => call.requestId)).toEqual(['request-1', 'request-1', 'request-1'])
  })

  test('does not lose tries to throttling', async () => {
    await enqueue()
    answer = async () => refused('throttled')
    for (const [attempts, seconds] of [
      [1, 1],
      [2, 2],
      [5, 16],
      [20, 300],
    ] as const)
      expect(await deliver({ ...sent[0]!, attempts })).toEqual([`again in ${seconds} s`])
    answer = async () => failed
    expect(await deliver({ ...sent[0]!, attempts: 21 })).toEqual(['done'])
    expect(sent[1]).toMatchObject({ delaySeconds: 60, body: { failures: 1 } })
  })

  test('that no try reached its function for six hours is dropped', async () => {
    await enqueue()
    answer = async () => refused('unavailable')
    now += 6 * HOUR - 301_000
    expect(await deliver({ ...sent[0]!, attempts: 70 })).toEqual(['again in 300 s'])
    now += 300_000
    expect(await deliver({ ...sent[0]!, attempts: 71 })).toEqual(['done'])
  })

  test('for a function that this isolate may not know of yet is tried once more', async () => {
    await enqueue()
    answer = async () => refused('not-found')
    expect(await deliver(sent[0]!)).toEqual(['again in 3 s'])
    expect(await deliver({ ...sent[0]!, attempts: 2 })).toEqual(['done'])
  })

  test('too large for a message lies in the store until it was served', async () => {
    const payload = JSON.stringify('x'.repeat(900_000))
    await enqueue(payload, { ...EVENT, requestId: 'large' })
    const { payloadKey } = sent[0]!.body as { payloadKey: string }
    expect(JSON.stringify(sent[0]!.body).length).toBeLessThan(1_000)
    answer = async () => refused('throttled')
    await deliver(sent[0]!)
    answer = async () => failed
    await deliver(sent[0]!)
    expect(await env.STORE.head(payloadKey)).not.toBeNull()
    answer = async () => answered
    expect(await deliver(sent[1]!)).toEqual(['done'])
    expect(calls.map(call => call.payload === payload)).toEqual([true, true, true])
    expect(await env.STORE.head(payloadKey)).toBeNull()
    // The queue may deliver a message again.
    expect(await deliver(sent[1]!)).toEqual(['done'])
    expect(calls).toHaveLength(3)
  })
})

describe('a batch', () => {
  test('is not held up, nor repeated, by a message that is poison, newer, or fails', async () => {
    await enqueue('1', { ...EVENT, requestId: 'good' })
    await enqueue('2', { ...EVENT, requestId: 'surprise' })
    answer = async () => {
      if (calls.at(-1)?.requestId === 'surprise') throw new Error('the platform failed')
      return answered
    }
    const fates = await deliver(
      { body: null },
      { body: 'text' },
      { body: { schema: 1, name: 'called' } },
      { body: { schema: 2, anything: true } },
      { ...sent[1]!, attempts: 3 },
      sent[0]!,
    )
    expect(fates).toEqual(['done', 'done', 'done', 'again in 60 s', 'again in 4 s', 'done'])
    expect(calls.map(call => call.requestId).sort()).toEqual(['good', 'surprise'])
  })

  test('goes on while the store is away', async () => {
    await enqueue(JSON.stringify('x'.repeat(200_000)), { ...EVENT, requestId: 'kept' })
    await enqueue('1')
    const { STORE } = env
    env = {
      ...env,
      STORE: {
        get: async () => {
          throw new Error('the store is away')
        },
      } as unknown as R2Bucket,
    }
    expect(await deliver(sent[0]!, sent[1]!)).toEqual(['again in 1 s', 'done'])
    env = { ...env, STORE }
    expect(await deliver(sent[0]!)).toEqual(['done'])
  })
})
