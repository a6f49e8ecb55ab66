import { findFunction } from '../../../../functions/control/find-function.ts'
import {
  FUNCTION_PUBLICATION,
  functions,
  versionId,
  versions,
} from '../../../../functions/control/function-records.ts'
import { unqualified } from '../../../../functions/control/function-reference.ts'
import {
  invalidParameter,
  staleRevisionId,
  unsupported,
} from '../../../../functions/control/function-refusals.ts'
import { planVersion } from '../../../../functions/control/plan-version.ts'
import { changeFunction, contextOf, type LambdaHandlers, referenceOf } from '../context.ts'
import { codeSha256, describeFunction, describeInList } from '../describe-function.ts'
import { versionsOf } from '../every-version.ts'
import { pageOf } from '../pages.ts'

export const versionOperations = {
  async PublishVersion(input, call) {
    const context = contextOf(call)
    const { account, records, platform } = context
    const name = unqualified(referenceOf(context, input))
    if (input.PublishTo !== undefined) throw unsupported('PublishTo')
    return changeFunction(context, name, async () => {
      const found = await findFunction(records, account, name)
      const { uid, latest } = found.doc
      if (input.RevisionId && input.RevisionId !== latest.revisionId)
        throw staleRevisionId('GetFunction/GetAlias')
      const current = codeSha256(latest.code)
      if (input.CodeSha256 && input.CodeSha256 !== current) {
        throw invalidParameter(
          `CodeSHA256 (${input.CodeSha256}) is different from current CodeSHA256 in $LATEST (${current}). Please try again with the CodeSHA256 in $LATEST.`,
        )
      }
      const { number, configuration, record } = await planVersion(
        platform.env,
        account,
        records,
        name,
        found.doc,
        input.Description,
      )
      if (record) {
        await records
          .change()
          .replace(functions, found, record)
          .create(versions, { parent: name, id: versionId(number) }, configuration)
          .publish({ kind: FUNCTION_PUBLICATION, id: name })
          .commit()
      }
      return describeFunction(context, { name, uid, version: number, qualifier: number, configuration })
    })
  },

  async ListVersionsByFunction(input, call) {
    const context = contextOf(call)
    const { account, records } = context
    const { name } = referenceOf(context, input)
    const found = await findFunction(records, account, name)
    const { items, NextMarker } = await pageOf(
      `versions/${name}`,
      input,
      ([last], batch) => versionsOf(records, batch, found, last),
      ({ version }) => [version],
    )
    const Versions = items.map(each => describeInList(context, { ...each, qualifier: each.version }))
    return { Versions: await Promise.all(Versions), NextMarker }
  },
} satisfies LambdaHandlers
