import type { Tags } from '../../../lib/tags.ts'
import {
  logGroupArn,
  logGroupOfArn,
  logGroups,
  logStreamArn,
} from '../../../observability/logs/log-groups.ts'
import type { Platform } from '../../../platform.ts'
import type { Call, Need } from '../../wire/service.ts'
import { type Context, contextOf } from './context.ts'

interface Named {
  readonly logGroupName?: string
  readonly logGroupNames?: readonly string[]
  readonly logGroupIdentifier?: string
  readonly logGroupIdentifiers?: readonly string[]
  readonly logStreamName?: string
  readonly resourceArn?: string
  readonly tags?: unknown
}

/** Operations that are about a stream: others that name one are about its group. */
const OF_STREAMS = new Set(['DeleteLogStream', 'GetLogEvents', 'PutLogEvents'])

/** What lists all groups has the form of a group's ARN without a name. */
const OF_ALL_GROUPS = new Set(['DescribeLogGroups', 'ListLogGroups'])

/**
 * What CloudWatch Logs' operations ask for. Groups' ARNs have `:*` at their end, but where tags are meant.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
 */
export function logsNeeds(input: Named, call: Call<Platform>): readonly Need[] {
  const context = contextOf(call)
  const action = `logs:${call.operation}`
  const { account } = context
  if (OF_ALL_GROUPS.has(call.operation)) {
    return [{ action, resource: `${logGroupArn(account, '')}:log-stream:` }]
  }
  if (input.resourceArn !== undefined) {
    const group = logGroupOfArn(input.resourceArn)?.group
    return [{ action, resource: input.resourceArn, tags: tagsOf(context, group) }]
  }
  const named = [
    input.logGroupName,
    input.logGroupIdentifier,
    ...(input.logGroupNames ?? []),
    ...(input.logGroupIdentifiers ?? []),
  ].filter(name => name !== undefined)
  if (named.length === 0) return [{ action, resource: '*' }]
  const needs = named.map((name): Need => {
    const of = name.startsWith('arn:') ? logGroupOfArn(name) : { account, group: name }
    if (!of) return { action, resource: name }
    const { logStreamName } = input
    const resource =
      logStreamName !== undefined && OF_STREAMS.has(call.operation)
        ? logStreamArn(of.account, of.group, logStreamName)
        : `${logGroupArn(of.account, of.group)}:*`
    return { action, resource, tags: tagsOf(context, of.group) }
  })
  return call.operation === 'CreateLogGroup' && input.tags
    ? [...needs, { action: 'logs:TagResource', resource: logGroupArn(account, input.logGroupName!) }]
    : needs
}

const tagsOf =
  ({ records }: Context, group: string | undefined) =>
  async (): Promise<Tags | undefined> =>
    group === undefined ? undefined : (await records.get(logGroups, '', group))?.doc.tags
