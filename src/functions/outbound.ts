import { WorkerEntrypoint } from 'cloudflare:workers'
import { type Env, isLocal } from '../env.ts'
import { isPrivateHost } from '../lib/private-host.ts'

/** Whose calls go out through this door. */
export interface OutboundProps {
  readonly account: string
  readonly region: string
  readonly role: string
}

/**
 * The only way out of a function's isolate. A deployed Weir lets no function reach loopback, link-local or private
 * addresses; on a laptop people test against servers on their own machine, so there they may.
 */
export class Outbound extends WorkerEntrypoint<Env, OutboundProps> {
  override async fetch(request: Request): Promise<Response> {
    const { hostname } = new URL(request.url)
    if (!isLocal(this.env) && isPrivateHost(hostname)) {
      return new Response(`Functions cannot reach ${hostname}: it is not a public address\n`, { status: 403 })
    }
    // Redirects are followed by the function's own fetch, which comes back here for every hop.
    return fetch(request, { redirect: 'manual' })
  }
}
