import { fromBase64, toBase64 } from '../../../lib/base64.ts'
import { joinBytes } from '../../../lib/join-bytes.ts'
import { RESPONSE_BYTES } from '../response-limit.ts'
import { HTTP_INTEGRATION_TYPE } from '../shim-manifest.ts'
import { FrameBody } from './frame-body.ts'
import { PRELUDE_END } from './streaming-handlers.ts'

/** An event of API Gateway or of a function URL, as far as a request is made of it. */
interface HttpEvent {
  version?: string
  /** Payload format 1.0. */
  httpMethod?: string
  path?: string
  headers?: Record<string, string> | null
  multiValueHeaders?: Record<string, string[]> | null
  queryStringParameters?: Record<string, string> | null
  multiValueQueryStringParameters?: Record<string, string[]> | null
  /** Payload format 2.0. */
  rawPath?: string
  rawQueryString?: string
  cookies?: string[]
  requestContext?: {
    domainName?: string
    path?: string
    http?: { method?: string; path?: string; sourceIp?: string }
    identity?: { sourceIp?: string }
  }
  body?: string | null
  isBase64Encoded?: boolean
}

/** Which of an event's two forms it has; `none`: it does not come from HTTP. */
export type EventForm = '1.0' | '2.0' | 'none'

export function formOf(event: unknown): EventForm {
  if (typeof event !== 'object' || event === null) return 'none'
  const { requestContext, httpMethod } = event as HttpEvent
  if (typeof requestContext?.http?.method === 'string') return '2.0'
  return typeof httpMethod === 'string' ? '1.0' : 'none'
}

/**
 * The request that a Worker-style module gets. An event that does not come from HTTP is POSTed to `/` as JSON.
 *
 * @param functionName stands for the host where the event names none
 */
