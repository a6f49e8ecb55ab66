import { allFunctions } from '../../../../functions/control/account-concurrency.ts'
import { LIMITS } from '../../../../functions/control/limits.ts'
import { layers } from '../../../../functions/layers/layer-records.ts'
import type { Records } from '../../../../records/records.ts'
import { contextOf, type LambdaHandlers } from '../context.ts'

/** Layers of one read. */
const BATCH = 500

export const accountOperations = {
  async GetAccountSettings(_input, call) {
    const { records } = contextOf(call)
    let functionCount = 0
    let totalCodeSize = 0
    let reserved = 0
    for await (const { doc } of allFunctions(records)) {
      functionCount += 1
      totalCodeSize += doc.latest.codeSize + doc.publishedBytes
      reserved += doc.reservedConcurrency ?? 0
    }
    totalCodeSize += await layerBytes(records)
    return {
      AccountLimit: {
        TotalCodeSize: LIMITS.totalCodeBytes,
        CodeSizeUnzipped: LIMITS.unzippedBytes,
        CodeSizeZipped: LIMITS.zipBytes,
        ConcurrentExecutions: LIMITS.concurrentExecutions,
        UnreservedConcurrentExecutions: LIMITS.concurrentExecutions - reserved,
      },
      AccountUsage: { TotalCodeSize: totalCodeSize, FunctionCount: functionCount },
    }
  },
} satisfies LambdaHandlers

/** Of the versions that can still be used; what functions keep of deleted ones is not counted. */
async function layerBytes(records: Records): Promise<number> {
  let bytes = 0
  for await (const { doc } of records.each(layers, '', { batch: BATCH })) bytes += doc.bytes
  return bytes
}
