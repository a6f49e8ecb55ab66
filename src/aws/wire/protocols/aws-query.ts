import { XmlShapeSerializer } from '@aws-sdk/core/protocols'
import type { NormalizedSchema } from '@smithy/core/schema'
import { setField } from '../../../lib/fields.ts'
import type { Operation } from '../operations.ts'
import {
  faultMembers,
  faultType,
  type Names,
  type Protocol,
  REQUEST_ID_HEADER,
  SerializationFailure,
} from './protocol.ts'
import { QueryForm } from './query-form.ts'
import { fromText } from './text-binding.ts'
import { DATE_TIME } from './timestamps.ts'
import { type Plain, wellFormed } from './values.ts'

const settings = {
  timestampFormat: { useTrait: true, default: DATE_TIME as typeof DATE_TIME },
  httpBindings: false,
  xmlNamespace: '',
  serviceNamespace: '',
}

/**
 * https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 *
 * The SDK writes query requests but ships no reader of them.
 */
export const awsQuery: Protocol = {
  name: 'awsQuery',

  read(operation, _labels, request) {
    if (operation.input.isUnitSchema()) return {}
    return readStructure(operation.input, QueryForm.of(request), '') ?? {}
  },

  write(operation, output, names) {
    return xml(
      200,
      `<${operation.name}Response xmlns="${escapeXml(names.xmlNamespace)}">${result(operation, output)}` +
        `<ResponseMetadata><RequestId>${names.requestId}</RequestId></ResponseMetadata></${operation.name}Response>`,
      names,
    )
  },

  writeFault(fault, names) {
    const code = escapeXml(fault.shape?.queryCode ?? fault.code)
    const members = fault.shape ? inside(fault.shape.schema, withoutMessage(faultMembers(fault))) : ''
    return xml(
      fault.status,
      `<ErrorResponse xmlns="${escapeXml(names.xmlNamespace)}"><Error><Type>${faultType(fault.status)}</Type>` +
        `<Code>${code}</Code><Message>${escapeXml(fault.message)}</Message>${members}</Error>` +
        `<RequestId>${names.requestId}</RequestId></ErrorResponse>`,
      names,
    )
  },
}

/** An operation without output has no result element at all. */
const result = (operation: Operation, output: Plain): string =>
  operation.output.isUnitSchema()
    ? ''
    : `<${operation.name}Result>${inside(operation.output, output)}</${operation.name}Result>`

/** A structure's members as elements, without the element of the structure itself. */
function inside(schema: NormalizedSchema, value: Plain): string {
  const serializer = new XmlShapeSerializer(settings as never)
  serializer.write(schema as never, value as never)
  return String(serializer.flush()).replace(/^<[^>]+>|<\/[^>]+>$/g, '')
}

const withoutMessage = (members: Plain): Plain =>
  Object.fromEntries(Object.entries(members).filter(([name]) => name.toLowerCase() !== 'message'))

const xml = (status: number, body: string, names: Names) =>
  new Response(body.replace(NOT_IN_XML, '?'), {
    status,
    headers: { 'content-type': 'text/xml', [REQUEST_ID_HEADER]: names.requestId },
  })

// https://www.w3.org/TR/xml/#charsets: these cannot be written even as references.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
const NOT_IN_XML = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

const escapeXml = (text: string): string => text.replace(/[&<>"']/g, character => ESCAPES[character]!)

function read(schema: NormalizedSchema, form: QueryForm, prefix: string): unknown {
  if (schema.isStructSchema()) return readStructure(schema, form, prefix)
  if (schema.isListSchema()) return readList(schema, form, prefix)
  if (schema.isMapSchema()) return readMap(schema, form, prefix)
  const key = prefix.slice(0, -1)
  const text = form.get(key)
  return text === undefined ? undefined : fromText(key, schema, text, DATE_TIME)
}

function readStructure(schema: NormalizedSchema, form: QueryForm, prefix: string): Plain | undefined {
  if (prefix && !form.hasUnder(prefix)) return undefined
  const structure: Plain = {}
  for (const [name, member] of schema.structIterator()) {
    const value = read(member, form, `${prefix}${member.getMergedTraits().xmlName ?? name}.`)
    if (value !== undefined) structure[name] = value
  }
  return structure
}

function readList(schema: NormalizedSchema, form: QueryForm, prefix: string): unknown[] | undefined {
  // An empty list is written as `Name=`.
  if (!form.hasUnder(prefix)) return form.has(prefix.slice(0, -1)) ? [] : undefined
  const member = schema.getValueSchema()
  const flat = schema.getMergedTraits().xmlFlattened
  const base = flat ? prefix : `${prefix}${member.getMergedTraits().xmlName ?? 'member'}.`
  const list: unknown[] = []
  for (let i = 1; ; i++) {
    const value = read(member, form, `${base}${i}.`)
    if (value === undefined) return list
    list.push(value)
  }
}

function readMap(schema: NormalizedSchema, form: QueryForm, prefix: string): Plain | undefined {
  if (!form.hasUnder(prefix)) return undefined
  const base = schema.getMergedTraits().xmlFlattened ? prefix : `${prefix}entry.`
  const map: Plain = {}
  const keyName = schema.getKeySchema().getMergedTraits().xmlName ?? 'key'
  const valueName = schema.getValueSchema().getMergedTraits().xmlName ?? 'value'
  for (let i = 1; ; i++) {
    const key = form.get(`${base}${i}.${keyName}`)
    if (key === undefined) return map
    const value = read(schema.getValueSchema(), form, `${base}${i}.${valueName}.`)
    if (value === undefined) throw new SerializationFailure(`${base}${i}.${valueName}: the value is missing`)
    setField(map, wellFormed(key, base), value)
  }
}
