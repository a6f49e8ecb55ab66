import type { LogIntake } from './logs/log-event.ts'
import type { MetricIntake } from './metrics/metric-sample.ts'
import type { TraceIntake } from './traces/segment.ts'

/** Where one isolate leaves what it has to tell of what it does. Nothing of it is waited for. */
export interface Telemetry {
  readonly logs: LogIntake
  readonly metrics: MetricIntake
  readonly traces: TraceIntake
}
