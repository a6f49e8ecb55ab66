import type { Authenticated } from './aws/wire/authenticate.ts'
import { readBody } from './aws/wire/read-body.ts'
import type { Refusal } from './aws/wire/signature/refusals.ts'
import type { Caller } from './identity/caller.ts'
import { type JsonObject, parseJsonObject } from './lib/json-object.ts'

/** Verifies the head of a request to `/_weir` that somebody signed for a region. */
export type AuthenticateCaller = (
  request: Request,
  region: string,
) => Promise<Authenticated<Caller & { secretAccessKey: string }> | Refusal>

/** Who signed a request, and what they sent. */
export interface Signed {
  readonly identity: Caller
  readonly bytes: Uint8Array
}

/**
 * Reads a request to what is below `/_weir`: of its body nothing before its head is verified. A response says what is
 * wrong with it.
 *
 * @param limit bytes that its body may have
 */
export async function readSigned(
  request: Request,
  region: string,
  authenticate: AuthenticateCaller,
  limit: number,
): Promise<Signed | Response> {
  const authenticated = await authenticate(request, region)
  if (!authenticated.ok) return say(authenticated.status, authenticated.message)
  const read = await readBody(request, limit, new Set())
  if (read === 'too-large') return say(413, `A request has at most ${limit} bytes`)
  if (read === 'broken') return say(400, 'The request body ended before it was complete')
  const altered = await authenticated.verifyBody(read.bytes)
  if (altered) return say(altered.status, altered.message)
  return { identity: authenticated.identity, bytes: read.bytes }
}

/** What a body says, nothing being an empty object; a response for one that is something else. */
export function readJson(bytes: Uint8Array): JsonObject | Response {
  if (bytes.length === 0) return {}
  return parseJsonObject(new TextDecoder().decode(bytes)) ?? say(400, 'The body is no JSON object')
}

export const nothingAnswers = (method: string, path: string): Response =>
  say(404, `Nothing here answers ${method} ${path}`)

export const say = (status: number, message: string, more: object = {}): Response =>
  Response.json({ message, ...more }, { status })
