import { findFunction } from '../../../../functions/control/find-function.ts'
import { unqualified } from '../../../../functions/control/function-reference.ts'
import { contextOf, type LambdaHandlers, referenceOf } from '../context.ts'

/** No function here is signed; deployment tools ask all the same, and are answered as by Lambda before anybody signs. */
export const codeSigningOperations = {
  async GetFunctionCodeSigningConfig(input, call) {
    const context = contextOf(call)
    await findFunction(context.records, context.account, unqualified(referenceOf(context, input)))
    return { CodeSigningConfigArn: undefined, FunctionName: undefined }
  },
} satisfies LambdaHandlers
