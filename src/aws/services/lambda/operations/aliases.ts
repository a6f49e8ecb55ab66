import type { AliasConfiguration } from '@aws-sdk/client-lambda'
import {
  checkRouting,
  leadsElsewhere,
  missingVersion,
  refuseWhileShifted,
} from '../../../../functions/control/alias-rules.ts'
import { findFunction } from '../../../../functions/control/find-function.ts'
import {
  type AliasRecord,
  aliases,
  eventInvokeConfigs,
  FUNCTION_PUBLICATION,
  functions,
  policies,
  policyId,
} from '../../../../functions/control/function-records.ts'
import { unqualified } from '../../../../functions/control/function-reference.ts'
import {
  aliasNotFound,
  cannotFindAlias,
  conflict,
  functionNotFound,
  staleRevisionId,
} from '../../../../functions/control/function-refusals.ts'
import { withoutProvisioned } from '../../../../functions/control/provisioned-concurrency.ts'
import { functionUrls, publishUrls, removeUrls } from '../../../../functions/urls/url-records.ts'
import { functionArn } from '../../../../lib/arn.ts'
import { type Context, changeFunction, contextOf, type LambdaHandlers, referenceOf } from '../context.ts'
import { byId, pageOf } from '../pages.ts'

export const aliasOperations = {
  async CreateAlias(input, call) {
    const context = contextOf(call)
    const { account, records } = context
    const name = unqualified(referenceOf(context, input))
    const created: AliasRecord = {
      version: input.FunctionVersion,
      description: input.Description ?? '',
      weights: input.RoutingConfig?.AdditionalVersionWeights ?? {},
      revisionId: crypto.randomUUID(),
    }
    checkRouting(created.version, created.weights)
    return changeFunction(context, name, async () => {
      const found = await records.get(functions, '', name)
      if (!found) throw functionNotFound(account, name, created.version)
      const missing = missingVersion(found.doc, created.version, created.weights)
      if (missing !== undefined) throw functionNotFound(account, name, missing)
      if (await records.get(aliases, name, input.Name)) {
        throw conflict(`Alias already exists: ${functionArn(account, name, input.Name)}`)
      }
      await records
        .change()
        // Unchanged, but with a new revision: whoever is about to delete a version has to look at the aliases again.
        .replace(functions, found, found.doc)
        .create(aliases, { parent: name, id: input.Name }, created)
        .publish({ kind: FUNCTION_PUBLICATION, id: name })
        .commit()
      return describeAlias(context, name, input.Name, created)
    })
  },

  async GetAlias(input, call) {
    const context = contextOf(call)
    const name = unqualified(referenceOf(context, input))
    const found = await context.records.get(aliases, name, input.Name)
    if (!found) throw cannotFindAlias(context.account, name, input.Name)
    return describeAlias(context, name, input.Name, found.doc)
  },

  async UpdateAlias(input, call) {
    const context = contextOf(call)
    const { account, records } = context
    const name = unqualified(referenceOf(context, input))
    return changeFunction(context, name, async () => {
      const [owner, found] = await Promise.all([
        records.get(functions, '', name),
        records.get(aliases, name, input.Name),
      ])
      if (!owner || !found) throw aliasNotFound(account, name, input.Name)
      if (input.RevisionId && input.RevisionId !== found.doc.revisionId)
        throw staleRevisionId('GetFunction/GetAlias')
      const changed: AliasRecord = {
        ...found.doc,
        version: input.FunctionVersion ?? found.doc.version,
        description: input.Description ?? found.doc.description,
        weights: input.RoutingConfig
          ? (input.RoutingConfig.AdditionalVersionWeights ?? {})
          : found.doc.weights,
        revisionId: crypto.randomUUID(),
      }
      if (leadsElsewhere(found.doc, changed)) refuseWhileShifted(found.doc)
      checkRouting(changed.version, changed.weights)
      const missing = missingVersion(owner.doc, changed.version, changed.weights)
      if (missing !== undefined) throw functionNotFound(account, name, missing)
      await records
        .change()
        // For the same reason as in CreateAlias.
        .replace(functions, owner, owner.doc)
        .replace(aliases, found, changed)
        .publish({ kind: FUNCTION_PUBLICATION, id: name })
        .commit()
      return describeAlias(context, name, input.Name, changed)
    })
  },

  /** An alias that is not there is deleted already. */
  async DeleteAlias(input, call) {
    const context = contextOf(call)
    const { account, records, platform } = context
    const name = unqualified(referenceOf(context, input))
    const urls = await changeFunction(context, name, async () => {
      const [owner, found, policy, url, eventInvoke] = await Promise.all([
        findFunction(records, account, name),
        records.get(aliases, name, input.Name),
        records.get(policies, name, policyId(input.Name)),
        records.get(functionUrls, name, policyId(input.Name)),
        records.get(eventInvokeConfigs, name, input.Name),
      ])
      if (!found) return []
      refuseWhileShifted(found.doc)
      const leadingHere = url ? [url] : []
      const change = records.change()
      if (policy) change.remove(policies, policy)
      if (eventInvoke) change.remove(eventInvokeConfigs, eventInvoke)
      await removeUrls(change, leadingHere)
        .replace(functions, owner, withoutProvisioned(owner.doc, input.Name))
        .remove(aliases, found)
        .publish({ kind: FUNCTION_PUBLICATION, id: name })
        .commit()
      return leadingHere
    })
    await publishUrls(platform.publications, account, urls)
    return {}
  },

  async ListAliases(input, call) {
    const context = contextOf(call)
    const { account, records } = context
    const name = unqualified(referenceOf(context, input))
    const wanted = input.FunctionVersion
    await findFunction(records, account, name)
    const all = await records.all(aliases, name)
    const matching = all.filter(({ doc }) => wanted === undefined || pointsAt(doc, wanted))
    const { items, NextMarker } = await pageOf(
      `aliases/${name}/${wanted ?? ''}`,
      input,
      ([last = '']) => matching.filter(({ id }) => id > last),
      byId,
    )
    return { Aliases: items.map(({ id, doc }) => describeAlias(context, name, id, doc)), NextMarker }
  },
} satisfies LambdaHandlers

const pointsAt = (alias: AliasRecord, version: string): boolean =>
  alias.version === version || Object.hasOwn(alias.weights, version)

function describeAlias(
  { account }: Context,
  name: string,
  alias: string,
  record: AliasRecord,
): AliasConfiguration {
  const { weights } = record
  return {
    AliasArn: functionArn(account, name, alias),
    Name: alias,
    FunctionVersion: record.version,
    Description: record.description,
    RoutingConfig: Object.keys(weights).length > 0 ? { AdditionalVersionWeights: { ...weights } } : undefined,
    RevisionId: record.revisionId,
  }
}
