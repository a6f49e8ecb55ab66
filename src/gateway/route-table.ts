import { decodeSegment, type Fields, setField } from '../lib/fields.ts'

/** Which resource a path names, and what its variables stand for. */
export interface RouteMatch<T> {
  readonly value: T
  /** Values by the names in the resource's path, as they were sent (still encoded); null when it has none. */
  readonly parameters: Fields | null
}

interface Node<T> {
  /** By literal path part. */
  readonly literals: Map<string, Node<T>>
  /** `{name}`. API Gateway allows one variable among siblings, so there is never a choice between two. */
  variable: { readonly name: string; readonly node: Node<T> } | undefined
  /** `{name+}` */
  greedy: { readonly name: string; readonly value: T } | undefined
  value: T | undefined
}

const SLASH = 0x2f

/**
 * The resources of an API as a tree of path parts.
 *
 * At each level a literal part takes precedence over `{name}` and that over `{name+}`; among the resources that fit a
 * path, the first one in this order that accepts the request serves it. So `/part1/else` of an API with
 * `/part1/exact` and `/{proxy+}` is for the proxy resource, and so is `OPTIONS /test` where `/test` has only `POST`:
 * both are recorded from API Gateway,
 * https://github.com/localstack/localstack/blob/main/tests/aws/services/apigateway/test_apigateway_common.py
 * (`TestApigatewayRouting`).
 */
export class RouteTable<T> {
  readonly #root: Node<T> = emptyNode()

  /** Paths as a snapshot has them: `/`, `/pets/{id}`, `/files/{proxy+}`. */
  constructor(routes: Iterable<readonly [path: string, value: T]>) {
    for (const [path, value] of routes) this.#add(path, value)
  }

  /**
   * `path` as sent. Slashes at its beginning and its end do not count (seen on API Gateway: `/stage//pets/` is
   * `/pets`); in between, two slashes enclose an empty part, which only a greedy variable takes.
   *
   * @param select what serves the request at a resource; undefined leads on to the next resource that fits
   */
  match<M>(path: string, select: (value: T) => M | undefined): RouteMatch<M> | undefined {
    let at = 0
    let end = path.length
    while (at < end && path.charCodeAt(at) === SLASH) at += 1
    while (end > at && path.charCodeAt(end - 1) === SLASH) end -= 1
    return descend(this.#root, path, at, end, select)
  }

  #add(path: string, value: T): void {
    let node = this.#root
    for (const part of path.split('/')) {
      if (part === '') continue
      if (!part.startsWith('{')) {
        let next = node.literals.get(part)
        if (!next) {
          next = emptyNode()
          node.literals.set(part, next)
        }
        node = next
      } else if (part.endsWith('+}')) {
        node.greedy = { name: part.slice(1, -2), value }
        return
      } else {
        node.variable ??= { name: part.slice(1, -1), node: emptyNode() }
        node = node.variable.node
      }
    }
    node.value = value
  }
}

/**
 * Every node of the tree is reached by one path only, so however often this turns back, it looks at no more nodes than
 * the API has resources.
 */
function descend<T, M>(
  node: Node<T>,
  path: string,
  at: number,
  end: number,
  select: (value: T) => M | undefined,
): RouteMatch<M> | undefined {
  if (at >= end) {
    const value = node.value === undefined ? undefined : select(node.value)
    return value === undefined ? undefined : { value, parameters: null }
  }
  const slash = path.indexOf('/', at)
  const partEnd = slash < 0 || slash > end ? end : slash
  const part = path.slice(at, partEnd)
  const literal = literalChild(node, part)
  const exact = literal && descend(literal, path, partEnd + 1, end, select)
  if (exact) return exact
  if (node.variable && part !== '') {
    const found = descend(node.variable.node, path, partEnd + 1, end, select)
    if (found)
      return { value: found.value, parameters: withFirst(node.variable.name, part, found.parameters) }
  }
  if (!node.greedy) return undefined
  const value = select(node.greedy.value)
  if (value === undefined) return undefined
  return { value, parameters: withFirst(node.greedy.name, path.slice(at, end), null) }
}

/** In the order of the path. */
function withFirst(name: string, value: string, rest: Fields | null): Fields {
  const parameters: Fields = {}
  setField(parameters, name, value)
  for (const other in rest) setField(parameters, other, rest[other]!)
  return parameters
}

const emptyNode = <T>(): Node<T> => ({
  literals: new Map(),
  variable: undefined,
  greedy: undefined,
  value: undefined,
})

/**
 * A part may be sent with more percent-encoding than it needs; `/%61dmin` is `/admin` (RFC 3986, 6.2.2.2), and must
 * not slip past that resource to a less guarded `/{proxy+}`.
 */
function literalChild<T>(node: Node<T>, part: string): Node<T> | undefined {
  const found = node.literals.get(part)
  if (found || !part.includes('%')) return found
  return node.literals.get(decodeSegment(part))
}
