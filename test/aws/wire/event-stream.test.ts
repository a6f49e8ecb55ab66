import { EventStreamCodec } from '@smithy/core/event-streams'
import { NormalizedSchema } from '@smithy/core/schema'
import { fromUtf8, toUtf8 } from '@smithy/core/serde'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ErrorShape } from '../../../src/aws/wire/operations.ts'
import { eventStream, rpcEventStream } from '../../../src/aws/wire/protocols/event-stream.ts'
import type { Fault } from '../../../src/aws/wire/protocols/protocol.ts'

// Shapes as the SDK's schema modules write them: kind, namespace, name, traits, members, their schemas.
const STRING = 0
const BOOLEAN = 2
const NUMBER = 1
const BLOB = 21
const TIMESTAMP = 4
const Everything = [
  3,
  'test',
  'Everything',
  0,
  ['Text', 'Flag', 'Count', 'Bytes', 'When', 'Content'],
  [
    [STRING, { eventHeader: 1 }],
    [BOOLEAN, { eventHeader: 1 }],
    [NUMBER, { eventHeader: 1 }],
    [BLOB, { eventHeader: 1 }],
    [TIMESTAMP, { eventHeader: 1 }],
    [STRING, { eventPayload: 1 }],
  ],
]
const Document = [3, 'test', 'Document', 0, ['Name', 'Data'], [STRING, BLOB]]
const Slow = [-3, 'test', 'SlowDown', { error: 'client' }, ['message', 'Seconds'], [STRING, NUMBER]]
const Events = [
  4,
  'test',
  'Events',
  { streaming: 1 },
  ['Everything', 'Document', 'Slow'],
  [() => Everything, () => Document, () => Slow],
]
const union = NormalizedSchema.of(Events as never)
const slowDown: ErrorShape = {
  schema: NormalizedSchema.of(Slow as never),
  status: 400,
  queryCode: 'SlowDown',
}

const codec = new EventStreamCodec(toUtf8, fromUtf8)

async function messagesOf(events: AsyncIterable<Record<string, unknown>>, fault?: Fault) {
  const messages = []
  const body = eventStream(union, events, fault && (() => fault))
  for await (const message of body as unknown as AsyncIterable<Uint8Array>)
    messages.push(codec.decode(message))
  return messages
}

async function* listed(...events: Record<string, unknown>[]) {
  yield* events
}

// biome-ignore lint/correctness/useYield: it fails before it has anything to yield
async function* failing(): AsyncGenerator<Record<string, unknown>> {
  throw new Error('inside')
}

const valuesOf = (headers: Record<string, { value: unknown }>) =>
  Object.fromEntries(Object.entries(headers).map(([name, { value }]) => [name, value]))

describe('a stream of events', () => {
  it('writes members as JSON, binary ones in base64', async () => {
    const [message] = await messagesOf(listed({ Document: { Name: 'grüß', Data: Uint8Array.of(1, 2) } }))
    expect(valuesOf(message!.headers)).toEqual({
      ':event-type': 'Document',
      ':content-type': 'application/json',
      ':message-type': 'event',
    })
    expect(JSON.parse(toUtf8(message!.body))).toEqual({ Name: 'grüß', Data: 'AQI=' })
  })

  it('puts members that are headers into headers of their types, and a payload into the body', async () => {
    const When = new Date('2026-11-22T12:00:00Z')
    const Bytes = Uint8Array.of(7)
    const [first, second] = await messagesOf(
      listed(
        { Everything: { Text: 'a', Flag: false, Count: 5, Bytes, When, Content: 'plain' } },
        { Everything: { Count: 2 ** 40 } },
      ),
    )
    expect(first!.headers).toMatchObject({
      Text: { type: 'string', value: 'a' },
      Flag: { type: 'boolean', value: false },
      Count: { type: 'integer', value: 5 },
      Bytes: { type: 'binary', value: Bytes },
      When: { type: 'timestamp', value: When },
      ':content-type': { value: 'text/plain' },
    })
    expect(toUtf8(first!.body)).toBe('plain')
    expect(second!.headers.Count).toMatchObject({ type: 'long' })
    expect(Number(second!.headers.Count!.value)).toBe(2 ** 40)
    expect(second!.body.length).toBe(0)
  })

  it('carries any bytes unchanged', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 5000 }), { maxLength: 5 }), async pieces => {
        const messages = await messagesOf(listed(...pieces.map(Data => ({ Document: { Data } }))))
        expect(messages.map(({ body }) => JSON.parse(toUtf8(body)).Data)).toEqual(
          pieces.map(piece => Buffer.from(piece).toString('base64')),
        )
      }),
      { numRuns: 50 },
    )
  })

  it('ends in an exception where its model has the failure, else in an error', async () => {
    const fault = { code: 'SlowDown', message: 'too fast', status: 400, members: { Seconds: 3 } }
    const [exception] = await messagesOf(failing(), { ...fault, shape: slowDown })
    expect(valuesOf(exception!.headers)).toEqual({
      ':exception-type': 'Slow',
      ':content-type': 'application/json',
      ':message-type': 'exception',
    })
    expect(JSON.parse(toUtf8(exception!.body))).toEqual({ message: 'too fast', Seconds: 3 })
    const [error] = await messagesOf(failing(), fault)
    expect(valuesOf(error!.headers)).toEqual({
      ':error-code': 'SlowDown',
      ':error-message': 'too fast',
      ':message-type': 'error',
    })
  })

  it('breaks off where nobody words the failure', async () => {
    await expect(messagesOf(failing())).rejects.toThrow('inside')
  })

  it('begins, where a protocol binds nothing to the HTTP answer, with what else the output has', async () => {
    const body = rpcEventStream({ id: '7' }, union, listed({ Document: { Name: 'a' } }), undefined)
    const messages = []
    for await (const message of body as unknown as AsyncIterable<Uint8Array>)
      messages.push(codec.decode(message))
    expect(valuesOf(messages[0]!.headers)).toEqual({
      ':event-type': 'initial-response',
      ':content-type': 'application/json',
      ':message-type': 'event',
    })
    expect(JSON.parse(toUtf8(messages[0]!.body))).toEqual({ id: '7' })
    expect(messages[1]!.headers[':event-type']!.value).toBe('Document')
  })

  it('lets a reader go while an event is made, and fails nobody', async () => {
    const made = Promise.withResolvers<void>()
    const faults: unknown[] = []
    async function* slow() {
      await made.promise
      yield { Document: { Name: 'late' } }
    }
    const fault = (error: unknown): Fault => {
      faults.push(error)
      return { code: 'SlowDown', message: '', status: 400, members: {} }
    }
    const reader = eventStream(union, slow(), fault).getReader()
    const read = reader.read()
    const cancelled = reader.cancel()
    made.resolve()
    await Promise.all([read, cancelled])
    expect(faults).toEqual([])
  })

  it('makes an event when it is asked for, and ends them with its reader', async () => {
    const steps: string[] = []
    const body = eventStream(
      union,
      (async function* () {
        try {
          for (let i = 0; i < 10; i++) {
            steps.push(`makes ${i}`)
            yield { Document: { Name: String(i) } }
          }
        } finally {
          steps.push('ends')
        }
      })(),
      undefined,
    )
    const reader = body.getReader()
    expect(steps).toEqual([])
    await reader.read()
    expect(steps).toEqual(['makes 0'])
    await reader.cancel()
    expect(steps).toEqual(['makes 0', 'ends'])
  })
})
