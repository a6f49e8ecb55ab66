import { versionsOf } from '../../../../functions/control/alias-rules.ts'
import { findFunction } from '../../../../functions/control/find-function.ts'
import {
  aliases,
  eventInvokeConfigs,
  FUNCTION_PUBLICATION,
  functions,
  policies,
  policyId,
  versionId,
  versions,
} from '../../../../functions/control/function-records.ts'
import { isAlias, isVersion, unqualified } from '../../../../functions/control/function-reference.ts'
import {
  conflict,
  functionNotFound,
  invalidParameter,
} from '../../../../functions/control/function-refusals.ts'
import { planVersion } from '../../../../functions/control/plan-version.ts'
import { withoutProvisioned } from '../../../../functions/control/provisioned-concurrency.ts'
import { writeLatestManifest } from '../../../../functions/control/write-manifest.ts'
import { functionUrls, publishUrls, removeUrls } from '../../../../functions/urls/url-records.ts'
import { locateCode } from '../code-location.ts'
import {
  type Context,
  changeFunction,
  contextOf,
  type LambdaHandlers,
  referenceOf,
  selected,
} from '../context.ts'
import { createdFunction } from '../created-function.ts'
import { describeFunction, describeInList } from '../describe-function.ts'
import { everyVersion } from '../every-version.ts'
import { byId, pageOf } from '../pages.ts'

export const functionOperations = {
  async CreateFunction(input, call) {
    const context = contextOf(call)
    const { account, records, platform } = context
    const name = unqualified(referenceOf(context, input))
    const taken = async () => {
      if (await records.get(functions, '', name)) throw conflict(`Function already exist: ${name}`)
    }
    await taken()
    const created = await createdFunction(context, name, input)
    await writeLatestManifest(platform.env.STORE, account, name, created)
    return changeFunction(context, name, async () => {
      await taken()
      const change = records.change().publish({ kind: FUNCTION_PUBLICATION, id: name })
      const { uid, latest } = created
      if (!input.Publish) {
        await change.create(functions, { parent: '', id: name }, created).commit()
        return describeFunction(context, { name, uid, version: '$LATEST', configuration: latest })
      }
      const planned = await planVersion(platform.env, account, records, name, created, undefined)
      await change
        .create(functions, { parent: '', id: name }, planned.record ?? created)
        .create(versions, { parent: name, id: versionId(planned.number) }, planned.configuration)
        .commit()
      const { number: version, configuration } = planned
      return describeFunction(context, { name, uid, version, configuration })
    })
  },

  async GetFunction(input, call) {
    const context = contextOf(call)
    const reference = referenceOf(context, input)
    const { function: found, version, configuration } = await selected(context, reference)
    const { uid, tags, reservedConcurrency } = found.doc
    return {
      Configuration: await describeFunction(context, { ...reference, uid, version, configuration }),
      Code: await locateCode(context, configuration.code),
      Tags: Object.keys(tags).length > 0 ? { ...tags } : undefined,
      Concurrency:
        typeof reservedConcurrency === 'number'
          ? { ReservedConcurrentExecutions: reservedConcurrency }
          : undefined,
    }
  },

  async GetFunctionConfiguration(input, call) {
    const context = contextOf(call)
    const reference = referenceOf(context, input)
    const { function: found, version, configuration } = await selected(context, reference)
    return describeFunction(context, { ...reference, uid: found.doc.uid, version, configuration })
  },

  async ListFunctions(input, call) {
    const context = contextOf(call)
    const { records } = context
    if (input.FunctionVersion === 'ALL') {
      const { items, NextMarker } = await pageOf(
        'functions/ALL',
        input,
        ([name, version], batch) => everyVersion(records, batch, name, version),
        ({ name, version }) => [name, version],
      )
      const Functions = items.map(each => describeInList(context, { ...each, qualifier: each.version }))
      return { Functions: await Promise.all(Functions), NextMarker }
    }
    const { items, NextMarker } = await pageOf(
      'functions',
      input,
      ([after], batch) => records.each(functions, '', { after, batch }),
      byId,
    )
    const Functions = items.map(({ id, doc }) =>
      describeInList(context, { name: id, uid: doc.uid, version: '$LATEST', configuration: doc.latest }),
    )
    return { Functions: await Promise.all(Functions), NextMarker }
  },

  async DeleteFunction(input, call) {
    const context = contextOf(call)
    const { name, qualifier } = referenceOf(context, input)
    if (qualifier === undefined) await deleteFunction(context, name)
    else await deleteVersion(context, name, qualifier)
    return { StatusCode: 204 }
  },
} satisfies LambdaHandlers

async function deleteFunction(context: Context, name: string): Promise<void> {
  const { account, records, platform } = context
  const urls = await changeFunction(context, name, async () => {
    const [found, leadingHere] = await Promise.all([
      findFunction(records, account, name),
      records.all(functionUrls, name),
    ])
    await removeUrls(records.change(), leadingHere)
      .remove(functions, found)
      .removeAll(versions, name)
      .removeAll(aliases, name)
      .removeAll(policies, name)
      .removeAll(eventInvokeConfigs, name)
      .publish({ kind: FUNCTION_PUBLICATION, id: name })
      .commit()
    return leadingHere
  })
  await publishUrls(platform.publications, account, urls)
}

/** A version that is not there is deleted already; its number is not used again. */
async function deleteVersion(context: Context, name: string, qualifier: string): Promise<void> {
  const { account, records } = context
  if (qualifier === '$LATEST') {
    throw invalidParameter('$LATEST version cannot be deleted without deleting the function.')
  }
  if (isAlias(qualifier)) throw invalidParameter('Deletion of aliases is not currently supported.')
  if (!isVersion(qualifier)) throw functionNotFound(account, name)
  await changeFunction(context, name, async () => {
    const found = await findFunction(records, account, name)
    const version = await records.get(versions, name, versionId(qualifier))
    if (!version) return
    const users = (await records.all(aliases, name)).filter(({ doc }) => versionsOf(doc).includes(qualifier))
    if (users.length > 0) {
      throw conflict(
        `Unable to delete version because the following aliases reference it: [${users.map(({ id }) => id).join(', ')}]`,
      )
    }
    const [policy, eventInvoke] = await Promise.all([
      records.get(policies, name, policyId(qualifier)),
      records.get(eventInvokeConfigs, name, qualifier),
    ])
    const change = records.change()
    if (policy) change.remove(policies, policy)
    if (eventInvoke) change.remove(eventInvokeConfigs, eventInvoke)
    await change
      .remove(versions, version)
      .replace(functions, found, {
        ...withoutProvisioned(found.doc, qualifier),
        deleted: [...found.doc.deleted, Number(qualifier)],
        publishedBytes: found.doc.publishedBytes - version.doc.codeSize,
      })
      .publish({ kind: FUNCTION_PUBLICATION, id: name })
      .commit()
  })
}
