import { type Env, minuteMsOf } from './env.ts'
import { systemClock } from './lib/clock.ts'
import type { FlushCycle } from './lib/flush-cycle.ts'
import { collectorOf, exportTelemetry } from './observability/export/export-telemetry.ts'
import { logIntake } from './observability/logs/log-intake.ts'
import { bucketLength } from './observability/metrics/condense-samples.ts'
import { metricIntake } from './observability/metrics/metric-intake.ts'
import type { Telemetry } from './observability/telemetry.ts'
import { Sampler } from './observability/traces/sampling/sampler.ts'
import { traceStoreName } from './observability/traces/segment.ts'
import { traceIntake } from './observability/traces/trace-intake.ts'

/** What one isolate tells of what it does; {@link forget} leaves untold what waits, as a reset has it. */
export interface IsolateTelemetry extends Telemetry {
  /** Decides what is traced. */
  readonly sampler: Sampler
  forget(): void
}

/** Undefined where the operator wants none. */
export function isolateTelemetry(env: Env, cycle: FlushCycle): IsolateTelemetry | undefined {
  if (env.WEIR_TELEMETRY === '0') return undefined
  const bucketMs = bucketLength(minuteMsOf(env))
  const metrics = metricIntake({
    cycle,
    send: async (object, batch) => env.METRIC_STORE.getByName(object).take(batch),
    newId: () => crypto.randomUUID(),
    random: Math.random,
    clock: systemClock,
    bucketMs,
  })
  const logs = logIntake({
    env,
    cycle,
    newId: () => crypto.randomUUID(),
    random: Math.random,
    now: systemClock,
  })
  const traces = traceIntake({
    cycle,
    send: async (object, batch) => env.TRACE_STORE.getByName(object).take(batch),
    newId: () => crypto.randomUUID(),
    random: Math.random,
  })
  const sampler = new Sampler({
    cycle,
    random: Math.random,
    newId: () => crypto.randomUUID(),
    report: async (account, client, statistics) =>
      env.TRACE_STORE.getByName(traceStoreName(account)).sample(client, statistics),
  })
  const collector = collectorOf(env.WEIR_OTLP_ENDPOINT, env.WEIR_OTLP_HEADERS)
  const told: Telemetry = { logs, metrics, traces }
  return {
    ...(collector
      ? exportTelemetry(told, { collector, cycle, fetch: (url, init) => fetch(url, init), bucketMs })
      : told),
    sampler,
    forget() {
      sampler.forget()
      logs.forget()
      metrics.forget()
      traces.forget()
    },
  }
}
