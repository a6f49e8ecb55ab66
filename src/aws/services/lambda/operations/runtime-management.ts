import { findFunction, findVersion } from '../../../../functions/control/find-function.ts'
import { functions, type RuntimeManagement } from '../../../../functions/control/function-records.ts'
import { type FunctionReference, isVersion } from '../../../../functions/control/function-reference.ts'
import { functionNotFound, invalidParameter } from '../../../../functions/control/function-refusals.ts'
import { functionArn } from '../../../../lib/arn.ts'
import { type Context, changeFunction, contextOf, type LambdaHandlers, referenceOf } from '../context.ts'
import { runtimeVersionArn } from '../describe-function.ts'

/**
 * When a version gets a newer runtime. Here a runtime is what the Weir that serves it brings along, so a version can
 * be held at the one it has and at no other.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html
 */
export const runtimeManagementOperations = {
  async PutRuntimeManagementConfig(input, call) {
    const context = contextOf(call)
    const { account, records } = context
    const reference = referenceOf(context, input)
    const { name } = reference
    const version = versionOf(context, reference)
    const { UpdateRuntimeOn: updateOn, RuntimeVersionArn: wanted } = input
    if (updateOn === 'Manual' && wanted === undefined) {
      throw invalidParameter('RuntimeVersionArn is required when UpdateRuntimeOn is Manual.')
    }
    if (updateOn !== 'Manual' && wanted !== undefined) {
      throw invalidParameter(`RuntimeVersionArn cannot be specified when UpdateRuntimeOn is ${updateOn}.`)
    }
    return changeFunction(context, name, async () => {
      const { configuration } = await findVersion(records, account, { name, qualifier: version })
      if (wanted !== undefined && wanted !== runtimeVersionArn(account, configuration)) {
        throw invalidParameter(
          `${wanted} is not a version of the runtime ${configuration.runtime} that this function can run on.`,
        )
      }
      const found = await findFunction(records, account, name)
      const managed: RuntimeManagement = { updateOn, runtimeVersionArn: wanted }
      const runtimeManagement = { ...found.doc.runtimeManagement, [version]: managed }
      await records
        .change()
        .replace(functions, found, { ...found.doc, runtimeManagement })
        .commit()
      return describe(context, name, version, managed)
    })
  },

  async GetRuntimeManagementConfig(input, call) {
    const context = contextOf(call)
    const reference = referenceOf(context, input)
    const version = versionOf(context, reference)
    const { name } = reference
    const { function: found } = await findVersion(context.records, context.account, {
      name,
      qualifier: version,
    })
    return describe(context, name, version, found.doc.runtimeManagement?.[version])
  },
} satisfies LambdaHandlers

/** Versions have runtimes, aliases have none. */
function versionOf({ account }: Context, { name, qualifier = '$LATEST' }: FunctionReference): string {
  if (qualifier !== '$LATEST' && !isVersion(qualifier)) throw functionNotFound(account, name, qualifier)
  return qualifier
}

const describe = (
  { account }: Context,
  name: string,
  version: string,
  managed: RuntimeManagement = { updateOn: 'Auto' },
) => ({
  UpdateRuntimeOn: managed.updateOn,
  FunctionArn: functionArn(account, name, version),
  RuntimeVersionArn: managed.runtimeVersionArn,
})
