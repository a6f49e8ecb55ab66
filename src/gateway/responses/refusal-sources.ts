import { commonLogTime } from '../../lib/common-log-time.ts'
import type { Fields } from '../../lib/fields.ts'
import type { Exchange } from '../exchange.ts'
import { GATEWAY_RESPONSES, type GatewayRefusal } from '../gateway-responses.ts'
import type { MappingSources } from '../mapping/map-parameters.ts'
import { decodedParameters, type MethodParameters } from '../mapping/template-variables.ts'
import { requestContext } from '../request-context.ts'
import { eventHeaders, forwardedHeaders } from '../request-headers.ts'
import { Quoted } from './variable-template.ts'

/** `$context.error` */
export interface ErrorContext {
  readonly message: string | null
  /** The message in double quotes. */
  readonly messageString: Quoted
  readonly responseType: string
  /** "A string containing a detailed validation error message." */
  readonly validationErrorString?: string
}

export function errorContext(refusal: GatewayRefusal): ErrorContext {
  const { message } = { ...GATEWAY_RESPONSES[refusal.type], ...refusal }
  return {
    message,
    messageString: new Quoted(message),
    responseType: refusal.type,
    ...(refusal.validationErrors !== undefined && { validationErrorString: refusal.validationErrors }),
  }
}

/** What an API's own response to a refusal can name. The request may have matched no method. */
export class RefusalSources implements MappingSources {
  readonly #exchange: Exchange
  readonly #refusal: GatewayRefusal
  readonly body = ''
  readonly integrationHeaders: [] = []
  #context: Record<string, unknown> | undefined

  constructor(exchange: Exchange, refusal: GatewayRefusal) {
    this.#exchange = exchange
    this.#refusal = refusal
  }

  get method(): MethodParameters {
    const exchange = this.#exchange
    return {
      path: decodedParameters(exchange.route?.pathParameters ?? null),
      querystring: exchange.query.single ?? {},
      header: eventHeaders(exchange.request.headers, forwardedHeaders(exchange)).single,
    }
  }

  get multiValueQuery(): Readonly<Record<string, readonly string[]>> {
    return this.#exchange.query.multi ?? {}
  }

  get context(): Record<string, unknown> {
    const exchange = this.#exchange
    this.#context ??= {
      ...(exchange.route ? requestContext(exchange) : contextWithoutMethod(exchange)),
      error: errorContext(this.#refusal),
    }
    return this.#context
  }

  get stageVariables(): Fields {
    return this.#exchange.stage?.variables ?? {}
  }
}

/** `$context` of a request that no method serves. */
export function contextWithoutMethod(exchange: Exchange): Record<string, unknown> {
  const { address, api, ids, receivedAt, sourceIp, stage, url } = exchange
  return {
    accountId: api?.account.id,
    apiId: api?.apiId,
    deploymentId: stage?.deploymentId,
    domainName: url.host,
    domainPrefix: url.host.split(/[.:]/, 1)[0],
    extendedRequestId: ids.extendedRequestId,
    httpMethod: exchange.httpMethod,
    identity: { sourceIp, userAgent: exchange.request.headers.get('user-agent') },
    path: stage && address.basePath === undefined ? `/${stage.name}${address.rawPath}` : url.path || '/',
    protocol: 'HTTP/1.1',
    requestId: ids.requestId,
    requestTime: commonLogTime(receivedAt),
    requestTimeEpoch: receivedAt,
    stage: stage?.name,
  }
}
