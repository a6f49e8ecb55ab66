import { keyMeterOf, type Run, type Setting } from '../../test/metering/simulator/simulate.ts'
import { quantiles } from './report.ts'

const EPOCH = Date.UTC(2026, 10, 22, 12)

/** What was seen between two times, milliseconds. */
export function seen(run: Run, { key }: Setting, from: number, until: number) {
  const meter = keyMeterOf(run)
  const relays = [...run.relays.values()]
  const peaks = relays.map(({ calls }) => calls.peak(from, until))
  const within = run.outcomes.filter(({ at }) => at >= from && at < until)
  const calls =
    meter.calls.between(from, until) + relays.reduce((sum, { calls }) => sum + calls.between(from, until), 0)
  const first = quantiles(
    run.outcomes.filter(({ isFirst }) => isFirst).map(({ waitedMs }) => waitedMs),
    0.5,
    0.99,
  )
  const all = quantiles(
    within.map(({ waitedMs }) => waitedMs),
    0.5,
    0.99,
  )
  return {
    meterPeak: meter.calls.peak(from, until),
    meterMean: (1000 * meter.calls.between(from, until)) / (until - from),
    rampPeak: meter.calls.peak(0, from),
    relays: relays.filter(({ calls }) => calls.between(from, until) > 0).length,
    relayPeak: Math.max(0, ...peaks),
    admitted: meter.log.between(EPOCH + from, EPOCH + until),
    share: key?.throttle
      ? meter.log.between(EPOCH + from, EPOCH + until) / ((key.throttle.rateLimit * (until - from)) / 1000)
      : 1,
    over: key?.throttle ? Math.max(0, meter.log.overAdmission(key.throttle)) : 0,
    unaccounted: meter.used - run.admitted,
    callsPerThousand: (1000 * calls) / Math.max(1, within.length),
    rows: meter.rowsWritten,
    first,
    all,
  }
}
