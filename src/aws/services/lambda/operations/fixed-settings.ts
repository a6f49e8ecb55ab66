import { findFunction } from '../../../../functions/control/find-function.ts'
import { unqualified } from '../../../../functions/control/function-reference.ts'
import { contextOf, type LambdaHandlers, referenceOf } from '../context.ts'

/** What no function here can be given, and deployment tools read all the same: as on Lambda before anybody sets it. */
export const fixedSettingOperations = {
  async GetFunctionCodeSigningConfig(input, call) {
    const context = contextOf(call)
    await findFunction(context.records, context.account, unqualified(referenceOf(context, input)))
    return { CodeSigningConfigArn: undefined, FunctionName: undefined }
  },
} satisfies LambdaHandlers
