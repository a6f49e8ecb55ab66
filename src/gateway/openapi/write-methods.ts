import type { JsonObject } from '../../lib/json-object.ts'
import type { MethodResponseRecord } from '../control/rest-api-records.ts'
import { type IntegrationDefinition, type MethodDefinition, USUAL_TIMEOUT_MS } from './definition.ts'
import { documentedMethod, PARAMETER_TYPES } from './documentation-location.ts'
import { usualDescription } from './read-documentation.ts'
import type { Texts } from './texts.ts'
import { compact, someOf } from './values.ts'
import { schemaReference, type WriteOptions } from './write-document.ts'
import { type SchemeNames, writeRequirements } from './write-security.ts'

interface PathOptions extends WriteOptions {
  readonly texts: Texts
  readonly schemeNames: SchemeNames
}

const PLACES: Readonly<Record<string, string>> = { path: 'path', querystring: 'query', header: 'header' }
const PARAMETER = /^method\.request\.(path|querystring|header)\.(.+)$/s

export function writePath(
  path: string,
  methods: Readonly<Record<string, MethodDefinition>>,
  options: PathOptions,
): JsonObject {
  return Object.fromEntries(
    Object.entries(methods).map(([name, method]) => [
      name === 'ANY' ? 'x-amazon-apigateway-any-method' : name.toLowerCase(),
      new MethodWriter(path, name, options).write(method),
    ]),
  )
}

class MethodWriter {
  readonly #options: PathOptions
  readonly #at: { readonly path: string; readonly method: string }

  constructor(path: string, name: string, options: PathOptions) {
    this.#options = options
    this.#at = { path, method: documentedMethod(name) }
  }

  write(method: MethodDefinition): JsonObject {
    const { extensions, format, texts, schemeNames } = this.#options
    const types = (models: Readonly<Record<string, string>> | undefined) => Object.keys(models ?? {})
    const produced = new Set(
      Object.values(method.responses ?? {}).flatMap(({ responseModels }) => types(responseModels)),
    )
    const consumed = types(method.requestModels)
    const parameters = this.#parameters(method)
    return compact({
      ...texts.at({ type: 'METHOD', ...this.#at }),
      operationId: method.operationName,
      consumes: format === 'swagger' && consumed.length > 0 ? consumed : undefined,
      produces: format === 'swagger' && produced.size > 0 ? [...produced] : undefined,
      parameters: parameters.length > 0 ? parameters : undefined,
      requestBody: format === 'oas30' ? this.#requestBody(method) : undefined,
      // OpenAPI wants responses to be there, API Gateway knows methods without any.
      responses: this.#responses(method),
      security: writeRequirements(method, schemeNames),
      'x-amazon-apigateway-request-validator': extensions.apigateway ? method.requestValidator : undefined,
      'x-amazon-apigateway-integration':
        (extensions.integrations || extensions.apigateway) && method.integration
          ? writeIntegration(method.integration)
          : undefined,
    })
  }

  #parameters({ requestParameters, requestModels }: MethodDefinition): JsonObject[] {
    const { format, texts } = this.#options
    const parameters = Object.entries(requestParameters ?? {}).flatMap(
      ([expression, required]): JsonObject[] => {
        const [, place = '', name = ''] = PARAMETER.exec(expression) ?? []
        const where = PLACES[place]
        if (!where) return []
        return [
          {
            name,
            in: where,
            ...texts.at({ type: PARAMETER_TYPES[where]!, ...this.#at, name }),
            required,
            ...(format === 'swagger' ? { type: 'string' } : { schema: { type: 'string' } }),
          },
        ]
      },
    )
    const [model] = Object.values(requestModels ?? {})
    if (format === 'oas30' || model === undefined) return parameters
    const body = texts.at({ type: 'REQUEST_BODY', ...this.#at })
    return [
      ...parameters,
      { in: 'body', name: model, ...body, required: true, schema: this.#reference(model) },
    ]
  }

  #requestBody({ requestModels }: MethodDefinition): JsonObject | undefined {
    const content = this.#content(requestModels)
    return (
      content && { ...this.#options.texts.at({ type: 'REQUEST_BODY', ...this.#at }), content, required: true }
    )
  }

  #responses({ responses }: MethodDefinition): JsonObject {
    return Object.fromEntries(
      Object.entries(responses ?? {}).map(([statusCode, response]) => [
        statusCode,
        this.#response(statusCode, response),
      ]),
    )
  }

  #response(statusCode: string, { responseParameters, responseModels }: MethodResponseRecord): JsonObject {
    const { format, texts } = this.#options
    const [model] = Object.values(responseModels ?? {})
    const headers = Object.entries(responseParameters ?? {}).map(
      ([expression, required]): [string, JsonObject] => {
        const name = expression.replace(/^method\.response\.header\./, '')
        const description = texts.at({ type: 'RESPONSE_HEADER', ...this.#at, statusCode, name })
        return [
          name,
          format === 'swagger'
            ? { ...description, type: 'string' }
            : compact({ ...description, required: required || undefined, schema: { type: 'string' } }),
        ]
      },
    )
    return compact({
      description: usualDescription(statusCode),
      ...texts.at({ type: 'RESPONSE', ...this.#at, statusCode }),
      headers: someOf(headers),
      ...(format === 'swagger'
        ? { schema: model === undefined ? undefined : this.#reference(model) }
        : { content: this.#content(responseModels) }),
    })
  }

  #content(models: Readonly<Record<string, string>> | undefined): JsonObject | undefined {
    return someOf(
      Object.entries(models ?? {}).map(([type, model]): [string, JsonObject] => [
        type,
        { schema: this.#reference(model) },
      ]),
    )
  }

  #reference(model: string): JsonObject {
    return { $ref: schemaReference(this.#options.format) + model }
  }
}

function writeIntegration(integration: IntegrationDefinition): JsonObject {
  const { type, passthroughBehavior, timeoutInMillis, cacheKeyParameters, responses, ...rest } = integration
  return compact({
    type: type.toLowerCase(),
    ...rest,
    passthroughBehavior: passthroughBehavior.toLowerCase(),
    timeoutInMillis: timeoutInMillis === USUAL_TIMEOUT_MS ? undefined : timeoutInMillis,
    cacheKeyParameters: cacheKeyParameters.length > 0 ? cacheKeyParameters : undefined,
    responses: someOf(
      Object.entries(responses ?? {}).map(
        ([statusCode, { selectionPattern, ...response }]): [string, JsonObject] => [
          selectionPattern || 'default',
          { statusCode, ...response },
        ],
      ),
    ),
  })
}
