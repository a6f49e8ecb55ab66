import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { EventMetric } from '../../../src/functions/call-recorder.ts'
import { acceptEvent, acceptKeptEvents } from '../../../src/functions/events/accept-event.ts'
import { consumeEvents, type EventConsumer } from '../../../src/functions/events/consume-events.ts'
import {
  DESTINATION_SENDERS,
  type Delivery,
  type DestinationSenders,
} from '../../../src/functions/events/destinations.ts'
import { removeAbandonedEvents, removeEventsOf } from '../../../src/functions/events/event-documents.ts'
import { manifestReader } from '../../../src/functions/events/manifest-reader.ts'
import type { QueuedEvent } from '../../../src/functions/events/queued-event.ts'
import type {
  Answered,
  Invocation,
  InvocationResult,
  RefusalReason,
} from '../../../src/functions/invocation.ts'
import { type FunctionPointer, type Manifest, manifestKey } from '../../../src/functions/manifest.ts'
import { bindings } from '../function-host.ts'

const ACCOUNT = { id: '000000000000', region: 'us-east-1' }
const EVENT = { account: ACCOUNT, name: 'called', requestId: 'request-1' }
const ARN = 'arn:aws:lambda:us-east-1:000000000000:function'
const HOUR = 60 * 60 * 1000

const answered: Answered = {
  kind: 'answered',
  executedVersion: '1',
  payload: '{"done":12345678901234567890}',
  logs: '',
  durationMs: 1,
}
const failed: Answered = {
  ...answered,
  functionError: 'Unhandled',
  payload: '{"errorType":"Error","errorMessage":"broken"}',
}
const refused = (reason: RefusalReason): InvocationResult => ({ kind: 'refused', reason, message: 'why' })

/** A message as the queue has it. */
interface Sent {
  readonly body: QueuedEvent
  readonly delaySeconds?: number
}

let now: number
let sent: Sent[]
let calls: Invocation[]
let answer: (invocation: Invocation) => Promise<InvocationResult>
let pointers: Record<string, FunctionPointer>
let consumer: EventConsumer
let logged: string[]
let deferred: Promise<unknown>[]

const pointerOf = (name: string, more: Partial<FunctionPointer> = {}): FunctionPointer => ({
  schema: 1,
  account: ACCOUNT,
  name,
  uid: `abcdef01-of-${name}`,
  latest: manifestKey(`abcdef01-of-${name}`, '$LATEST', 'now'),
  newest: 1,
  deleted: [],
  aliases: { live: { version: '1' } },
  policies: {},
  ...more,
})

beforeEach(async () => {
  await removeEventsOf(bindings.STORE, ACCOUNT.id)
  now = Date.now()
  sent = []
  calls = []
  logged = []
  deferred = []
  answer = async () => answered
  pointers = { called: pointerOf('called'), told: pointerOf('told') }
  const queue = {
    async send(body: QueuedEvent, options?: { delaySeconds?: number }) {
      sent.push({ body: structuredClone(body), delaySeconds: options?.delaySeconds })
    },
  } as unknown as Queue
  let ids = 0
  consumer = {
    store: bindings.STORE,
    queue,
    clock: () => now,
    queueForgets: false,
    newId: () => `id-${++ids}`,
    pointer: async (_account, name) => pointers[name],
    invoke: invocation => {
      calls.push(invocation)
      return answer(invocation)
    },
    senders: DESTINATION_SENDERS,
    publish: async () => 'there are no topics',
    manifest: manifestReader(bindings.STORE),
    longestCallMs: 60_000,
    minuteMs: 60_000,
    defer: work => {
      deferred.push(work)
    },
  }
  for (const level of ['error', 'warn'] as const) {
    const log = vi.spyOn(console, level).mockImplementation((...words) => {
      logged.push(words.join(' '))
    })
    onTestFinished(() => log.mockRestore())
  }
})

const accept = (payload = '{"a":1}', event: object = {}) =>
  acceptEvent(consumer, { ...EVENT, ...event }, new TextEncoder().encode(payload))

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
  await consumeEvents(batch, consumer)
  return fates
}

