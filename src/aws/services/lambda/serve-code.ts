import type { Env } from '../../../env.ts'
import { codeKeys } from '../../../functions/code-keys.ts'
import { readCodePath } from '../../../functions/control/code-link.ts'
import { type Clock, systemClock } from '../../../lib/clock.ts'

/** Answers the links that GetFunction gives out as `Code.Location`. */
export async function serveCode(request: Request, env: Env, clock: Clock = systemClock): Promise<Response> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405, 'Method Not Allowed')
  const hash = await readCodePath(env, new URL(request.url).pathname, clock())
  if (hash === undefined) return refuse(403, 'This link was not given out by this Weir')
  if (hash === 'expired') return refuse(403, 'Request has expired')
  const object = await env.STORE.get(codeKeys(hash).zip)
  if (!object) return refuse(404, 'The package does not exist')
  const headers = {
    'content-type': 'application/zip',
    'content-length': String(object.size),
    'cache-control': 'private, no-store',
  }
  if (request.method === 'GET') return new Response(object.body, { headers })
  await object.body.cancel()
  return new Response(null, { headers })
}

const refuse = (status: number, message: string): Response => Response.json({ message }, { status })
