import {
  accountMeterOf,
  keyMeterOf,
  methodMeterOf,
  type Setting,
  simulate,
} from '../../test/metering/simulator/simulate.ts'
import { count, table } from './report.ts'

export async function threeLevels(): Promise<void> {
  const setting: Setting = {
    isolates: 300,
    seconds: 12,
    rampMs: 2_000,
    demand: 1_500,
    uneven: 0.7,
    course: at => 0.4 + 0.6 * Math.abs(Math.sin(at / 1_500)),
    key: { throttle: { rateLimit: 800, burstLimit: 800 } },
    method: { rateLimit: 600, burstLimit: 900 },
    account: { rateLimit: 500, burstLimit: 1_000 },
  }
  const run = await simulate(setting)
  const levels = [
    ['key', keyMeterOf(run), setting.key!.throttle!],
    ['method', methodMeterOf(run), setting.method!],
    ['account', accountMeterOf(run), setting.account!],
  ] as const
  table(
    'Three levels, uneven isolates, demand that comes and goes',
    levels.map(([level, meter, limits]) => ({
      level,
      rate: limits.rateLimit,
      burst: limits.burstLimit,
      'admitted and not given back': count(meter.log.admitted),
      'over-admission': Math.max(0, meter.log.overAdmission(limits)),
      'calls a second, peak': count(meter.calls.peak(3_000, 12_000)),
    })),
  )
}
