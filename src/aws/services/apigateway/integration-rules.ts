import type { IntegrationRecord, MethodRecord } from '../../../gateway/control/rest-api-records.ts'
import { LIMITS } from './limits.ts'
import { checkHttpMethod } from './method-rules.ts'
import { checkRequestMappings, checkTemplates } from './parameter-rules.ts'
import { badRequest, checkOption, unsupported } from './refusals.ts'

const PASSTHROUGH = ['WHEN_NO_MATCH', 'WHEN_NO_TEMPLATES', 'NEVER']
const CONTENT_HANDLING = ['CONVERT_TO_BINARY', 'CONVERT_TO_TEXT']
const TRANSFER_MODES = ['BUFFERED', 'STREAM']

/** Services that integrations of type `AWS` reach; one is added here when the gateway can call it. */
const SERVED_SERVICES: ReadonlySet<string> = new Set(['apigateway', 'iam', 'lambda', 'sts'])

/** `arn:aws:apigateway:{region}:{service}:{path|action}/...`; a stage variable may stand for any part of the path. */
const AWS_URI = /^arn:[^:]*:apigateway:[^:]*:([^:]+):(path|action)\/(.+)$/s
const FUNCTION_PATH = /^\/?2015-03-31\/functions\/(.+)\/invocations$/s
const FUNCTION = /^(arn:[^:]*:lambda:[^:]+:[^:]+:function:)?[^:/]+(:[^:/]+)?$|\$\{stageVariables\.\w+\}/

/** `arn:aws:iam::*:user/*` stands for whoever calls. */
const ROLE = /^arn:aws[a-z-]*:iam::(\d{12}:role\/.+|\*:user\/\*)$|\$\{stageVariables\.\w+\}/

const VARIABLE = /\$\{stageVariables\.\w+\}/g
const PATH_VARIABLE = /\{[^{}/]+\}/g

/**
 * What must hold of an integration however it was made: put as a whole, patched, or imported.
 *
 * @param endpointTypes of the API: an edge-optimised one waits no longer than AWS's usual time
 */
export function checkIntegration(
  integration: IntegrationRecord,
  method: MethodRecord,
  endpointTypes: readonly string[] = ['EDGE'],
): void {
  const { type, httpMethod, timeoutInMillis, passthroughBehavior, contentHandling } = integration
  checkOption('passthrough behavior', passthroughBehavior, PASSTHROUGH)
  if (contentHandling !== undefined) checkOption('content handling', contentHandling, CONTENT_HANDLING)
  const { least } = LIMITS.timeoutMs
  const most = longestTimeout(integration, endpointTypes)
  if (!(timeoutInMillis >= least && timeoutInMillis <= most)) {
    throw badRequest(`Timeout should be between ${least} ms and ${most} ms`)
  }
  if (type !== 'MOCK') {
    if (!httpMethod) throw badRequest('Enumeration value for HttpMethod must be non-empty')
    checkHttpMethod(httpMethod)
  }
  CHECKS[type](integration)
  checkTransferMode(integration)
  checkTemplates(integration.requestTemplates)
  checkRequestMappings(integration.requestParameters, method)
}

/** Milliseconds. More than the usual time is for regional and private APIs, and for streamed responses. */
function longestTimeout(
  { responseTransferMode }: IntegrationRecord,
  endpointTypes: readonly string[],
): number {
  const { most, mostRegional, mostStreamed } = LIMITS.timeoutMs
  if (responseTransferMode === 'STREAM') return mostStreamed
  return endpointTypes.includes('EDGE') ? most : mostRegional
}

const CHECKS: Readonly<Record<IntegrationRecord['type'], (integration: IntegrationRecord) => void>> = {
  AWS_PROXY: checkFunctionIntegration,
  AWS: checkServiceIntegration,
  HTTP: checkHttpIntegration,
  HTTP_PROXY: checkHttpIntegration,
  MOCK: () => {},
}

function checkFunctionIntegration(integration: IntegrationRecord): void {
  const { service, path } = serviceOf(integration)
  if (service !== 'lambda') {
    throw badRequest(
      "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.",
    )
  }
  checkFunctionPath(path)
}

function checkServiceIntegration(integration: IntegrationRecord): void {
  const { service, path } = serviceOf(integration)
  const callsFunction = path.endsWith('/invocations') || !integration.credentials
  if (service === 'lambda' && callsFunction) {
    checkFunctionPath(path)
    return
  }
  if (!integration.credentials) throw badRequest('Role ARN must be specified for AWS integrations')
  if (!SERVED_SERVICES.has(service)) {
    throw unsupported(`integrations with the service ${service}`, [...SERVED_SERVICES].join(', '))
  }
}

function serviceOf({ uri = '', credentials }: IntegrationRecord): { service: string; path: string } {
  if (!uri.startsWith('arn:')) throw badRequest('Invalid ARN specified in the request')
  const [, service, , path = ''] = AWS_URI.exec(uri) ?? []
  if (service === undefined) throw badRequest('AWS ARN for integration must contain path or action')
  if (credentials && !ROLE.test(credentials)) throw badRequest('Invalid ARN specified in the request')
  return { service, path }
}

function checkFunctionPath(path: string): void {
  const name = FUNCTION_PATH.exec(path)?.[1]
  if (name === undefined || !FUNCTION.test(name)) throw badRequest('Invalid lambda function')
}

function checkHttpIntegration({
  uri = '',
  connectionType,
  connectionId,
  tlsConfig,
}: IntegrationRecord): void {
  if (!isHttpEndpoint(uri)) throw badRequest('Invalid HTTP endpoint specified for URI')
  if (connectionType === 'VPC_LINK') {
    if (!connectionId) throw badRequest('A connection ID must be specified for VPC_LINK integrations')
    return
  }
  if (connectionId) throw badRequest('A connection ID can be specified for VPC_LINK integrations only')
  if (tlsConfig?.insecureSkipVerification) {
    throw badRequest(
      'Weir cannot leave certificates unverified: Workers verify those of every server on the internet',
    )
  }
}

/** Stage variables may stand for the host and anything behind it, path variables for parts of what follows it. */
function isHttpEndpoint(uri: string): boolean {
  if (!/^https?:\/\/(?:\$\{stageVariables\.\w+\}|[^{}/\\?#])+(?:[/?]|$)/i.test(uri)) return false
  const url = URL.parse(uri.replace(VARIABLE, 'variable').replace(PATH_VARIABLE, 'variable'))
  return url !== null && url.hostname !== '' && url.username === '' && url.password === ''
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html */
function checkTransferMode({ type, responseTransferMode }: IntegrationRecord): void {
  if (responseTransferMode === undefined) return
  checkOption('response transfer mode', responseTransferMode, TRANSFER_MODES)
  if (responseTransferMode === 'STREAM' && type !== 'HTTP_PROXY') {
    throw unsupported(`streamed responses of integrations of type ${type}`, 'HTTP_PROXY')
  }
}
