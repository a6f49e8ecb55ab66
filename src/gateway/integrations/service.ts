import { Patience } from '../../functions/patience.ts'
import { ownField } from '../../lib/fields.ts'
import { LATE, within } from '../calls/within.ts'
import type { Exchange } from '../exchange.ts'
import type { GatewayRefusal } from '../gateway-responses.ts'
import type { MappedRequest } from '../mapping/map-request.ts'
import type { IntegrationAnswer } from '../mapping/map-response.ts'
import { misconfigured } from '../mapping/mapping-refusals.ts'
import type { SnapshotIntegration } from '../snapshot.ts'
import { VariableText } from '../variable-text.ts'
import { setHeaders } from './http-exchange.ts'
import type { Integrate } from './integrations.ts'
import { mapped } from './mapped-integration.ts'
import { type ServiceTarget, ServiceUri } from './service-uri.ts'

/**
 * `AWS` with any service but a function: the mapped request is sent to Weir's own control plane as the integration's
 * role; status codes choose the response.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/integrating-api-with-aws-services-s3.html
 */
export function prepareService(integration: SnapshotIntegration): Integrate {
  const uri = new ServiceUri(integration.uri ?? '')
  const credentials = new VariableText(integration.credentials ?? '')
  return mapped(integration, async (exchange, request) => {
    const { gateway, located } = exchange
    const { account } = located.api
    const target = uri.resolve(located.stage.variables, request.path)
    const role = credentials.resolve(located.stage.variables)
    if (target === 'climbs') return UNSENDABLE
    if (!target) return { refusal: misconfigured('The URI names no service') }
    if (role === '')
      return { refusal: misconfigured('The integration needs the ARN of a role as its credentials') }
    if (!gateway.callService) return { refusal: misconfigured('Nothing can call services here') }
    const { service } = target
    const region = target.region || account.region
    const asked = toRequest(exchange, integration.httpMethod, request, target)
    if ('refusal' in asked) return asked
    const answering = gateway.callService(asked, {
      account,
      role,
      service,
      region,
      origin: new URL(exchange.request.url).origin,
    })
    const response = await within(exchange, new Patience(integration.timeoutMs), answering)
    if (response === LATE) return { refusal: { type: 'INTEGRATION_TIMEOUT' } }
    return response
      ? answerOf(response)
      : { refusal: misconfigured(`API Gateway does not have permission to assume the provided role ${role}`) }
  })
}

/** Values of the client's that fit into no request. */
const UNSENDABLE = { refusal: { type: 'DEFAULT_4XX' } } as const

async function answerOf(response: Response): Promise<IntegrationAnswer> {
  return {
    outcome: String(response.status),
    headers: [...response.headers],
    body: new Uint8Array(await response.arrayBuffer()),
  }
}

/** What services that are told their operation by a header call it: the first half of `X-Amz-Target`. */
const TARGETS: Readonly<Record<string, readonly [prefix: string, contentType: string]>> = {
  'cognito-idp': ['AWSCognitoIdentityProviderService', 'application/x-amz-json-1.1'],
  dynamodb: ['DynamoDB_20120810', 'application/x-amz-json-1.0'],
  events: ['AWSEvents', 'application/x-amz-json-1.1'],
  kinesis: ['Kinesis_20131202', 'application/x-amz-json-1.1'],
  logs: ['Logs_20140328', 'application/x-amz-json-1.1'],
  states: ['AWSStepFunctions', 'application/x-amz-json-1.0'],
}

const FORM = 'application/x-www-form-urlencoded'

function toRequest(
  exchange: Exchange,
  httpMethod: string | undefined,
  { headers, query, body, contentType }: MappedRequest,
  { service, region, subdomain, path, query: fixed, action }: ServiceTarget,
): Request | { readonly refusal: GatewayRefusal } {
  const method = httpMethod === undefined || httpMethod === 'ANY' ? exchange.httpMethod : httpMethod
  const host = [
    ...(subdomain ? [subdomain] : []),
    service,
    ...(region ? [region] : []),
    'amazonaws.com',
  ].join('.')
  const url = URL.parse(`https://${host}${path}`)
  if (!url) return UNSENDABLE
  const parameters = new URLSearchParams(fixed)
  for (const [name, value] of query) parameters.append(name, value)
  const sent = new Headers()
  const refusal = setHeaders(sent, headers)
  if (refusal) return { refusal }
  if (!sent.has('x-amzn-trace-id')) sent.set('x-amzn-trace-id', exchange.trace.request)
  const [prefix, type] = ownField(TARGETS, service) ?? []
  if (action !== undefined && prefix !== undefined) {
    if (!sent.has('x-amz-target')) sent.set('x-amz-target', `${prefix}.${action}`)
    // A service of this kind reads one content type, whatever the client's was.
    sent.set('content-type', type!)
  } else {
    if (action !== undefined) parameters.set('Action', action)
    const isForm = headers.some(
      ([name, value]) => name.toLowerCase() === 'content-type' && value.startsWith(FORM),
    )
    if (action !== undefined && !isForm) sent.set('content-type', FORM)
    else if (!sent.has('content-type') && body.length > 0) sent.set('content-type', contentType)
  }
  url.search = parameters.toString()
  const hasBody = method !== 'GET' && method !== 'HEAD' && body.length > 0
  return new Request(url, { method, headers: sent, ...(hasBody && { body }) })
}
