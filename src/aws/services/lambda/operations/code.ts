import { findFunction } from '../../../../functions/control/find-function.ts'
import {
  type Configuration,
  FUNCTION_PUBLICATION,
  functions,
  versionId,
  versions,
} from '../../../../functions/control/function-records.ts'
import { unqualified } from '../../../../functions/control/function-reference.ts'
import { staleRevisionId, unsupported } from '../../../../functions/control/function-refusals.ts'
import { planVersion } from '../../../../functions/control/plan-version.ts'
import { checkCode, storeCode } from '../../../../functions/control/store-code.ts'
import { writeLatestManifest } from '../../../../functions/control/write-manifest.ts'
import { checkCodeBesideLayers } from '../../../../functions/layers/use-layers.ts'
import { changeFunction, contextOf, type LambdaHandlers, referenceOf, timestamp } from '../context.ts'
import { describeFunction } from '../describe-function.ts'
import { receivedZip } from '../receive-code.ts'

export const codeOperations = {
  async UpdateFunctionCode(input, call) {
    const context = contextOf(call)
    const { account, records, platform } = context
    const { env } = platform
    const name = unqualified(referenceOf(context, input))
    if (input.PublishTo !== undefined) throw unsupported('PublishTo')
    const current = async () => {
      const found = await findFunction(records, account, name)
      if (input.RevisionId && input.RevisionId !== found.doc.latest.revisionId) {
        throw staleRevisionId('GetFunction/GetAlias')
      }
      return found
    }
    const before = await current()
    const zip = receivedZip(input)
    const code = input.DryRun ? await checkCode(zip) : await storeCode(env.STORE, zip)
    const changed = (latest: Configuration): Configuration => ({
      ...latest,
      code: code.hash,
      codeSize: code.size,
      unpackedSize: code.unpackedSize,
      architectures: input.Architectures ?? latest.architectures,
      lastModified: timestamp(platform),
      revisionId: crypto.randomUUID(),
    })
    checkCodeBesideLayers(code.unpackedSize, before.doc.latest.layers)
    if (input.DryRun) {
      const { uid, latest } = before.doc
      return describeFunction(context, { name, uid, version: '$LATEST', configuration: changed(latest) })
    }
    return changeFunction(context, name, async () => {
      const found = await current()
      const record = { ...found.doc, latest: changed(found.doc.latest) }
      const { uid } = record
      await writeLatestManifest(env.STORE, account, name, record)
      const change = records.change().publish({ kind: FUNCTION_PUBLICATION, id: name })
      if (!input.Publish) {
        await change.replace(functions, found, record).commit()
        return describeFunction(context, { name, uid, version: '$LATEST', configuration: record.latest })
      }
      const {
        number,
        configuration,
        record: published,
      } = await planVersion(env, account, records, name, record, undefined)
      change.replace(functions, found, published ?? record)
      if (published) change.create(versions, { parent: name, id: versionId(number) }, configuration)
      await change.commit()
      return describeFunction(context, { name, uid, version: number, qualifier: number, configuration })
    })
  },
} satisfies LambdaHandlers
