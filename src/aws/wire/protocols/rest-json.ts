import type { NormalizedSchema } from '@smithy/core/schema'
import { quoteHeader, splitEvery, splitHeader, toBase64 } from '@smithy/core/serde'
import { fromBase64 } from '../../../lib/base64.ts'
import { setField } from '../../../lib/fields.ts'
import type { Operation } from '../operations.ts'
import { EVENT_STREAM_TYPE, eventStream } from './event-stream.ts'
import { jsonBody } from './json-body.ts'
import {
  type Fault,
  faultMembers,
  type Names,
  type Protocol,
  REQUEST_ID_HEADER,
  SerializationFailure,
  type WireRequest,
} from './protocol.ts'
import { fromText } from './text-binding.ts'
import { DATE_TIME, dateText, formatOf, HTTP_DATE, type TimestampFormat } from './timestamps.ts'
import { type Plain, wellFormed } from './values.ts'

const json = jsonBody({ jsonName: true })

/** https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html */
export const restJson1: Protocol = {
  name: 'restJson1',

  read(operation, labels, request) {
    const input: Plain = {}
    if (operation.input.isUnitSchema()) return input
    let payloadMember = false
    const bodyMembers = new Set<string>()
    for (const [name, member] of operation.input.structIterator()) {
      if (member.getMergedTraits().httpPayload) {
        payloadMember = true
        if (request.body.length > 0) input[name] = readPayload(name, member, request.body)
        continue
      }
      const value = readBinding(operation, name, member, labels, request)
      if (value === BODY) bodyMembers.add(name)
      else if (value !== undefined) input[name] = value
    }
    if (!payloadMember && bodyMembers.size > 0) {
      const document = json.read(operation.input, request.body) as Plain
      for (const name of bodyMembers) if (document[name] != null) input[name] = document[name]
    }
    return input
  },

  write(operation, output, names) {
    const headers = new Headers({ [REQUEST_ID_HEADER]: names.requestId })
    if (operation.output.isUnitSchema()) return new Response(null, { status: successOf(operation), headers })
    const bound = bind(operation.output, output, headers, names.faultOf)
    const status = bound.status ?? successOf(operation)
    // What stands in no body has no type either; a Response of these statuses may have none.
    if (status === 204 || status === 304) return new Response(null, { status, headers })
    if (bound.payload === undefined) {
      headers.set('content-type', 'application/json')
      return new Response(JSON.stringify(bound.document), { status, headers })
    }
    if (bound.payload.type === EVENT_STREAM_TYPE) moveContentType(headers)
    if (!headers.has('content-type')) headers.set('content-type', names.payloadType ?? bound.payload.type)
    return new Response(bound.payload.body, { status, headers })
  },

  writeFault(fault, names) {
    const headers = new Headers({
      'content-type': 'application/json',
      'x-amzn-errortype': fault.code,
      [REQUEST_ID_HEADER]: names.requestId,
    })
    return new Response(JSON.stringify(faultDocument(fault, headers)), { status: fault.status, headers })
  },
}

/** What the events carry may have a type of its own, which Lambda is seen to send under this name. */
function moveContentType(headers: Headers): void {
  const type = headers.get('content-type')
  if (type === null) return
  headers.set('x-amzn-remapped-content-type', type)
  headers.delete('content-type')
}

const successOf = (operation: Operation): number => operation.http?.[2] ?? 200

/** Members of the modelled error go where its shape binds them, which for `Retry-After` is a header. */
function faultDocument(fault: Fault, headers: Headers): Plain {
  const members = faultMembers(fault)
  if (!fault.shape) return { ...members, message: fault.message }
  const { document, names } = bind(fault.shape.schema, members, headers)
  const others = Object.entries(members).filter(([name]) => !names.has(name))
  // Clients look for either spelling; `message` is the one that every SDK reads.
  return { ...Object.fromEntries(others), message: fault.message, ...document }
}

const BODY = Symbol('member of the body')

function readBinding(
  operation: Operation,
  name: string,
  member: NormalizedSchema,
  labels: Readonly<Record<string, string>>,
  request: WireRequest,
): unknown {
  const traits = member.getMergedTraits()
  if (traits.httpLabel) return fromText(name, member, decodeLabel(name, labels[name] ?? ''), DATE_TIME)
  if (traits.httpQuery) {
    const values = request.query.getAll(traits.httpQuery)
    if (values.length === 0) return undefined
    if (!member.isListSchema()) return fromText(name, member, values[0]!, DATE_TIME)
    return values.map(value => fromText(name, member.getValueSchema(), value, DATE_TIME))
  }
  if (traits.httpQueryParams) return readOtherParameters(operation, name, member, request.query)
  if (traits.httpPrefixHeaders !== undefined) {
    const prefix = traits.httpPrefixHeaders.toLowerCase()
    const map: Plain = {}
    for (const [key, value] of request.headers)
      if (key.startsWith(prefix)) setField(map, key.slice(prefix.length), value)
    return Object.keys(map).length > 0 ? map : undefined
  }
  if (traits.httpHeader) {
    const value = request.headers.get(traits.httpHeader)
    if (value === null) return undefined
    if (!member.isListSchema()) return fromText(name, member, headerText(member, value), HTTP_DATE)
    const element = member.getValueSchema()
    // A date of HTTP has a comma of its own.
    const isDates = element.isTimestampSchema() && formatOf(element, HTTP_DATE) === HTTP_DATE
    const values = isDates ? splitEvery(value, ',', 2) : splitHeader(value)
    return values.map(each => fromText(name, element, each.trim(), HTTP_DATE))
  }
  return BODY
}

