import type { AlarmState } from '../alarm-state.ts'

/** What CloudWatch calls a breaching data point, a good one, or a missing one. */
export type Judged = 'breaching' | 'good' | 'missing'

export interface JudgeRules {
  /** N: how many data points decide. */
  readonly evaluationPeriods: number
  /** M: how many of them have to be breaching. */
  readonly datapointsToAlarm: number
  readonly treatMissing: 'missing' | 'ignore' | 'breaching' | 'notBreaching'
}

/**
 * Data points that are looked at beyond those that decide, in case that some are missing. AWS says no number, but that
 * of its tables.
 */
const FURTHER_POINTS = 2

/** How many data points are looked at: the evaluation range. */
export const evaluationRange = (evaluationPeriods: number): number => evaluationPeriods + FURTHER_POINTS

/**
 * The state by the points of the evaluation range, oldest first; `retain`: what it was. Where fewer points are there than
 * decide, missing ones are filled in as the alarm wants it, and no more of them than are needed.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
export function judgePoints(points: readonly Judged[], rules: JudgeRules): AlarmState | 'retain' {
  const { evaluationPeriods, datapointsToAlarm, treatMissing } = rules
  const real = points.filter(point => point !== 'missing').slice(-evaluationPeriods)
  const breaching = real.filter(point => point === 'breaching').length
  const filled = evaluationPeriods - real.length
  const alarmIf = (are: number): AlarmState => (are >= datapointsToAlarm ? 'ALARM' : 'OK')
  if (filled === 0 || treatMissing === 'notBreaching') return alarmIf(breaching)
  if (treatMissing === 'breaching') return alarmIf(breaching + filled)
  // A good one says that it is not as bad, however few there are.
  if (breaching >= datapointsToAlarm || breaching < real.length) return alarmIf(breaching)
  if (treatMissing === 'ignore') return 'retain'
  return isPremature(points, datapointsToAlarm) ? 'INSUFFICIENT_DATA' : 'ALARM'
}

/**
 * Of points of which none is good, and too few are breaching: the next one may be good, so there is no alarm before the
 * oldest breaching one is as old as points are asked for.
 */
function isPremature(points: readonly Judged[], datapointsToAlarm: number): boolean {
  const oldest = points.indexOf('breaching')
  return oldest < 0 || points.length - oldest < datapointsToAlarm
}
