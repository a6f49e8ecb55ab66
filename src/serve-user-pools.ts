import type { Secrets } from './encryption/secrets.ts'
import type { Env } from './env.ts'
import type { Directory } from './identity/directory.ts'
import type { PublishedPool } from './identity/published.ts'
import { configurationOf, keySetOf } from './identity/user-pools/discovery.ts'
import { type PoolAddress, poolAddress } from './identity/user-pools/domain-address.ts'
import type { WhichPool } from './identity/user-pools/find-pool.ts'
import type { Messenger } from './identity/user-pools/messages/messenger.ts'
import type { MetUserPools } from './identity/user-pools/met-user-pools.ts'
import { authenticateClient } from './identity/user-pools/oauth/authenticate-client.ts'
import { grantTokens } from './identity/user-pools/oauth/grant-tokens.ts'
import { fault, type OAuthFault } from './identity/user-pools/oauth/oauth-faults.ts'
import { userInfo } from './identity/user-pools/oauth/user-info.ts'
import { poolDomains } from './identity/user-pools/pool-records.ts'
import type { SignInContext } from './identity/user-pools/sign-in/sign-in-context.ts'
import { revoke } from './identity/user-pools/tokens/refresh.ts'
import type { CallTrigger } from './identity/user-pools/triggers.ts'
import type { Clock } from './lib/clock.ts'
import { isPreflight } from './lib/cors.ts'
import { sourceIpOf } from './lib/forwarded.ts'
import { readBounded } from './lib/read-bounded.ts'
import { Refusal } from './lib/refusal.ts'
import { REFUSED } from './protection/stranger-guard.ts'
import { findAnywhere } from './records/records.ts'

export interface UserPoolPlane {
  readonly env: Env
  readonly directory: Directory
  readonly secrets: Secrets
  readonly callTrigger: CallTrigger
  readonly messenger: Messenger
  readonly met: MetUserPools
  readonly clock: Clock
  /** Makes the database ready. */
  start(): Promise<void>
}

/** Pages of any origin read these addresses, and send their credentials themselves. */
const OPEN = { 'access-control-allow-origin': '*' }

const PREFLIGHT = {
  ...OPEN,
  'access-control-allow-methods': 'GET, POST, OPTIONS',
  'access-control-allow-headers': 'authorization, content-type, x-amz-user-agent',
  'access-control-max-age': '86400',
}

/** Seconds. A new key is announced for much longer before it signs. */
const KEYS_MAX_AGE = 3_600

/** Bytes of a form: a refresh token has about two thousand. */
const LARGEST_FORM = 65_536

const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  Response.json(body, { status, headers: { ...OPEN, ...headers } })

const preflight = (): Response => new Response(null, { status: 204, headers: PREFLIGHT })

/** Of whoever asks for too much that there is not. */
const tooMany = (): Response => json({ message: 'Too Many Requests' }, 429, { 'retry-after': '1' })

const notFound = (): Response => json({ message: 'Not Found' }, 404)

/** RFC 6749, section 5.1: what has tokens in it is kept by nobody. */
const UNKEPT = { 'cache-control': 'no-store', pragma: 'no-cache' }

const faulty = ({ error, description }: OAuthFault, status = 400, headers: Record<string, string> = {}) =>
  json({ error, ...(description !== undefined && { error_description: description }) }, status, {
    ...UNKEPT,
    ...headers,
  })

/** @param asked the pool whose domain is asked */
type Serve = (plane: UserPoolPlane, request: Request, asked: WhichPool) => Promise<Response>

/**
 * Answers a request for what is public of user pools: their keys, and the addresses of their domains, where clients get
 * tokens. Undefined for what is something else.
 */
export const userPoolServer =
  (plane: UserPoolPlane) =>
  (request: Request): Promise<Response | undefined> | undefined => {
    const address = poolAddress(request.url)
    return address && serve(plane, request, address)
  }

