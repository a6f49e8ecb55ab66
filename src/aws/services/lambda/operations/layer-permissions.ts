import { notFound } from '../../../../functions/control/function-refusals.ts'
import { policyDocument } from '../../../../functions/control/resource-policy.ts'
import { extendedPolicy, layerStatement, reducedPolicy } from '../../../../functions/layers/layer-policy.ts'
import {
  type LayerVersionRecord,
  layerVersionId,
  layerVersions,
} from '../../../../functions/layers/layer-records.ts'
import {
  checkLayerVersion,
  type LayerVersionReference,
  layerVersionArn,
  ownLayer,
} from '../../../../functions/layers/layer-reference.ts'
import { modify } from '../../../../records/modify.ts'
import type { Stored } from '../../../../records/records.ts'
import { type Context, contextOf, type LambdaHandlers, layerCaller } from '../context.ts'

export const layerPermissionOperations = {
  async AddLayerVersionPermission(input, call) {
    const context = contextOf(call)
    const reference = versionOf(context, input)
    const statement = layerStatement({
      statementId: input.StatementId,
      principal: input.Principal,
      organizationId: input.OrganizationId,
      resource: layerVersionArn(reference),
    })
    const policy = await modify(async () => {
      const found = await find(context, reference)
      const extended = extendedPolicy(found.doc.policy, statement, input.RevisionId)
      await context.records
        .change()
        .replace(layerVersions, found, { ...found.doc, policy: extended })
        .commit()
      return extended
    })
    return { Statement: JSON.stringify(statement), RevisionId: policy.revisionId }
  },

  async RemoveLayerVersionPermission(input, call) {
    const context = contextOf(call)
    const reference = versionOf(context, input)
    await modify(async () => {
      const found = await find(context, reference)
      const { policy } = found.doc
      if (!policy) throw noPolicy()
      if (!policy.statements.some(({ Sid }) => Sid === input.StatementId)) {
        throw notFound(`Statement ${input.StatementId} is not found in resource policy.`)
      }
      const reduced = reducedPolicy(policy, input.StatementId, input.RevisionId)
      await context.records
        .change()
        .replace(layerVersions, found, { ...found.doc, policy: reduced })
        .commit()
    })
    return {}
  },

  async GetLayerVersionPolicy(input, call) {
    const context = contextOf(call)
    const { policy } = (await find(context, versionOf(context, input))).doc
    if (!policy) throw noPolicy()
    return { Policy: policyDocument(policy.statements), RevisionId: policy.revisionId }
  },
} satisfies LambdaHandlers

function versionOf(
  context: Context,
  input: { readonly LayerName: string; readonly VersionNumber: number },
): LayerVersionReference {
  const action = `lambda:${context.call.operation}`
  const version = checkLayerVersion(input.VersionNumber)
  return { ...ownLayer(layerCaller(context), input.LayerName, action), version }
}

async function find(
  { records }: Context,
  reference: LayerVersionReference,
): Promise<Stored<LayerVersionRecord>> {
  const found = await records.get(layerVersions, reference.name, layerVersionId(reference.version))
  if (!found) throw notFound(`Layer version ${layerVersionArn(reference)} does not exist.`)
  return found
}

const noPolicy = () => notFound('No policy is associated with the given resource.')
