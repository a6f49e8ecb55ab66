import type { Account } from '../../lib/account.ts'

const LOG_GROUP = /^arn:aws[a-z-]*:logs:[a-z0-9-]+:\d{12}:log-group:[a-zA-Z0-9_/.#-]{1,512}(?::\*)?$/
const FIREHOSE =
  /^arn:aws[a-z-]*:firehose:[a-z0-9-]+:\d{12}:deliverystream\/amazon-apigateway-[a-zA-Z0-9_.-]{1,46}$/

/**
 * Whether access logs may be sent there: to a log group, or to a Data Firehose stream with the prefix that API
 * Gateway asks for. https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-logging-to-kinesis.html
 */
export const isLogDestination = (arn: string): boolean => LOG_GROUP.test(arn) || FIREHOSE.test(arn)

/**
 * The log group that a destination names; undefined for what is none of the account and region itself, where alone
 * API Gateway may write.
 */
export function logGroupOf(destination: string, { id, region }: Account): string | undefined {
  if (!destination.startsWith('arn:')) return destination
  const [, , service, itsRegion, itsAccount, , group] = destination.split(':')
  return service === 'logs' && itsRegion === region && itsAccount === id ? group : undefined
}

/**
 * The log groups of a stage's execution logs. What the canary serves is reported to the stage's group and, apart from
 * all else, to a group of its own.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/canary-release.html
 */
export function executionLogGroups(apiId: string, stage: string, isCanary: boolean): readonly string[] {
  const group = `API-Gateway-Execution-Logs_${apiId}/${stage}`
  return isCanary ? [group, `${group}/Canary`] : [group]
}

/** Where an access log's lines go; of a canary's requests also to a group of their own. */
export function accessLogDestinations(
  destination: string,
  apiId: string,
  stage: string,
  isCanary: boolean,
): readonly string[] {
  return isCanary ? [destination, `API-Gateway-Access-Logs_${apiId}/${stage}/Canary`] : [destination]
}
