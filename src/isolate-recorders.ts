import { waitUntil } from 'cloudflare:workers'
import { ShiftRecorder } from './deployments/feed/record-shifts.ts'
import { type Env, isLocal, minuteMsOf } from './env.ts'
import type { TellCalls } from './function-host.ts'
import { FunctionTelemetry } from './function-telemetry.ts'
import { functionTracer, newSegmentId } from './function-tracer.ts'
import { type IsolateTelemetry, isolateTelemetry } from './isolate-telemetry.ts'
import { systemClock } from './lib/clock.ts'
import { FlushCycle, type FlushCycleOptions, longestWait } from './lib/flush-cycle.ts'
import { CountRecorder } from './usage/record-counts.ts'

/** Everybody in one isolate who notes what it does, and the cycle by which they tell of it. */
export interface IsolateRecorders extends TellCalls {
  readonly cycle: FlushCycle
  readonly recorder: FunctionTelemetry | undefined
  readonly telemetry: IsolateTelemetry | undefined
  /** Leaves untold what waits, as a reset has it. */
  forget(): void
}

export function isolateRecorders(env: Env): IsolateRecorders {
  const waits: FlushCycleOptions = {
    clock: systemClock,
    sleep: ms => scheduler.wait(ms),
    defer: waitUntil,
  }
  // On a laptop nothing is billed, and somebody looks.
  const cycle = new FlushCycle({
    ...waits,
    ...(!isLocal(env) && { longestMs: longestWait(minuteMsOf(env)) }),
  })
  const telemetry = isolateTelemetry(env, cycle)
  const counts = new CountRecorder({
    clock: systemClock,
    sleep: ms => scheduler.wait(ms),
    cycle,
    newId: () => crypto.randomUUID(),
    random: Math.random,
    send: async (meter, batch) => env.EXECUTION_METER.getByName(meter).add(batch),
  })
  const recorder = telemetry && new FunctionTelemetry({ telemetry, cycle, clock: systemClock })
  const shifts = new ShiftRecorder({
    clock: systemClock,
    // What decides about a deployment does not wait for more of it.
    cycle: new FlushCycle(waits),
    random: Math.random,
    newId: () => crypto.randomUUID(),
    tell: async (driver, batch) => env.DEPLOYMENT_DRIVER.getByName(driver).tell(batch),
  })
  const tracer =
    telemetry &&
    functionTracer({
      ...telemetry,
      clock: systemClock,
      newSegmentId: () => newSegmentId(crypto.randomUUID()),
    })
  return {
    cycle,
    telemetry,
    counts,
    recorder,
    shifts,
    tracer,
    forget() {
      counts.forget()
      shifts.forget()
      recorder?.forget()
      telemetry?.forget()
    },
  }
}
