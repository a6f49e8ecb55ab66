import type { HeaderList } from '../../lib/header-list.ts'
import { rootOf } from '../../lib/trace-header.ts'
import type { Exchange } from '../exchange.ts'
import type { GatewayRefusal, GatewayResponseType } from '../gateway-responses.ts'
import { eventHeaders } from '../request-headers.ts'
import { hidden, loggedHeader, Secrets } from './hide-secrets.ts'
import { type BackEndCall, beginningOf, KEPT, type Observation } from './observation.ts'

/** A line without the request's id or time in front, which differ between logs. */
export interface ExecutionLine {
  /** Epoch milliseconds. */
  readonly at: number
  readonly text: string
}

/** The answer as the client got it. */
export interface Answer {
  readonly status: number
  readonly headers: HeaderList
  /** Text of the body; undefined for a stream and for what is no text. */
  readonly body: string | undefined
  /** Epoch milliseconds. */
  readonly endedAt: number
}

/** Until the back end is asked, nothing of an execution has been seen. */
const BEFORE_EXECUTION: ReadonlySet<GatewayResponseType> = new Set([
  'ACCESS_DENIED',
  'AUTHORIZER_CONFIGURATION_ERROR',
  'AUTHORIZER_FAILURE',
  'EXPIRED_TOKEN',
  'INVALID_API_KEY',
  'INVALID_SIGNATURE',
  'QUOTA_EXCEEDED',
  'THROTTLED',
  'UNAUTHORIZED',
])

/** The answer of a phase, with its body if that is text and not a stream. */
export async function answerOf(exchange: Exchange, endedAt: number): Promise<Answer> {
  const response = exchange.response!
  const { reply, refusal } = exchange
  const head = { status: response.status, headers: answerHeaders(exchange), endedAt }
  if (refusal) return { ...head, body: response.body ? await beginningOf(response.clone()) : '' }
  return { ...head, body: reply?.body === null ? '' : textOf(reply?.body) }
}

/** How API Gateway writes the headers that it sets itself; those of the platform are in lower case. */
const WRITTEN = ['Content-Type', 'X-Amzn-Trace-Id', 'x-amzn-ErrorType']

/** The answer's headers in the spelling that their authors gave them, without those that only name the request. */
export function answerHeaders({ response, reply }: Exchange): HeaderList {
  const written = new Map(
    [...WRITTEN, ...(reply?.headers.map(([name]) => name) ?? [])].map(name => [name.toLowerCase(), name]),
  )
  return [...response!.headers]
    .filter(([name]) => name !== 'x-amzn-requestid' && name !== 'x-amz-apigw-id')
    .map(([name, value]) => [written.get(name) ?? name, value] as const)
}

/**
 * The lines by which API Gateway tells of one request, in its words. With `keepsData` of the observation they have
 * headers and bodies. https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
 */
export async function executionLines(
  exchange: Exchange,
  observation: Observation,
  answer: Answer,
): Promise<ExecutionLine[]> {
  const writer = new Writer(exchange, observation)
  const { refusal } = exchange
  const { calls } = observation
  if (!refusal || observation.hasBegunIntegration || !BEFORE_EXECUTION.has(refusal.type)) {
    await writer.request()
  }
  for (const call of calls) await writer.call(call)
  const failure = refusal && failureOf(exchange, refusal, calls.at(-1))
  if (failure) writer.line(answer.endedAt, failure)
  if (refusal) writer.refusal(refusal, answer)
  else writer.answer(answer)
  return writer.lines
}

/** What stands before the execution of a deployed method: who is counted for it. */
export function planLines(exchange: Exchange): ExecutionLine[] {
  const { ids, address, httpMethod, receivedAt: at, route, apiKey, refusal } = exchange
  const stage = `${address.apiId}/${address.stage}`
  const key = apiKey ? hidden(apiKey.value) : ''
  const texts = [
    `Extended Request Id: ${ids.extendedRequestId}`,
    `Verifying Usage Plan for request: ${ids.requestId}. API Key: ${key} API Stage: ${stage}`,
  ]
  if (route && !route.method.definition.apiKeyRequired) {
    texts.push(
      `API Key authorized because method '${httpMethod} ${route.method.resourcePath}' does not require API Key. Request will not contribute to throttle or quota limits`,
    )
  }
  const isCounted = !route?.method.definition.apiKeyRequired || apiKey !== undefined
  if (isCounted && !(refusal && BEFORE_EXECUTION.has(refusal.type))) {
    texts.push(`Usage Plan check succeeded for API Key ${key} and API Stage ${stage}`)
  }
  return texts.map(text => ({ at, text }))
}

/** What stands behind the execution of a deployed method. */
export function traceLines(exchange: Exchange, calls: readonly BackEndCall[], at: number): ExecutionLine[] {
  const requestId = calls.at(-1)?.requestId
  const lines: ExecutionLine[] = []
  if (requestId !== undefined) lines.push({ at, text: `AWS Integration Endpoint RequestId : ${requestId}` })
  if (exchange.stage?.pointer.tracingEnabled)
    lines.push({ at, text: `X-ray Tracing ID : ${rootOf(exchange.trace.request)}` })
  return lines
}

class Writer {
  readonly lines: ExecutionLine[] = []
  readonly #exchange: Exchange
  readonly #keepsData: boolean
  readonly #secrets: Secrets

