import { hostnameOf, OwnHosts } from '../../../gateway/domains/own-hosts.ts'
import { splitUrl } from '../../../lib/url-parts.ts'
import type { Context } from './context.ts'
import { badRequest, unsupported } from './refusals.ts'

const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/

/**
 * "The domain name must follow the RFC 1035 specification and can have up to 63 octets per label and 255 octets in
 * total"; a star may stand for the first label.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-custom-domains.html
 *
 * @returns the name in lower case
 */
export function readDomainName(text: string): string {
  const name = text.toLowerCase()
  const labels = (name.startsWith('*.') ? name.slice(2) : name).split('.')
  if (name.length > 255 || labels.length < 2 || !labels.every(label => LABEL.test(label))) {
    throw badRequest(`Invalid domain name specified: ${text}`)
  }
  return name
}

/** A name by which Weir itself is called would take its control plane away. */
export function checkNotOwn({ platform }: Context, name: string): void {
  const ownHosts = new OwnHosts(platform.env.WEIR_HOSTS)
  const own = hostnameOf(splitUrl(platform.origin).host)
  const takes = name === own || (name.startsWith('*.') && own.slice(own.indexOf('.')) === name.slice(1))
  if (ownHosts.has(name) || (takes && !ownHosts.has(own))) {
    throw badRequest(`${name} cannot be a custom domain name: it is a name of this Weir, or of its platform`)
  }
}

/** Of a domain that belongs to nobody here, the same words as where it is the caller's own: whose it is stays unsaid. */
export const nameTaken = () => badRequest('The domain name you provided already exists.')

const BASE_PATH = /^[A-Za-z0-9$_.+!*'()-]+(?:\/[A-Za-z0-9$_.+!*'()-]+)*$/
const LONGEST_BASE_PATH = 300

/** Several levels, too, which API Gateway takes only through its other version's API. */
export function checkBasePath(basePath: string): void {
  if (!BASE_PATH.test(basePath) || basePath.length > LONGEST_BASE_PATH) {
    throw badRequest(
      `Invalid base path specified. Base paths have letters, numbers and $-_.+!*'(), slashes only between others, and at most ${LONGEST_BASE_PATH} characters`,
    )
  }
}

/** Settings that protect a domain, or say where its requests go, are refused as long as the gateway does not act on them. */
export function refuseUnservableDomain(input: {
  readonly endpointConfiguration?: { readonly types?: readonly string[] }
  readonly mutualTlsAuthentication?: { readonly truststoreUri?: string }
  readonly policy?: string
  readonly routingMode?: string
}): void {
  if (input.endpointConfiguration?.types?.includes('PRIVATE')) {
    throw unsupported('private custom domain names', 'REGIONAL and EDGE')
  }
  if (input.mutualTlsAuthentication?.truststoreUri) throw unsupported('mutual TLS')
  if (input.policy) throw unsupported('policies of custom domain names')
  if (input.routingMode && input.routingMode !== 'BASE_PATH_MAPPING_ONLY') {
    throw unsupported('routing rules', 'BASE_PATH_MAPPING_ONLY')
  }
}
