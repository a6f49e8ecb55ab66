import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { acceptEvent, acceptKeptEvents } from '../../../src/functions/events/accept-event.ts'
import { consumeEvents, type EventConsumer } from '../../../src/functions/events/consume-events.ts'
import { DESTINATION_SENDERS } from '../../../src/functions/events/destinations.ts'
import { removeAbandonedEvents, removeEventsOf } from '../../../src/functions/events/event-documents.ts'
import { manifestReader } from '../../../src/functions/events/manifest-reader.ts'
import type { QueuedEvent } from '../../../src/functions/events/queued-event.ts'
import type { Invocation, InvocationResult } from '../../../src/functions/invocation.ts'
import type { FunctionPointer } from '../../../src/functions/manifest.ts'
import { bindings } from '../function-host.ts'

const ACCOUNT = { id: '000000000000', region: 'us-east-1' }
const ARN = 'arn:aws:lambda:us-east-1:000000000000:function'

/** The process does no more: whoever waits for it waits for ever. */
class Process {
  readonly ended: Promise<'ended'>
  readonly #crashAt: number
  #end: (how: 'ended') => void = () => {}
  #steps = 0

  constructor(crashAt: number) {
    this.#crashAt = crashAt
    this.ended = new Promise(resolve => {
      this.#end = resolve
    })
  }

  /** One thing done outside of the process, at whose beginning or end it may die. */
  async step<T>(work: () => Promise<T>): Promise<T> {
    await this.#pass()
    const result = await work()
    await this.#pass()
    return result
  }

  #pass(): Promise<void> | void {
    if (++this.#steps < this.#crashAt) return
    this.#end('ended')
    return new Promise(() => {})
  }
}

/** A queue that has a message until it is told that it was dealt with; the local one loses all with its process. */
class Messages {
  readonly waiting = new Map<number, { body: QueuedEvent; attempts: number }>()
  #last = 0

  add(body: QueuedEvent): void {
    this.waiting.set(++this.#last, { body: structuredClone(body), attempts: 0 })
  }
}

function consumerOf(
  process: Process,
  messages: Messages,
  queueForgets: boolean,
  invoke: (invocation: Invocation) => InvocationResult,
  deferred: Promise<unknown>[],
): EventConsumer {
  const { STORE } = bindings
  const store = {
    get: (key: string) =>
      process.step(async () => {
        // At once: a body that nobody reads because the process died would be reported.
        const text = await (await STORE.get(key))?.text()
        return text === undefined ? null : { text: async () => text, json: async () => JSON.parse(text) }
      }),
    put: (...put: Parameters<R2Bucket['put']>) => process.step(() => STORE.put(...put)),
    delete: (key: string) => process.step(() => STORE.delete(key)),
    list: (options: R2ListOptions) => STORE.list(options),
  } as unknown as R2Bucket
  const pointer: Omit<FunctionPointer, 'name' | 'uid'> = {
    schema: 1,
    account: ACCOUNT,
    latest: 'none',
    newest: 1,
    deleted: [],
    aliases: {},
    policies: {},
  }
  const destinations = { onSuccess: `${ARN}:told`, onFailure: `${ARN}:told` }
  return {
    store,
    queue: {
      send: (body: QueuedEvent) => process.step(async () => messages.add(body)),
    } as unknown as Queue,
    clock: Date.now,
    queueForgets,
    newId: () => crypto.randomUUID(),
    pointer: (_, name) =>
      process.step(async () => ({
        ...pointer,
        name,
        uid: `${name}-0000`,
        ...(name === 'called' && { eventInvoke: { $LATEST: destinations } }),
      })),
    invoke: invocation => process.step(async () => invoke(invocation)),
    senders: DESTINATION_SENDERS,
    publish: async () => 'there are no topics',
    manifest: manifestReader(store),
    longestCallMs: 60_000,
    minuteMs: 1,
    defer: work => {
      deferred.push(work)
    },
  }
}

/** Delivers until nothing waits, or the process has ended. */
async function drain(consumer: EventConsumer, messages: Messages, deferred: Promise<unknown>[]) {
  for (let turn = 0; messages.waiting.size > 0; turn++) {
    if (turn === 50) throw new Error('there is no end to it')
    const batch = [...messages.waiting]
    const done = new Set<number>()
    await consumeEvents(
      {
        messages: batch.map(([id, message]) => ({
          id: String(id),
          body: message.body,
          attempts: ++message.attempts,
          ack: () => done.add(id),
          retry: () => {},
        })),
      } as unknown as MessageBatch<unknown>,
      consumer,
    )
    // What was acknowledged is gone once the batch has ended, and not before.
    for (const id of done) messages.waiting.delete(id)
    while (deferred.length > 0) await deferred.shift()
  }
}

describe.each([
  ['a queue that keeps its messages', false],
  ['a queue that forgets', true],
] as const)('with %s', (_, queueForgets) => {
  beforeEach(async () => {
    await removeEventsOf(bindings.STORE, ACCOUNT.id)
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    onTestFinished(() => log.mockRestore())
  })

  test.each([
    ['a small event', '{"a":1}', 0],
    ['a small event that fails once', '{"a":1}', 1],
    ['a large event', JSON.stringify('x'.repeat(200_000)), 0],
    ['a large event that fails always', JSON.stringify('x'.repeat(200_000)), 99],
  ])('%s is made, and told of, wherever the process dies', async (_, payload, failures) => {
    let steps = 0
    for (let crashAt = 1; ; crashAt++) {
      let messages = new Messages()
      const calls: string[] = []
      let left = failures
      const invoke = ({ name, payload: text }: Invocation): InvocationResult => {
        calls.push(name)
        if (name === 'called') expect(text === payload).toBe(true)
        else expect(JSON.parse(String(text)).requestPayload).toEqual(JSON.parse(payload))
        const fails = name === 'called' && left-- > 0
        return {
          kind: 'answered',
          executedVersion: '1',
          payload: 'null',
          logs: '',
          durationMs: 1,
          ...(fails && { functionError: 'Unhandled' as const }),
        }
      }
      const start = (process: Process, deferred: Promise<unknown>[] = []) => ({
        consumer: consumerOf(process, messages, queueForgets, invoke, deferred),
        deferred,
      })

      const first = new Process(crashAt)
      let isAccepted = false
      const life = async () => {
        const { consumer, deferred } = start(first)
        const event = { account: ACCOUNT, name: 'called', requestId: `request-${crashAt}` }
        await acceptEvent(consumer, event, new TextEncoder().encode(payload))
        isAccepted = true
        await drain(consumer, messages, deferred)
        return 'all done' as const
      }
      const outcome = await Promise.race([life(), first.ended])
      if (outcome === 'ended') {
        if (queueForgets) messages = new Messages()
        const { consumer, deferred } = start(new Process(Number.POSITIVE_INFINITY))
        if (queueForgets) await acceptKeptEvents(consumer, Date.now() + 1000)
        await drain(consumer, messages, deferred)
      }
      if (isAccepted) {
        expect(calls, `died at step ${crashAt}`).toContain('called')
        expect(calls, `died at step ${crashAt}`).toContain('told')
      }
      // What is left is what nothing leads to any more.
      await removeAbandonedEvents(bindings.STORE, Date.now() + 25 * 60 * 60 * 1000)
      expect((await bindings.STORE.list({ prefix: 'events/' })).objects).toEqual([])
      steps = crashAt
      if (outcome === 'all done') break
    }
    expect(steps).toBeGreaterThan(10)
  })
})
