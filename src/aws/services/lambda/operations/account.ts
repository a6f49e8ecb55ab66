import { functions } from '../../../../functions/control/function-records.ts'
import { LIMITS } from '../../../../functions/control/limits.ts'
import { contextOf, type LambdaHandlers } from '../context.ts'

/** Functions of one read. */
const BATCH = 500

export const accountOperations = {
  async GetAccountSettings(_input, call) {
    const { records } = contextOf(call)
    let functionCount = 0
    let totalCodeSize = 0
    let after: string | undefined
    do {
      const page = await records.list(functions, '', { after, limit: BATCH })
      functionCount += page.items.length
      for (const { doc } of page.items) totalCodeSize += doc.latest.codeSize + doc.publishedBytes
      after = page.next
    } while (after !== undefined)
    return {
      AccountLimit: {
        TotalCodeSize: LIMITS.totalCodeBytes,
        CodeSizeUnzipped: LIMITS.unzippedBytes,
        CodeSizeZipped: LIMITS.zipBytes,
        ConcurrentExecutions: LIMITS.concurrentExecutions,
        UnreservedConcurrentExecutions: LIMITS.concurrentExecutions,
      },
      AccountUsage: { TotalCodeSize: totalCodeSize, FunctionCount: functionCount },
    }
  },
} satisfies LambdaHandlers
