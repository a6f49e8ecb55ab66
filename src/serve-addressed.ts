import { urlOfHost, urlOfPath } from './functions/urls/address.ts'
import { serveUrl, type UrlPlane } from './functions/urls/serve.ts'
import { type ApiAddress, apiAddress, isApiHost } from './gateway/address.ts'
import type { CustomDomains } from './gateway/domains/custom-domains.ts'
import { type Gateway, serveApi } from './gateway/pipeline.ts'
import type { Caller } from './identity/caller.ts'

/**
 * Answers a request of an API or a function URL; undefined for what is neither.
 *
 * @param caller who calls, where that is known otherwise than by a signature
 */
export type ServeAddressed = (request: Request, caller?: Caller) => Promise<Response | undefined> | undefined

type Named = Pick<Request, 'url'>

/**
 * On the own host of an API or a function URL every path is theirs, as on a custom domain; so a host goes before a path.
 */
export function addressedServer(parts: {
  readonly gateway: Gateway
  readonly domains: CustomDomains
  readonly urls: UrlPlane
}): ServeAddressed {
  const { gateway, domains, urls } = parts

  const byPath = (request: Request, named: Named, caller?: Caller): Promise<Response> | undefined => {
    const api = apiAddress(named)
    if (api) return serveApi(request, api, gateway, caller, named.url)
    const url = urlOfPath(named)
    return url && serveUrl(request, url, urls, caller)
  }

  const onDomain = (
    request: Request,
    named: Named,
    domain: ApiAddress | undefined,
    caller?: Caller,
  ): Promise<Response> | undefined =>
    domain ? serveApi(request, domain, gateway, caller, named.url) : byPath(request, named, caller)

  return (request, caller) => {
    // Asking a request for its URL makes the text anew.
    const named = { url: request.url }
    const ownHost = urlOfHost(named)
    if (ownHost) return serveUrl(request, ownHost, urls, caller)
    if (isApiHost(named)) return byPath(request, named, caller)
    const domain = domains.addressOf(named)
    return domain instanceof Promise
      ? domain.then(found => onDomain(request, named, found, caller), outOfReach)
      : onDomain(request, named, domain, caller)
  }
}

/** Whose host it is cannot be found out, nor that it is nobody's. */
function outOfReach(error: unknown): Response {
  console.error('the custom domain names are out of reach', error)
  return Response.json({ message: 'Service Unavailable' }, { status: 503 })
}
