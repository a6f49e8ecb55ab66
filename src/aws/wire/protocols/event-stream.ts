import { EventStreamCodec, Int64 } from '@smithy/core/event-streams'
import type { NormalizedSchema } from '@smithy/core/schema'
import { fromUtf8, toUtf8 } from '@smithy/core/serde'
import { jsonBody } from './json-body.ts'
import { type Fault, faultMembers } from './protocol.ts'
import type { Plain } from './values.ts'

/** https://smithy.io/2.0/aws/amazon-eventstream.html */
export const EVENT_STREAM_TYPE = 'application/vnd.amazon.eventstream'

type MessageHeaders = Parameters<EventStreamCodec['encode']>[0]['headers']
type MessageHeaderValue = MessageHeaders[string]

const codec = new EventStreamCodec(toUtf8, fromUtf8)
const json = jsonBody({ jsonName: true })
const encoder = new TextEncoder()

/**
 * A body of messages, one an event, each made when the client has room for it: nothing is held back and nothing runs
 * ahead. A client that goes away ends the events.
 *
 * @param union the member of the output that streams
 * @param events each with one member of the union; when they fail, the last message tells why
 * @param faultOf words a failure in public; without it the body breaks off
 * @param initial a message before all others
 */
export function eventStream(
  union: NormalizedSchema,
  events: AsyncIterable<Plain>,
  faultOf: ((error: unknown) => Fault) | undefined,
  initial?: Uint8Array,
): ReadableStream<Uint8Array> {
  const iterator = events[Symbol.asyncIterator]()
  let isOver = false
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        if (initial) controller.enqueue(initial)
      },
      async pull(controller) {
        try {
          const { done, value } = await iterator.next()
          // The client may have gone while the event was made.
          if (isOver) return
          if (!done) return controller.enqueue(message(union, value))
        } catch (error) {
          if (isOver) return
          if (!faultOf) throw error
          controller.enqueue(faultMessage(union, faultOf(error)))
        }
        controller.close()
      },
      async cancel() {
        isOver = true
        await iterator.return?.()
      },
    },
    { highWaterMark: 0 },
  )
}

/**
 * The same for protocols that bind nothing to the HTTP answer: whatever else the output has is told by a message before
 * all others. https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
 *
 * @param document the other members, as the protocol writes them
 */
export function rpcEventStream(
  document: unknown,
  union: NormalizedSchema,
  events: AsyncIterable<Plain>,
  faultOf: ((error: unknown) => Fault) | undefined,
): ReadableStream<Uint8Array> {
  const initial = codec.encode({
    headers: {
      ':event-type': text('initial-response'),
      ':content-type': text(JSON_TYPE),
      ':message-type': text('event'),
    },
    body: encoder.encode(JSON.stringify(document)),
  })
  return eventStream(union, events, faultOf, initial)
}

function message(union: NormalizedSchema, event: Plain): Uint8Array {
  const [name, value] = Object.entries(event).find(([, content]) => content !== undefined) ?? []
  if (name === undefined) throw new TypeError('an event has none of the members of its stream')
  const { headers, body, type } = bind(union.getMemberSchema(name), (value ?? {}) as Plain)
  return codec.encode({
    headers: {
      ':event-type': text(name),
      ':content-type': text(type),
      ':message-type': text('event'),
      ...headers,
    },
    body,
  })
}

/** A failure that the stream's model has is an exception with that shape; any other is an error with its code alone. */
function faultMessage(union: NormalizedSchema, fault: Fault): Uint8Array {
  const name = Object.keys(union.getMemberSchemas()).find(
    member => union.getMemberSchema(member).getName() === fault.shape?.schema.getName(),
  )
  if (name === undefined || !fault.shape) {
    return codec.encode({
      headers: {
        ':error-code': text(fault.code),
        ':error-message': text(fault.message),
        ':message-type': text('error'),
      },
      body: new Uint8Array(),
    })
  }
  const { headers, body, type } = bind(fault.shape.schema, faultMembers(fault))
  return codec.encode({
    headers: {
      ':exception-type': text(name),
      ':content-type': text(type),
      ':message-type': text('exception'),
      ...headers,
    },
    body,
  })
}

interface BoundEvent {
  readonly headers: MessageHeaders
  readonly body: Uint8Array
  readonly type: string
}

/** Puts each member of an event where its shape binds it: into a header of the message, or its payload. */
function bind(schema: NormalizedSchema, event: Plain): BoundEvent {
  const headers: MessageHeaders = {}
  const inBody: Plain = {}
  let payload: Omit<BoundEvent, 'headers'> | undefined
  for (const [name, member] of schema.structIterator()) {
    const traits = member.getMergedTraits()
    const value = event[name]
    if (traits.eventPayload) payload = payloadOf(member, value)
    else if (value === undefined || value === null) continue
    else if (traits.eventHeader) headers[name] = headerOf(member, value)
    else inBody[name] = value
  }
  const body = payload ?? {
    body: encoder.encode(JSON.stringify(json.toDocument(schema, inBody))),
    type: JSON_TYPE,
  }
  return { headers, ...body }
}

const JSON_TYPE = 'application/json'

function payloadOf(member: NormalizedSchema, value: unknown): Omit<BoundEvent, 'headers'> {
  if (member.isBlobSchema()) {
    return { body: (value as Uint8Array | undefined) ?? new Uint8Array(), type: 'application/octet-stream' }
  }
  if (member.isStringSchema()) {
    return { body: encoder.encode((value as string | undefined) ?? ''), type: 'text/plain' }
  }
  return { body: encoder.encode(value == null ? '{}' : json.write(member, value)), type: JSON_TYPE }
}

const text = (value: string): MessageHeaderValue => ({ type: 'string', value })

function headerOf(member: NormalizedSchema, value: unknown): MessageHeaderValue {
  if (member.isBlobSchema()) return { type: 'binary', value: value as Uint8Array }
  if (member.isBooleanSchema()) return { type: 'boolean', value: value as boolean }
  if (member.isTimestampSchema()) return { type: 'timestamp', value: value as Date }
  if (!member.isNumericSchema()) return text(String(value))
  // The schemas have one kind of number for all of them, so the value decides how many bytes it takes.
  const number = Number(value)
  return number === (number | 0)
    ? { type: 'integer', value: number }
    : { type: 'long', value: Int64.fromNumber(number) }
}
