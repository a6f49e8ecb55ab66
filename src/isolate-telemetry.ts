import type { Env } from './env.ts'
import type { FlushCycle } from './lib/flush-cycle.ts'
import type { Telemetry } from './observability/telemetry.ts'

/** What one isolate tells of what it does; {@link forget} leaves untold what waits, as a reset has it. */
export interface IsolateTelemetry extends Telemetry {
  forget(): void
}

/** Undefined where the operator wants none. */
export function isolateTelemetry(env: Env, _cycle: FlushCycle): IsolateTelemetry | undefined {
  if (env.WEIR_TELEMETRY === '0') return undefined
  return {
    logs: { write() {} },
    metrics: { record() {} },
    traces: { record() {} },
    forget() {},
  }
}
