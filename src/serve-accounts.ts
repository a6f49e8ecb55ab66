import { rewrapKeys, rotationProgress } from './encryption/rotate-root.ts'
import type { Env } from './env.ts'
import { accounts } from './identity/accounts/account-records.ts'
import { type AccountPlatform, createAccount } from './identity/accounts/create-account.ts'
import { listAccounts, resourcesOf } from './identity/accounts/list-accounts.ts'
import { RootKeys } from './identity/accounts/root-keys.ts'
import { isRoot } from './identity/caller.ts'
import { accountId } from './identity/credentials.ts'
import type { JsonObject } from './lib/json-object.ts'
import { type AccountLimits, readAccountLimits, setAccountLimits } from './metering/account-limits.ts'
import { POINTER_AGES } from './pointers/pointer-cache.ts'
import { type AuthenticateCaller, nothingAnswers, readJson, readSigned, say } from './read-signed.ts'
import { findAnywhere } from './records/records.ts'
import { closeAccount, removeAccount } from './reset-account.ts'

/** Below it are the accounts of this Weir; the command `npm run accounts` asks for them. */
export const ACCOUNTS_PATH = '/_weir/accounts'

/** How far a rotation of the root secret has come; POST does the next part of it at once. */
export const ROTATION_PATH = '/_weir/encryption'

/** Signatures of these requests name it, and this region. */
export const ACCOUNTS_SCOPE = { service: 'weir', region: 'us-east-1' } as const

export interface AccountServer {
  readonly env: Env
  readonly platform: AccountPlatform
  readonly authenticate: AuthenticateCaller
  /** Makes the database ready. */
  readonly start: () => Promise<void>
  /** Drops what this isolate remembers of whom there is. */
  readonly forget: () => void
}

/** Bytes of a request's body. */
const BODY_LIMIT = 16 * 1024

const NAME = /^[^\p{C}]{1,64}$/u

type Route = (server: AccountServer, asked: Asked) => Promise<Response>

interface Asked {
  readonly account: string
  readonly key: string
  readonly query: URLSearchParams
  readonly body: JsonObject
}

/** By method and path; `:` stands for one part of it. */
const ROUTES: ReadonlyArray<readonly [method: string, path: RegExp, route: Route]> = [
  ['GET', /^\/_weir\/accounts$/, list],
  ['POST', /^\/_weir\/accounts$/, create],
  ['DELETE', /^\/_weir\/accounts\/(\d{12})$/, ofAccount(remove)],
  ['GET', /^\/_weir\/accounts\/(\d{12})\/keys$/, ofAccount(listKeys)],
  ['POST', /^\/_weir\/accounts\/(\d{12})\/keys$/, ofAccount(createKey)],
  ['PUT', /^\/_weir\/accounts\/(\d{12})\/keys\/([A-Z0-9]+)$/, ofAccount(changeKey)],
  ['DELETE', /^\/_weir\/accounts\/(\d{12})\/keys\/([A-Z0-9]+)$/, ofAccount(removeKey)],
  ['GET', /^\/_weir\/accounts\/(\d{12})\/limits$/, ofAnyAccount(tellLimits)],
  ['PUT', /^\/_weir\/accounts\/(\d{12})\/limits$/, ofAnyAccount(changeLimits)],
  ['GET', /^\/_weir\/encryption$/, progress],
  ['POST', /^\/_weir\/encryption$/, rewrap],
]

/** Answers the owner of this Weir: whoever signs with a root access key of the account that it has by itself. */
export async function serveAccounts(request: Request, server: AccountServer): Promise<Response> {
  const signed = await readSigned(request, ACCOUNTS_SCOPE.region, server.authenticate, BODY_LIMIT)
  if (signed instanceof Response) return signed
  const { identity, bytes } = signed
  if (identity.account !== accountId(server.env) || !isRoot(identity)) {
    return say(403, 'Only root credentials of the account that owns this Weir may do this')
  }
  const { pathname, searchParams: query } = new URL(request.url)
  for (const [method, path, route] of ROUTES) {
    const [matched, account = '', key = ''] = path.exec(pathname) ?? []
    if (matched === undefined || method !== request.method) continue
    const body = readJson(bytes)
    if (body instanceof Response) return body
    await server.start()
    return route(server, { account, key, query, body })
  }
  return nothingAnswers(request.method, pathname)
}

async function list({ env }: AccountServer): Promise<Response> {
  return Response.json({ owner: accountId(env), accounts: await listAccounts(env.DB) })
}

