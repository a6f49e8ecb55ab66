import { requestKeys } from './authorize-call.ts'
import { type Authority, decideForCaller, isOwn, standingOf } from './identity/authority.ts'
import type { Caller } from './identity/caller.ts'
import { describeDenial } from './identity/policies/decide.ts'
import type { Account } from './lib/account.ts'
import { arn } from './lib/arn.ts'
import { Refusal } from './lib/refusal.ts'
import { findOwnerRoute, type OwnerCall, type OwnerRoute, type OwnerRoutes } from './owner-routes.ts'
import type { Platform } from './platform.ts'
import { type AuthenticateCaller, nothingAnswers, readJson, readSigned, say } from './read-signed.ts'

/** Below it is what an account asks about its own. */
const OWNER_PATH = '/_weir'

/** Signatures of these requests name it, and the region of the plans and keys. */
export const OWNER_SERVICE = 'weir'

export interface OwnerServer {
  readonly routes: OwnerRoutes
  readonly platform: Omit<Platform, 'origin'>
  readonly authority: Authority
  readonly authenticate: AuthenticateCaller
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
  const signed = await readSigned(request, region, server.authenticate, BODY_LIMIT)
  if (signed instanceof Response) return signed
  const { identity, bytes } = signed
  const account = { id: identity.account, region }
  const found = findOwnerRoute(server.routes, request.method, pathname.slice(OWNER_PATH.length))
  if (!found) return nothingAnswers(request.method, pathname)
  const body = readJson(bytes)
  if (body instanceof Response) return body
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
