import { Buffer } from 'node:buffer'
import type { Caller } from '../../identity/caller.ts'
import { type Authenticate, type PoliciesOf, userIdOf } from '../../identity/signed-caller.ts'
import type { Account } from '../../lib/account.ts'
import { isBodiless } from '../../lib/bodiless.ts'
import type { Clock } from '../../lib/clock.ts'
import { corsHeaders, isPreflight, preflightHeaders } from '../../lib/cors.ts'
import { sourceIpOf } from '../../lib/forwarded.ts'
import type { HeaderList } from '../../lib/header-list.ts'
import { readBounded } from '../../lib/read-bounded.ts'
import { beginTrace, type Trace } from '../../lib/trace-header.ts'
import type { Pointed } from '../../pointers/pointer-cache.ts'
import { REFUSED } from '../../protection/stranger-guard.ts'
import type { StreamFunction } from '../invocation.ts'
import { LARGEST_EVENT } from '../largest-event.ts'
import { type FunctionPointer, functionPointerName } from '../manifest.ts'
import type { UrlAddress } from './address.ts'
import { urlEvent } from './event.ts'
import { permitAnybody, permitCaller, requestKeys } from './permit-url.ts'
import type { FunctionUrlPointer } from './pointer.ts'
import { badSignature, notInvoked, URL_REFUSALS, type UrlRefusal } from './refusals.ts'
import { bufferedAnswer, type SentAnswer, streamedAnswer } from './stream-answer.ts'

type FoundUrl = Pointed<FunctionUrlPointer> | undefined

/** What function URLs stand on. One an isolate. */
export interface UrlPlane {
  /** By the URL's id, and the address of whoever names it; a promise only when what is known of it is too old. */
  readonly urls: {
    get(urlId: string, from: string): FoundUrl | typeof REFUSED | Promise<FoundUrl | typeof REFUSED>
  }
  /** By `functionPointerName`. */
  readonly functions: Pointers<FunctionPointer>
  readonly stream: StreamFunction
  /** Who signed a request, for a URL that asks for it. */
  readonly authenticate: Authenticate
  readonly policiesOf: PoliciesOf
  readonly clock: Clock
  /** Random UUIDs. */
  readonly newId: () => string
  /** Where surprises go, with the id that the client was given. */
  readonly report: (error: unknown, requestId: string) => void
}

interface Pointers<T> {
  get(name: string): Pointed<T> | undefined | Promise<Pointed<T> | undefined>
}

/** Ids as they are given; no other need be looked for. */
const URL_ID = /^[a-z0-9]{32}$/

/**
 * Answers one request of a function URL. Never rejects.
 *
 * @param admitted who calls, where that is known otherwise than by a signature: none is asked for, or checked
 */
export async function serveUrl(
  request: Request,
  address: UrlAddress,
  plane: UrlPlane,
  admitted?: Caller,
): Promise<Response> {
  const requestId = plane.newId()
  const trace = beginTrace(request.headers.get('x-amzn-trace-id'), plane.clock(), randomnessOf(plane.newId()))
  const exchange: Exchange = { request, address, plane, admitted, requestId, trace }
  let cors: HeaderList = []
  try {
    const url = await urlOf(plane, address.urlId, sourceIpOf(request))
    if (!url) return respond(exchange, URL_REFUSALS.unknown, [])
    if (url.cors && isPreflight(request)) {
      return respond(exchange, { status: 200, headers: preflightHeaders(url.cors, request), body: '' }, [])
    }
    if (url.cors) cors = corsHeaders(url.cors, request)
    return respond(exchange, await answer(exchange, url), cors)
  } catch (error) {
    plane.report(error, requestId)
    return respond(exchange, URL_REFUSALS.unavailable, cors)
  }
}

interface Exchange {
  readonly request: Request
  readonly address: UrlAddress
  readonly plane: UrlPlane
  readonly admitted: Caller | undefined
  readonly requestId: string
  readonly trace: Trace
}

/**
 * Who calls and whether they may comes before the body, which nobody need send us for nothing; whether the body is the
 * one that was signed comes before the function.
 */
