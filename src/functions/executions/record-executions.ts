import { executionMeterName } from '../../usage/count-batch.ts'
import { EXECUTIONS } from '../../usage/count-kinds.ts'
import type { CountRecorder } from '../../usage/record-counts.ts'
import type { ExecutionUsage } from './execution-usage.ts'

/** Counts calls by version and qualifier, a function's all in one meter. */
export const recordExecutions = (counts: CountRecorder): ExecutionUsage => ({
  record({ account, name, version, qualifier = '', memorySizeMB, billedMs, initMs, failed }) {
    const sums = [
      1,
      failed ? 1 : 0,
      billedMs,
      memorySizeMB * billedMs,
      initMs === undefined ? 0 : 1,
      Math.round(initMs ?? 0),
    ]
    counts.add(executionMeterName(account, name), account, EXECUTIONS, [name, version, qualifier], sums)
  },
})
