import { withoutProvisioned } from '../../../../functions/concurrency/provisioned-concurrency.ts'
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
import { everyVersion, type FoundVersion } from '../every-version.ts'
import { pageSize, readMarker, writeMarker } from '../pages.ts'

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
      const planned = await planVersion(platform.env, records, name, created, undefined)
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
    const limit = pageSize(input.MaxItems)
    if (input.FunctionVersion === 'ALL') return listAllVersions(context, input.Marker, limit)
    const [after] = readMarker('functions', input.Marker)
    const page = await context.records.list(functions, '', { after, limit })
    return {
      Functions: await Promise.all(
        page.items.map(({ id, doc }) =>
          describeInList(context, { name: id, uid: doc.uid, version: '$LATEST', configuration: doc.latest }),
        ),
      ),
      NextMarker: page.next === undefined ? undefined : writeMarker('functions', page.next),
    }
  },

  async DeleteFunction(input, call) {
    const context = contextOf(call)
    const { name, qualifier } = referenceOf(context, input)
    if (qualifier === undefined) await deleteFunction(context, name)
    else await deleteVersion(context, name, qualifier)
    return { StatusCode: 204 }
  },
} satisfies LambdaHandlers

/** What ListFunctions gives for `FunctionVersion=ALL`. */
async function listAllVersions(context: Context, marker: string | undefined, limit: number) {
  const list = 'functions/ALL'
  const [name, version] = readMarker(list, marker)
  const found: FoundVersion[] = []
  for await (const each of everyVersion(context.records, limit, name, version)) {
    found.push(each)
    if (found.length > limit) break
  }
  const shown = found.slice(0, limit)
  const last = shown.at(-1)
  return {
    Functions: await Promise.all(
      shown.map(each => describeInList(context, { ...each, qualifier: each.version })),
    ),
    NextMarker: found.length > limit && last ? writeMarker(list, last.name, last.version) : undefined,
  }
}

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
    const users = (await records.all(aliases, name)).filter(
      ({ doc }) => doc.version === qualifier || Object.hasOwn(doc.weights, qualifier),
    )
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