/** Every query parameter that no other member is bound to, that the route does not have and no signature needs. */
function readOtherParameters(
  operation: Operation,
  name: string,
  member: NormalizedSchema,
  query: URLSearchParams,
): Plain | undefined {
  const bound = new Set(new URLSearchParams(operation.http?.[1].split('?')[1]).keys())
  for (const [, other] of operation.input.structIterator()) {
    const { httpQuery } = other.getMergedTraits()
    if (httpQuery) bound.add(httpQuery)
  }
  const asList = member.getValueSchema().isListSchema()
  const map: Plain = {}
  for (const key of new Set(query.keys())) {
    if (bound.has(key) || /^x-amz-/i.test(key)) continue
    const values = query.getAll(key).map(value => wellFormed(value, name))
    setField(map, key, asList ? values : values[0])
  }
  return Object.keys(map).length > 0 ? map : undefined
}

function decodeLabel(name: string, raw: string): string {
  try {
    return decodeURIComponent(raw)
  } catch {
    throw new SerializationFailure(`The path value of ${name} is not valid percent-encoding`)
  }
}

/** Text with a media type is base64 in a header, because what it may contain a header may not. */
function headerText(member: NormalizedSchema, value: string): string {
  if (!member.isStringSchema() || !member.getMergedTraits().mediaType) return value
  try {
    return new TextDecoder().decode(fromBase64(value))
  } catch {
    throw new SerializationFailure('A header is not valid base64')
  }
}

function readPayload(name: string, member: NormalizedSchema, body: Uint8Array): unknown {
  if (member.isBlobSchema()) return body
  if (!member.isStringSchema()) return json.read(member, body)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
  } catch {
    throw new SerializationFailure(`${name}: the text is not valid UTF-8`)
  }
}

interface Bound {
  /** Members of the body's document. */
  readonly document: Plain
  /** The body, for shapes of which one member is all of it. */
  readonly payload?: { readonly body: BodyInit | null; readonly type: string }
  readonly status?: number
  /** Every member of the shape. */
  readonly names: ReadonlySet<string>
}

/** Puts each member where its shape binds it: headers are set, the rest is returned. */
function bind(schema: NormalizedSchema, value: Plain, headers: Headers, faultOf?: Names['faultOf']): Bound {
  const inBody: Plain = {}
  const names = new Set<string>()
  let payload: Bound['payload']
  let status: number | undefined
  for (const [name, member] of schema.structIterator()) {
    names.add(name)
    const traits = member.getMergedTraits()
    const item = value[name]
    if (traits.httpPayload) payload = writePayload(member, item, faultOf)
    else if (item === undefined || item === null) continue
    else if (traits.httpResponseCode) status = Number(item)
    else if (traits.httpHeader) headers.set(traits.httpHeader, toHeader(member, item))
    else if (traits.httpPrefixHeaders !== undefined) {
      for (const [key, text] of Object.entries(item as Plain))
        headers.set(traits.httpPrefixHeaders + key, String(text))
    } else inBody[name] = item
  }
  return { document: json.toDocument(schema, inBody) as Plain, payload, status, names }
}

/** @param value bytes, text or a stream of bytes where the member is raw; absent means an empty body */
function writePayload(
  member: NormalizedSchema,
  value: unknown,
  faultOf: Names['faultOf'],
): NonNullable<Bound['payload']> {
  if (member.isStreaming() && member.isUnionSchema()) {
    const body = value ? eventStream(member, value as AsyncIterable<Plain>, faultOf) : null
    return { body, type: EVENT_STREAM_TYPE }
  }
  const raw = member.isBlobSchema() || member.isStringSchema()
  const type = member.getMergedTraits().mediaType as string | undefined
  const body =
    value === undefined || value === null ? null : raw ? (value as BodyInit) : json.write(member, value)
  if (!raw) return { body, type: 'application/json' }
  return { body, type: type ?? (member.isBlobSchema() ? 'application/octet-stream' : 'text/plain') }
}

function toHeader(member: NormalizedSchema, value: unknown): string {
  if (member.isListSchema()) {
    const element = member.getValueSchema()
    const isText = element.isStringSchema()
    return Array.from(value as Iterable<unknown>, each => {
      const text = toText(element, each, HTTP_DATE)
      return isText ? quoteHeader(text) : text
    }).join(', ')
  }
  const text = toText(member, value, HTTP_DATE)
  if (!member.isStringSchema() || !member.getMergedTraits().mediaType) return text
  return toBase64(new TextEncoder().encode(text))
}

function toText(schema: NormalizedSchema, value: unknown, ofPlace: TimestampFormat): string {
  if (value instanceof Date) return dateText(value, formatOf(schema, ofPlace))
  return value instanceof Uint8Array ? toBase64(value) : String(value)
}
