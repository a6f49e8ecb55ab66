import { cbor, dateToTag } from '@smithy/core/cbor'
import type { NormalizedSchema } from '@smithy/core/schema'
import { setField } from '../../../lib/fields.ts'
import {
  type Fault,
  faultMembers,
  type Protocol,
  QUERY_ERROR_HEADER,
  queryErrorOf,
  REQUEST_ID_HEADER,
  SerializationFailure,
} from './protocol.ts'
import { readCbor, Tagged } from './read-cbor.ts'
import { dateOfSeconds } from './timestamps.ts'
import { isPlain, type Plain } from './values.ts'

/** The header of requests and answers by which the protocol is known. */
export const PROTOCOL_HEADER = 'smithy-protocol'
export const PROTOCOL_ID = 'rpc-v2-cbor'

const EPOCH_TAG = 1

/** https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html */
export const rpcV2Cbor: Protocol = {
  name: 'rpcv2Cbor',

  read(operation, _labels, request) {
    if (request.body.length === 0) return {}
    const document = readCbor(request.body)
    if (operation.input.isUnitSchema()) return {}
    if (!isStructure(document)) {
      throw new SerializationFailure('Start of structure or map found where not expected.')
    }
    return read(operation.input, document) as Plain
  },

  write(operation, output, { requestId }) {
    const headers = new Headers({ [PROTOCOL_HEADER]: PROTOCOL_ID, [REQUEST_ID_HEADER]: requestId })
    // Without an output there is no body, and no type of one.
    if (operation.output.isUnitSchema()) return new Response(null, { headers })
    return answer(toDocument(operation.output, output), 200, headers)
  },

  writeFault(fault, names) {
    const headers = new Headers({ [PROTOCOL_HEADER]: PROTOCOL_ID, [REQUEST_ID_HEADER]: names.requestId })
    if (names.queryMode) headers.set(QUERY_ERROR_HEADER, queryErrorOf(fault))
    return answer(faultDocument(fault), fault.status, headers)
  },
}

function answer(document: unknown, status: number, headers: Headers): Response {
  headers.set('content-type', 'application/cbor')
  // A copy: the writer's buffer is used again.
  return new Response(Uint8Array.from(cbor.serialize(document)), { status, headers })
}

function faultDocument(fault: Fault): Plain {
  const members = faultMembers(fault)
  const modelled = fault.shape ? (toDocument(fault.shape.schema, members) as Plain) : {}
  return { ...members, message: fault.message, ...modelled, __type: fault.code }
}

const isStructure = (value: unknown): value is Plain => isPlain(value) && !(value instanceof Tagged)

/** A value of the wrong type is returned as it is; the check against the model's types names it. */
function read(schema: NormalizedSchema, value: unknown): unknown {
  if (value === null || value === undefined) return null
  if (schema.isTimestampSchema()) {
    return value instanceof Tagged && value.tag === EPOCH_TAG && typeof value.value === 'number'
      ? dateOfSeconds(value.value)
      : value
  }
  if (schema.isListSchema()) {
    const element = schema.getValueSchema()
    return Array.isArray(value) ? value.map(item => read(element, item)) : value
  }
  if (!isStructure(value)) return value
  if (schema.isStructSchema()) return readStructure(schema, value)
  if (!schema.isMapSchema()) return value
  const element = schema.getValueSchema()
  const map: Plain = {}
  for (const [key, item] of Object.entries(value)) setField(map, key, read(element, item))
  return map
}

function readStructure(schema: NormalizedSchema, value: Plain): Plain {
  const structure: Plain = {}
  for (const [name, member] of schema.structIterator()) {
    if (Object.hasOwn(value, name) && value[name] !== null) structure[name] = read(member, value[name])
  }
  if (schema.isUnionSchema() && Object.keys(structure).length !== 1)
    throw new SerializationFailure('exactly one member of the union must be set')
  return structure
}

function toDocument(schema: NormalizedSchema, value: unknown): unknown {
  if (value === null || value === undefined) return null
  if (schema.isStructSchema()) {
    const structure: Plain = {}
    for (const [name, member] of schema.structIterator()) {
      const item = (value as Plain)[name]
      if (item !== undefined && item !== null) structure[name] = toDocument(member, item)
    }
    return structure
  }
  if (schema.isListSchema()) {
    const element = schema.getValueSchema()
    return Array.from(value as Iterable<unknown>, item => toDocument(element, item))
  }
  if (schema.isMapSchema()) {
    const element = schema.getValueSchema()
    const map: Plain = {}
    for (const [key, item] of Object.entries(value as Plain)) setField(map, key, toDocument(element, item))
    return map
  }
  return value instanceof Date ? dateToTag(value) : value
}
