import { Buffer } from 'node:buffer'
import { ownField } from '../../lib/fields.ts'
import { mediaTypeOf } from '../../lib/media-type.ts'
import type { Exchange, PhaseResult } from '../exchange.ts'
import { misconfigured } from '../mapping/mapping-refusals.ts'
import type { BodyRead } from '../request-body.ts'
import type { SnapshotMethod } from '../snapshot.ts'
import { SchemaError } from './compile-schema.ts'
import type { Models } from './models.ts'

type Place = 'header' | 'path' | 'querystring'

/** In the order in which API Gateway lists what is missing. */
const PLACES: readonly Place[] = ['header', 'path', 'querystring']

/**
 * What a method's request validator asks of a request.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html
 */
export class RequestValidation {
  readonly #required: ReadonlyArray<readonly [place: Place, name: string]>
  /** Names by content type; undefined when bodies are not looked at. */
  readonly #modelNames: Readonly<Record<string, string>> | undefined
  readonly #models: Models

  /** Undefined for a method that asks nothing. `models` are those of the whole deployment. */
  static of(method: SnapshotMethod, models: Models): RequestValidation | undefined {
    const { validator } = method
    return validator?.body || validator?.parameters ? new RequestValidation(method, models) : undefined
  }

  private constructor({ validator, requestParameters, requestModels }: SnapshotMethod, models: Models) {
    this.#required = validator?.parameters ? requiredParameters(requestParameters ?? {}) : []
    this.#modelNames = validator?.body && requestModels ? requestModels : undefined
    this.#models = models
  }

  check(exchange: Exchange): PhaseResult | Promise<PhaseResult> {
    return this.#missingParameters(exchange) ?? this.#checkBody(exchange)
  }

  #missingParameters(exchange: Exchange): PhaseResult {
    const missing = this.#required.filter(([place, name]) => isBlank(exchange, place, name))
    if (missing.length === 0) return undefined
    const names = missing.map(([, name]) => name).join(', ')
    return {
      type: 'BAD_REQUEST_PARAMETERS',
      message: `Missing required request parameters: [${names}]`,
      validationErrors: `Missing required request parameters: [${names}]`,
    }
  }

  #checkBody(exchange: Exchange): PhaseResult | Promise<PhaseResult> {
    if (!this.#modelNames) return undefined
    const contentType = mediaTypeOf(exchange.request.headers.get('content-type')) || 'application/json'
    // "If no matching content type is found, request validation is not performed."
    const model = ownField(this.#modelNames, contentType) ?? ownField(this.#modelNames, '$default')
    if (model === undefined) return undefined
    const body = exchange.body()
    return body instanceof Promise
      ? body.then(read => this.#compare(exchange, model, read))
      : this.#compare(exchange, model, body)
  }

  #compare(exchange: Exchange, model: string, body: BodyRead): PhaseResult {
    if ('refusal' in body) return body.refusal
    const text = body.isBase64 ? Buffer.from(body.text, 'base64').toString('utf8') : body.text
    try {
      const validationErrors = this.#models.validate(model, text)
      return validationErrors === undefined ? undefined : { type: 'BAD_REQUEST_BODY', validationErrors }
    } catch (error) {
      if (!(error instanceof SchemaError)) throw error
      exchange.gateway.report(error, exchange.ids.requestId)
      return misconfigured(`Invalid model schema: ${error.message}`)
    }
  }
}

function requiredParameters(
  parameters: Readonly<Record<string, boolean>>,
): Array<readonly [place: Place, name: string]> {
  return PLACES.flatMap(place => {
    const prefix = `method.request.${place}.`
    return Object.keys(parameters)
      .filter(name => parameters[name] && name.startsWith(prefix))
      .map(name => [place, name.slice(prefix.length)] as const)
  })
}

/** "The required request parameters ... are included and not blank." */
function isBlank(exchange: Exchange, place: Place, name: string): boolean {
  return !sentValue(exchange, place, name)?.trim()
}

function sentValue(exchange: Exchange, place: Place, name: string): string | null | undefined {
  switch (place) {
    case 'header':
      return exchange.request.headers.get(name)
    case 'path':
      return ownField(exchange.located.pathParameters ?? {}, name)
    case 'querystring':
      return ownField(exchange.query.multi ?? {}, name)?.find(value => value.trim() !== '')
  }
}
