import { functionOfArn } from '../../../lib/arn.ts'
import { credentialsOf } from '../../../messaging/topics/delivery/endpoint-credentials.ts'
import type { DeliveryProtocol } from '../../../messaging/topics/published-topic.ts'
import { invalidParameter } from './refusals.ts'

/** Protocols of SNS's that Weir does not deliver by. */
const ABSENT: Readonly<Record<string, string>> = {
  sqs: 'Weir has no SQS queues',
  firehose: 'Weir has no Firehose',
  application: 'Weir sends nothing to mobile devices',
  sms: 'Weir sends no text messages',
  email: 'Weir sends no e-mail for topics',
  'email-json': 'Weir sends no e-mail for topics',
}

/** What a protocol's endpoints look like, and what SNS says of others. */
const ENDPOINTS: Readonly<Record<DeliveryProtocol, (endpoint: string) => string | undefined>> = {
  lambda: endpoint => (functionOfArn(endpoint) ? undefined : 'Lambda endpoint ARN'),
  http: endpoint => ofScheme(endpoint, 'http:'),
  https: endpoint => ofScheme(endpoint, 'https:'),
}

const ofScheme = (endpoint: string, protocol: string): string | undefined => {
  if (!endpoint.toLowerCase().startsWith(`${protocol}//`)) return 'Endpoint must match the specified protocol'
  const url = URL.parse(endpoint)
  return url && credentialsOf(url) ? undefined : 'Endpoint'
}

/** Refuses what nothing can be delivered to. */
export function checkedEndpoint(
  protocol: string,
  endpoint: string | undefined,
): { readonly protocol: DeliveryProtocol; readonly endpoint: string } {
  if (Object.hasOwn(ABSENT, protocol)) {
    throw invalidParameter(
      `Protocol Reason: ${ABSENT[protocol]}; subscribe functions (lambda) or endpoints (http, https)`,
    )
  }
  if (!isKnown(protocol))
    throw invalidParameter(`Amazon SNS does not support this protocol string: ${protocol}`)
  if (!endpoint) throw invalidParameter('Endpoint')
  const wrong = ENDPOINTS[protocol](endpoint)
  if (wrong) throw invalidParameter(wrong)
  return { protocol, endpoint }
}

const isKnown = (protocol: string): protocol is DeliveryProtocol => Object.hasOwn(ENDPOINTS, protocol)
