import type { FlushCycle } from '../../lib/flush-cycle.ts'
import type { Batch, Taken } from '../ingest/batch.ts'
import { Intake } from '../ingest/intake.ts'
import { type Segment, type TraceIntake, traceStoreName } from './segment.ts'

export interface TraceIntakeOptions {
  readonly cycle: FlushCycle
  readonly send: (object: string, batch: Batch<Segment>) => Promise<Taken>
  readonly newId: () => string
  /** At least 0 and below 1. */
  readonly random: () => number
}

/** About what a segment of Weir's own has. */
const USUAL_BYTES = 1_000

/** Hands on the segments of what one isolate does. */
export function traceIntake(options: TraceIntakeOptions): TraceIntake & { forget(): void } {
  const intake = new Intake<Segment>(options)
  return {
    record(account, segment) {
      intake.add(traceStoreName(account), segment, USUAL_BYTES, options.cycle.now())
    },
    forget: () => intake.forget(),
  }
}
