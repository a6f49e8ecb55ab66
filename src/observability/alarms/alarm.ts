import type { MetricAlarm, PutCompositeAlarmInput, PutMetricAlarmInput } from '@aws-sdk/client-cloudwatch'
import type { Account } from '../../lib/account.ts'
import { arn } from '../../lib/arn.ts'
import type { Tags } from '../../lib/tags.ts'
import type { AlarmState, AlarmStatus } from './alarm-state.ts'

type Actions = 'OKActions' | 'AlarmActions' | 'InsufficientDataActions'

/** What both kinds have, in AWS's names; all of it is there. */
export interface CommonDefinition extends Readonly<Record<Actions, readonly string[]>> {
  readonly AlarmName: string
  readonly AlarmDescription?: string
  readonly ActionsEnabled: boolean
}

type Given<I, K extends keyof I> = { readonly [M in K]?: Exclude<I[M], undefined> }

/** An alarm on one metric or on a math expression, as it was put, with what AWS assumes where nothing was said. */
export interface MetricAlarmDefinition
  extends CommonDefinition,
    Given<
      PutMetricAlarmInput,
      | 'MetricName'
      | 'Namespace'
      | 'Statistic'
      | 'ExtendedStatistic'
      | 'Dimensions'
      | 'Unit'
      | 'DatapointsToAlarm'
      | 'TreatMissingData'
      | 'EvaluateLowSampleCountPercentile'
      | 'Metrics'
    > {
  readonly type: 'metric'
  /** Nominal seconds; of an alarm on an expression that of its metrics. */
  readonly Period: number
  readonly EvaluationPeriods: number
  readonly Threshold: number
  readonly ComparisonOperator: Exclude<MetricAlarm['ComparisonOperator'], undefined>
}

/** An alarm on states of other alarms. */
export interface CompositeAlarmDefinition
  extends CommonDefinition,
    Given<
      PutCompositeAlarmInput,
      'ActionsSuppressor' | 'ActionsSuppressorWaitPeriod' | 'ActionsSuppressorExtensionPeriod'
    > {
  readonly type: 'composite'
  readonly AlarmRule: string
}

export type AlarmDefinition = MetricAlarmDefinition | CompositeAlarmDefinition

/** A state and since when and why; times are epoch milliseconds. */
export interface StateRecord {
  readonly value: AlarmState
  readonly reason: string
  /** JSON text. */
  readonly reasonData?: string
  /** When it, or its reason, was last set. */
  readonly updated: number
  /** When the value last changed. */
  readonly since: number
}

/** Why the actions of a composite alarm wait, and what for. */
export interface Suppression {
  readonly by: 'WaitPeriod' | 'ExtensionPeriod' | 'Alarm'
  /** Epoch milliseconds; without it for as long as the suppressing alarm is what it is. */
  readonly until?: number
  /** The state before the change whose actions wait; undefined when none do. */
  readonly before?: StateRecord
}

/** All that is kept of an alarm. */
export interface AlarmRecord {
  readonly definition: AlarmDefinition
  /** Epoch milliseconds of the last change of the definition. */
  readonly configured: number
  readonly state: StateRecord
  readonly tags: Tags
  readonly suppression?: Suppression
}

export const alarmArn = (account: Account, name: string): string =>
  arn('cloudwatch', account, `alarm:${name}`)

export const statusOf = ({ definition, state }: AlarmRecord): AlarmStatus => ({
  name: definition.AlarmName,
  state: state.value,
  since: state.since,
  reason: state.reason,
})
