import { FromStringShapeDeserializer, ToStringShapeSerializer } from '@smithy/core/protocols'
import type { NormalizedSchema } from '@smithy/core/schema'
import type { Operation } from '../operations.ts'
import { jsonBody } from './json-body.ts'
import {
  type Fault,
  type Names,
  type Protocol,
  REQUEST_ID_HEADER,
  SerializationFailure,
  type WireRequest,
} from './protocol.ts'

// Timestamps are epoch seconds (7) unless a trait says otherwise: restJson1,
// https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
const settings = {
  timestampFormat: { useTrait: true, default: 7 as const },
  httpBindings: true,
  jsonName: true,
}
const json = jsonBody(settings)

/** https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html */
export const restJson1: Protocol = {
  name: 'restJson1',

  async read(operation, labels, request) {
    const input: Record<string, unknown> = {}
    if (operation.input.isUnitSchema()) return input
    let payloadMember = false
    const bodyMembers = new Set<string>()
    for (const [name, member] of operation.input.structIterator()) {
      const traits = member.getMergedTraits()
      if (traits.httpPayload) {
        payloadMember = true
        if (request.body.length > 0) input[name] = await readPayload(member, request.body)
        continue
      }
      const value = readBinding(name, member, labels, request)
      if (value === BODY) bodyMembers.add(name)
      else if (value !== undefined) input[name] = value
    }
    if (!payloadMember && bodyMembers.size > 0) {
      const document = await json.read(operation.input, request.body)
      for (const name of bodyMembers) if (document[name] != null) input[name] = document[name]
    }
    return input
  },

  write(operation, output, names) {
    return writeResponse(operation, output, names)
  },

  writeFault(fault, names) {
    const body = faultDocument(fault)
    return new Response(JSON.stringify(body), {
      status: fault.status,
      headers: {
        'content-type': 'application/json',
        'x-amzn-errortype': fault.code,
        [REQUEST_ID_HEADER]: names.requestId,
      },
    })
  },
}

/** Members named as the error's shape names them: Lambda writes `Message` in some errors, `message` in others. */
function faultDocument(fault: Fault): Record<string, unknown> {
  const body: Record<string, unknown> = { ...fault.members }
  let written = false
  if (fault.shape) {
    for (const [name] of fault.shape.schema.structIterator()) {
      if (name.toLowerCase() !== 'message') continue
      body[name] = fault.message
      written = true
    }
  }
  // Clients look for either spelling; `message` is the one that every SDK reads.
  if (!written || !('message' in body)) body.message = fault.message
  return body
}

const BODY = Symbol('member of the body')

function readBinding(
  name: string,
  member: NormalizedSchema,
  labels: Readonly<Record<string, string>>,
  request: WireRequest,
): unknown {
  const traits = member.getMergedTraits()
  if (traits.httpLabel) return fromText(name, member, decodeLabel(name, labels[name] ?? ''))
  if (traits.httpQuery) {
    const values = request.query.getAll(traits.httpQuery)
    if (values.length === 0) return undefined
    if (!member.isListSchema()) return fromText(name, member, values[0]!)
    return values.map(value => fromText(name, member.getValueSchema(), value))
  }
  if (traits.httpQueryParams) {
    const map: Record<string, unknown> = {}
    const asList = member.getValueSchema().isListSchema()
    for (const key of new Set(request.query.keys())) {
      Object.defineProperty(map, key, {
        value: asList ? request.query.getAll(key) : request.query.get(key),
        enumerable: true,
      })
    }
    return map
  }
  if (traits.httpPrefixHeaders !== undefined) {
    const prefix = traits.httpPrefixHeaders.toLowerCase()
    const entries = [...request.headers].filter(([key]) => key.startsWith(prefix))
    return entries.length
      ? Object.fromEntries(entries.map(([k, v]) => [k.slice(prefix.length), v]))
      : undefined
  }
  if (traits.httpHeader) {
    const value = request.headers.get(traits.httpHeader)
    return value === null ? undefined : fromText(name, member, value)
  }
  return BODY
}

function decodeLabel(name: string, raw: string): string {
  try {
    return decodeURIComponent(raw)
  } catch {
    throw new SerializationFailure(`The path value of ${name} is not valid percent-encoding`)
  }
}

function fromText(name: string, schema: NormalizedSchema, text: string): unknown {
  if (schema.isNumericSchema()) {
    const value = Number(text)
    if (text.trim() === '' || Number.isNaN(value)) {
      throw new SerializationFailure(`${name}: '${text.slice(0, 64)}' can not be converted to a number`)
    }
    return value
  }
  try {
    return new FromStringShapeDeserializer(settings).read(schema as never, text)
  } catch {
    throw new SerializationFailure(`${name}: '${text.slice(0, 64)}' is not of the expected type`)
  }
}

async function readPayload(member: NormalizedSchema, body: Uint8Array): Promise<unknown> {
  if (member.isBlobSchema()) return body
  if (member.isStringSchema()) return new TextDecoder().decode(body)
  return json.read(member, body)
}

function writeResponse(operation: Operation, output: Record<string, unknown>, names: Names): Response {
  const headers = new Headers({ [REQUEST_ID_HEADER]: names.requestId })
  let status = operation.http?.[2] ?? 200
  if (operation.output.isUnitSchema()) {
    return new Response(status === 204 ? null : '{}', {
      status,
      headers: withType(headers, 'application/json'),
    })
  }
  const document: Record<string, unknown> = {}
  let payload: BodyInit | null | undefined
  let type = 'application/json'
  for (const [name, member] of operation.output.structIterator()) {
    const value = output[name]
    if (value === undefined || value === null) continue
    const traits = member.getMergedTraits()
    if (traits.httpResponseCode) status = Number(value)
    else if (traits.httpHeader) headers.set(traits.httpHeader, toText(member, value))
    else if (traits.httpPrefixHeaders !== undefined) {
      for (const [key, text] of Object.entries(value as Record<string, string>)) {
        headers.set(traits.httpPrefixHeaders + key, text)
      }
    } else if (traits.httpPayload) {
      const raw = member.isBlobSchema() || member.isStringSchema()
      if (raw)
        type =
          headers.get('content-type') ?? (member.isBlobSchema() ? 'application/octet-stream' : 'text/plain')
      payload = raw ? (value as BodyInit) : (json.write(member, value) as BodyInit)
    } else document[name] = value
  }
  const body = payload === undefined ? (json.write(operation.output, document) as BodyInit) : payload
  return new Response(status === 204 ? null : body, { status, headers: withType(headers, type) })
}

function withType(headers: Headers, type: string): Headers {
  if (!headers.has('content-type')) headers.set('content-type', type)
  return headers
}

function toText(member: NormalizedSchema, value: unknown): string {
  const serializer = new ToStringShapeSerializer(settings)
  serializer.write(member as never, value)
  return serializer.flush()
}