async function serve(
  plane: UserPoolPlane,
  request: Request,
  address: PoolAddress,
): Promise<Response | undefined> {
  if (address.kind === 'pool') {
    return isPreflight(request)
      ? preflight()
      : serveDocument(plane, address.pool, address.path, sourceIpOf(request))
  }
  await plane.start()
  const found = await plane.met.domains.look(
    address.domain,
    sourceIpOf(request),
    () => findAnywhere(plane.env.DB, poolDomains, address.domain),
    ({ stored }) => stored.doc.pool,
  )
  if (found === REFUSED) return tooMany()
  if (!found) return address.isCertain ? notFound() : undefined
  if (isPreflight(request)) return preflight()
  const pool = { id: found.stored.doc.pool }
  if (address.path.startsWith('/.well-known/')) return serveDocument(plane, pool.id, address.path, undefined)
  const serveAt = ENDPOINTS.get(`${request.method} ${address.path}`)
  return serveAt ? serveAt(plane, request, { account: found.account, pool }) : noManagedLogin()
}

/**
 * From what the data plane knows: the database is not asked for keys.
 *
 * @param from address of whoever names the pool, where it is not known that there is one
 */
async function serveDocument(
  { directory }: UserPoolPlane,
  poolId: string,
  path: string,
  from: string | undefined,
): Promise<Response> {
  const write = DOCUMENTS.get(path)
  const published = write && (await directory.find('', 'pool', poolId, from))
  if (published === REFUSED) return tooMany()
  if (!published) return notFound()
  return json(write(published), 200, { 'cache-control': `public, max-age=${KEYS_MAX_AGE}` })
}

const DOCUMENTS = new Map<string, (pool: PublishedPool) => unknown>([
  ['/.well-known/jwks.json', keySetOf],
  ['/.well-known/openid-configuration', configurationOf],
])

const noManagedLogin = (): Response =>
  faulty(
    fault(
      'unsupported_response_type',
      'Weir has no managed login: users sign in with the operations of the user pools API.',
    ),
  )

/** The form of a request, with the client whose it is; a fault's answer otherwise. */
async function readForm(
  plane: UserPoolPlane,
  request: Request,
  asked: WhichPool,
): Promise<{ readonly form: URLSearchParams; readonly context: SignInContext } | Response> {
  const { env, secrets, callTrigger, messenger, clock } = plane
  const type = request.headers.get('content-type') ?? ''
  const body = await readBounded(request, LARGEST_FORM)
  if (!body || !/^application\/x-www-form-urlencoded\b/i.test(type)) return faulty(fault('invalid_request'))
  const form = new URLSearchParams(body.toString())
  // RFC 6749, section 3.2: "parameters MUST NOT be included more than once".
  if (new Set(form.keys()).size < form.size) return faulty(fault('invalid_request'))
  const authorization = request.headers.get('authorization')
  const address = sourceIpOf(request)
  const parts = { db: env.DB, secrets, met: plane.met, from: address }
  const client = await authenticateClient(parts, asked, authorization, form)
  if (client === REFUSED) return tooMany()
  if (!client.ok) return faulty(client)
  const { found } = client
  return {
    form,
    context: { env, secrets, callTrigger, messenger, found, now: clock(), isAdmin: false, address },
  }
}

const serveToken: Serve = async (plane, request, asked) => {
  const read = await readForm(plane, request, asked)
  if (read instanceof Response) return read
  const granted = await grantTokens(read.context, read.form)
  return granted.ok ? json(granted.tokens, 200, UNKEPT) : faulty(granted)
}

/** RFC 7009. */
const serveRevocation: Serve = async (plane, request, asked) => {
  const read = await readForm(plane, request, asked)
  if (read instanceof Response) return read
  const token = read.form.get('token')
  if (!token) return faulty(fault('invalid_request'))
  try {
    await revoke(read.context, token)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const isOther = error.code === 'UnsupportedTokenTypeException'
    return faulty(fault(isOther ? 'unsupported_token_type' : 'invalid_request', error.message))
  }
  return new Response(null, { status: 200, headers: { ...OPEN, ...UNKEPT } })
}

const serveUserInfo: Serve = async ({ env, clock }, request, { pool }) => {
  const info = await userInfo(env.DB, pool.id, request.headers.get('authorization'), clock())
  if (info.ok) return json(info.claims, 200, UNKEPT)
  if (info.error !== 'invalid_token') return faulty(info)
  const challenge = `Bearer error="${info.error}", error_description="${info.description}"`
  return faulty(info, 401, { 'www-authenticate': challenge })
}

const ENDPOINTS = new Map<string, Serve>([
  ['POST /oauth2/token', serveToken],
  ['POST /oauth2/revoke', serveRevocation],
  ['GET /oauth2/userInfo', serveUserInfo],
  ['POST /oauth2/userInfo', serveUserInfo],
])
