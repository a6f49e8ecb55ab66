import type { StoredResource } from '../../../gateway/control/resource-tree.ts'
import {
  type MethodRecord,
  type ResourceRecord,
  resources,
} from '../../../gateway/control/rest-api-records.ts'
import type { Context } from './context.ts'
import { SIZES } from './limits.ts'
import { badRequest, noSuchMethod, noSuchResource } from './refusals.ts'

/** Names one method of an API, as the inputs of all operations below a method do. */
export interface MethodAddress {
  readonly restApiId: string
  readonly resourceId: string
  readonly httpMethod: string
}

export interface FoundMethod {
  readonly resource: StoredResource
  readonly httpMethod: string
  readonly method: MethodRecord
}

export async function findResource(context: Context, apiId: string, id: string): Promise<StoredResource> {
  const resource = await context.records.get(resources, apiId, id)
  if (!resource) throw noSuchResource()
  return resource
}

export async function findMethod(
  context: Context,
  { restApiId, resourceId, httpMethod }: MethodAddress,
): Promise<FoundMethod> {
  const resource = await findResource(context, restApiId, resourceId)
  const { methods } = resource.doc
  if (!Object.hasOwn(methods, httpMethod)) throw noSuchMethod()
  return { resource, httpMethod, method: methods[httpMethod]! }
}

export const saveMethod = (context: Context, found: FoundMethod, method: MethodRecord): Promise<void> =>
  saveMethods(context, found.resource, { ...found.resource.doc.methods, [found.httpMethod]: method })

/** Writes a resource back with other methods. */
export async function saveMethods(
  context: Context,
  resource: StoredResource,
  methods: ResourceRecord['methods'],
): Promise<void> {
  const doc: ResourceRecord = { ...resource.doc, methods }
  const size = JSON.stringify(doc).length
  if (size > SIZES.resource) {
    throw badRequest(
      `The methods of one resource take at most ${SIZES.resource} characters with their templates`,
    )
  }
  if (size > SIZES.smallResource && size + (await sizeOfOthers(context, resource)) > SIZES.api) {
    throw badRequest(`The resources of one API take at most ${SIZES.api} characters with their templates`)
  }
  await context.records.change().replace(resources, resource, doc).commit()
}

/** Operations on an API's tree read all of it, so it has to fit into memory. */
async function sizeOfOthers({ platform, account }: Context, { parent, id }: StoredResource): Promise<number> {
  const size = await platform.env.DB.prepare(
    'SELECT sum(length(doc)) FROM resources WHERE account = ? AND region = ? AND kind = ? AND parent = ? AND id <> ?',
  )
    .bind(account.id, account.region, resources.name, parent, id)
    .first<number>('sum(length(doc))')
  return size ?? 0
}

/** A map without one of its entries; undefined rather than empty. */
export function without<T>(
  map: Readonly<Record<string, T>> | undefined,
  name: string,
): Record<string, T> | undefined {
  const others = Object.entries(map ?? {}).filter(([key]) => key !== name)
  return others.length > 0 ? Object.fromEntries(others) : undefined
}
