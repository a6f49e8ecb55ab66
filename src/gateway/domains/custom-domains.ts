import { splitUrl } from '../../lib/url-parts.ts'
import type { Pointed } from '../../pointers/pointer-cache.ts'
import { type ApiAddress, inStage } from '../address.ts'
import { DIRECTORY, type DomainDirectory, domainOf } from './directory.ts'
import { matchBasePath } from './match-base-path.ts'
import { hostnameOf, type OwnHosts } from './own-hosts.ts'

export interface CustomDomainsOptions {
  /** A promise only when what is known of the directory is too old. */
  readonly directory: {
    get(name: string): Pointed<DomainDirectory> | undefined | Promise<Pointed<DomainDirectory> | undefined>
  }
  readonly ownHosts: OwnHosts
}

/** Finds the API that a custom domain leads to. */
export class CustomDomains {
  readonly #options: CustomDomainsOptions

  constructor(options: CustomDomainsOptions) {
    this.#options = options
  }

  /**
   * Undefined when the request's host is no custom domain. One that is, and maps nothing to the path, gives
   * {@link NOWHERE}. Rejects when the directory was never read and is out of reach.
   */
  addressOf(request: Pick<Request, 'url'>): ApiAddress | undefined | Promise<ApiAddress | undefined> {
    const { host, path } = splitUrl(request.url)
    const hostname = hostnameOf(host)
    const { directory, ownHosts } = this.#options
    if (ownHosts.has(hostname)) return undefined
    const known = directory.get(DIRECTORY)
    return known instanceof Promise
      ? known.then(pointed => addressOn(pointed, hostname, path))
      : addressOn(known, hostname, path)
  }

  /** The account that a URL's host is a custom domain of. Rejects as {@link addressOf} does. */
  async ownerOf({ url }: Pick<Request, 'url'>): Promise<string | undefined> {
    const hostname = hostnameOf(splitUrl(url).host)
    const { directory, ownHosts } = this.#options
    if (ownHosts.has(hostname)) return undefined
    const known = await directory.get(DIRECTORY)
    return known && domainOf(known.doc, hostname)?.account
  }
}

/** Where a custom domain maps nothing: no API has this id. */
export const NOWHERE: ApiAddress = { apiId: '', stage: '', rawPath: '', basePath: '' }

function addressOn(
  pointed: Pointed<DomainDirectory> | undefined,
  hostname: string,
  path: string,
): ApiAddress | undefined {
  const domain = pointed && domainOf(pointed.doc, hostname)
  if (!domain) return undefined
  const matched = matchBasePath(domain.mappings, path)
  if (!matched) return NOWHERE
  const { mapping, rest } = matched
  const basePath = mapping.basePath === '' ? '' : `/${mapping.basePath}`
  return mapping.stage === undefined
    ? { ...inStage(mapping.apiId, rest, 0), basePath }
    : { apiId: mapping.apiId, stage: mapping.stage, rawPath: rest, basePath }
}
