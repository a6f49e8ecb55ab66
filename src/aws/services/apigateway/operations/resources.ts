import type { APIGateway, Resource } from '@aws-sdk/client-api-gateway'
import {
  childrenOf,
  descendantsOf,
  isGreedy,
  isPathPart,
  joinPath,
  type Obstacle,
  obstacleFor,
  type StoredResource,
  siblingName,
} from '../../../../gateway/control/resource-tree.ts'
import { type ResourceRecord, resources } from '../../../../gateway/control/rest-api-records.ts'
import { shortId } from '../../../../lib/ids.ts'
import type { Platform } from '../../../../platform.ts'
import type { Change } from '../../../../records/records.ts'
import type { Handlers } from '../../../wire/service.ts'
import { methodAnswer } from '../answers.ts'
import { contextOf } from '../context.ts'
import { findResource } from '../edit-method.ts'
import { LIMITS } from '../limits.ts'
import { pageOf } from '../pages.ts'
import { applyPatches, listingWording, type PatchTable } from '../patch.ts'
import { badRequest, checkRoom, conflict, noSuchResource } from '../refusals.ts'
import { BAD_PATH_PART, wordObstacle } from '../resource-rules.ts'
import { findApi } from './rest-apis.ts'

export const resourceOperations = {
  async CreateResource(input, call) {
    const context = contextOf(call)
    const { records } = context
    const { restApiId: apiId, parentId, pathPart } = input
    const all = await records.all(resources, apiId)
    const parent = find(all, parentId)
    checkPathPart(pathPart)
    refuseObstacle(obstacleFor(pathPart, parent.doc, docs(childrenOf(all, parentId))))
    checkRoom(all.length, LIMITS.resourcesPerApi, 'resources for this API')
    const doc: ResourceRecord = { parentId, pathPart, path: joinPath(parent.doc.path, pathPart), methods: {} }
    const id = shortId(6)
    const change = records.change()
    change.create(resources, { parent: apiId, id }, doc, siblingName(apiId, parentId, pathPart))
    touch(change, parent)
    await change.commit()
    return answer({ id, doc })
  },

  async GetResource(input, call) {
    const resource = await findResource(contextOf(call), input.restApiId, input.resourceId)
    return answer(resource, embedsMethods(input.embed))
  },

  async GetResources(input, call) {
    const context = contextOf(call)
    await findApi(context, input.restApiId)
    const embed = embedsMethods(input.embed)
    const list = `resources/${input.restApiId}`
    return pageOf(context.records, resources, input.restApiId, list, input, stored => answer(stored, embed))
  },

  async UpdateResource(input, call) {
    const { records } = contextOf(call)
    const all = await records.all(resources, input.restApiId)
    const resource = find(all, input.resourceId)
    const { pathPart, parentId } = applyPatches(PATCHES, resource.doc, input.patchOperations)
    if (resource.doc.parentId === undefined || resource.doc.pathPart === undefined) {
      if (pathPart !== undefined) throw badRequest('Root resource cannot update its pathPart.')
      if (parentId !== undefined) throw badRequest('Root resource cannot update its parentId.')
      return answer(resource)
    }
    if (parentId === resource.doc.parentId && pathPart === resource.doc.pathPart) return answer(resource)
    checkPathPart(pathPart)
    const doc = await move(records.change(), all, resource, parentId ?? '', pathPart)
    return answer({ id: resource.id, doc })
  },

  async DeleteResource(input, call) {
    const { records } = contextOf(call)
    const all = await records.all(resources, input.restApiId)
    const resource = find(all, input.resourceId)
    if (resource.doc.parentId === undefined) throw badRequest('Root resource cannot be deleted.')
    const change = records.change()
    for (const gone of [resource, ...descendantsOf(all, resource.id)]) change.remove(resources, gone)
    await change.commit()
    return {}
  },
} satisfies Handlers<APIGateway, Platform>

/**
 * A new child raises its parent's revision: a change that deletes or moves the parent at the same moment, and knows
 * nothing of the child, then fails and is made again.
 */
const touch = (change: Change, parent: StoredResource): Change =>
  change.replace(resources, parent, parent.doc)

async function move(
  change: Change,
  all: readonly StoredResource[],
  resource: StoredResource,
  parentId: string,
  pathPart: string,
): Promise<ResourceRecord> {
  const parent = find(all, parentId)
  const below = descendantsOf(all, resource.id)
  if (parent.id === resource.id || below.some(({ id }) => id === parent.id)) {
    throw badRequest('Resources cannot be cyclical.')
  }
  const siblings = childrenOf(all, parent.id).filter(({ id }) => id !== resource.id)
  refuseObstacle(obstacleFor(pathPart, parent.doc, docs(siblings)))
  if (isGreedy(pathPart) && below.length > 0) refuseObstacle({ kind: 'greedy-parent', part: pathPart })

  const apiId = resource.parent
  const moved = { ...resource.doc, parentId, pathPart, path: joinPath(parent.doc.path, pathPart) }
  change.replace(resources, resource, moved, siblingName(apiId, parentId, pathPart))
  touch(change, parent)
  const paths = new Map([[resource.id, moved.path]])
  for (const child of below) {
    const path = joinPath(paths.get(child.doc.parentId!)!, child.doc.pathPart!)
    paths.set(child.id, path)
    change.replace(resources, child, { ...child.doc, path })
  }
  await change.commit()
  return moved
}

const docs = (list: readonly StoredResource[]): ResourceRecord[] => list.map(({ doc }) => doc)

function find(all: readonly StoredResource[], id: string): StoredResource {
  const resource = all.find(candidate => candidate.id === id)
  if (!resource) throw noSuchResource()
  return resource
}

function checkPathPart(part: string | undefined): asserts part is string {
  if (part === undefined || !isPathPart(part)) throw badRequest(BAD_PATH_PART)
}

function refuseObstacle(obstacle: Obstacle | undefined): void {
  if (!obstacle) return
  const refusal = obstacle.kind === 'same-name' ? conflict : badRequest
  throw refusal(wordObstacle(obstacle))
}

const PATCHES: PatchTable<ResourceRecord> = {
  wording: listingWording,
  rows: {
    '/parentId': { ops: ['replace'], value: id => id ?? '' },
    '/pathPart': { ops: ['replace'], value: part => part ?? '' },
  },
}

function embedsMethods(embed: readonly string[] | undefined): boolean {
  for (const name of embed ?? []) {
    if (name !== 'methods') throw badRequest(`Invalid embed value specified: ${name}. Supported: methods`)
  }
  return embed?.includes('methods') ?? false
}

function answer({ id, doc }: { id: string; doc: ResourceRecord }, embed = false): Resource {
  const names = Object.keys(doc.methods)
  return {
    id,
    parentId: doc.parentId,
    pathPart: doc.pathPart,
    path: doc.path,
    // Without embedding, the names alone.
    resourceMethods:
      names.length === 0
        ? undefined
        : Object.fromEntries(names.map(name => [name, embed ? methodAnswer(name, doc.methods[name]!) : {}])),
  }
}
