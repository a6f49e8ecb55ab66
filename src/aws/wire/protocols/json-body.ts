import type { NormalizedSchema } from '@smithy/core/schema'
import { toBase64 } from '@smithy/core/serde'
import { setField } from '../../../lib/fields.ts'
import { SerializationFailure } from './protocol.ts'
import { dateOf, dateOfSeconds, dateText, EPOCH_SECONDS, formatOf } from './timestamps.ts'
import { bytesOf, isPlain, namedNumber, type Plain, wellFormed } from './values.ts'

/** Deeper documents are refused before a recursive reader meets them. */
const MAX_DEPTH = 200

/** Whether brackets outside strings nest deeper than {@link MAX_DEPTH}. */
function isTooDeep(body: Uint8Array): boolean {
  let depth = 0
  let inString = false
  for (let i = 0; i < body.length; i++) {
    const byte = body[i]
    if (inString) {
      if (byte === 0x5c) i++
      else if (byte === 0x22) inString = false
    } else if (byte === 0x22) inString = true
    else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > MAX_DEPTH) return true
    } else if (byte === 0x7d || byte === 0x5d) depth--
  }
  return false
}

function parse(body: Uint8Array): unknown {
  if (isTooDeep(body)) throw new SerializationFailure('The document is nested too deeply')
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(body))
  } catch {
    throw new SerializationFailure('Could not parse request body into json: the document is not valid JSON')
  }
}

/**
 * Reads and writes JSON documents of a shape, for the REST and the RPC flavour of AWS's JSON protocols.
 *
 * Not the SDK's codec, which is a client's: it drops a map's nulls, fills in idempotency tokens, carries members
 * that the model does not have along with a `__type`, and takes arrays for structures.
 */
export function jsonBody({ jsonName }: { readonly jsonName: boolean }) {
  const nameOf = (name: string, member: NormalizedSchema): string =>
    jsonName ? ((member.getMergedTraits().jsonName as string | undefined) ?? name) : name

  /** A value of the wrong type is returned as it is; the check against the model's types names it. */
  function read(schema: NormalizedSchema, value: unknown, where: string): unknown {
    if (value === null || value === undefined) return null
    if (schema.isStructSchema()) return isPlain(value) ? readStructure(schema, value, where) : value
    if (schema.isListSchema()) {
      const element = schema.getValueSchema()
      return Array.isArray(value) ? value.map(item => read(element, item, where)) : value
    }
    if (schema.isMapSchema()) {
      if (!isPlain(value)) return value
      const element = schema.getValueSchema()
      const map: Plain = {}
      for (const [key, item] of Object.entries(value))
        setField(map, wellFormed(key, where), read(element, item, where))
      return map
    }
    if (schema.isDocumentSchema()) return readDocument(value, where)
    if (schema.isTimestampSchema()) {
      const format = formatOf(schema, EPOCH_SECONDS)
      if (typeof value === 'number') return format === EPOCH_SECONDS ? dateOfSeconds(value) : value
      return typeof value === 'string' && format !== EPOCH_SECONDS ? (dateOf(value, format) ?? value) : value
    }
    if (typeof value !== 'string') return value
    if (schema.isBlobSchema()) return bytesOf(value, where)
    if (schema.isNumericSchema()) return namedNumber(value) ?? value
    return wellFormed(value, where)
  }

  function readStructure(schema: NormalizedSchema, value: Plain, where: string): Plain {
    const structure: Plain = {}
    let members = 0
    for (const [name, member] of schema.structIterator()) {
      const key = nameOf(name, member)
      if (!Object.hasOwn(value, key) || value[key] === null) continue
      structure[name] = read(member, value[key], name)
      members++
    }
    if (schema.isUnionSchema() && members !== 1) {
      throw new SerializationFailure(`${where}: exactly one member of the union must be set`)
    }
    return structure
  }

  function readDocument(value: unknown, where: string): unknown {
    if (typeof value === 'string') return wellFormed(value, where)
    if (Array.isArray(value)) return value.map(item => readDocument(item, where))
    if (!isPlain(value)) return value
    const document: Plain = {}
    for (const [key, item] of Object.entries(value))
      setField(document, wellFormed(key, where), readDocument(item, where))
    return document
  }

  function toDocument(schema: NormalizedSchema, value: unknown): unknown {
    if (value === null || value === undefined) return null
    if (schema.isStructSchema()) return structureToDocument(schema, value as Plain)
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
    if (schema.isTimestampSchema() && value instanceof Date) {
      const format = formatOf(schema, EPOCH_SECONDS)
      return format === EPOCH_SECONDS ? value.getTime() / 1000 : dateText(value, format)
    }
    if (schema.isBlobSchema()) return toBase64(value as Uint8Array)
    if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
    return value
  }

  function structureToDocument(schema: NormalizedSchema, value: Plain): Plain {
    const structure: Plain = {}
    for (const [name, member] of schema.structIterator()) {
      const item = value[name]
      if (item !== undefined && item !== null)
        setField(structure, nameOf(name, member), toDocument(member, item))
    }
    return structure
  }

  return {
    /** @throws {@link SerializationFailure} */
    read(schema: NormalizedSchema, body: Uint8Array): unknown {
      if (body.length === 0) return {}
      const document = parse(body)
      if (schema.isUnitSchema()) return {}
      if ((schema.isStructSchema() || schema.isMapSchema()) && !isPlain(document)) {
        throw new SerializationFailure('Start of structure or map found where not expected.')
      }
      return read(schema, document, 'body')
    },
    write: (schema: NormalizedSchema, value: unknown): string => JSON.stringify(toDocument(schema, value)),
    /** The value as a document, for who adds to it before writing it. */
    toDocument,
  }
}
