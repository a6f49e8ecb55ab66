import { type Context, Hono } from 'hono'
import { isOpenTarget } from './aws/services/cognito-idp/model.ts'
import { type Env, isLocal } from './env.ts'
import { CODE_PATH } from './functions/control/code-link.ts'
import { SOURCE } from './functions/process/protocol.ts'
import { outboxOf } from './identity/user-pools/messages/outbox.ts'
import { isPreflight } from './lib/cors.ts'
import { headersOnly } from './lib/headers-only.ts'
import { isPrivateHost } from './lib/private-host.ts'
import { splitUrl } from './lib/url-parts.ts'
import { CERTIFICATE_PATH } from './messaging/topics/signature/signing-key.ts'
import { type Planes, planesOf } from './planes.ts'
import { resetAccount } from './reset-account.ts'
import { ACCOUNTS_PATH, ROTATION_PATH } from './serve-accounts.ts'
import { CONFIRMATION_PATH } from './serve-confirmation.ts'
import { METRICS_PATH } from './serve-metrics.ts'
import { isTopicLink } from './topic-links.ts'

/**
 * Answers a request. Which plane does is told by host or path for APIs and function URLs, by path for Weir's own
 * addresses, and everything else is for the AWS control plane, where the signature's scope names the service.
 *
 * APIs and function URLs come first: they have hosts and paths of their own. They do not go through the router, which
 * costs as much as all the rest of finding an API.
 */
export function enter(request: Request, env: Env, context: ExecutionContext): Response | Promise<Response> {
  try {
    const planes = planesOf(env)
    planes.ownAddress.note(request)
    const serving = planes.serveAddressed(request)
    if (!serving) return frontDoor.fetch(request, env, context)
    return serving.then(
      answer => (answer ? forMethod(request, answer) : frontDoor.fetch(request, env, context)),
      unexpected,
    )
  } catch (error) {
    return unexpected(error)
  }
}

const forMethod = ({ method }: Request, answer: Response): Response =>
  method === 'HEAD' ? headersOnly(answer) : answer

/** Leads what is for no API and no function URL to where it belongs. */
export const frontDoor = new Hono<{ Bindings: Env }>({ strict: true })

// First what is public of user pools: it is for pages of every origin, and for nobody's credentials of this machine.
frontDoor.use(async (context, next) => {
  const { raw } = context.req
  return (await planesOf(context.env).serveUserPools(raw)) ?? next()
})

frontDoor.get('/_weir/health', context => context.json({ status: 'ok' }))

frontDoor.post('/_weir/reset', async context => {
  if (!isLocal(context.env)) return context.json({ message: 'Only a Weir in development can be reset' }, 403)
  if (!comesFromHere(context.req.raw))
    return context.json({ message: 'A page of another origin cannot reset this Weir' }, 403)
  const planes = planesOf(context.env)
  await planes.start()
  // Before, too: what is counted and not told yet must not come to meters that have just forgotten.
  planes.forget()
  await resetAccount(context.env)
  planes.forget()
  return context.json({ status: 'forgotten' })
})

frontDoor.get('/_weir/outbox', async context => {
  if (!isLocal(context.env))
    return context.json({ message: 'Only a Weir in development keeps messages' }, 403)
  if (!comesFromHere(context.req.raw))
    return context.json({ message: 'A page of another origin cannot read this outbox' }, 403)
  await planesOf(context.env).start()
  const { to: recipient, limit } = context.req.query()
  const messages = await outboxOf(context.env.DB, { recipient, limit: Number(limit) || 100 })
  return context.json({ messages })
})

/** The keys of development are known to everybody, and whoever can create functions runs programs on this machine. */
const forNoStranger =
  (serve: (planes: Planes, request: Request) => Promise<Response>) =>
  (context: Context<{ Bindings: Env }>): Response | Promise<Response> => {
    const { raw } = context.req
    return isLocal(context.env) && !comesFromHere(raw)
      ? context.json({ message: 'A page of another origin cannot call this Weir' }, 403)
      : serve(planesOf(context.env), raw)
  }

const serveOwner = forNoStranger((planes, request) => planes.serveAccounts(request))
frontDoor.all(ACCOUNTS_PATH, serveOwner)
frontDoor.all(`${ACCOUNTS_PATH}/*`, serveOwner)
frontDoor.all(ROTATION_PATH, serveOwner)

