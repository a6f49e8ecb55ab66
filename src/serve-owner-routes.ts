import { requestKeys } from './authorize-call.ts'
import type { Authenticated } from './aws/wire/authenticate.ts'
import { readBody } from './aws/wire/read-body.ts'
import type { Refusal as SignatureRefusal } from './aws/wire/signature/refusals.ts'
import { type Authority, decideForCaller, isOwn, standingOf } from './identity/authority.ts'
import type { Caller } from './identity/caller.ts'
import { describeDenial } from './identity/policies/decide.ts'
import type { Account } from './lib/account.ts'
import { arn } from './lib/arn.ts'
import { parseJsonObject } from './lib/json-object.ts'
import { Refusal } from './lib/refusal.ts'
import { findOwnerRoute, type OwnerCall, type OwnerRoute, type OwnerRoutes } from './owner-routes.ts'
import type { Platform } from './platform.ts'

/** Below it is what an account asks about its own. */
const OWNER_PATH = '/_weir'

/** Signatures of these requests name it, and the region of the plans and keys. */
export const OWNER_SERVICE = 'weir'

export interface OwnerServer {
  readonly routes: OwnerRoutes
  readonly platform: Omit<Platform, 'origin'>
  readonly authority: Authority
  readonly authenticate: (
    request: Request,
    region: string,
  ) => Promise<Authenticated<Caller & { secretAccessKey: string }> | SignatureRefusal>
  /** Makes the database ready. */
  readonly start: () => Promise<void>
}

/** Bytes of a request's body. */
const BODY_LIMIT = 64 * 1024

const STATUSES: Readonly<Record<string, number>> = {
  BadRequestException: 400,
  AccessDeniedException: 403,
  NotFoundException: 404,
  ConflictException: 409,
  LimitExceededException: 429,
}

/** Answers whoever signs with credentials of an account about what is that account's, as policies allow it. */
export async function serveOwnerRoutes(request: Request, server: OwnerServer): Promise<Response> {
  const { pathname, searchParams: query } = new URL(request.url)
  const region = regionOf(request)
  const authenticated = await server.authenticate(request, region)
  if (!authenticated.ok) return say(authenticated.status, authenticated.message)
  const read = await readBody(request, BODY_LIMIT, new Set())
  if (read === 'too-large') return say(413, `A request has at most ${BODY_LIMIT} bytes`)
  if (read === 'broken') return say(400, 'The request body ended before it was complete')
  const altered = await authenticated.verifyBody(read.bytes)
  if (altered) return say(altered.status, altered.message)
  const { identity } = authenticated
  const account = { id: identity.account, region }
  const found = findOwnerRoute(server.routes, request.method, pathname.slice(OWNER_PATH.length))
  if (!found) return say(404, `Nothing here answers ${request.method} ${pathname}`)
  const body = read.bytes.length === 0 ? {} : parseJsonObject(new TextDecoder().decode(read.bytes))
  if (!body) return say(400, 'The body is no JSON object')
  await server.start()
  try {
    await authorize(request, server, identity, account, found.route, found.names)
    const accept = request.headers.get('accept')
    const call: OwnerCall = { platform: server.platform, account, names: found.names, query, accept, body }
    return await found.route.answer(call)
  } catch (error) {
    if (error instanceof Refusal) return say(STATUSES[error.code] ?? 400, error.message)
    throw error
  }
}

const say = (status: number, message: string): Response => Response.json({ message }, { status })

/** What the scope says; a signature that has none is refused by whoever reads it. */
const regionOf = ({ headers }: Request): string =>
  /Credential=[^/,\s]+\/\d{8}\/([a-z0-9-]+)\//.exec(headers.get('authorization') ?? '')?.[1] ?? ''

async function authorize(
  request: Request,
  { authority, platform }: OwnerServer,
  identity: Caller,
  account: Account,
  { action, resource }: OwnerRoute,
  names: readonly string[],
): Promise<void> {
  const asked = { action: `weir:${action}`, resource: arn('weir', account, resource(names)) }
  const standing = await standingOf(authority, identity)
  if (standing.kind === 'everything' && isOwn(identity, asked.resource)) return
  const { origin } = new URL(request.url)
  const call = {
    operation: action,
    account: account.id,
    region: account.region,
    identity,
    requestId: '',
    sourceIp: request.headers.get('cf-connecting-ip') ?? undefined,
    platform: { ...platform, origin },
  }
  const context = requestKeys({}, call, request)
  const decision = await decideForCaller(authority, standing, identity, { ...asked, context })
  if (decision.allowed) return
  throw new Refusal(
    'AccessDeniedException',
    `User: ${identity.arn} is not authorized to perform: ${asked.action} on resource: ${asked.resource} ${describeDenial(decision, asked.action)}`,
  )
}
