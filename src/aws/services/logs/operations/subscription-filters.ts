import type { SubscriptionFilter as DescribedFilter } from '@aws-sdk/client-cloudwatch-logs'
import { refusalOfCall } from '../../../../functions/events/accept-call.ts'
import { callIntakeOf } from '../../../../functions/events/event-intake.ts'
import { asLogs, subscriptionCall } from '../../../../observability/logs/deliver-lines.ts'
import type { LogGroupRecord, SubscriptionFilter } from '../../../../observability/logs/log-groups.ts'
import { type Context, changeGroup, contextOf, findGroup, type LogsHandlers } from '../context.ts'
import { patternOf } from '../filter-patterns.ts'
import { LIMITS } from '../limits.ts'
import { pageOf } from '../pages.ts'
import { invalid, invalidOperation, limitExceeded, notFound } from '../refusals.ts'
import { checkRegexQuota } from '../regex-quota.ts'

export const subscriptionFilterOperations = {
  async PutSubscriptionFilter(input, call) {
    const context = contextOf(call)
    const { logGroupName, filterName: name, filterPattern: pattern, destinationArn, distribution } = input
    patternOf(pattern)
    if (input.fieldSelectionCriteria || input.emitSystemFields?.length || input.applyOnTransformedLogs) {
      throw invalid('Log groups have no transformers and no system fields')
    }
    await checkStandard(context, logGroupName)
    await checkDestination(context, logGroupName, destinationArn)
    await changeGroup(context, logGroupName, group => {
      const { subscriptionFilters = [] } = group
      const known = subscriptionFilters.find(filter => filter.name === name)
      const others = subscriptionFilters.filter(filter => filter.name !== name)
      if (others.length >= LIMITS.subscriptionsPerGroup) throw limitExceeded('Resource limit exceeded.')
      const filter: SubscriptionFilter = {
        name,
        created: known?.created ?? context.now,
        pattern,
        destinationArn,
        ...(input.roleArn !== undefined && { roleArn: input.roleArn }),
        distribution: distribution ?? 'ByLogStream',
      }
      const changed = { ...group, subscriptionFilters: [...others, filter].sort(byName) }
      checkRegexQuota(changed)
      return changed
    })
    return {}
  },

  async DescribeSubscriptionFilters(input, call) {
    const context = contextOf(call)
    const { logGroupName, filterNamePrefix: prefix = '' } = input
    const { doc } = await findGroup(context, logGroupName)
    const all = (doc.subscriptionFilters ?? []).filter(({ name }) => name.startsWith(prefix))
    const { items, nextToken } = await pageOf(
      JSON.stringify(['subscriptions', logGroupName, prefix]),
      (after = '') => all.filter(({ name }) => name > after),
      ({ name }) => [name],
      input,
      LIMITS.perPage,
    )
    return { subscriptionFilters: items.map(filter => describe(logGroupName, filter)), nextToken }
  },

  async DeleteSubscriptionFilter(input, call) {
    await changeGroup(contextOf(call), input.logGroupName, group => {
      const left = group.subscriptionFilters?.filter(({ name }) => name !== input.filterName) ?? []
      if (left.length === (group.subscriptionFilters?.length ?? 0)) {
        throw notFound('The specified subscription filter does not exist.')
      }
      return { ...group, subscriptionFilters: left }
    })
    return {}
  },
} satisfies LogsHandlers

const byName = (one: SubscriptionFilter, other: SubscriptionFilter) => (one.name < other.name ? -1 : 1)

async function checkStandard(context: Context, name: string): Promise<void> {
  const { doc }: { doc: LogGroupRecord } = await findGroup(context, name)
  if (doc.class !== 'STANDARD') {
    throw invalidOperation(`Subscription filters are not supported for log groups of the class ${doc.class}.`)
  }
}

/** There has to be the function, of the same account, and its policy has to let CloudWatch Logs in. */
async function checkDestination(
  { account, platform }: Context,
  group: string,
  destinationArn: string,
): Promise<void> {
  const call = subscriptionCall(account, group, destinationArn)
  if (!call) {
    throw invalid(
      `${destinationArn} is not supported as a destination: a subscription filter tells a Lambda function`,
    )
  }
  if (call.account.id !== account.id || call.account.region !== account.region) {
    throw invalid('destinationArn for vendor lambda cannot be used cross account or cross region')
  }
  // It would be told of what it logs for being told.
  if (group === `/aws/lambda/${call.name}`) {
    throw invalid('The log group provided is reserved for the function logs of the destination function.')
  }
  const intake = callIntakeOf(platform.env, platform.clock)
  const refused = await asLogs(call, asked => refusalOfCall(intake, asked))
  if (!refused) return
  throw invalid(
    'Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function.',
  )
}

const describe = (
  logGroupName: string,
  { name, created, pattern, destinationArn, roleArn, distribution }: SubscriptionFilter,
): DescribedFilter => ({
  filterName: name,
  logGroupName,
  filterPattern: pattern,
  destinationArn,
  roleArn,
  distribution,
  creationTime: created,
})
