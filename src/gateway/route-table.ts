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
 * At each level a literal part takes precedence over `{name}` and that over `{name+}`, for good: a path that enters
 * `/parent` never comes back to `/{proxy+}`, which stands for "any resources under the root resource except for the
 * `/parent[/*]` resources".
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html
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
   */
  match(path: string): RouteMatch<T> | undefined {
    let at = 0
    let end = path.length
    while (at < end && path.charCodeAt(at) === SLASH) at += 1
    while (end > at && path.charCodeAt(end - 1) === SLASH) end -= 1
    let node = this.#root
    let parameters: Fields | null = null
    while (at < end) {
      const slash = path.indexOf('/', at)
      const partEnd = slash < 0 || slash > end ? end : slash
      const part = path.slice(at, partEnd)
      const literal = literalChild(node, part)
      if (literal) {
        node = literal
      } else if (node.variable && part !== '') {
        parameters ??= {}
        setField(parameters, node.variable.name, part)
        node = node.variable.node
      } else if (node.greedy) {
        parameters ??= {}
        setField(parameters, node.greedy.name, path.slice(at, end))
        return { value: node.greedy.value, parameters }
      } else {
        return undefined
      }
      at = partEnd + 1
    }
    return node.value === undefined ? undefined : { value: node.value, parameters }
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
