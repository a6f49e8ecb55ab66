import type { Stored } from '../../records/records.ts'
import type { ResourceRecord } from './rest-api-records.ts'

export type StoredResource = Stored<ResourceRecord>

const LITERAL = /^[a-zA-Z0-9._:-]+$/
const VARIABLE = /^\{[a-zA-Z0-9._-]+\+?\}$/

export const isPathPart = (part: string): boolean => LITERAL.test(part) || VARIABLE.test(part)

const isVariable = (part: string): boolean => part.startsWith('{')

/** `{proxy+}`: takes all of the path that is left, so it has no children. */
export const isGreedy = (part: string): boolean => part.endsWith('+}')

export const joinPath = (parent: string, part: string): string => `${parent === '/' ? '' : parent}/${part}`

/**
 * A resource's alias in the database, whose uniqueness holds against concurrent changes: siblings differ in their
 * path parts, and at most one of them is a variable.
 */
export const siblingName = (apiId: string, parentId: string, part: string): string =>
  `${apiId}/${parentId}/${isVariable(part) ? '{}' : part}`

/** Undefined for the root, which has no siblings. */
export const siblingAlias = (apiId: string, { parentId, pathPart }: ResourceRecord): string | undefined =>
  parentId && pathPart ? siblingName(apiId, parentId, pathPart) : undefined

/** Of what stands in the way of a path part under a parent. */
export type Obstacle =
  | { readonly kind: 'greedy-parent'; readonly part: string }
  | { readonly kind: 'same-name'; readonly part: string }
  | { readonly kind: 'second-variable'; readonly part: string }

/** Whether `part` can stand under `parent`; `siblings` are the parent's children without the resource itself. */
export function obstacleFor(
  part: string,
  parent: ResourceRecord,
  siblings: Iterable<ResourceRecord>,
): Obstacle | undefined {
  if (parent.pathPart && isGreedy(parent.pathPart)) return { kind: 'greedy-parent', part: parent.pathPart }
  let variable: string | undefined
  for (const { pathPart } of siblings) {
    if (pathPart === part) return { kind: 'same-name', part }
    if (pathPart && isVariable(pathPart)) variable = pathPart
  }
  return variable && isVariable(part) ? { kind: 'second-variable', part: variable } : undefined
}

export const childrenOf = (all: readonly StoredResource[], id: string): StoredResource[] =>
  all.filter(resource => resource.doc.parentId === id)

/** A resource's descendants, parents before children; without the resource itself. */
export function descendantsOf(all: readonly StoredResource[], id: string): StoredResource[] {
  const byParent = Map.groupBy(all, resource => resource.doc.parentId)
  const found: StoredResource[] = []
  let parents = [id]
  while (parents.length > 0) {
    const children = parents.flatMap(parent => byParent.get(parent) ?? [])
    found.push(...children)
    parents = children.map(child => child.id)
  }
  return found
}
