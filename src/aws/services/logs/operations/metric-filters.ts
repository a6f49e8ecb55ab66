import type {
  MetricFilter as AwsMetricFilter,
  MetricTransformation as AwsTransformation,
  StandardUnit,
} from '@aws-sdk/client-cloudwatch-logs'
import { logGroups } from '../../../../observability/logs/log-groups.ts'
import { compileLineValue } from '../../../../observability/logs/metric-filters/line-values.ts'
import type {
  MetricFilter,
  MetricTransformation,
} from '../../../../observability/logs/metric-filters/metric-filter.ts'
import { Message } from '../../../../observability/logs/patterns/json-message.ts'
import { type Context, changeGroup, contextOf, findGroup, type LogsHandlers } from '../context.ts'
import { patternOf } from '../filter-patterns.ts'
import { LIMITS } from '../limits.ts'
import { pageOf } from '../pages.ts'
import { invalid, limitExceeded, notFound } from '../refusals.ts'
import { checkRegexQuota } from '../regex-quota.ts'

/** Groups that are read at a time where all of them are looked through. */
const BATCH = 200

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html */
const MOST_FILTERS = 100
const MOST_DIMENSIONS = 3

interface Asked {
  readonly logGroupName?: string
  readonly filterNamePrefix?: string
  readonly metricName?: string
  readonly metricNamespace?: string
}

interface Found {
  readonly group: string
  readonly filter: MetricFilter
}

export const metricFilterOperations = {
  async PutMetricFilter(input, call) {
    const context = contextOf(call)
    const { filterName: name, filterPattern } = input
    if (input.applyOnTransformedLogs) throw invalid('The log group has no log transformer.')
    if (input.fieldSelectionCriteria || input.emitSystemFieldDimensions?.length) {
      throw invalid('fieldSelectionCriteria and emitSystemFieldDimensions are not supported.')
    }
    const pattern = patternOf(filterPattern)
    const transformations = input.metricTransformations.map(each => readTransformation(each, filterPattern))
    await changeGroup(context, input.logGroupName, group => {
      const others = (group.metricFilters ?? []).filter(filter => filter.name !== name)
      if (others.length >= MOST_FILTERS) {
        throw limitExceeded(`A log group has at most ${MOST_FILTERS} metric filters.`)
      }
      const filter = { name, pattern: filterPattern, transformations, created: context.now }
      const metricFilters = [...others, filter].sort((a, b) => (a.name < b.name ? -1 : 1))
      if (pattern.regexes > 0) checkRegexQuota({ ...group, metricFilters })
      return { ...group, metricFilters }
    })
    return {}
  },

  async DescribeMetricFilters(input, call) {
    const context = contextOf(call)
    if ((input.metricName === undefined) !== (input.metricNamespace === undefined)) {
      throw invalid('metricName and metricNamespace have to be given together.')
    }
    if (input.logGroupName !== undefined) await findGroup(context, input.logGroupName)
    const { logGroupName, filterNamePrefix, metricName, metricNamespace } = input
    const { items, nextToken } = await pageOf(
      JSON.stringify(['metric filters', logGroupName, filterNamePrefix, metricName, metricNamespace]),
      (...after) => filtersAfter(context, input, after),
      ({ group, filter }) => [group, filter.name],
      input,
      LIMITS.perPage,
    )
    return { metricFilters: items.map(describe), nextToken }
  },

  async DeleteMetricFilter(input, call) {
    await changeGroup(contextOf(call), input.logGroupName, group => {
      const { metricFilters = [] } = group
      const rest = metricFilters.filter(({ name }) => name !== input.filterName)
      if (rest.length === metricFilters.length) throw notFound('The specified metric filter does not exist.')
      return { ...group, metricFilters: rest }
    })
    return {}
  },

  async TestMetricFilter(input) {
    const pattern = patternOf(input.filterPattern)
    const matches = input.logEventMessages.flatMap((eventMessage, eventNumber) => {
      const extractedValues = pattern.extract(new Message(eventMessage))
      return extractedValues ? [{ eventNumber, eventMessage, extractedValues }] : []
    })
    return { matches }
  },
} satisfies LogsHandlers

