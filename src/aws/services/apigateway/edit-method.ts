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
  { records }: Context,
  resource: StoredResource,
  methods: ResourceRecord['methods'],
): Promise<void> {
  const doc: ResourceRecord = { ...resource.doc, methods }
  if (new TextEncoder().encode(JSON.stringify(doc)).length > SIZES.resource) {
    throw badRequest(
      `The methods of one resource take at most ${SIZES.resource} bytes with all of their templates`,
    )
  }
  await records.change().replace(resources, resource, doc).commit()
}

/** A map without one of its entries; undefined rather than empty. */
export function without<T>(
  map: Readonly<Record<string, T>> | undefined,
  name: string,
): Record<string, T> | undefined {
  const others = Object.entries(map ?? {}).filter(([key]) => key !== name)
  return others.length > 0 ? Object.fromEntries(others) : undefined
}
