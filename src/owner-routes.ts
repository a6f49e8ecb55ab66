import type { Account } from './lib/account.ts'
import type { JsonObject } from './lib/json-object.ts'
import type { Platform } from './platform.ts'

/** A request of an account about what is its own, for which AWS has no operation. */
export interface OwnerCall {
  readonly platform: Omit<Platform, 'origin'>
  readonly account: Account
  /** The variable parts of the path, in order. */
  readonly names: readonly string[]
  readonly query: URLSearchParams
  /** Media types that the caller would have, as the request says it. */
  readonly accept: string | null
  readonly body: JsonObject
}

export interface OwnerRoute {
  /** As policies name it, after `weir:`. */
  readonly action: string
  /** What an ARN of `weir` ends with. */
  readonly resource: (names: readonly string[]) => string
  /** May throw a `Refusal`. */
  readonly answer: (call: OwnerCall) => Promise<Response>
}

/** By method and path below `/_weir`; `*` is one part of it, any one. */
export type OwnerRoutes = ReadonlyArray<readonly [method: string, path: string, route: OwnerRoute]>

/** Ids, days and months: nothing that could be more in an ARN than it is here. */
const NAME = /^[A-Za-z0-9-]{1,64}$/

/** What answers a request, and what its path names; undefined when nothing does. */
export function findOwnerRoute(
  routes: OwnerRoutes,
  method: string,
  path: string,
): { readonly route: OwnerRoute; readonly names: readonly string[] } | undefined {
  const parts = path.split('/')
  for (const [of, pattern, route] of routes) {
    const expected = pattern.split('/')
    if (of !== method || expected.length !== parts.length) continue
    if (!expected.every((part, i) => (part === '*' ? NAME.test(parts[i]!) : part === parts[i]))) continue
    return { route, names: parts.filter((_, i) => expected[i] === '*') }
  }
  return undefined
}
