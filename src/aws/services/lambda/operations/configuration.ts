import { checkEnvironment } from '../../../../functions/control/environment-rules.ts'
import { findFunction } from '../../../../functions/control/find-function.ts'
import {
  FUNCTION_PUBLICATION,
  type FunctionRecord,
  functions,
} from '../../../../functions/control/function-records.ts'
import { unqualified } from '../../../../functions/control/function-reference.ts'
import { invalidParameter, staleRevisionId } from '../../../../functions/control/function-refusals.ts'
import {
  openEnvironment,
  sameVariables,
  sealEnvironment,
} from '../../../../functions/control/seal-environment.ts'
import { writeLatestManifest } from '../../../../functions/control/write-manifest.ts'
import { checkLayersBesideCode, useLayers } from '../../../../functions/layers/use-layers.ts'
import type { SealedEnvironment } from '../../../../functions/manifest.ts'
import {
  type Context,
  changeFunction,
  contextOf,
  type LambdaHandlers,
  layerCaller,
  referenceOf,
  timestamp,
} from '../context.ts'
import { describeFunction } from '../describe-function.ts'
import { environmentKey } from '../environment-key.ts'
import { applySettings } from '../function-settings.ts'

export const configurationOperations = {
  async UpdateFunctionConfiguration(input, call) {
    const context = contextOf(call)
    const { account, records, platform } = context
    const name = unqualified(referenceOf(context, input))
    const variables = input.Environment && (input.Environment.Variables ?? {})
    if (variables) checkEnvironment(variables)
    const layers = input.Layers && (await useLayers(layerCaller(context), input.Layers))
    return changeFunction(context, name, async () => {
      const found = await findFunction(records, account, name)
      const { uid, latest } = found.doc
      if (input.RevisionId && input.RevisionId !== latest.revisionId)
        throw staleRevisionId('GetFunction/GetAlias')
      const settings = applySettings(latest, input, layers)
      const record: FunctionRecord = {
        ...found.doc,
        latest: {
          ...latest,
          ...settings,
          environment: await nextEnvironment(context, name, found.doc, settings.kmsKeyArn, variables),
          lastModified: timestamp(platform),
          revisionId: crypto.randomUUID(),
        },
      }
      if (layers) checkLayersBesideCode(latest.unpackedSize ?? latest.codeSize, layers)
      await writeLatestManifest(platform.env.STORE, account, name, record)
      await records
        .change()
        .replace(functions, found, record)
        .publish({ kind: FUNCTION_PUBLICATION, id: name })
        .commit()
      return describeFunction(context, { name, uid, version: '$LATEST', configuration: record.latest })
    })
  },
} satisfies LambdaHandlers

/**
 * Variables that stay as they are keep their encryption too, so that running isolates need not be replaced; under
 * another KMS key they are encrypted anew.
 */
async function nextEnvironment(
  context: Context,
  name: string,
  { uid, latest }: FunctionRecord,
  kmsKeyArn: string | undefined,
  variables: Record<string, string> | undefined,
): Promise<SealedEnvironment | undefined> {
  const { env } = context.platform
  const { environment } = latest
  const owner = { account: context.account, name, uid }
  const sameKey = kmsKeyArn === latest.kmsKeyArn
  if (!variables && (!environment || sameKey)) return environment
  const before = environment && (await openOrUndefined(env, owner, environment))
  if (!variables && !before) {
    throw invalidParameter(
      'Lambda was unable to decrypt your environment variables, so that they cannot be encrypted with another KMS key. Set them again.',
    )
  }
  const next = variables ?? before!
  if (environment && before && sameKey && sameVariables(before, next)) return environment
  return sealEnvironment(env, owner, next, await environmentKey(context, kmsKeyArn))
}

/** What cannot be decrypted any more can still be replaced. */
const openOrUndefined = (...asked: Parameters<typeof openEnvironment>) =>
  openEnvironment(...asked).catch(() => undefined)
