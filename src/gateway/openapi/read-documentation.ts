import { ownField } from '../../lib/fields.ts'
import { isJsonObject, type JsonObject, scalarText } from '../../lib/json-object.ts'
import type { DocumentationPartRecord } from '../control/api-parts.ts'
import type { Documentation } from './definition.ts'
import {
  type DocumentationLocation,
  documentedMethod,
  fullLocation,
  locationKey,
  PARAMETER_TYPES,
} from './documentation-location.ts'
import { METHOD_KEYS, parametersOf } from './read-methods.ts'
import type { Reading } from './reading.ts'
import { compact, entriesOf, listOf } from './values.ts'

/** Characters of all parts: one response that many methods refer to is a part for each of them. */
const MOST_TEXT = 6 * 1024 * 1024

/** The fields of an operation that are texts for its readers. */
const METHOD_TEXTS = ['summary', 'description', 'tags', 'deprecated', 'externalDocs']

/**
 * The texts of a document, as parts: those that stand where OpenAPI has them, and those of the extension
 * `x-amazon-apigateway-documentation`, which win where both speak of the same.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-documenting-api-content-representation.html
 */
export function readDocumentation(reading: Reading, models: readonly string[]): Documentation {
  const parts = new Map<string, DocumentationPartRecord>()
  let written = 0
  const add = (location: DocumentationLocation, properties: JsonObject) => {
    if (Object.keys(properties).length === 0) return
    const text = JSON.stringify(properties)
    written += text.length
    if (written > MOST_TEXT)
      reading.warn(`Only ${MOST_TEXT} characters of documentation are taken. Ignoring the rest.`)
    else parts.set(locationKey(location), { location, properties: text })
  }
  const { root } = reading
  if (isJsonObject(root.info)) {
    const { title: _title, version: _version, ...info } = root.info
    if (Object.keys(info).length > 0) add({ type: 'API' }, { info })
  }
  for (const name of models) {
    const schema = reading.components('schemas')[name]
    if (isJsonObject(schema)) add({ type: 'MODEL', name }, pick(schema, ['title', 'description']))
  }
  for (const [path, value] of entriesOf(root.paths)) {
    if (path.startsWith('/')) readPath(reading, path, reading.resolve(value) ?? {}, add)
  }
  const extension = reading.resolve(root['x-amazon-apigateway-documentation'])
  for (const part of readParts(reading, extension)) parts.set(locationKey(part.location), part)
  return compact<Documentation>({
    version: scalarText(extension?.version),
    description: scalarText(extension?.description),
    parts: [...parts.values()],
  })
}

/** The parts of `x-amazon-apigateway-documentation`. */
function readParts(reading: Reading, extension: JsonObject | undefined): DocumentationPartRecord[] {
  return listOf(extension?.documentationParts).flatMap(part => {
    if (!isJsonObject(part) || !isJsonObject(part.location)) return []
    const { type, path, method, statusCode, name } = part.location
    const location = fullLocation(
      compact<DocumentationLocation>({
        type: scalarText(type) ?? '',
        path: scalarText(path),
        method: scalarText(method),
        statusCode: scalarText(statusCode),
        name: scalarText(name),
      }),
    )
    if ('wrong' in location) {
      reading.warn(`${location.wrong}. Ignoring.`)
      return []
    }
    return [{ location, properties: propertiesText(part.properties) }]
  })
}

const propertiesText = (properties: unknown): string =>
  typeof properties === 'string' ? properties : JSON.stringify(properties ?? {})

type Add = (location: DocumentationLocation, properties: JsonObject) => void

function readPath(reading: Reading, path: string, item: JsonObject, add: Add): void {
  for (const [key, operation] of Object.entries(item)) {
    const method = ownField(METHOD_KEYS, key.toLowerCase())
    if (!method || !isJsonObject(operation)) continue
    const at = { path, method: documentedMethod(method) }
    add({ type: 'METHOD', ...at }, pick(operation, METHOD_TEXTS))
    for (const parameter of parametersOf(reading, item, operation)) {
      const place = String(parameter.in)
      const type = ownField(PARAMETER_TYPES, place)
      const name = scalarText(parameter.name)
      const texts = pick(parameter, ['description'])
      if (place === 'body') add({ type: 'REQUEST_BODY', ...at }, texts)
      else if (name && type) add({ type, ...at, name }, texts)
    }
    const body =
      reading.format === 'oas30' && operation.requestBody ? reading.resolve(operation.requestBody) : undefined
    if (body) add({ type: 'REQUEST_BODY', ...at }, pick(body, ['description']))
    for (const [statusCode, value] of entriesOf(operation.responses)) {
      if (!/^\d{3}$/.test(statusCode)) continue
      const response = reading.resolve(value) ?? {}
      // What OpenAPI demands and nobody wrote.
      if (response.description !== usualDescription(statusCode)) {
        add({ type: 'RESPONSE', ...at, statusCode }, pick(response, ['description']))
      }
      for (const [name, header] of entriesOf(response.headers)) {
        const texts = pick(reading.resolve(header) ?? {}, ['description'])
        add({ type: 'RESPONSE_HEADER', ...at, statusCode, name }, texts)
      }
    }
  }
}

/** The description of a response that has none: OpenAPI does not allow there to be none. */
export const usualDescription = (statusCode: string): string => `${statusCode} response`

function pick(value: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(
    names.flatMap(name => (value[name] === undefined || value[name] === '' ? [] : [[name, value[name]]])),
  )
}
