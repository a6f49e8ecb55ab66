import { firstLabelBefore, segmentBehind, splitUrl } from '../../lib/url-parts.ts'

/** A request for what is public of one pool. */
export type PoolAddress =
  | { readonly kind: 'pool'; readonly pool: string; readonly path: string }
  | {
      readonly kind: 'domain'
      /** Its prefix or its whole name. */
      readonly domain: string
      readonly path: string
      /** Nothing but the domain can be meant; otherwise there has to be one of the name. */
      readonly isCertain: boolean
    }

const HOST_LABEL = '.auth.'
const PATH_PREFIX = '/_aws/user-pool-domain/'

const OF_POOL = /^\/([\w-]{1,45}_[0-9a-zA-Z]{1,9})(\/\.well-known\/[a-z.-]+)$/

/** The control plane may be at a host with such a label, too, and has none of these paths. */
const OF_DOMAIN =
  /^\/(?:oauth2|\.well-known|login|logout|signup|confirmUser|forgotPassword|saml2|passkeys)(?:\/|$)/

/**
 * Which pool a request may be for; undefined when it is for none. `{prefix}.auth.{anything}` is recognised by its labels,
 * as hosts of APIs are; `/_aws/user-pool-domain/{domain}/...` works on every host. Whether another host is a domain of
 * somebody's own only the database tells.
 */
export function poolAddress(url: string): PoolAddress | undefined {
  const { host, path } = splitUrl(url)
  const byPath = segmentBehind(path, PATH_PREFIX)
  if (byPath) return { kind: 'domain', domain: byPath.name, path: path.slice(byPath.end), isCertain: true }
  const [, pool, rest] = OF_POOL.exec(path) ?? []
  if (pool !== undefined && rest !== undefined) return { kind: 'pool', pool, path: rest }
  if (!OF_DOMAIN.test(path)) return undefined
  const prefix = firstLabelBefore(host, HOST_LABEL)
  const name = host.toLowerCase().replace(/:\d+$/, '')
  // Hosts without a dot are this machine's: nobody has them for a domain.
  if (prefix === undefined && !name.includes('.')) return undefined
  return { kind: 'domain', domain: prefix ?? name, path, isCertain: false }
}

/** Where a domain is always reached, without a slash at its end. */
export const pathOfDomain = (domain: string): string => `${PATH_PREFIX}${domain}`