/** Delivers everything that is in the queue until nothing is, as time passes. */
async function drain(): Promise<void> {
  for (let message = sent.shift(); message; message = sent.shift()) {
    now += (message.delaySeconds ?? 0) * 1000
    await deliver(message)
    while (deferred.length > 0) await deferred.shift()
  }
}

const documents = async () => (await bindings.STORE.list({ prefix: 'events/' })).objects.map(({ key }) => key)

describe('an event', () => {
  test('reaches its function with the request id, context and trace that its caller gave', async () => {
    const more = { qualifier: 'live', clientContext: 'e30=', traceId: 'Root=1-2-3;Lineage=aaaaaaaa:2' }
    await accept('{"a":1}', more)
    expect(await deliver(sent[0]!)).toEqual(['done'])
    expect(calls).toEqual([{ ...EVENT, ...more, payload: '{"a":1}' }])
  })

  test('is measured: that it came, how old it was at each try, and that it was dropped', async () => {
    const measured: [EventMetric, number][] = []
    consumer = { ...consumer, recorder: { event: (_, metric, value) => measured.push([metric, value]) } }
    answer = async () => failed
    await accept()
    now += 250
    for (let i = 0; i < 3; i += 1) await deliver(sent.at(-1)!)
    expect(measured).toEqual([
      ['AsyncEventsReceived', 1],
      ['AsyncEventAge', 250],
      ['AsyncEventAge', 250],
      ['AsyncEventAge', 250],
      ['AsyncEventsDropped', 1],
    ])
  })

  test('is counted where it is served if whoever accepted it could not', async () => {
    await accept()
    const measured: EventMetric[] = []
    consumer = { ...consumer, recorder: { event: (_, metric) => measured.push(metric) } }
    await deliver(sent[0]!)
    expect(measured).toEqual(['AsyncEventsReceived', 'AsyncEventAge'])
  })

  test('is tried three times when the function fails, a minute and two minutes apart', async () => {
    answer = async () => failed
    await accept()
    for (const delaySeconds of [60, 120]) {
      expect(await deliver(sent.at(-1)!)).toEqual(['done'])
      expect(sent.at(-1)!.delaySeconds).toBe(delaySeconds)
    }
    expect(await deliver(sent.at(-1)!)).toEqual(['done'])
    expect(sent).toHaveLength(3)
    expect(calls.map(call => call.requestId)).toEqual(['request-1', 'request-1', 'request-1'])
    expect(logged).toEqual(['event request-1 for called was dropped: RetriesExhausted'])
  })

  test('is tried as often as the called qualifier’s configuration says', async () => {
    answer = async () => failed
    pointers.called = pointerOf('called', {
      eventInvoke: { live: { maximumRetryAttempts: 0 }, $LATEST: { maximumRetryAttempts: 1 } },
    })
    for (const [qualifier, tries] of [
      ['live', 1],
      ['$LATEST', 2],
      [undefined, 2],
      ['1', 3],
    ] as const) {
      calls = []
      await accept('1', { qualifier })
      await drain()
      expect(calls).toHaveLength(tries)
    }
  })

  test('does not lose tries to throttling', async () => {
    await accept()
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

  test('counts as failed when its function takes longer than the platform gives a consumer', async () => {
    await accept('1', { qualifier: 'live' })
    answer = () => new Promise(() => {})
    consumer = { ...consumer, longestCallMs: 10 }
    expect(await deliver(sent[0]!)).toEqual(['done'])
    expect(sent[1]).toMatchObject({ delaySeconds: 60, body: { failures: 1 } })
  })

  test('is sent anew before the queue gives up on its message', async () => {
    await accept()
    answer = async () => refused('over-ceiling')
    expect(await deliver({ ...sent[0]!, attempts: 90 })).toEqual(['done'])
    expect(sent[1]).toMatchObject({ delaySeconds: 300, body: { failures: 0, deferrals: 90 } })
    expect(await deliver({ ...sent[1]!, attempts: 1 })).toEqual(['again in 300 s'])
  })

  test('that no try reached its function for six hours is dropped', async () => {
    await accept()
    answer = async () => refused('unavailable')
    now += 6 * HOUR - 301_000
    expect(await deliver({ ...sent[0]!, attempts: 70 })).toEqual(['again in 300 s'])
    now += 300_000
    expect(await deliver({ ...sent[0]!, attempts: 71 })).toEqual(['done'])
    expect(calls).toHaveLength(2)
    expect(logged).toEqual(['event request-1 for called was dropped: EventAgeExceeded'])
  })

  test('older than its configuration allows is not handed to the function', async () => {
    await accept()
    // What holds is the configuration at the time of delivery.
    pointers.called = pointerOf('called', { eventInvoke: { $LATEST: { maximumEventAge: 60 } } })
    now += 60_001
    expect(await deliver(sent[0]!)).toEqual(['done'])
    expect(calls).toEqual([])
  })

  test('for a function that is not known yet is tried once more', async () => {
    await accept()
    pointers = {}
    expect(await deliver(sent[0]!)).toEqual(['again in 3 s'])
    expect(await deliver({ ...sent[0]!, attempts: 2 })).toEqual(['done'])
    expect(logged[0]).toMatch(/^event request-1 for called was dropped: /)
  })

  test('does not reach a function of the same name that was created later', async () => {
    await accept('1', { uid: 'of-the-one-before' })
    expect(await deliver(sent[0]!)).toEqual(['again in 3 s'])
    expect(await deliver({ ...sent[0]!, attempts: 2 })).toEqual(['done'])
    expect(calls).toEqual([])
  })

  test('too large for a message lies in the store until it was served', async () => {
    const payload = JSON.stringify('x'.repeat(900_000))
    await accept(payload, { requestId: 'large' })
    const { payloadKey } = sent[0]!.body
    expect(JSON.stringify(sent[0]!.body).length).toBeLessThan(1_000)
    answer = async () => refused('throttled')
    await deliver(sent[0]!)
    answer = async () => failed
    await deliver(sent[0]!)
    expect(await documents()).toEqual([payloadKey])
    answer = async () => answered
    expect(await deliver(sent[1]!)).toEqual(['done'])
    expect(calls.map(call => call.payload === payload)).toEqual([true, true, true])
    expect(await documents()).toEqual([])
    // The queue may deliver a message again.
    expect(await deliver(sent[1]!)).toEqual(['done'])
    expect(calls).toHaveLength(3)
  })

  test('is measured as the queue measures it: in a message each quote is two bytes', async () => {
    const payload = JSON.stringify(Array.from({ length: 30_000 }, () => ''))
    expect(payload.length).toBeLessThan(96 * 1024)
    await accept(payload)
    expect(sent[0]!.body.payload).toBeUndefined()
    await drain()
    expect(calls[0]!.payload).toBe(payload)
  })

  test('is kept with all that its caller may say beside it', async () => {
    const clientContext = 'e'.repeat(3583)
    await accept(JSON.stringify('x'.repeat(200_000)), { clientContext, traceId: `Root=${'1'.repeat(2000)}` })
    await accept(JSON.stringify('x'.repeat(200_000)), { clientContext, traceId: 'x'.repeat(10_000) })
    expect(sent.map(({ body }) => body.traceId?.length)).toEqual([2005, undefined])
    expect(sent[0]!.body.clientContext).toBe(clientContext)
  })

  test('does not stay in the store when its acceptance was cut off', async () => {
    const { queue } = consumer
    consumer = {
      ...consumer,
      queue: {
        send: async () => {
          throw new Error('cut off')
        },
      } as unknown as Queue,
    }
    await expect(accept(JSON.stringify('x'.repeat(200_000)))).rejects.toThrow('cut off')
    consumer = { ...consumer, queue }
    await accept(JSON.stringify('x'.repeat(200_000)), { requestId: 'accepted' })
    expect(await documents()).toHaveLength(2)
    expect(await removeAbandonedEvents(bindings.STORE, Date.now() + 23 * HOUR)).toBe(0)
    expect(await removeAbandonedEvents(bindings.STORE, Date.now() + 25 * HOUR)).toBe(2)
    expect(await documents()).toEqual([])
  })
})

describe('a destination', () => {
  const eventInvoke = {
    $LATEST: { onSuccess: `${ARN}:told`, onFailure: `${ARN}:told:live`, maximumRetryAttempts: 1 },
  }
  beforeEach(() => {
    pointers.called = pointerOf('called', { eventInvoke })
  })

  test('that is a function is called with the record of what succeeded', async () => {
    await accept('{"big":12345678901234567890}', { traceId: 'Root=1-2-3' })
    await deliver(sent.shift()!)
    expect(sent[0]!.body).toMatchObject({
      account: ACCOUNT,
      name: 'told',
      uid: pointers.told!.uid,
      requestId: 'id-1',
      traceId: 'Root=1-2-3;Lineage=abcdef01:1',
    })
    await drain()
    const { payload } = calls[1]!
    expect(payload).toContain('"requestPayload":{"big":12345678901234567890}')
    expect(payload).toContain('"responsePayload":{"done":12345678901234567890}')
    expect(JSON.parse(payload as string)).toMatchObject({
      version: '1.0',
      timestamp: new Date(now).toISOString(),
      requestContext: {
        requestId: 'request-1',
        functionArn: `${ARN}:called:$LATEST`,
        condition: 'Success',
        approximateInvokeCount: 1,
      },
      responseContext: { statusCode: 200, executedVersion: '1' },
    })
  })

  test('is told once of an event that the function failed at until its tries were used up', async () => {
    answer = async ({ name }) => (name === 'called' ? failed : answered)
    await accept()
    await drain()
    expect(calls.map(({ name, qualifier }) => [name, qualifier])).toEqual([
      ['called', undefined],
      ['called', undefined],
      ['told', 'live'],
    ])
    expect(JSON.parse(calls[2]!.payload as string)).toMatchObject({
      requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 2 },
      requestPayload: { a: 1 },
      responseContext: { statusCode: 200, executedVersion: '1', functionError: 'Unhandled' },
      responsePayload: { errorType: 'Error', errorMessage: 'broken' },
    })
  })

  test('is told of an event that was never handed over, without a response', async () => {
    answer = async ({ name }) => (name === 'called' ? refused('throttled') : answered)
    await accept()
    now += 6 * HOUR
    await deliver(sent.shift()!)
    await drain()
    const record = JSON.parse(calls[1]!.payload as string)
    expect(record.requestContext).toMatchObject({
      condition: 'EventAgeExceeded',
      approximateInvokeCount: 0,
    })
    expect(record).not.toHaveProperty('responseContext')
    expect(record).not.toHaveProperty('responsePayload')
  })

  test.each([
    ['is switched off', 'over-ceiling', 'ZeroReservedConcurrency'],
    ['called itself too often', 'recursive', 'RecursiveInvocation'],
  ] as const)('is told at once of an event for a function that %s', async (_, reason, condition) => {
    pointers.called = pointerOf('called', {
      eventInvoke,
      reservedConcurrency: { limit: 0, generation: 1, uid: 'u' },
    })
    answer = async ({ name }) => (name === 'called' ? refused(reason) : answered)
    await accept()
    await drain()
    expect(calls.map(({ name }) => name)).toEqual(['called', 'told'])
    expect(JSON.parse(calls[1]!.payload as string).requestContext.condition).toBe(condition)
  })

  test('that cannot be told is measured', async () => {
    const measured: EventMetric[] = []
    consumer = { ...consumer, recorder: { event: (_, metric) => measured.push(metric) } }
    delete pointers.told
    await accept()
    await deliver(sent.shift()!)
    expect(measured.slice(2)).toEqual(['DestinationDeliveryFailures'])
  })

  test('that was deleted is named in the log', async () => {
    delete pointers.told
    await accept()
    expect(await deliver(sent.shift()!)).toEqual(['done'])
    expect(logged).toEqual([
      `what became of event request-1 could not be told ${ARN}:told: there is no such function`,
    ])
  })

  test('carries the chain on, so that functions that are each other’s destination form a loop', async () => {
    pointers.told = pointerOf('told', {
      uid: '12345678-of-told',
      eventInvoke: { $LATEST: { onSuccess: `${ARN}:called` } },
    })
    await accept()
    for (let turn = 0; turn < 6; turn++) await deliver(sent.shift()!)
    expect(sent[0]!.body.traceId).toMatch(/;Lineage=abcdef01:3\|12345678:3$/)
  })

  test('is asked of the execution role where roles are asked', async () => {
    const asked: unknown[] = []
    await bindings.STORE.put(pointers.called!.latest, JSON.stringify({ role: 'the-role' }))
    answer = async ({ name }) => ({ ...answered, executedVersion: name === 'called' ? '$LATEST' : '1' })
    let may = false
    consumer = {
      ...consumer,
      roleMay: async (...question) => {
        asked.push(question)
        return may
      },
    }
    await accept()
    await drain()
    expect(calls).toHaveLength(1)
    expect(asked).toEqual([
      [{ account: ACCOUNT, name: 'called', role: 'the-role' }, 'lambda:InvokeFunction', `${ARN}:told`],
    ])
    expect(logged[0]).toContain('the execution role may not lambda:InvokeFunction')
    may = true
    await accept()
    await drain()
    expect(calls.map(({ name }) => name)).toEqual(['called', 'called', 'told'])
  })
})

describe('a dead-letter target', () => {
  const target = 'arn:aws:sqs:us-east-1:000000000000:dead'
  let delivered: Delivery[]
  let sqs: NonNullable<DestinationSenders['sqs']>

  beforeEach(async () => {
    delivered = []
    sqs = async delivery => {
      delivered.push(delivery)
      return undefined
    }
    consumer = { ...consumer, senders: { ...DESTINATION_SENDERS, sqs: (...all) => sqs(...all) } }
    const manifest: Partial<Manifest> = { deadLetterTarget: target }
    await bindings.STORE.put(manifestKey(pointers.called!.uid, '1'), JSON.stringify(manifest))
    await bindings.STORE.put(pointers.called!.latest, '{}')
    pointers.called = pointerOf('called', { eventInvoke: { live: { maximumRetryAttempts: 0 } } })
  })

  test('of the version that ran gets the event, with what went wrong beside it', async () => {
    answer = async () => failed
    await accept('{"a":1}', { qualifier: 'live' })
    await drain()
    expect(delivered).toMatchObject([
      {
        arn: target,
        account: ACCOUNT,
        body: '{"a":1}',
        attributes: {
          RequestID: { type: 'String', value: 'request-1' },
          ErrorCode: { type: 'Number', value: '200' },
          ErrorMessage: { type: 'String', value: 'broken' },
        },
      },
    ])
    answer = async () => ({ ...failed, executedVersion: '$LATEST' })
    await accept()
    await drain()
    expect(delivered).toHaveLength(1)
  })

  test('gets what was never handed over, beside the destination', async () => {
    pointers.called = pointerOf('called', { eventInvoke: { live: { onFailure: `${ARN}:told` } } })
    answer = async ({ name }) => (name === 'called' ? refused('recursive') : answered)
    await accept('{"a":1}', { qualifier: 'live' })
    await drain()
    expect(calls.map(({ name }) => name)).toEqual(['called', 'told'])
    expect(delivered[0]!.attributes!.ErrorMessage).toEqual({ type: 'String', value: 'why' })
  })

  test('gets nothing of what succeeded', async () => {
    await accept('{"a":1}', { qualifier: 'live' })
    await drain()
    expect(delivered).toEqual([])
  })

  test('out of reach does not lose the event', async () => {
    answer = async () => failed
    let isAway = true
    const send = sqs
    sqs = async (...all) => {
      if (isAway) throw new Error('away')
      return send(...all)
    }
    await accept('{"a":1}', { qualifier: 'live' })
    const message = sent.shift()!
    expect(await deliver(message)).toEqual(['again in 1 s'])
    isAway = false
    expect(await deliver({ ...message, attempts: 2 })).toEqual(['done'])
    expect(delivered).toHaveLength(1)
  })
})

describe('a batch', () => {
  test('is not held up, nor repeated, by a message that is poison, newer, or fails', async () => {
    await accept('1', { requestId: 'good' })
    await accept('2', { requestId: 'surprise' })
    answer = async ({ requestId }) => {
      if (requestId === 'surprise') throw new Error('the platform failed')
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
    await accept(JSON.stringify('x'.repeat(200_000)), { requestId: 'kept' })
    await accept('1')
    const { store } = consumer
    const away = async () => {
      throw new Error('the store is away')
    }
    consumer = { ...consumer, store: { get: away } as unknown as R2Bucket }
    expect(await deliver(sent[0]!, sent[1]!)).toEqual(['again in 1 s', 'done'])
    consumer = { ...consumer, store }
    expect(await deliver(sent[0]!)).toEqual(['done'])
  })
})

describe('a queue that forgets when its process ends', () => {
  beforeEach(() => {
    consumer = { ...consumer, queueForgets: true }
  })

  /** The process ends: the queue is empty, and the next process begins. */
  async function restart(): Promise<void> {
    sent = []
    deferred = []
    await acceptKeptEvents(consumer, Date.now() + 1000)
  }

  test('does not hold up what comes behind a slow function', async () => {
    let finish = () => {}
    answer = () =>
      new Promise(resolve => {
        finish = () => resolve(answered)
      })
    await accept()
    expect(await deliver(sent.shift()!)).toEqual(['done'])
    expect(await documents()).toHaveLength(1)
    finish()
    await Promise.all(deferred)
    expect(await documents()).toEqual([])
  })

  test('is given every event that was not done', async () => {
    await accept('{"a":1}', { requestId: 'waits' })
    await accept('{"a":2}', { requestId: 'under-way', qualifier: 'live' })
    answer = () => new Promise(() => {})
    await deliver(sent[1]!)
    answer = async () => failed
    await accept('{"a":3}', { requestId: 'failed-once' })
    await deliver(sent[2]!)
    await Promise.all(deferred.slice(1))
    answer = async () => answered
    await accept('{"a":4}', { requestId: 'served' })
    await deliver(sent[4]!)
    await Promise.all(deferred.slice(1))
    await restart()
    expect(sent.map(({ body }) => [body.requestId, body.failures]).sort()).toEqual([
      ['failed-once', 1],
      ['under-way', 0],
      ['waits', 0],
    ])
    calls = []
    await drain()
    expect(calls.map(({ requestId, payload, qualifier }) => [requestId, payload, qualifier]).sort()).toEqual([
      ['failed-once', '{"a":3}', undefined],
      ['under-way', '{"a":2}', 'live'],
      ['waits', '{"a":1}', undefined],
    ])
    await restart()
    expect(sent).toEqual([])
  })

  test('has the destination’s event before the event itself is forgotten', async () => {
    pointers.called = pointerOf('called', { eventInvoke: { $LATEST: { onSuccess: `${ARN}:told` } } })
    await accept()
    // The process ends right after the function has answered.
    const { queue } = consumer
    consumer = {
      ...consumer,
      queue: { send: () => new Promise(() => {}) } as unknown as Queue,
    }
    await deliver(sent.shift()!)
    await vi.waitFor(async () => expect(await documents()).toHaveLength(2))
    consumer = { ...consumer, queue }
    await restart()
    expect(sent.map(({ body }) => body.name).sort()).toEqual(['called', 'told'])
    await drain()
    // Told twice of a call that was made twice.
    expect(calls.map(({ name }) => name).sort()).toEqual(['called', 'called', 'told', 'told'])
    expect(await documents()).toEqual([])
  })

  test('sends an event again whose try met a fault', async () => {
    await accept()
    answer = async () => {
      throw new Error('the platform failed')
    }
    expect(await deliver(sent.shift()!)).toEqual(['done'])
    await Promise.all(deferred)
    expect(sent).toMatchObject([{ delaySeconds: 1, body: { deferrals: 1 } }])
  })
})
