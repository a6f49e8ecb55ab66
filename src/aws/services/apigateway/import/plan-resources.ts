import { isPathPart, joinPath, obstacleFor, siblingAlias } from '../../../../gateway/control/resource-tree.ts'
import type { MethodRecord, ResourceRecord } from '../../../../gateway/control/rest-api-records.ts'
import type { MethodDefinition } from '../../../../gateway/openapi/definition.ts'
import { shortId } from '../../../../lib/ids.ts'
import type { Stored, Writes } from '../../../../records/records.ts'
import { LIMITS, SIZES } from '../limits.ts'
import { BAD_PATH_PART, wordObstacle } from '../resource-rules.ts'
import type { Complain } from './build-method.ts'
import type { Mode } from './plan-parts.ts'

type Methods = Readonly<Record<string, MethodDefinition>>

export interface WantedResources {
  readonly apiId: string
  readonly rootId: string
  readonly before: readonly Stored<ResourceRecord>[]
  readonly mode: Mode
  /** By path. */
  readonly wanted: Readonly<Record<string, Methods>>
  readonly build: (path: string, name: string, resourceId: string, method: MethodDefinition) => MethodRecord
  readonly complain: Complain
}

interface Planned {
  readonly id: string
  readonly stored?: Stored<ResourceRecord>
  readonly doc: ResourceRecord
}

/** The tree with all that leads to a wanted path. Resources keep their ids where paths persist. */
export function planResources(input: WantedResources): Writes<ResourceRecord> {
  const { apiId, before, mode, wanted } = input
  const tree = new Tree(input)
  for (const [path, methods] of Object.entries(wanted)) {
    const resource = tree.at(path)
    if (resource) tree.setMethods(resource, methods)
  }
  const planned = [...tree.planned.values()]
  const create = planned.flatMap(({ id, doc, stored }) =>
    stored ? [] : [{ id, doc, alias: siblingAlias(apiId, doc) }],
  )
  const replace = planned.flatMap(({ doc, stored }) =>
    stored && JSON.stringify(doc) !== JSON.stringify(stored.doc) ? [{ stored, doc }] : [],
  )
  const kept = new Set(planned.map(({ id }) => id))
  const remove = mode === 'overwrite' ? before.filter(({ id }) => !kept.has(id)) : []
  const written = new Set([...replace.map(({ stored }) => stored), ...remove])
  return { create, replace, remove, expect: before.filter(stored => !written.has(stored)) }
}

class Tree {
  /** By path. */
  readonly planned = new Map<string, Planned>()
  readonly #known: ReadonlyMap<string, Stored<ResourceRecord>>
  readonly #children = new Map<string, ResourceRecord[]>()
  readonly #input: WantedResources
  #size = 0
  #isFull = false

  constructor(input: WantedResources) {
    this.#input = input
    this.#known = new Map(input.before.map(stored => [stored.doc.path, stored]))
    const root = this.#known.get('/')
    this.#add(root ? this.#keep(root) : { id: input.rootId, doc: { path: '/', methods: {} } })
    // What merging keeps is in the way of what is new.
    if (input.mode === 'merge')
      for (const stored of input.before) if (stored !== root) this.#add(this.#keep(stored))
  }

  /** The resource at a path, made together with those above it where it is not there. */
  at(path: string): Planned | undefined {
    let parent = this.planned.get('/')!
    for (const part of path.split('/').filter(text => text !== '')) {
      const child = this.#child(parent, part, path)
      if (!child) return undefined
      parent = child
    }
    return parent
  }

  setMethods(resource: Planned, methods: Methods): void {
    if (this.#isFull) return
    const { build, complain } = this.#input
    const built = Object.entries(methods).map(([name, method]): [string, MethodRecord] => [
      name,
      build(resource.doc.path, name, resource.id, method),
    ])
    const doc = { ...resource.doc, methods: { ...resource.doc.methods, ...Object.fromEntries(built) } }
    const size = JSON.stringify(doc).length
    this.#size += size
    if (size > SIZES.resource) {
      complain(
        `Unable to put methods on resource at path '${doc.path}': The methods of one resource take at most ${SIZES.resource} characters with their templates`,
      )
    }
    if (this.#size > SIZES.api) {
      this.#isFull = true
      complain(`The resources of one API take at most ${SIZES.api} characters with their templates`)
    }
    this.planned.set(doc.path, { ...resource, doc })
  }

  #keep(stored: Stored<ResourceRecord>): Planned {
    const { doc } = stored
    return { id: stored.id, stored, doc: this.#input.mode === 'merge' ? doc : { ...doc, methods: {} } }
  }

  #add(resource: Planned): void {
    const { parentId = '', path } = resource.doc
    this.planned.set(path, resource)
    const siblings = this.#children.get(parentId)
    if (siblings) siblings.push(resource.doc)
    else this.#children.set(parentId, [resource.doc])
  }

  #child(parent: Planned, part: string, wanted: string): Planned | undefined {
    const path = joinPath(parent.doc.path, part)
    const there = this.planned.get(path)
    if (there) return there
    const refuse = (reason: string) => {
      this.#input.complain(`Unable to create resource at path '${wanted}': ${reason}`)
      return undefined
    }
    if (!isPathPart(part)) return refuse(BAD_PATH_PART)
    const obstacle = obstacleFor(part, parent.doc, this.#children.get(parent.id) ?? [])
    if (obstacle) return refuse(wordObstacle(obstacle))
    if (this.planned.size >= LIMITS.resourcesPerApi) {
      return refuse(`Maximum number of resources for this API has been reached: ${LIMITS.resourcesPerApi}`)
    }
    const known = this.#known.get(path)
    const made: Planned = known
      ? this.#keep(known)
      : { id: shortId(6), doc: { parentId: parent.id, pathPart: part, path, methods: {} } }
    this.#add(made)
    return made
  }
}
