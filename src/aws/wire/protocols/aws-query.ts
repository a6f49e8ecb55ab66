import { XmlShapeSerializer } from '@aws-sdk/core/protocols'
import { FromStringShapeDeserializer } from '@smithy/core/protocols'
import type { NormalizedSchema } from '@smithy/core/schema'
import { type Protocol, SerializationFailure } from './protocol.ts'

// Timestamps are RFC 3339 (5): https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
const settings = { timestampFormat: { useTrait: true, default: 5 as const }, httpBindings: false }

/** The SDK writes query requests but ships no reader of them. */
export const awsQuery: Protocol = {
  name: 'awsQuery',

  async read(operation, _labels, request) {
    if (operation.input.isUnitSchema()) return {}
    const form = new URLSearchParams(new TextDecoder().decode(request.body))
    for (const [key, value] of request.query) if (!form.has(key)) form.append(key, value)
    return (readStructure(operation.input, new Form(form), '') ?? {}) as Record<string, unknown>
  },

  write(operation, output, names) {
    let inner = ''
    if (!operation.output.isUnitSchema()) {
      const serializer = new XmlShapeSerializer({
        ...settings,
        xmlNamespace: '',
        serviceNamespace: '',
      } as never)
      serializer.write(operation.output as never, output as never)
      inner = String(serializer.flush()).replace(/^<[^>]+>|<\/[^>]+>$/g, '')
    }
    const result = `<${operation.name}Result>${inner}</${operation.name}Result>`
    return xml(
      200,
      `<${operation.name}Response xmlns="${names.xmlNamespace}">${result}` +
        `<ResponseMetadata><RequestId>${names.requestId}</RequestId></ResponseMetadata></${operation.name}Response>`,
    )
  },

  writeFault(fault, names) {
    const type = fault.status >= 500 ? 'Receiver' : 'Sender'
    const code = escapeXml(fault.shape?.queryCode ?? fault.code)
    return xml(
      fault.status,
      `<ErrorResponse xmlns="${names.xmlNamespace}"><Error><Type>${type}</Type><Code>${code}</Code>` +
        `<Message>${escapeXml(fault.message)}</Message></Error><RequestId>${names.requestId}</RequestId></ErrorResponse>`,
    )
  },
}

const xml = (status: number, body: string) =>
  new Response(body, { status, headers: { 'content-type': 'text/xml' } })

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

const escapeXml = (text: string): string => text.replace(/[&<>"']/g, character => ESCAPES[character]!)

/** A form whose keys can be asked for by prefix without walking all of them each time. */
class Form {
  readonly #values: URLSearchParams
  readonly #prefixes = new Set<string>()

  constructor(values: URLSearchParams) {
    this.#values = values
    for (const key of values.keys()) {
      for (let dot = key.indexOf('.'); dot >= 0; dot = key.indexOf('.', dot + 1))
        this.#prefixes.add(key.slice(0, dot + 1))
    }
  }

  get(key: string): string | undefined {
    return this.#values.get(key) ?? undefined
  }

  has(key: string): boolean {
    return this.#values.has(key)
  }

  hasUnder(prefix: string): boolean {
    return this.#prefixes.has(prefix)
  }
}

function read(schema: NormalizedSchema, form: Form, prefix: string): unknown {
  if (schema.isStructSchema()) return readStructure(schema, form, prefix)
  if (schema.isListSchema()) return readList(schema, form, prefix)
  if (schema.isMapSchema()) return readMap(schema, form, prefix)
  const key = prefix.slice(0, -1)
  const text = form.get(key)
  if (text === undefined) return undefined
  try {
    return new FromStringShapeDeserializer(settings).read(schema as never, text)
  } catch {
    throw new SerializationFailure(`${key}: '${text.slice(0, 64)}' is not of the expected type`)
  }
}

function readStructure(schema: NormalizedSchema, form: Form, prefix: string): unknown {
  if (prefix && !form.hasUnder(prefix)) return undefined
  const structure: Record<string, unknown> = {}
  for (const [name, member] of schema.structIterator()) {
    const value = read(member, form, `${prefix}${member.getMergedTraits().xmlName ?? name}.`)
    if (value !== undefined) structure[name] = value
  }
  return structure
}

function readList(schema: NormalizedSchema, form: Form, prefix: string): unknown {
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

function readMap(schema: NormalizedSchema, form: Form, prefix: string): unknown {
  if (!form.hasUnder(prefix)) return undefined
  const base = schema.getMergedTraits().xmlFlattened ? prefix : `${prefix}entry.`
  const map: Record<string, unknown> = {}
  const keyName = schema.getKeySchema().getMergedTraits().xmlName ?? 'key'
  const valueName = schema.getValueSchema().getMergedTraits().xmlName ?? 'value'
  for (let i = 1; ; i++) {
    const key = form.get(`${base}${i}.${keyName}`)
    if (key === undefined) return map
    Object.defineProperty(map, key, {
      value: read(schema.getValueSchema(), form, `${base}${i}.${valueName}.`),
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
}
