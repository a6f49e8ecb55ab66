import { type Env, minuteMsOf } from './env.ts'
import { systemClock } from './lib/clock.ts'
import type { FlushCycle } from './lib/flush-cycle.ts'
import { logIntake } from './observability/logs/log-intake.ts'
import { bucketLength } from './observability/metrics/condense-samples.ts'
import { metricIntake } from './observability/metrics/metric-intake.ts'
import type { Telemetry } from './observability/telemetry.ts'

/** What one isolate tells of what it does; {@link forget} leaves untold what waits, as a reset has it. */
export interface IsolateTelemetry extends Telemetry {
  forget(): void
}

/** Undefined where the operator wants none. */
export function isolateTelemetry(env: Env, cycle: FlushCycle): IsolateTelemetry | undefined {
  if (env.WEIR_TELEMETRY === '0') return undefined
  const metrics = metricIntake({
    cycle,
    send: async (object, batch) => env.METRIC_STORE.getByName(object).take(batch),
    newId: () => crypto.randomUUID(),
    random: Math.random,
    clock: systemClock,
    bucketMs: bucketLength(minuteMsOf(env)),
  })
  const logs = logIntake({
    env,
    cycle,
    newId: () => crypto.randomUUID(),
    random: Math.random,
    now: systemClock,
  })
  return {
    logs,
    metrics,
    traces: { record() {} },
    forget() {
      logs.forget()
      metrics.forget()
    },
  }
}
