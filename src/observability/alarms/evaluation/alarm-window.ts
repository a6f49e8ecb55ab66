import { longestWait } from '../../../lib/flush-cycle.ts'
import { bucketLength } from '../../metrics/condense-samples.ts'
import { floorTo } from '../../metrics/levels.ts'
import type { MetricAlarmDefinition } from '../alarm.ts'
import { evaluationRange } from './judge-points.ts'

type Watched = Pick<MetricAlarmDefinition, 'Period' | 'EvaluationPeriods'>

/** Nominal seconds. */
const HOUR_S = 3_600
const DAY_S = 24 * HOUR_S

/** What an alarm looks at; times are epoch milliseconds. */
export interface AlarmWindow {
  readonly from: number
  /** Exclusive. */
  readonly to: number
  readonly periodMs: number
  /** How many periods there are. */
  readonly points: number
}

/** What isolates measured waits before they tell it, which takes some time itself: earlier it would look missing. */
const settleOf = (minuteMs: number): number => longestWait(minuteMs) + 1_000

/** Real milliseconds of a period of so many nominal seconds: whole buckets of what is kept. */
function realPeriod(seconds: number, minuteMs: number): number {
  const bucket = seconds < 60 ? 1_000 : bucketLength(minuteMs)
  return Math.max(1, Math.round((seconds * minuteMs) / 60 / bucket)) * bucket
}

/**
 * How often an alarm is looked at: once a minute, those with shorter periods every ten seconds, and "multi-day alarms are
 * evaluated once per hour".
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
 */
function tickOf({ Period, EvaluationPeriods }: Watched, minuteMs: number): number {
  if (Period * EvaluationPeriods > DAY_S) return realPeriod(HOUR_S, minuteMs)
  return realPeriod(Period < 60 ? 10 : 60, minuteMs)
}

/** The window slides: its end is the last whole tick that all is known of. */
export function windowOf(definition: Watched, minuteMs: number, now: number): AlarmWindow {
  const tick = tickOf(definition, minuteMs)
  const to = floorTo(now - settleOf(minuteMs), tick)
  const periodMs = realPeriod(definition.Period, minuteMs)
  const points = evaluationRange(definition.EvaluationPeriods)
  return { from: to - points * periodMs, to, periodMs, points }
}

/** When an alarm that is looked at `now` is to be looked at again. */
export function nextLookOf(watched: Watched, minuteMs: number, now: number): number {
  const tick = tickOf(watched, minuteMs)
  const settle = settleOf(minuteMs)
  return floorTo(now - settle, tick) + tick + settle
}