export function requestOf(event: unknown, functionName: string): Request {
  const form = formOf(event)
  if (form === 'none') {
    return new Request(`https://${functionName}/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(event),
    })
  }
  const given = event as HttpEvent
  const { requestContext: context = {} } = given
  const headers = new Headers()
  for (const [name, values] of Object.entries(given.multiValueHeaders ?? {})) {
    for (const value of values) headers.append(name, value)
  }
  for (const [name, value] of Object.entries(given.headers ?? {})) {
    if (!headers.has(name)) headers.set(name, value)
  }
  if (given.cookies && given.cookies.length > 0) headers.set('cookie', given.cookies.join('; '))
  const sourceIp = context.http?.sourceIp ?? context.identity?.sourceIp
  if (sourceIp !== undefined && !headers.has('cf-connecting-ip')) headers.set('cf-connecting-ip', sourceIp)
  const method = given.httpMethod ?? context.http!.method!
  const path = form === '2.0' ? (given.rawPath ?? '/') : (given.path ?? '/')
  const query = form === '2.0' ? (given.rawQueryString ?? '') : queryOf(given)
  const host = headers.get('host') ?? context.domainName ?? functionName
  const scheme = headers.get('x-forwarded-proto') === 'http' ? 'http' : 'https'
  const url = new URL(`${scheme}://${host}/`)
  // Part by part: what is in a path may be decoded, and must not become a query or another host.
  url.pathname = path
  url.search = query
  const hasBody = typeof given.body === 'string' && method !== 'GET' && method !== 'HEAD'
  return new Request(url, {
    method,
    headers,
    body: hasBody ? (given.isBase64Encoded ? fromBase64(given.body!) : given.body!) : null,
  })
}

function queryOf({ multiValueQueryStringParameters, queryStringParameters }: HttpEvent): string {
  const query = new URLSearchParams()
  for (const [name, values] of Object.entries(multiValueQueryStringParameters ?? {})) {
    for (const value of values) query.append(name, value)
  }
  if (query.size === 0) {
    for (const [name, value] of Object.entries(queryStringParameters ?? {})) query.set(name, value)
  }
  return query.toString()
}

/** What a module's `fetch` returned, if there is an answer in it for the caller of a function; throws if not. */
export function responseOf(returned: unknown): Response {
  const response = returned as Response
  // Libraries have responses of their own.
  const isResponse =
    typeof returned === 'object' &&
    returned !== null &&
    typeof response.status === 'number' &&
    typeof response.headers?.get === 'function' &&
    typeof response.arrayBuffer === 'function'
  if (!isResponse) throw new TypeError(`fetch has to return a Response, and it returned ${nameOf(returned)}`)
  if (response.webSocket || response.status === 101) {
    throw new TypeError(
      'fetch returned a WebSocket: the caller of a function gets one answer and no connection',
    )
  }
  if (response.status === 0) throw new TypeError('fetch returned Response.error(), which has no status')
  return response
}

/** `a string`, `undefined`, `an object (Array)` */
function nameOf(value: unknown): string {
  if (value === undefined || value === null) return String(value)
  if (typeof value !== 'object') return `a ${typeof value}`
  const type: unknown = value.constructor
  return typeof type === 'function' ? `an object (${type.name})` : 'an object'
}

/** A response as the caller of a Lambda function reads it, unless it is larger than an answer may be. */
export async function resultOf(response: Response, form: EventForm): Promise<object | 'too-large'> {
  const bytes = await bytesWithin(response, RESPONSE_BYTES)
  if (!bytes) return 'too-large'
  const text = isText(response.headers) ? asText(bytes) : undefined
  return {
    statusCode: response.status,
    ...(form === '1.0'
      ? { multiValueHeaders: multiValueHeadersOf(response.headers) }
      : headersAndCookiesOf(response.headers)),
    body: text ?? toBase64(bytes),
    isBase64Encoded: text === undefined,
  }
}

export interface StreamedResponse {
  readonly contentType: string
  readonly body: FrameBody
  /** Hands the response on to its end. */
  pipe(): Promise<void>
}

/** A response as a caller reads it who takes it as it comes. */
export function streamedResponse(response: Response): StreamedResponse {
  const body = new FrameBody()
  return {
    contentType: HTTP_INTEGRATION_TYPE,
    body,
    async pipe() {
      const prelude = { statusCode: response.status, ...headersAndCookiesOf(response.headers) }
      const text = new TextEncoder().encode(JSON.stringify(prelude))
      const bytes = new Uint8Array(text.length + PRELUDE_END)
      bytes.set(text)
      await body.write('data', bytes)
      if (!response.body) return
      for await (const piece of response.body as ReadableStream<Uint8Array>) await body.write('data', piece)
    },
  }
}

/** A body's bytes; undefined when there are more, of which an isolate must not hold all. */
async function bytesWithin(response: Response, most: number): Promise<Uint8Array | undefined> {
  if (!response.body) return new Uint8Array(await response.arrayBuffer())
  const pieces: Uint8Array[] = []
  let size = 0
  // What leaves the loop cancels the body.
  for await (const piece of response.body as ReadableStream<Uint8Array>) {
    size += piece.length
    if (size > most) return undefined
    pieces.push(piece)
  }
  return joinBytes(pieces, size)
}

function headersAndCookiesOf(headers: Headers): { headers: Record<string, string>; cookies?: string[] } {
  const cookies = headers.getSetCookie()
  const others = Object.fromEntries([...headers].filter(([name]) => name !== 'set-cookie'))
  return cookies.length > 0 ? { headers: others, cookies } : { headers: others }
}

function multiValueHeadersOf(headers: Headers): Record<string, string[]> {
  const all: Record<string, string[]> = {}
  for (const [name, value] of headers) if (name !== 'set-cookie') all[name] = [value]
  const cookies = headers.getSetCookie()
  if (cookies.length > 0) all['set-cookie'] = cookies
  return all
}

/** Whether a body may go into JSON as it is. What is compressed may not, whatever it was before. */
function isText(headers: Headers): boolean {
  if (headers.has('content-encoding')) return false
  const type = headers.get('content-type')
  return (
    type === null ||
    /^text\/|[/+](?:json|xml|javascript|yaml)\b|x-www-form-urlencoded|;\s*charset=/i.test(type)
  )
}

function asText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