const serveOwnerRoutes = forNoStranger((planes, request) => planes.serveOwnerRoutes(request))
frontDoor.all('/_weir/billing/*', serveOwnerRoutes)
frontDoor.all('/_weir/explain', serveOwnerRoutes)
frontDoor.all('/_weir/explain/*', serveOwnerRoutes)
frontDoor.all('/_weir/usage', serveOwnerRoutes)
frontDoor.all(`${METRICS_PATH}/tokens`, serveOwnerRoutes)
frontDoor.get(METRICS_PATH, context => planesOf(context.env).serveMetrics(context.req.raw))
frontDoor.all('/_weir/deployments/*', serveOwnerRoutes)

// Not as a route with a variable: beside names in the same place, the router cannot make one expression of all routes,
// and walks through them at every request.
frontDoor.get('*', async (context, next) => {
  const pool = CONFIRMATION_PATH.exec(context.req.path)?.[1]
  return pool === undefined ? next() : planesOf(context.env).serveConfirmation(context.req.raw, pool)
})

frontDoor.get(`${CODE_PATH}*`, context => planesOf(context.env).serveCode(context.req.raw))

frontDoor.get('*', async (context, next) => {
  const id = CERTIFICATE_PATH.exec(context.req.path)?.[1]
  return id === undefined ? next() : planesOf(context.env).serveCertificate(id)
})

frontDoor.post(`${SOURCE}*`, context => planesOf(context.env).serveSource(context.req.raw))

frontDoor.use('/', async (context, next) => {
  if (isPreflight(context.req.raw)) return new Response(null, { status: 204, headers: OPEN_PREFLIGHT })
  return next()
})

frontDoor.get('/', async (context, next) => {
  const { raw } = context.req
  return isTopicLink(raw) ? planesOf(context.env).serveTopicLink(raw) : next()
})

const control = forNoStranger((planes, request) => planes.control(request))
frontDoor.all('*', async context => {
  const { raw } = context.req
  return isOpen(raw) ? openToPages(await planesOf(context.env).control(raw)) : control(context)
})

frontDoor.onError(unexpected)

function unexpected(error: unknown): Response {
  const requestId = crypto.randomUUID()
  console.error(`request ${requestId} failed unexpectedly`, error)
  return Response.json({ message: 'Internal server error', requestId }, { status: 500 })
}

/**
 * Whether a request is for an operation that asks for no signature, of user pools, and can be for no other: pages of
 * every origin sign users in. A signature would lead elsewhere, so a request that has one is not open.
 */
const isOpen = ({ method, headers, url }: Request): boolean =>
  method === 'POST' &&
  isOpenTarget(headers.get('x-amz-target')) &&
  !headers.has('authorization') &&
  splitUrl(url).query === ''

/** `*` stands for every header but `Authorization`, with which signed requests stay where they are. */
const OPEN_PREFLIGHT = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'POST',
  'access-control-allow-headers': '*',
  'access-control-max-age': '86400',
}

/** As Cognito's own answers are. */
function openToPages(response: Response): Response {
  const open = new Response(response.body, response)
  open.headers.set('access-control-allow-origin', '*')
  open.headers.set(
    'access-control-expose-headers',
    'x-amzn-requestid, x-amzn-errortype, x-amzn-errormessage, date',
  )
  return open
}

/** Names that nobody can register: whoever calls a machine by one has been told so on its own network. */
const UNREGISTRABLE = /\.(?:test|lan|home|corp|intranet|private)\.?$/

/**
 * Any page in the developer's browser may send requests to localhost, and a name that its author controls may lead
 * there. A browser names the page's origin with every POST, and with whatever goes to localhost how far it is from it,
 * images and links too (https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header); other clients send neither. Nor
 * does a browser say either of a page that reads from its own name: that must be one that is not given to strangers.
 */
function comesFromHere({ headers, url }: Request): boolean {
  const origin = headers.get('origin')
  const own = new URL(url)
  const site = headers.get('sec-fetch-site')
  return (
    (isPrivateHost(own.hostname) || UNREGISTRABLE.test(own.hostname)) &&
    (site === null || site === 'same-origin' || site === 'none') &&
    (origin === null || origin === own.origin)
  )
}
