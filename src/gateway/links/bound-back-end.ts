import type { FetchBackEnd } from '../integrations/reach-back-end.ts'
import { isLinkBinding } from './binding-name.ts'

/**
 * What a VPC link leads to: a service binding, or one of Workers VPC. Both take requests as `fetch` does. Undefined
 * when the configuration has no such binding.
 *
 * https://developers.cloudflare.com/workers/runtime-apis/bindings/service-bindings/
 * https://developers.cloudflare.com/workers-vpc/
 */
export function boundBackEnd(env: object, binding: string): FetchBackEnd | undefined {
  if (!isLinkBinding(binding) || !Object.hasOwn(env, binding)) return undefined
  const bound = (env as Readonly<Record<string, unknown>>)[binding] as { fetch?: unknown } | null
  if (typeof bound !== 'object' || typeof bound?.fetch !== 'function') return undefined
  return (url, init) => (bound as Fetcher).fetch(url, init)
}