/** In the order of groups and names, after a place. A prefix counts only together with a group, as on AWS. */
async function* filtersAfter(
  context: Context,
  { logGroupName, filterNamePrefix, metricName, metricNamespace }: Asked,
  [afterGroup, afterName]: readonly string[],
): AsyncGenerator<Found> {
  const prefix = logGroupName === undefined ? '' : (filterNamePrefix ?? '')
  for await (const { id: group, doc } of groupsFrom(context, logGroupName, afterGroup)) {
    for (const filter of doc.metricFilters ?? []) {
      if (group === afterGroup && filter.name <= afterName!) continue
      if (!filter.name.startsWith(prefix)) continue
      const isWanted = ({ metric, namespace }: MetricTransformation) =>
        metricName === undefined || (metric === metricName && namespace === metricNamespace)
      if (filter.transformations.some(isWanted)) yield { group, filter }
    }
  }
}

async function* groupsFrom(context: Context, only: string | undefined, from: string | undefined) {
  const first = only ?? from
  if (first !== undefined) {
    const found = await context.records.get(logGroups, '', first)
    if (found) yield found
  }
  if (only === undefined) yield* context.records.each(logGroups, '', { after: from, batch: BATCH })
}

const describe = ({ group, filter }: Found): AwsMetricFilter => ({
  filterName: filter.name,
  filterPattern: filter.pattern,
  metricTransformations: filter.transformations.map(
    ({ metric, namespace, value, defaultValue, dimensions, unit }): AwsTransformation => ({
      metricName: metric,
      metricNamespace: namespace,
      metricValue: value,
      defaultValue,
      dimensions: dimensions && { ...dimensions },
      unit: unit as StandardUnit | undefined,
    }),
  ),
  creationTime: filter.created,
  logGroupName: group,
  applyOnTransformedLogs: false,
})

/** A transformation that can be kept; the constraints of the model have been checked. */
function readTransformation(given: AwsTransformation, pattern: string): MetricTransformation {
  const { metricName, metricNamespace, metricValue, defaultValue, unit } = given
  const dimensions = (given.dimensions ?? {}) as Readonly<Record<string, string>>
  const names = Object.keys(dimensions)
  // As PutMetricData does: what the platform measures itself is nobody else's to say.
  if (metricNamespace!.startsWith('AWS/')) {
    throw invalid("Invalid metricTransformation: a namespace must not begin with 'AWS/'.")
  }
  if (!leadsToValue(metricValue!, pattern) && !isNumber(metricValue!)) {
    throw invalid(
      `Invalid metricTransformation: metricValue '${metricValue}' is neither a number nor a field.`,
    )
  }
  if (names.length > MOST_DIMENSIONS) {
    throw invalid(`Invalid metricTransformation: a metric has at most ${MOST_DIMENSIONS} dimensions.`)
  }
  if (names.length > 0 && defaultValue !== undefined) {
    throw invalid(
      'Invalid metricTransformation: dimensions and a default value are mutually exclusive properties.',
    )
  }
  for (const name of names) {
    if (leadsToValue(dimensions[name]!, pattern)) continue
    throw invalid(
      `Invalid metricTransformation: dimension '${name}' is not a field of a JSON or space-delimited pattern.`,
    )
  }
  return {
    metric: metricName!,
    namespace: metricNamespace!,
    value: metricValue!,
    ...(defaultValue !== undefined && { defaultValue }),
    ...(names.length > 0 && { dimensions }),
    ...(unit !== undefined && { unit }),
  }
}

const isNumber = (text: string): boolean => text.trim() !== '' && Number.isFinite(Number(text))

/** Whether a text leads to a value of lines that a pattern finds: `$.a` of JSON, `$name` of fields between blanks. */
function leadsToValue(text: string, pattern: string): boolean {
  if (!compileLineValue(text)) return false
  return text.startsWith('$.') || text.startsWith('$[')
    ? pattern.trim().startsWith('{')
    : pattern.trim().startsWith('[')
}
