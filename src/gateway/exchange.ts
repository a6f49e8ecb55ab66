import type { Caller } from '../identity/caller.ts'
import type { Cors } from '../lib/cors.ts'
import type { Fields } from '../lib/fields.ts'
import { sourceIpOf } from '../lib/forwarded.ts'
import type { HeaderList } from '../lib/header-list.ts'
import { parseQuery, type Query } from '../lib/query-string.ts'
import { beginTrace, type Trace } from '../lib/trace-header.ts'
import { splitUrl, type UrlParts } from '../lib/url-parts.ts'
import type { Admittance } from '../metering/decision.ts'
import type { ApiAddress } from './address.ts'
import type { Gateway } from './gateway.ts'
import type { GatewayRefusal } from './gateway-responses.ts'
import { SentHeaders } from './limits.ts'
import type { Observation } from './logs/observation.ts'
import type { PreparedApi, PreparedMethod, Stage } from './prepared-api.ts'
import { type BodyRead, readBody } from './request-body.ts'
import type { RequestId } from './request-ids.ts'
import type { StageMethodSettings } from './snapshot.ts'
import type { TracedRequest } from './trace-request.ts'

/** A phase may end the request early by returning a refusal. */
export type Phase = (exchange: Exchange) => PhaseResult | Promise<PhaseResult>
// biome-ignore lint/suspicious/noConfusingVoidType: a phase that has nothing to object to just ends
export type PhaseResult = GatewayRefusal | undefined | void

/** What an integration made of the request, before it is an HTTP response. */
export interface Reply {
  readonly status: number
  /** In the order of sending; a name may repeat. */
  readonly headers: HeaderList
  /** A stream is sent as it comes. */
  readonly body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null
}

/** Who calls, as far as the method asked: made by the authorize phase. */
export interface Authorization {
  /** `$context.authorizer`, `requestContext.authorizer`; absent where no authorizer ran. */
  readonly authorizer?: Readonly<Record<string, unknown>>
  /** `$context.identity` of a signed request. */
  readonly identity?: Readonly<Record<string, string | null>>
  /** The API key, where the API takes keys from its authorizer. */
  readonly usageIdentifierKey?: string
}

/** One request on its way through the phases, each of which adds what it is for. */
export class Exchange {
  /** As it was received; whoever reads its body before the integration puts one in its place that has it still. */
  request: Request
  readonly address: ApiAddress
  /** From locate on, for a request that has logs: one that notes what it is asked to call. */
  gateway: Gateway
  /** Epoch milliseconds. */
  readonly receivedAt: number
  readonly ids: RequestId
  /** From the request's line, or from `X-HTTP-Method-Override`. */
  readonly httpMethod: string
  /** Address of the client. */
  readonly sourceIp: string
  /** Who calls, where that is known otherwise than by a signature: none is asked for, or checked. */
  readonly caller: Caller | undefined
  #href: string | undefined
  #url: UrlParts | undefined
  #query: Query | undefined
  #trace: Trace | undefined
  #sentHeaders: SentHeaders | undefined
  #body: BodyRead | Promise<BodyRead> | undefined

  /** From locate on. */
  route: Route | undefined
  /** From locate on, for every request of a stage that there is, whether a method serves it or not. */
  stage: Stage | undefined
  /** From locate on, for a request that has logs. */
  observation: Observation | undefined
  /** From locate on, for a request of a stage that has tracing on. */
  traced: TracedRequest | undefined
  /** From locate on, where pages of other origins may call the API. */
  cors: Cors | undefined
  /** From locate on, or from admit on for methods that are guarded. */
  admission: Admittance | Promise<Admittance> | undefined
  /** From admit on: what the levels decided. Undefined: nobody was asked. */
  admittance: Admittance | undefined
  /** From admit on: the API key that the request is counted for. */
  apiKey: { readonly id: string; readonly value: string } | undefined
  /** From authorize on, for methods that are guarded. */
  authorization: Authorization | undefined
  /** From recall on, where the back end's answer is to be kept. */
  keeping: Keeping | undefined
  /** From recall on, where answers are kept: whether this one was. */
  isFromCache: boolean | undefined
  /** From integrate on, where a back end was asked: milliseconds until it had answered. */
  integrationMs: number | undefined
  /** Something was loaded for it, or is new: those after it may be expected to be quicker. */
  isCold = false
  /** From locate on: its pointer could not be read again, and may be long out of date. */
  isStale = false
  /** From integrate on; from recall on, where it was kept. */
  reply: Reply | undefined
  /** Set by the phase that ended the request early. */
  refusal: GatewayRefusal | undefined
  /** From respond on. */
  response: Response | undefined

  /** @param href of the request, where it was asked for already */
  constructor(request: Request, address: ApiAddress, gateway: Gateway, caller?: Caller, href?: string) {
    this.request = request
    this.#href = href
    this.caller = caller
    this.address = address
    this.gateway = gateway
    this.receivedAt = gateway.clock()
    this.ids = gateway.ids.next()
    // "When sending requests to an API by passing the X-HTTP-Method-Override header, API Gateway overrides the
    // method." https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
    this.httpMethod = request.headers.get('x-http-method-override')?.toUpperCase() || request.method
    this.sourceIp = sourceIpOf(request)
  }

  /** The route that locate found: every later phase may rely on it. */
  get located(): Route {
    if (!this.route) throw new Error('a phase that needs the route ran before locate')
    return this.route
  }

  /** With the stage. */
  get api(): PreparedApi | undefined {
    return this.stage?.api
  }

  /** Whether the stage's canary serves the request; undefined while the stage has none. */
  get isCanary(): boolean | undefined {
    return this.stage?.isCanary
  }

  /** What the stage has set for the method; undefined where nothing is set, which is the usual case. */
  get settings(): StageMethodSettings | undefined {
    if (!this.stage?.settings || !this.route) return undefined
    return this.stage.settings.of(this.route.method, this.httpMethod)
  }

  /** The request's URL as it was sent; asking the request itself makes the text anew. */
  get href(): string {
    this.#href ??= this.request.url
    return this.#href
  }

  get url(): UrlParts {
    this.#url ??= splitUrl(this.href)
    return this.#url
  }

  get query(): Query {
    // A semicolon, too, "results in the data being split":
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
    this.#query ??= parseQuery(this.url.query, '&;')
    return this.#query
  }

  /** The body, read once, however many ask. An integration that does not need it never asks, and nothing is read. */
  body(): BodyRead | Promise<BodyRead> {
    this.#body ??= readBody(this.request, this.located.api)
    return this.#body
  }

  /** Whether somebody has asked for the body: it can then be streamed no more. */
  get hasReadBody(): boolean {
    return this.#body !== undefined
  }

  get sentHeaders(): SentHeaders {
    this.#sentHeaders ??= new SentHeaders(this.request.headers)
    return this.#sentHeaders
  }

  get trace(): Trace {
    this.#trace ??=
      this.traced?.trace ?? beginTrace(this.request.headers.get('x-amzn-trace-id'), this.receivedAt, this.ids)
    return this.#trace
  }
}

/** Where an answer is to be kept, and for how long. */
export interface Keeping {
  readonly key: string
  readonly ttlSeconds: number
  /** Whether the client is told that it may not ask for a fresh answer. */
  readonly warns: boolean
}

export interface Route {
  readonly api: PreparedApi
  readonly stage: Stage
  readonly method: PreparedMethod
  /** Values of the resource's path variables as they were sent; null without any. */
  readonly pathParameters: Fields | null
}