async function create({ platform }: AccountServer, { body }: Asked): Promise<Response> {
  const { name } = body
  if (typeof name !== 'string' || !NAME.test(name)) {
    return say(400, 'An account has a name of 1 to 64 characters')
  }
  return Response.json(await createAccount(platform, name), { status: 201 })
}

/** Of an account that was made: the owner's own has its keys from its operator. */
function ofAccount(route: Route): Route {
  return async (server, asked) => {
    const found = await findAnywhere(server.env.DB, accounts, asked.account)
    return found ? route(server, asked) : say(404, `There is no account ${asked.account} that was made here`)
  }
}

/** The owner's own account has limits, too. */
function ofAnyAccount(route: Route): Route {
  const ofMade = ofAccount(route)
  return (server, asked) => (asked.account === accountId(server.env) ? route : ofMade)(server, asked)
}

const sayLimits = ({ throttle, whenUnreachable }: AccountLimits): Response =>
  Response.json({
    rate: throttle.rateLimit,
    burst: throttle.burstLimit,
    whenUnreachable: whenUnreachable ?? 'refuse',
  })

async function tellLimits({ env }: AccountServer, { account }: Asked): Promise<Response> {
  return sayLimits(await readAccountLimits(env.STORE, account))
}

async function changeLimits({ env, platform }: AccountServer, { account, body }: Asked): Promise<Response> {
  const { rate, burst, whenUnreachable } = body
  if (![rate, burst].every(number => number === undefined || isLimit(number)))
    return say(400, 'A rate and a burst are numbers of requests')
  if (whenUnreachable !== undefined && whenUnreachable !== 'pass' && whenUnreachable !== 'refuse')
    return say(400, "whenUnreachable is 'pass' or 'refuse'")
  const throttle = {
    ...(rate !== undefined && { rateLimit: rate as number }),
    ...(burst !== undefined && { burstLimit: Math.floor(burst as number) }),
  }
  const targets = { store: env.STORE, meters: env.KEY_METER }
  return sayLimits(await setAccountLimits(targets, account, { throttle, whenUnreachable }, platform.clock()))
}

/** API Gateway's own numbers end with 32 bits, too. */
const isLimit = (number: unknown): boolean =>
  typeof number === 'number' && number >= 0 && number <= 2_147_483_647

async function remove(server: AccountServer, { account, query }: Asked): Promise<Response> {
  const { env } = server
  const resources = await resourcesOf(env.DB, account)
  if (Object.keys(resources).length > 0 && query.get('force') !== 'true') {
    return say(409, `Account ${account} is not empty`, { resources })
  }
  // First nobody gets in any more, here and in isolates that still know its keys; then nothing is added any more.
  await closeAccount(env, account)
  await new Promise(resolve => setTimeout(resolve, POINTER_AGES.servable))
  await removeAccount(env, account)
  server.forget()
  return Response.json({ account, removed: resources })
}

async function listKeys({ platform }: AccountServer, { account }: Asked): Promise<Response> {
  return Response.json({ keys: await new RootKeys(platform, account).list() })
}

async function createKey({ platform }: AccountServer, { account }: Asked): Promise<Response> {
  const key = await new RootKeys(platform, account).create()
  return key === 'too-many'
    ? say(409, 'The root of an account has at most two access keys: delete one first')
    : Response.json({ account, ...key }, { status: 201 })
}

async function changeKey({ platform }: AccountServer, { account, key, body }: Asked): Promise<Response> {
  const { active } = body
  if (typeof active !== 'boolean') return say(400, 'Say whether the key is to be active: true or false')
  const found = await new RootKeys(platform, account).setActive(key, active)
  return found ? Response.json({ accessKeyId: key, active }) : noKey(key)
}

async function removeKey({ platform }: AccountServer, { account, key }: Asked): Promise<Response> {
  const found = await new RootKeys(platform, account).remove(key)
  return found ? Response.json({ accessKeyId: key }) : noKey(key)
}

const noKey = (key: string): Response => say(404, `The root of the account has no access key ${key}`)

async function progress({ env }: AccountServer): Promise<Response> {
  return Response.json(await rotationProgress(env, accountId(env)))
}

async function rewrap(server: AccountServer): Promise<Response> {
  const { env } = server
  const rewrapped = await rewrapKeys(env, accountId(env))
  return Response.json({ rewrapped, ...(await rotationProgress(env, accountId(env))) })
}
