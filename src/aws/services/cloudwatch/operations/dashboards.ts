import type { DashboardValidationMessage } from '@aws-sdk/client-cloudwatch'
import { isJsonObject, parseJsonObject } from '../../../../lib/json-object.ts'
import { Refusal } from '../../../../lib/refusal.ts'
import { type DashboardRecord, dashboards } from '../../../../observability/dashboards/dashboard-records.ts'
import { readPageMarker } from '../../../../records/page-marker.ts'
import type { Records, Stored } from '../../../../records/records.ts'
import { takePage } from '../../../../records/take-page.ts'
import type { CloudWatchHandlers } from '../context.ts'
import { dashboardRecordsOf, modifyDashboard } from '../dashboard-context.ts'
import { LIMITS } from '../limits.ts'
import { dashboardArn } from '../needs.ts'
import { invalidValue } from '../refusals.ts'
import { newTags } from '../tag-rules.ts'

const NAME = /^[A-Za-z0-9_-]{1,255}$/

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html */
export const dashboardOperations = {
  async PutDashboard(input, call) {
    const { DashboardName: name, DashboardBody: body, Tags } = input
    if (!NAME.test(name)) {
      throw invalidValue(
        `The value ${name} for field DashboardName contains invalid characters. It can only contain alphanumerics, dash (-) and underscore (_).`,
      )
    }
    const faults = faultsOf(body)
    if (faults.length > 0)
      throw new Refusal(
        'DashboardInvalidInputError',
        'The dashboard body is invalid, there are validation errors',
        {
          members: { dashboardValidationMessages: faults },
        },
      )
    const records = dashboardRecordsOf(call)
    const modified = call.platform.clock()
    await modifyDashboard(call, async () => {
      const stored = await records.get(dashboards, '', name)
      // Tags are only given to a new one.
      const doc: DashboardRecord = { body, modified, tags: stored?.doc.tags ?? newTags(Tags) }
      const change = records.change()
      await (stored
        ? change.replace(dashboards, stored, doc)
        : change.create(dashboards, { parent: '', id: name }, doc)
      ).commit()
    })
    return { DashboardValidationMessages: [] }
  },

  async GetDashboard({ DashboardName: name }, call) {
    const stored = await dashboardRecordsOf(call).get(dashboards, '', name)
    if (!stored) throw notFound([name])
    return {
      DashboardName: name,
      DashboardArn: dashboardArn(call.account, name),
      DashboardBody: stored.doc.body,
    }
  },

  async ListDashboards({ DashboardNamePrefix: prefix = '', NextToken }, call) {
    const list = `dashboards ${prefix}`
    const position = NextToken === undefined ? [] : readPageMarker(list, NextToken)
    if (!position) throw invalidValue('Request parameter NextToken is invalid')
    const { items, next } = await takePage(
      list,
      beginningWith(dashboardRecordsOf(call), prefix, position[0]),
      LIMITS.dashboardsPerPage,
      ({ id }) => [id],
    )
    const DashboardEntries = items.map(({ id, doc }) => ({
      DashboardName: id,
      DashboardArn: dashboardArn(call.account, id),
      LastModified: new Date(doc.modified),
      Size: bytesOf(doc.body),
    }))
    return { DashboardEntries, NextToken: next }
  },

  async DeleteDashboards({ DashboardNames: names }, call) {
    const unique = [...new Set(names)]
    if (unique.length === 0) throw invalidValue('Need at least 1 dashboard')
    const records = dashboardRecordsOf(call)
    await modifyDashboard(call, async () => {
      const stored = await Promise.all(unique.map(name => records.get(dashboards, '', name)))
      // All of them, or none.
      const missing = unique.filter((_, i) => !stored[i])
      if (missing.length > 0) throw notFound(missing)
      await records
        .change()
        .writeAll(dashboards, '', { remove: stored.filter(each => each !== undefined) })
        .commit()
    })
    return {}
  },
} satisfies CloudWatchHandlers

async function* beginningWith(
  records: Records,
  prefix: string,
  after: string | undefined,
): AsyncGenerator<Stored<DashboardRecord>> {
  for await (const each of records.each(dashboards, '', { after, batch: LIMITS.dashboardsPerPage }))
    if (each.id.startsWith(prefix)) yield each
}

const notFound = (names: readonly string[]): Refusal =>
  new Refusal('DashboardNotFoundError', `Dashboard ${names.join(', ')} does not exist`)

/** What makes a body no dashboard: it must be a JSON object with a list of widgets. */
function faultsOf(body: string): DashboardValidationMessage[] {
  if (bytesOf(body) > LIMITS.dashboardBytes)
    return [{ DataPath: '/', Message: `The body has more than ${LIMITS.dashboardBytes} bytes` }]
  const document = parseJsonObject(body)
  if (!document) return [{ DataPath: '/', Message: 'The field DashboardBody must be a valid JSON object' }]
  const { widgets } = document
  if (!Array.isArray(widgets)) return [{ DataPath: '/', Message: "Should have required property 'widgets'" }]
  if (widgets.length > LIMITS.widgets)
    return [{ DataPath: '/widgets', Message: `Should NOT have more than ${LIMITS.widgets} items` }]
  return widgets.flatMap((widget, i) => widgetFaults(widget, `/widgets/${i}`))
}

const WIDGETS = new Set(['metric', 'text', 'log', 'alarm', 'explorer', 'custom'])

function widgetFaults(widget: unknown, DataPath: string): DashboardValidationMessage[] {
  if (!isJsonObject(widget)) return [{ DataPath, Message: 'Should be object' }]
  const { type, properties } = widget
  if (typeof type !== 'string') return [{ DataPath, Message: "Should have required property 'type'" }]
  if (!WIDGETS.has(type))
    return [{ DataPath: `${DataPath}/type`, Message: `Should be one of ${[...WIDGETS].join(', ')}` }]
  return typeof properties === 'object' && properties !== null
    ? []
    : [{ DataPath, Message: "Should have required property 'properties'" }]
}

const bytesOf = (text: string): number => new TextEncoder().encode(text).length
