import type { Account } from '../../lib/account.ts'
import { isPrivateHost } from '../../lib/private-host.ts'
import type { GatewayRefusal } from '../gateway-responses.ts'
import { misconfigured } from '../mapping/mapping-refusals.ts'

/**
 * Sends a request to a back end, for an API of the account. Redirects are not followed, and what is encoded stays so
 * unless it is asked for.
 */
export type FetchBackEnd = (url: string, init: RequestInit, account: Account) => Promise<Response>

/** A back end that is not even asked. */
export class OutOfReach extends Error {
  readonly refusal: GatewayRefusal

  constructor(message: string, refusal = misconfigured(message)) {
    super(message)
    this.refusal = refusal
  }
}

export interface Surroundings {
  /** Whether this is a Weir in development, whose back ends may be on the same machine. */
  readonly isLocal: boolean
  /**
   * Whether a URL is this Weir's own, for an API of the account: a name that another account has taken here may in
   * truth be anybody's, and requests with their secrets are not handed to whoever took it.
   */
  isOwn(url: URL, account: Account): Promise<boolean>
  /** Answers a request of one of Weir's APIs or function URLs; undefined for what is neither. */
  serve(request: Request): Promise<Response | undefined> | undefined
}

/**
 * The way to back ends over the internet. A deployed Weir reaches no loopback, link-local or private addresses for an
 * API's owner: those are of its own network. APIs of this very Weir are answered within it: a Worker's request for its
 * own address would pass it by.
 *
 * https://developers.cloudflare.com/workers/runtime-apis/fetch/
 */
export function reachBackEnd({ isLocal, isOwn, serve }: Surroundings): FetchBackEnd {
  return async (address, init, account) => {
    const url = new URL(address)
    if (await isOwn(url, account)) return serveWithin(serve(new Request(address, init)), address, init.signal)
    if (!isLocal && isPrivateHost(url.hostname)) {
      throw new OutOfReach(`${url.hostname} is not a public address`)
    }
    return fetch(address, init)
  }
}

/** A request of Weir's own takes no signal: it is left when its time is over, and ends by its own. */
async function serveWithin(
  serving: ReturnType<Surroundings['serve']>,
  address: string,
  signal: AbortSignal | null | undefined,
): Promise<Response> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
  const response = await Promise.race([serving, aborted])
  // Nobody calls Weir's control plane through an API: who may call it can do so.
  if (!response) throw new OutOfReach(`${address} is neither an API nor a function URL of this Weir`)
  return response
}
