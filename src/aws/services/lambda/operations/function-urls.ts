import type { Cors as CorsMember, FunctionUrlConfig } from '@aws-sdk/client-lambda'
import { aliases, functions, policyId } from '../../../../functions/control/function-records.ts'
import { type FunctionReference, unqualified } from '../../../../functions/control/function-reference.ts'
import { conflict, notFound } from '../../../../functions/control/function-refusals.ts'
import { addressOfUrl } from '../../../../functions/urls/address.ts'
import type { Cors } from '../../../../functions/urls/pointer.ts'
import {
  type FunctionUrlRecord,
  functionUrls,
  removeUrls,
  URL_PUBLICATION,
} from '../../../../functions/urls/url-records.ts'
import { functionArn } from '../../../../lib/arn.ts'
import { shortId } from '../../../../lib/ids.ts'
import type { Stored } from '../../../../records/records.ts'
import { type Context, changeFunction, contextOf, type LambdaHandlers, referenceOf } from '../context.ts'
import { byId, pageOf } from '../pages.ts'

/** Characters of a URL's id, as AWS makes them. */
const URL_ID_LENGTH = 32

export const functionUrlOperations = {
  async CreateFunctionUrlConfig(input, call) {
    const context = contextOf(call)
    const { account, records, platform } = context
    const reference = referenceOf(context, input)
    const { name, qualifier } = reference
    const now = new Date(platform.clock()).toISOString()
    const created: FunctionUrlRecord = {
      urlId: shortId(URL_ID_LENGTH),
      authType: input.AuthType,
      invokeMode: input.InvokeMode,
      cors: corsOf(input.Cors),
      created: now,
      modified: now,
    }
    await changeFunction(context, name, async () => {
      const [owner, alias, taken] = await Promise.all([
        records.get(functions, '', name),
        qualifier === undefined ? undefined : records.get(aliases, name, qualifier),
        records.get(functionUrls, name, policyId(qualifier)),
      ])
      if (!owner || (qualifier !== undefined && !alias)) throw notFound('Function does not exist')
      if (taken) {
        throw conflict(
          `Failed to create function url config for [functionArn = ${functionArn(account, name, qualifier)}]. Error message:  FunctionUrlConfig exists for this Lambda function`,
        )
      }
      await records
        .change()
        // Unchanged, but with a new revision: whoever is about to delete it or its alias has to look at the URLs again.
        .replace(functions, owner, owner.doc)
        .create(functionUrls, { parent: name, id: policyId(qualifier) }, created, created.urlId)
        .publish({ kind: URL_PUBLICATION, id: created.urlId })
        .commit()
    })
    await publish(context, created)
    const { FunctionUrl, FunctionArn, AuthType, CreationTime, Cors } = describe(context, reference, created)
    return { FunctionUrl, FunctionArn, AuthType, CreationTime, Cors, InvokeMode: created.invokeMode }
  },

  async GetFunctionUrlConfig(input, call) {
    const context = contextOf(call)
    const reference = referenceOf(context, input)
    return describe(context, reference, (await findUrl(context, reference)).doc)
  },

  async UpdateFunctionUrlConfig(input, call) {
    const context = contextOf(call)
    const { records, platform } = context
    const reference = referenceOf(context, input)
    const changed = await changeFunction(context, reference.name, async () => {
      const found = await findUrl(context, reference)
      const { doc } = found
      const updated: FunctionUrlRecord = {
        ...doc,
        authType: input.AuthType ?? doc.authType,
        invokeMode: input.InvokeMode ?? doc.invokeMode,
        cors: input.Cors ? corsOf(input.Cors) : doc.cors,
        modified: new Date(platform.clock()).toISOString(),
      }
      await records
        .change()
        .replace(functionUrls, found, updated)
        .publish({ kind: URL_PUBLICATION, id: doc.urlId })
        .commit()
      return updated
    })
    await publish(context, changed)
    return { ...describe(context, reference, changed), InvokeMode: changed.invokeMode }
  },

  async DeleteFunctionUrlConfig(input, call) {
    const context = contextOf(call)
    const reference = referenceOf(context, input)
    const removed = await changeFunction(context, reference.name, async () => {
      const found = await findUrl(context, reference)
      await removeUrls(context.records.change(), [found]).commit()
      return found.doc
    })
    await publish(context, removed)
    return {}
  },

  async ListFunctionUrlConfigs(input, call) {
    const context = contextOf(call)
    const { records } = context
    const name = unqualified(referenceOf(context, input))
    if (!(await records.get(functions, '', name))) throw notFound('Function does not exist')
    const { items, NextMarker } = await pageOf(
      `function-urls/${name}`,
      input,
      ([after], batch) => records.each(functionUrls, name, { after, batch }),
      byId,
    )
    return {
      FunctionUrlConfigs: items.map(({ id, doc }) =>
        describe(context, { name, qualifier: id === policyId(undefined) ? undefined : id }, doc),
      ),
      NextMarker,
    }
  },
} satisfies LambdaHandlers

async function findUrl(
  { records }: Context,
  { name, qualifier }: FunctionReference,
): Promise<Stored<FunctionUrlRecord>> {
  const found = await records.get(functionUrls, name, policyId(qualifier))
  if (!found) throw notFound('The resource you requested does not exist.')
  return found
}

const publish = ({ account, platform }: Context, { urlId }: FunctionUrlRecord): Promise<void> =>
  platform.publications.publish(account, URL_PUBLICATION, urlId)

function describe(
  { account, platform }: Context,
  { name, qualifier }: FunctionReference,
  { urlId, authType, invokeMode = 'BUFFERED', cors, created, modified }: FunctionUrlRecord,
): FunctionUrlConfig {
  return {
    FunctionUrl: addressOfUrl(platform.origin, urlId),
    FunctionArn: functionArn(account, name, qualifier),
    AuthType: authType,
    Cors: cors && {
      AllowCredentials: cors.allowCredentials,
      AllowHeaders: copy(cors.allowHeaders),
      AllowMethods: copy(cors.allowMethods),
      AllowOrigins: copy(cors.allowOrigins),
      ExposeHeaders: copy(cors.exposeHeaders),
      MaxAge: cors.maxAge,
    },
    CreationTime: created,
    LastModifiedTime: modified,
    InvokeMode: invokeMode,
  }
}

const copy = (list: readonly string[] | undefined) => list && [...list]

/** Settings without a member take the settings away. */
function corsOf(given: CorsMember | undefined): Cors | undefined {
  if (!given || Object.values(given).every(value => value === undefined)) return undefined
  return {
    allowCredentials: given.AllowCredentials,
    allowHeaders: given.AllowHeaders,
    allowMethods: given.AllowMethods,
    allowOrigins: given.AllowOrigins,
    exposeHeaders: given.ExposeHeaders,
    maxAge: given.MaxAge,
  }
}
