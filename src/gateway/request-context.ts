import { commonLogTime } from '../lib/common-log-time.ts'
import type { ApiAddress } from './address.ts'
import type { Exchange } from './exchange.ts'

/** `requestContext.identity`, without what only some authorizations add. */
export interface Identity {
  readonly cognitoIdentityPoolId: null
  readonly cognitoIdentityId: null
  readonly apiKey?: string
  readonly apiKeyId?: string
  readonly principalOrgId: string | null
  readonly cognitoAuthenticationType: null
  readonly userArn: string | null
  readonly userAgent: string | null
  readonly accountId: string | null
  readonly caller: string | null
  readonly sourceIp: string
  readonly accessKey: string | null
  readonly cognitoAuthenticationProvider: null
  readonly user: string | null
}

/** `requestContext` of a proxy event, `$context` of a mapping template. */
export interface RequestContext {
  readonly resourceId: string
  /** What the method's authorizer said of the caller; absent where none was asked. */
  readonly authorizer?: Readonly<Record<string, unknown>>
  readonly resourcePath: string
  readonly operationName?: string
  readonly httpMethod: string
  readonly extendedRequestId: string
  /** Common Log Format: `10/Oct/2000:13:55:36 +0000`. */
  readonly requestTime: string
  /** With the stage or, on a custom domain, the base path, and as it was sent. */
  readonly path: string
  readonly accountId: string
  readonly protocol: string
  readonly stage: string
  readonly domainPrefix: string
  readonly requestTimeEpoch: number
  readonly requestId: string
  readonly identity: Identity
  readonly domainName: string
  readonly deploymentId: string
  readonly apiId: string
  /** "Present only when you have a canary enabled." */
  readonly isCanaryRequest?: boolean
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html */
export function requestContext(exchange: Exchange): RequestContext {
  const { address, ids, url, receivedAt, apiKey, authorization } = exchange
  const { api, stage, method } = exchange.located
  // What only some requests have comes last: from a spread on, each member of an object is added by a call of the runtime.
  const identity: Writable<Identity> = {
    cognitoIdentityPoolId: null,
    cognitoIdentityId: null,
    principalOrgId: null,
    cognitoAuthenticationType: null,
    userArn: null,
    userAgent: exchange.request.headers.get('user-agent'),
    accountId: null,
    caller: null,
    sourceIp: exchange.sourceIp,
    accessKey: null,
    cognitoAuthenticationProvider: null,
    user: null,
  }
  if (apiKey) {
    identity.apiKey = apiKey.value
    identity.apiKeyId = apiKey.id
  }
  if (authorization?.identity) Object.assign(identity, authorization.identity)
  const context: Writable<RequestContext> = {
    resourceId: method.resourceId,
    resourcePath: method.resourcePath,
    httpMethod: exchange.httpMethod,
    extendedRequestId: ids.extendedRequestId,
    requestTime: commonLogTime(receivedAt),
    path: address.basePath === undefined ? `/${stage.name}${address.rawPath}` : url.path || '/',
    accountId: api.account.id,
    protocol: 'HTTP/1.1',
    stage: stage.name,
    domainPrefix: firstLabel(url.host),
    requestTimeEpoch: receivedAt,
    requestId: ids.requestId,
    identity,
    domainName: url.host,
    deploymentId: stage.deploymentId,
    apiId: api.apiId,
  }
  const { operationName } = method.definition
  if (authorization?.authorizer) context.authorizer = authorization.authorizer
  if (operationName !== undefined) context.operationName = operationName
  if (stage.isCanary !== undefined) context.isCanaryRequest = stage.isCanary
  return context
}

type Writable<T> = { -readonly [Name in keyof T]: T[Name] }

/** `$context` of a request that may have matched no method. */
export const contextSoFar = (exchange: Exchange): object =>
  exchange.route ? requestContext(exchange) : contextWithoutMethod(exchange)

function contextWithoutMethod(exchange: Exchange): object {
  const { address, api, ids, receivedAt, sourceIp, stage, url } = exchange
  return {
    accountId: api?.account.id,
    apiId: api?.apiId,
    deploymentId: stage?.deploymentId,
    domainName: url.host,
    domainPrefix: firstLabel(url.host),
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

/** `event.path`: slashes that double the first one are gone, all others are as sent. */
export function resourcePathOf(rawPath: string): string {
  let at = 0
  while (at < rawPath.length && rawPath.charCodeAt(at) === 0x2f) at += 1
  return at === 1 ? rawPath : `/${rawPath.slice(at)}`
}

/** `event.path`, which has the base path of a custom domain and not the stage of a default endpoint. */
export const eventPath = ({ basePath = '', rawPath }: ApiAddress): string =>
  basePath !== '' && rawPath === '' ? basePath : `${basePath}${resourcePathOf(rawPath)}`

function firstLabel(host: string): string {
  const end = host.search(/[.:]/)
  return end < 0 ? host : host.slice(0, end)
}
