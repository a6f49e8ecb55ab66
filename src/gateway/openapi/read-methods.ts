import { ownField } from '../../lib/fields.ts'
import { isJsonObject, type JsonObject, scalarText } from '../../lib/json-object.ts'
import type { MethodResponseRecord } from '../control/rest-api-records.ts'
import type { MethodDefinition } from './definition.ts'
import { readIntegration } from './read-integration.ts'
import type { Models } from './read-models.ts'
import type { Security } from './read-security.ts'
import type { Reading } from './reading.ts'
import { compact, entriesOf, flagOf, listOf, someOf, textsOf } from './values.ts'

/** The keys of a path under which methods stand, and their names. */
export const METHOD_KEYS: Readonly<Record<string, string>> = {
  get: 'GET',
  put: 'PUT',
  post: 'POST',
  delete: 'DELETE',
  patch: 'PATCH',
  options: 'OPTIONS',
  head: 'HEAD',
  'x-amazon-apigateway-any-method': 'ANY',
}

/** Where parameters are, in a document and in the API's mapping expressions. */
const PLACES: Readonly<Record<string, string>> = { path: 'path', query: 'querystring', header: 'header' }

const STATUS_CODE = /^[1-5]\d\d$/

/** One document's paths. */
export class Methods {
  readonly #reading: Reading
  readonly #models: Models
  readonly #security: Security

  constructor(reading: Reading, models: Models, security: Security) {
    this.#reading = reading
    this.#models = models
    this.#security = security
  }

  /** The methods of one path by name. */
  read(path: string, value: unknown): Record<string, MethodDefinition> {
    const item = this.#reading.resolve(value) ?? {}
    const methods: [string, MethodDefinition][] = []
    for (const [key, operation] of Object.entries(item)) {
      const name = ownField(METHOD_KEYS, key.toLowerCase())
      if (name && isJsonObject(operation)) methods.push([name, this.#readMethod(path, name, item, operation)])
      else if (key === 'trace')
        this.#reading.warn(`Method 'TRACE' on resource at path '${path}' is not supported. Ignoring.`)
    }
    return Object.fromEntries(methods)
  }

  #readMethod(path: string, name: string, item: JsonObject, operation: JsonObject): MethodDefinition {
    const parameters = parametersOf(this.#reading, item, operation)
    const where = `method '${name}' on resource at path '${path}'`
    const validator = scalarText(
      operation['x-amazon-apigateway-request-validator'] ??
        this.#reading.root['x-amazon-apigateway-request-validator'],
    )
    const validators = this.#reading.root['x-amazon-apigateway-request-validators']
    const known = validator !== undefined && isJsonObject(validators) && Object.hasOwn(validators, validator)
    if (validator !== undefined && !known) {
      this.#reading.warn(`Reference to request validator '${validator}' not found. Ignoring.`)
    }
    return compact<MethodDefinition>({
      ...this.#security.protectionOf(operation),
      operationName: scalarText(operation.operationId),
      requestParameters: this.#requestParameters(parameters, where),
      requestModels: this.#requestModels(operation, parameters),
      requestValidator: known ? validator : undefined,
      responses: this.#responses(operation, where),
      integration: readIntegration(this.#reading, operation['x-amazon-apigateway-integration'], where),
    })
  }

  #requestParameters(parameters: readonly JsonObject[], where: string): Record<string, boolean> | undefined {
    const declared: [string, boolean][] = []
    for (const parameter of parameters) {
      const place = ownField(PLACES, String(parameter.in))
      const name = scalarText(parameter.name)
      if (place && name) {
        declared.push([`method.request.${place}.${name}`, place === 'path' || flagOf(parameter.required)])
      } else if (parameter.in !== 'body') {
        this.#reading.warn(
          `Parameter '${name ?? 'null'}' in '${scalarText(parameter.in) ?? 'null'}' of ${where} is not supported. Ignoring.`,
        )
      }
    }
    return someOf(declared)
  }

  #requestModels(
    operation: JsonObject,
    parameters: readonly JsonObject[],
  ): Record<string, string> | undefined {
    if (this.#reading.format === 'oas30')
      return this.#contentModels(this.#reading.resolve(operation.requestBody)?.content)
    const body = parameters.find(parameter => parameter.in === 'body')
    return body && this.#modelsFor(body.schema, this.#mediaTypes(operation, 'consumes'))
  }

  #responses(operation: JsonObject, where: string): Record<string, MethodResponseRecord> | undefined {
    const responses: [string, MethodResponseRecord][] = []
    for (const [statusCode, value] of entriesOf(operation.responses)) {
      if (statusCode.startsWith('x-')) continue
      if (!STATUS_CODE.test(statusCode)) {
        this.#reading.warn(`Response '${statusCode}' of ${where} has no status code. Ignoring.`)
        continue
      }
      const response = this.#reading.resolve(value) ?? {}
      const headers = entriesOf(response.headers).map(([name, header]): [string, boolean] => [
        `method.response.header.${name}`,
        flagOf(this.#reading.resolve(header)?.required),
      ])
      const models =
        this.#reading.format === 'oas30'
          ? this.#contentModels(response.content)
          : this.#modelsFor(response.schema, this.#mediaTypes(operation, 'produces'))
      responses.push([statusCode, compact({ responseParameters: someOf(headers), responseModels: models })])
    }
    return someOf(responses)
  }

  #contentModels(content: unknown): Record<string, string> | undefined {
    return someOf(
      entriesOf(content).flatMap(([type, media]): [string, string][] => {
        const model = this.#models.nameOf(this.#reading.resolve(media)?.schema)
        return model === undefined ? [] : [[type, model]]
      }),
    )
  }

  #modelsFor(schema: unknown, types: readonly string[]): Record<string, string> | undefined {
    const model = this.#models.nameOf(schema)
    return model === undefined ? undefined : someOf(types.map(type => [type, model]))
  }

  #mediaTypes(operation: JsonObject, key: 'consumes' | 'produces'): string[] {
    const types = textsOf(operation[key] ?? this.#reading.root[key])
    return types.length > 0 ? types : ['application/json']
  }
}

/** An operation's parameters, and those of its path that it does not declare itself. */
export function parametersOf(reading: Reading, item: JsonObject, operation: JsonObject): JsonObject[] {
  const read = (list: unknown): JsonObject[] =>
    listOf(list).flatMap((value): JsonObject[] => {
      const parameter = reading.resolve(value)
      return parameter ? [parameter] : []
    })
  const own = read(operation.parameters)
  const declared = new Set(own.map(({ in: place, name }) => `${place} ${name}`))
  return [...read(item.parameters).filter(({ in: place, name }) => !declared.has(`${place} ${name}`)), ...own]
}
