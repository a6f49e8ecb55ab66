import { dimensionsOf } from '../metrics/dimensions.ts'
import type { MetricSeries } from '../metrics/metric-series.ts'
import type { AlarmDefinition, AlarmRecord, MetricAlarmDefinition } from './alarm.ts'
import type { AlarmState } from './alarm-state.ts'
import { childrenOf, type DependencyView } from './dependencies.ts'

/** Which alarms are wanted; what is not said does not matter. */
export interface AlarmQuery {
  readonly names?: readonly string[]
  readonly prefix?: string
  readonly types?: readonly AlarmDefinition['type'][]
  /** Alarms that the rule of this composite alarm names. */
  readonly childrenOf?: string
  /** Composite alarms whose rules name this alarm. */
  readonly parentsOf?: string
  readonly state?: AlarmState
  readonly actionPrefix?: string
  readonly onMetric?: MetricCondition
  /** Names after this one. */
  readonly after?: string
  readonly limit: number
}

/** A metric that an alarm watches by itself, and not as part of an expression. */
export interface MetricCondition extends MetricSeries {
  /** Also of an extended one. */
  readonly statistic?: string
  readonly period?: number
  readonly unit?: string
}

export interface DescribedAlarms {
  /** In the order of their names. */
  readonly alarms: readonly AlarmRecord[]
  readonly more: boolean
}

/**
 * The alarms that are wanted.
 *
 * @param all in the order of their names
 * @param rules of the composite ones
 */
export function describeAlarms(
  all: readonly AlarmRecord[],
  rules: DependencyView['rules'],
  asked: AlarmQuery,
): DescribedAlarms {
  const alarms: AlarmRecord[] = []
  const isWanted = conditionOf(rules, asked)
  for (const record of all) {
    if (asked.after !== undefined && record.definition.AlarmName <= asked.after) continue
    if (!isWanted(record)) continue
    if (alarms.length === asked.limit) return { alarms, more: true }
    alarms.push(record)
  }
  return { alarms, more: false }
}

function conditionOf(rules: DependencyView['rules'], asked: AlarmQuery): (record: AlarmRecord) => boolean {
  const { names, prefix, types, state, actionPrefix, onMetric, parentsOf } = asked
  const wanted = names && new Set(names)
  const children = asked.childrenOf === undefined ? undefined : new Set(childrenOf(rules, asked.childrenOf))
  return ({ definition, state: { value } }) =>
    (!wanted || wanted.has(definition.AlarmName)) &&
    (prefix === undefined || definition.AlarmName.startsWith(prefix)) &&
    (!types || types.includes(definition.type)) &&
    (!children || children.has(definition.AlarmName)) &&
    (parentsOf === undefined || childrenOf(rules, definition.AlarmName).includes(parentsOf)) &&
    (state === undefined || value === state) &&
    (actionPrefix === undefined || actionsOf(definition).some(arn => arn.startsWith(actionPrefix))) &&
    (!onMetric || (definition.type === 'metric' && watches(definition, onMetric)))
}

const actionsOf = (definition: AlarmDefinition): readonly string[] => [
  ...definition.OKActions,
  ...definition.AlarmActions,
  ...definition.InsufficientDataActions,
]

function watches(definition: MetricAlarmDefinition, on: MetricCondition): boolean {
  const { Namespace, MetricName, Statistic, ExtendedStatistic, Period, Unit, Dimensions } = definition
  return (
    Namespace === on.namespace &&
    MetricName === on.metric &&
    hasSameEntries(dimensionsOf(Dimensions), on.dimensions) &&
    (on.statistic === undefined || (Statistic ?? ExtendedStatistic) === on.statistic) &&
    (on.period === undefined || Period === on.period) &&
    (on.unit === undefined || Unit === on.unit)
  )
}

function hasSameEntries(one: MetricSeries['dimensions'], other: MetricSeries['dimensions']): boolean {
  const keys = Object.keys(one)
  return keys.length === Object.keys(other).length && keys.every(key => one[key] === other[key])
}
