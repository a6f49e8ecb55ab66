import { findFunction } from '../../../../functions/control/find-function.ts'
import { FUNCTION_PUBLICATION, functions } from '../../../../functions/control/function-records.ts'
import { unqualified } from '../../../../functions/control/function-reference.ts'
import { changeFunction, contextOf, type LambdaHandlers, referenceOf } from '../context.ts'

/** Whether calls round a loop are cut off: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html */
export const recursionOperations = {
  async PutFunctionRecursionConfig(input, call) {
    const context = contextOf(call)
    const { account, records } = context
    const name = unqualified(referenceOf(context, input))
    await changeFunction(context, name, async () => {
      const found = await findFunction(records, account, name)
      const recursiveLoop = input.RecursiveLoop === 'Allow' ? 'Allow' : undefined
      await records
        .change()
        .replace(functions, found, { ...found.doc, recursiveLoop })
        .publish({ kind: FUNCTION_PUBLICATION, id: name })
        .commit()
    })
    return { RecursiveLoop: input.RecursiveLoop }
  },

  async GetFunctionRecursionConfig(input, call) {
    const context = contextOf(call)
    const name = unqualified(referenceOf(context, input))
    const { doc } = await findFunction(context.records, context.account, name)
    return { RecursiveLoop: doc.recursiveLoop ?? 'Terminate' }
  },
} satisfies LambdaHandlers
