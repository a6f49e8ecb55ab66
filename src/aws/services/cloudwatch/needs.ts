import { arn } from '../../../lib/arn.ts'
import type { Platform } from '../../../platform.ts'
import type { Call, Need } from '../../wire/service.ts'
import { alarmNeeds } from './alarm-needs.ts'
import { accountOf } from './context.ts'

interface Named {
  readonly DashboardName?: string
  readonly DashboardNames?: readonly string[]
  readonly Namespace?: string
  readonly ResourceARN?: string
  readonly Tags?: readonly unknown[]
}

/**
 * Alarms and dashboards are resources; metrics are the account's, and a policy may name their namespaces.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
 */
export function cloudwatchNeeds(input: Named, call: Call<Platform>): readonly Need[] {
  const ofAlarms = alarmNeeds(input, call)
  if (ofAlarms) return ofAlarms
  const { operation } = call
  const action = `cloudwatch:${operation}`
  const resources = resourcesOf(input, call)
  const needs = resources.map(
    (resource): Need => ({
      action,
      resource,
      ...(operation === 'PutMetricData' && { context: { 'cloudwatch:namespace': input.Namespace! } }),
    }),
  )
  return operation.startsWith('Put') && input.Tags?.length
    ? [...needs, ...resources.map(resource => ({ action: 'cloudwatch:TagResource', resource }))]
    : needs
}

function resourcesOf(
  { DashboardName, DashboardNames, ResourceARN }: Named,
  call: Call<Platform>,
): readonly string[] {
  if (ResourceARN !== undefined) return [ResourceARN]
  const account = accountOf(call)
  const dashboards = DashboardNames ?? (DashboardName === undefined ? [] : [DashboardName])
  if (dashboards.length > 0) return dashboards.map(name => dashboardArn(account.id, name))
  return ['*']
}

/** Dashboards are of no region. */
export const dashboardArn = (account: string, name: string): string =>
  arn('cloudwatch', { id: account, region: '' }, `dashboard/${name}`)
