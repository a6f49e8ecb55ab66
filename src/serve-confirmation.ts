import { confirmByLink } from './aws/services/cognito-idp/confirm-by-link.ts'
import type { CognitoParts } from './aws/services/cognito-idp/parts.ts'
import { sourceIpOf } from './lib/forwarded.ts'
import type { Platform } from './platform.ts'

/** Where links to confirm a sign-up of a pool lead: below the issuer, so that a pool needs no domain for them. */
export const CONFIRMATION_PATH = /^\/([\w-]+_[0-9a-zA-Z]+)\/confirmUser$/

/** Nothing of the link, which has a code in it, is told to anybody else or kept. */
const HEADERS = { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' }

/** Answers somebody who has followed a link to confirm a sign-up, in words. */
export async function serveConfirmation(
  request: Request,
  pool: string,
  parts: CognitoParts,
  platform: Platform,
): Promise<Response> {
  const { searchParams: query } = new URL(request.url)
  const clientId = query.get('client_id')
  const username = query.get('user_name')
  const code = query.get('confirmation_code')
  if (!clientId || !username || !code) {
    return new Response('The link is not complete.', { status: 400, headers: HEADERS })
  }
  const link = { pool, clientId, username, code }
  const refusal = await confirmByLink(parts, platform, link, sourceIpOf(request))
  return refusal
    ? new Response(refusal.message, { status: 400, headers: HEADERS })
    : new Response('Your registration has been confirmed!', { headers: HEADERS })
}