async function answer(exchange: Exchange, url: FunctionUrlPointer): Promise<SentAnswer | UrlRefusal> {
  const { request, address, plane, requestId, trace } = exchange
  const { account, name, qualifier } = url
  const target = await pointed(plane.functions, functionPointerName(account, name))
  if (!target) return URL_REFUSALS.forbidden
  const signer = url.authType === 'AWS_IAM' ? await signerOf(exchange, account.region) : undefined
  if (signer && !signer.ok) {
    return signer.reason === 'not-signed' ? URL_REFUSALS.forbidden : badSignature(signer)
  }
  const policies = signer && (await plane.policiesOf(signer.identity))
  const isPermitted = policies
    ? permitCaller(url, target, signer.identity, policies, sentKeys(exchange, account))
    : permitAnybody(url, target)
  if (!isPermitted) return URL_REFUSALS.forbidden
  const body = await readBounded(request, LARGEST_EVENT)
  if (!body) return URL_REFUSALS.tooLarge
  const altered = await signer?.verifyBody(body)
  if (altered) return badSignature(altered)

  const payload = urlEvent({
    request,
    address,
    body,
    account,
    caller: policies && { ...signer.identity, userId: userIdOf(signer.identity, policies) },
    requestId,
    receivedAt: plane.clock(),
    trace: trace.request,
  })
  if (Buffer.byteLength(payload) > LARGEST_EVENT) return URL_REFUSALS.tooLarge
  const result = await plane.stream({
    account,
    name,
    qualifier,
    payload,
    requestId,
    traceId: trace.request,
    source: { request, caller: signer && { arn: signer.identity.arn } },
  })
  if (result.kind === 'refused') return notInvoked(result.reason, result.message)
  const answered = url.invokeMode === 'RESPONSE_STREAM' ? streamedAnswer(result) : bufferedAnswer(result)
  return (await answered) ?? URL_REFUSALS.badAnswer
}

const sentKeys = ({ request, admitted, plane }: Exchange, account: Account) =>
  requestKeys(request, account, admitted ? undefined : sourceIpOf(request), plane.clock())

const signerOf = ({ plane, request, admitted }: Exchange, region: string) =>
  admitted
    ? { ok: true as const, identity: admitted, verifyBody: async () => undefined }
    : plane.authenticate(request, region)

/** Whoever asks for too many URLs that there are not is told nothing else of those that there are. */
async function urlOf(
  { urls }: UrlPlane,
  urlId: string,
  from: string,
): Promise<FunctionUrlPointer | undefined> {
  if (!URL_ID.test(urlId)) return undefined
  const finding = urls.get(urlId, from)
  const found = finding instanceof Promise ? await finding : finding
  return found === REFUSED ? undefined : found?.doc
}

async function pointed<T>(pointers: Pointers<T>, name: string): Promise<T | undefined> {
  const found = pointers.get(name)
  return (found instanceof Promise ? await found : found)?.doc
}

/**
 * Lambda "returns both the configured CORS headers on the function URL, as well as the CORS headers returned by the
 * function": https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors
 */
function respond(exchange: Exchange, answered: SentAnswer | UrlRefusal, cors: HeaderList): Response {
  const { status } = answered
  const headers = new Headers({
    'x-amzn-RequestId': exchange.requestId,
    'X-Amzn-Trace-Id': exchange.trace.response,
  })
  // An empty text would be one of a type.
  let body: SentAnswer['body'] | null = answered.body === '' ? null : answered.body
  if ('headers' in answered) {
    for (const [name, value] of answered.headers) headers.append(name, value)
  } else {
    headers.set('Content-Type', 'application/json')
    if (answered.errorType) headers.set('x-amzn-ErrorType', answered.errorType)
  }
  for (const [name, value] of cors) headers.append(name, value)
  if (exchange.request.method === 'HEAD' || isBodiless(status)) {
    // The function goes on; what it still writes is for nobody.
    if (body instanceof ReadableStream) body.cancel().catch(() => {})
    body = null
  }
  // What a function calls encoded is encoded already.
  return new Response(body, {
    status,
    headers,
    ...(headers.has('content-encoding') && { encodeBody: 'manual' }),
  })
}

/** The random parts of a trace, out of a UUID's digits. */
function randomnessOf(uuid: string) {
  const digits = uuid.replaceAll('-', '')
  return { traceEntropy: digits.slice(0, 24), segment: digits.slice(16, 32) }
}
