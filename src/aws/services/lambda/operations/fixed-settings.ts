import { findFunction } from '../../../../functions/control/find-function.ts'
import { unqualified } from '../../../../functions/control/function-reference.ts'
import { contextOf, type LambdaHandlers, referenceOf } from '../context.ts'

/**
 * Settings that no function here can be given, and that deployment tools read all the same: each has the value that
 * a function has on Lambda before anybody sets it.
 */
export const fixedSettingOperations = {
  async GetFunctionCodeSigningConfig(input, call) {
    const context = contextOf(call)
    await findFunction(context.records, context.account, unqualified(referenceOf(context, input)))
    return { CodeSigningConfigArn: undefined, FunctionName: undefined }
  },
} satisfies LambdaHandlers
