import type { Clock } from '../../lib/clock.ts'
import { sourceIpOf } from '../../lib/forwarded.ts'
import { sha256Hex } from '../../lib/hash.ts'
import { splitUrl } from '../../lib/url-parts.ts'
import { headersAsSent } from './signature/headers-as-sent.ts'
import { NOT_SIGNED, quote, type Refusal, refuse } from './signature/refusals.ts'
import {
  type LookUp,
  readClaim,
  type Secret,
  type SignedRequest,
  verifyBody,
  verifyHead,
} from './signature/verify.ts'

/** Who signed a request, as far as it tells without its body. */
export interface Authenticated<T> {
  readonly ok: true
  readonly identity: T
  /** Refuses a body that is not the one that was signed. Until then nothing is known of the caller for certain. */
  verifyBody(body: Uint8Array): Promise<Refusal | undefined>
}

/**
 * Verifies signatures of requests that are no calls of an AWS API: of a deployed API, of a function URL.
 *
 * @param options.service name of the service that the scope has to have
 * @returns for a request and the region that its scope has to name
 */
export function authenticator<T extends Secret>(options: {
  readonly service: string
  readonly lookUp: LookUp<T>
  readonly clock: Clock
}) {
  return async (request: Request, region: string): Promise<Authenticated<T> | Refusal> => {
    const { path, query } = splitUrl(request.url)
    const signed: SignedRequest = {
      method: request.method,
      rawPath: path || '/',
      rawQuery: query,
      headers: headersAsSent(request),
      from: sourceIpOf(request),
    }
    const claim = readClaim(signed)
    if (!claim) return NOT_SIGNED
    if (!('service' in claim)) return claim
    if (claim.service !== options.service) {
      return refuse(
        'invalid-scope',
        `Credential should be scoped to correct service: ${quote(options.service)}. `,
      )
    }
    if (claim.region !== region) {
      return refuse('invalid-scope', 'Credential should be scoped to a valid region. ')
    }
    const head = await verifyHead(claim, signed, options.lookUp, options.clock())
    if (!head.ok) return head
    const { identity } = head
    return {
      ok: true,
      identity,
      verifyBody: async body => verifyBody(claim, signed, await sha256Hex(body), identity),
    }
  }
}