  constructor(exchange: Exchange, { keepsData, secrets }: Observation) {
    this.#exchange = exchange
    this.#keepsData = keepsData
    this.#secrets = new Secrets(exchange.request.headers, [
      exchange.apiKey?.value,
      exchange.authorization?.usageIdentifierKey,
      ...secrets,
    ])
  }

  line(at: number, text: string): void {
    this.lines.push({ at, text: truncated(this.#secrets.hide(text)) })
  }

  async request(): Promise<void> {
    const exchange = this.#exchange
    const { receivedAt: at, ids, httpMethod, route, query } = exchange
    this.line(at, `Starting execution for request: ${ids.requestId}`)
    this.line(at, `HTTP Method: ${httpMethod}, Resource Path: ${route?.method.resourcePath ?? ''}`)
    if (!this.#keepsData) return
    const headers = Object.entries(eventHeaders(exchange).single)
    this.line(at, `Method request path: ${shownPairs(Object.entries(route?.pathParameters ?? {}))}`)
    this.line(at, `Method request query string: ${shownPairs(Object.entries(query.single ?? {}))}`)
    this.line(at, `Method request headers: ${shownHeaders(headers)}`)
    const body = await requestBody(exchange)
    if (body !== undefined) this.line(at, `Method request body before transformations: ${body}`)
  }

  async call(call: BackEndCall): Promise<void> {
    const { uri, sentAt, headers, body, answeredAt, status, answerHeaders } = call
    if (this.#keepsData) {
      this.line(sentAt, `Endpoint request URI: ${uri}`)
      this.line(sentAt, `Endpoint request headers: ${shownHeaders(headers)}`)
      if (body !== undefined) this.line(sentAt, `Endpoint request body after transformations: ${body}`)
    }
    this.line(sentAt, `Sending request to ${uri}`)
    if (answeredAt === undefined || status === undefined) return
    const latency = answeredAt - sentAt
    this.line(answeredAt, `Received response. Status: ${status}, Integration latency: ${latency} ms`)
    if (!this.#keepsData || !answerHeaders) return
    this.line(answeredAt, `Endpoint response headers: ${shownHeaders(answerHeaders)}`)
    const answer = await call.answer
    if (answer !== undefined)
      this.line(answeredAt, `Endpoint response body before transformations: ${answer}`)
  }

  answer({ status, headers, body, endedAt: at }: Answer): void {
    if (this.#keepsData) {
      if (body !== undefined) this.line(at, `Method response body after transformations: ${body}`)
      this.line(at, `Method response headers: ${shownHeaders(headers)}`)
    }
    this.line(at, 'Successfully completed execution')
    this.line(at, `Method completed with status: ${status}`)
  }

  refusal({ type }: GatewayRefusal, { status, headers, body, endedAt: at }: Answer): void {
    this.line(at, `Gateway response type: ${type} with status code: ${status}`)
    if (this.#keepsData) {
      this.line(at, `Gateway response body: ${body ?? ''}`)
      this.line(at, `Gateway response headers: ${shownHeaders(headers)}`)
    }
    this.line(at, `Method completed with status: ${status}`)
  }
}

/** Why the request did not come to its end; undefined where the response's type says it all. */
function failureOf(
  exchange: Exchange,
  refusal: GatewayRefusal,
  call: BackEndCall | undefined,
): string | undefined {
  if (refusal.validationErrors !== undefined) {
    return refusal.type === 'BAD_REQUEST_BODY'
      ? `Request body does not match model schema for content type ${exchange.request.headers.get('content-type') ?? 'application/json'}: ${refusal.validationErrors}`
      : refusal.validationErrors
  }
  if (refusal.type === 'UNAUTHORIZED') return undefined
  if (refusal.type === 'AUTHORIZER_FAILURE')
    return `Execution failed due to an authorizer error: ${refusal.reason}`
  // A failure that no integration response is for is the configuration's fault.
  if (call?.functionFailed && refusal.type !== 'API_CONFIGURATION_ERROR') {
    return `Lambda execution failed with status 200 due to customer function error: ${call.error ?? ''}. Lambda request id: ${call.requestId ?? ''}`
  }
  if (refusal.reason !== undefined) return `Execution failed due to configuration error: ${refusal.reason}`
  if (refusal.type === 'INTEGRATION_TIMEOUT') return 'Execution failed due to a timeout error'
  if (call?.error !== undefined) return `Execution failed due to an error of the endpoint: ${call.error}`
  return undefined
}

/** Undefined where it went on as a stream, which nobody can read again. */
async function requestBody(exchange: Exchange): Promise<string | undefined> {
  if (!exchange.hasReadBody && exchange.request.bodyUsed) return undefined
  try {
    const body = await exchange.body()
    if ('refusal' in body) return undefined
    return body.isBase64 ? '[Binary Data]' : body.text
  } catch {
    // The client is gone, and the rest of the body with it.
    return undefined
  }
}

function textOf(body: string | Uint8Array | ReadableStream | undefined | null): string | undefined {
  if (typeof body === 'string') return body
  return body instanceof Uint8Array ? '[Binary Data]' : undefined
}

/** As Java prints a map: `{a=1, b=2}`. */
const shownPairs = (pairs: HeaderList): string =>
  `{${pairs.map(([name, value]) => `${name}=${value}`).join(', ')}}`

const shownHeaders = (headers: HeaderList): string =>
  shownPairs(headers.map(([name, value]) => [name, loggedHeader(name, value)]))

/** "API Gateway limits log events to 1024 bytes": what it cuts off is said so. */
const truncated = (text: string): string =>
  text.length <= KEPT + 26 ? text : `${text.slice(0, KEPT)} [TRUNCATED]`
