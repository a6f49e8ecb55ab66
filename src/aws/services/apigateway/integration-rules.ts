import type { IntegrationRecord, MethodRecord } from '../../../gateway/control/rest-api-records.ts'
import { LIMITS } from './limits.ts'
import { checkRequestMappings, checkTemplates } from './parameter-rules.ts'
import { badRequest, unsupported } from './refusals.ts'

/** What the gateway can serve; a type is added here when its integration is. */
const SERVED_TYPES: ReadonlySet<string> = new Set(['AWS_PROXY', 'MOCK'])

const PASSTHROUGH = ['WHEN_NO_MATCH', 'WHEN_NO_TEMPLATES', 'NEVER']
const CONTENT_HANDLING = ['CONVERT_TO_BINARY', 'CONVERT_TO_TEXT']

/** `arn:aws:apigateway:{region}:{service}:{path|action}/...`; a stage variable may stand for any part of the path. */
const AWS_URI = /^arn:[^:]*:apigateway:[^:]*:([^:]+):(path|action)\/(.+)$/s
const FUNCTION_PATH = /^2015-03-31\/functions\/(.+)\/invocations$/s
const FUNCTION = /^(arn:[^:]*:lambda:[^:]+:[^:]+:function:)?[^:/]+(:[^:/]+)?$|\$\{stageVariables\.\w+\}/

/** What must hold of an integration however it was made: put as a whole or patched. */
export function checkIntegration(integration: IntegrationRecord, method: MethodRecord): void {
  const { type, timeoutInMillis, passthroughBehavior, contentHandling } = integration
  if (!SERVED_TYPES.has(type)) {
    throw unsupported(`integrations of type ${type}`, [...SERVED_TYPES].join(', '))
  }
  if (!PASSTHROUGH.includes(passthroughBehavior)) {
    throw badRequest(`Invalid passthrough behavior specified. Valid options are ${PASSTHROUGH.join(',')}`)
  }
  if (contentHandling !== undefined && !CONTENT_HANDLING.includes(contentHandling)) {
    throw badRequest(`Invalid content handling specified. Valid options are ${CONTENT_HANDLING.join(',')}`)
  }
  const { least, most } = LIMITS.timeoutMs
  if (!(timeoutInMillis >= least && timeoutInMillis <= most)) {
    throw badRequest(`Timeout should be between ${least} ms and ${most} ms`)
  }
  if (type === 'AWS_PROXY') checkFunctionIntegration(integration)
  checkTemplates(integration.requestTemplates)
  checkRequestMappings(integration.requestParameters, method)
}

function checkFunctionIntegration({ httpMethod, uri = '' }: IntegrationRecord): void {
  if (!httpMethod) throw badRequest('Enumeration value for HttpMethod must be non-empty')
  if (!uri.startsWith('arn:')) throw badRequest('Invalid ARN specified in the request')
  const [, service, , path = ''] = AWS_URI.exec(uri) ?? []
  if (service === undefined) throw badRequest('AWS ARN for integration must contain path or action')
  if (service !== 'lambda') {
    throw badRequest(
      "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.",
    )
  }
  const name = FUNCTION_PATH.exec(path)?.[1]
  if (name === undefined || !FUNCTION.test(name)) throw badRequest('Invalid lambda function')
}
