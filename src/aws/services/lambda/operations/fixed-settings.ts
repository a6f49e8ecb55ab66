import { findFunction } from '../../../../functions/control/find-function.ts'
import { unqualified } from '../../../../functions/control/function-reference.ts'
import { notFound } from '../../../../functions/control/function-refusals.ts'
import { functionArn } from '../../../../lib/arn.ts'
import { contextOf, type LambdaHandlers, referenceOf, selected } from '../context.ts'

/**
 * Settings that no function here can be given, and that deployment tools read all the same: each has the value that
 * a function has on Lambda before anybody sets it.
 */
export const fixedSettingOperations = {
  async GetFunctionConcurrency(input, call) {
    const context = contextOf(call)
    await findFunction(context.records, context.account, unqualified(referenceOf(context, input)))
    return {}
  },

  async GetFunctionCodeSigningConfig(input, call) {
    const context = contextOf(call)
    await findFunction(context.records, context.account, unqualified(referenceOf(context, input)))
    return { CodeSigningConfigArn: undefined, FunctionName: undefined }
  },

  async GetFunctionRecursionConfig(input, call) {
    const context = contextOf(call)
    await findFunction(context.records, context.account, unqualified(referenceOf(context, input)))
    return { RecursiveLoop: 'Terminate' }
  },

  async GetRuntimeManagementConfig(input, call) {
    const context = contextOf(call)
    const reference = referenceOf(context, input)
    await selected(context, reference)
    return {
      UpdateRuntimeOn: 'Auto',
      FunctionArn: functionArn(context.account, reference.name, reference.qualifier ?? '$LATEST'),
    }
  },

  async GetFunctionEventInvokeConfig(input, call) {
    const context = contextOf(call)
    const { name, qualifier = '$LATEST' } = referenceOf(context, input)
    throw notFound(
      `The function ${functionArn(context.account, name, qualifier)} doesn't have an EventInvokeConfig`,
    )
  },
} satisfies LambdaHandlers
