import type { Clock } from '../../lib/clock.ts'
import type { FlushCycle } from '../../lib/flush-cycle.ts'
import { Intake, type IntakeOptions } from '../ingest/intake.ts'
import { condenseSamples } from './condense-samples.ts'
import { type MetricIntake, type MetricSample, metricStoreName } from './metric-sample.ts'

export interface MetricIntakeOptions {
  readonly cycle: FlushCycle
  /** Tells the MetricStore of this name. */
  readonly send: IntakeOptions<MetricSample>['send']
  readonly newId: () => string
  /** At least 0 and below 1. */
  readonly random: () => number
  readonly clock: Clock
  /** Milliseconds for which samples are added up: see `bucketLength`. */
  readonly bucketMs: number
}

/** About what a sample takes in memory until it is added up. */
const SAMPLE_BYTES = 200

/** Takes what an isolate measures; now and then what was added up is told to the account's MetricStore. */
export function metricIntake(options: MetricIntakeOptions): MetricIntake & { forget(): void } {
  const { cycle, send, newId, random, clock, bucketMs } = options
  const intake = new Intake<MetricSample>({
    cycle,
    send,
    newId,
    random,
    condense: samples => condenseSamples(samples, bucketMs),
  })
  return {
    record: (account, sample) => intake.add(metricStoreName(account), sample, SAMPLE_BYTES, clock()),
    forget: () => intake.forget(),
  }
}
