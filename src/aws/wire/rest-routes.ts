import type { Operation } from './operations.ts'

interface Route {
  readonly operation: Operation
  readonly method: string
  readonly pattern: RegExp
  readonly labels: readonly string[]
  readonly literals: number
  readonly query: ReadonlyArray<readonly [name: string, value: string]>
}

export interface RouteMatch {
  readonly operation: Operation
  /** Label values as they stand in the path, still percent-encoded. */
  readonly labels: Readonly<Record<string, string>>
}

const LABEL = /^\{(.+?)(\+)?\}$/

function compile(operation: Operation): Route {
  const [method, uri] = operation.http!
  const [path = '', search = ''] = uri.split('?')
  const labels: string[] = []
  const segments = path
    .replace(/\/$/, '')
    .split('/')
    .map(segment => {
      const label = LABEL.exec(segment)
      if (!label) return segment.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      labels.push(label[1]!)
      return label[2] ? '(.+)' : '([^/]+)'
    })
  return {
    operation,
    method,
    labels,
    pattern: new RegExp(`^${segments.join('/')}/?$`),
    literals: path.split('/').filter(segment => segment && !segment.startsWith('{')).length,
    query: [...new URLSearchParams(search)],
  }
}

/**
 * Finds the operation of a REST request. The raw path is matched and labels are decoded afterwards, so that an
 * encoded slash in a name stays part of the name; more literal segments win, then more static query parameters.
 */
export function restRouter(operations: Iterable<Operation>) {
  const byMethod = new Map<string, Route[]>()
  for (const operation of operations) {
    if (!operation.http) continue
    const route = compile(operation)
    const routes = byMethod.get(route.method) ?? []
    routes.push(route)
    byMethod.set(route.method, routes)
  }
  for (const routes of byMethod.values()) {
    routes.sort((a, b) => b.literals - a.literals || b.query.length - a.query.length)
  }
  return (method: string, rawPath: string, query: URLSearchParams): RouteMatch | undefined => {
    for (const route of byMethod.get(method) ?? []) {
      const match = route.pattern.exec(rawPath)
      if (!match) continue
      if (!route.query.every(([name, value]) => query.has(name) && (!value || query.get(name) === value)))
        continue
      const labels = Object.fromEntries(route.labels.map((name, i) => [name, match[i + 1]!]))
      return { operation: route.operation, labels }
    }
    return undefined
  }
}
