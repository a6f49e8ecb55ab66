import { countHops } from '../../functions/count-hops.ts'
import { ownField } from '../../lib/fields.ts'
import { CLOUDFLARE_HEADERS } from '../../lib/forwarded.ts'
import { fnv1a } from '../../lib/hash.ts'
import { traceParent } from '../../lib/trace-context.ts'
import { traceRoot } from '../../lib/trace-header.ts'
import type { Exchange } from '../exchange.ts'
import type { GatewayRefusal } from '../gateway-responses.ts'
import { misconfigured } from '../mapping/mapping-refusals.ts'
import { forwardedHeaders } from '../request-headers.ts'
import type { SnapshotIntegration } from '../snapshot.ts'
import { VariableText } from '../variable-text.ts'
import { addQuery, HttpUri } from './http-uri.ts'
import { type FetchBackEnd, OutOfReach } from './reach-back-end.ts'

type Pairs = ReadonlyArray<readonly [name: string, value: string]>

/** What a request to a back end is made of, apart from what the integration itself says. */
export interface HttpRequestParts {
  /** Decoded. */
  readonly path: Readonly<Record<string, string>>
  readonly query: Pairs
  readonly headers: Headers
  readonly body: BodyInit | null
  /** Told how to end the request: a body that breaks off must not look whole to a back end. */
  readonly onAbort?: (abort: (why: GatewayRefusal) => void) => void
  /** Whether an answer's body is wanted as it was encoded. */
  readonly encoded: boolean
}

/** An answer of which the head is there. */
export interface HttpAnswer {
  readonly response: Response
  /** Lets go of what remains of the answer. */
  abandon(): void
  /** What a body that breaks off means. */
  failure(): GatewayRefusal
  /** The answer has come to its end: its time is counted no longer. */
  finished(): void
}

/** AWS counts calls of a function that leads back to itself, and stops at as many. */
const MOST_HOPS = 16

const LOOP: GatewayRefusal = { type: 'DEFAULT_5XX', status: 508, message: 'Loop detected' }

const LATE: GatewayRefusal = { type: 'INTEGRATION_TIMEOUT' }

const UNREACHABLE: GatewayRefusal = {
  type: 'INTEGRATION_FAILURE',
  message: 'Network error communicating with endpoint',
}

/** These are the gateway's own: what maps them is answered with 500, as API Gateway is seen to do. */
const UNMAPPABLE: ReadonlySet<string> = new Set([
  'content-length',
  'transfer-encoding',
  'x-amzn-apigateway-api-id',
  'x-amzn-trace-id',
])

/** These are the connection's own, whatever a mapping says, or Cloudflare's word about who calls. */
const NEVER_SENT = ['connection', 'content-length', 'expect', 'proxy-authenticate', 'te', 'trailer'].concat(
  ['transfer-encoding', 'upgrade', 'via'],
  CLOUDFLARE_HEADERS,
)

const NO_LINK = misconfigured(
  'Invalid VPC link: there is none of that id, or no binding for it. GetVpcLink says more in statusMessage.',
)

export type SendHttp = (
  exchange: Exchange,
  parts: HttpRequestParts,
) => Promise<HttpAnswer | { readonly refusal: GatewayRefusal }>

/**
 * Prepares how an integration's requests are sent over HTTP: where to, by which connection, within its time. Nothing
 * is tried twice.
 *
 * Refusals: 504 for a back end that cannot be reached or is late, 500 for an endpoint or a link that there is not, 508
 * for a request that has come round too often, 400 for values that fit into no request.
 */
export function prepareHttpExchange(integration: SnapshotIntegration): SendHttp {
  const uri = new HttpUri(integration.uri ?? '')
  const method = integration.httpMethod ?? 'ANY'
  const connect = prepareConnection(integration)
  const greedy = greedyVariable(integration)
  return async (exchange, parts) => {
    const url = uri.resolve(exchange.located.stage.variables, parts.path, greedy(exchange))
    if (url === 'no-endpoint') {
      return {
        refusal: misconfigured(`Invalid endpoint address: ${integration.uri}, with the stage's variables`),
      }
    }
    if (url === 'climbs') return { refusal: { type: 'DEFAULT_4XX' } }
    addQuery(url, parts.query)
    const send = connect(exchange)
    if (!send) return { refusal: NO_LINK }
    const { trace, receivedAt, ids, located } = exchange
    const chain = countHops(trace.request, fourBytesOf(located.api.apiId), () =>
      traceRoot(receivedAt, ids.traceEntropy),
    )
    if (chain.hops >= MOST_HOPS) return { refusal: LOOP }
    const { headers } = parts
    headers.set('x-amzn-trace-id', chain.header)
    if (exchange.traced) headers.set('traceparent', traceParent(exchange.traced.context, ids.segment))
    for (const name of NEVER_SENT) headers.delete(name)

    const controller = new AbortController()
    let refusal = UNREACHABLE
    const abort = (why: GatewayRefusal, error: string): void => {
      refusal = why
      controller.abort(new Error(error))
    }
    // It also bounds how long a body may take, and does nothing once that is through.
    const timer = setTimeout(
      abort,
      integration.timeoutMs,
      LATE,
      'the integration took longer than its time-out',
    )
    parts.onAbort?.(why => abort(why, 'the body of the request broke off'))
    const httpMethod = method === 'ANY' ? exchange.httpMethod : method
    try {
      const response = await send(
        url.href,
        {
          method: httpMethod,
          headers,
          // `fetch` takes no body with these.
          body: httpMethod === 'GET' || httpMethod === 'HEAD' ? null : parts.body,
          redirect: 'manual',
          signal: controller.signal,
          encodeResponseBody: parts.encoded ? 'manual' : 'automatic',
          // A gateway does not cache by itself.
          cf: { cacheTtl: -1 },
          // Node, where the tests run, sends streams only so.
          ...({ duplex: 'half' } as object),
        },
        located.api.account,
      )
      return {
        response,
        failure: () => refusal,
        abandon() {
          clearTimeout(timer)
          controller.abort()
        },
        finished: () => clearTimeout(timer),
      }
    } catch (error) {
      clearTimeout(timer)
      return { refusal: error instanceof OutOfReach ? error.refusal : refusal }
    }
  }
}

/** What the gateway says for itself in every request that it sends over HTTP. */
export function ownHeaders(exchange: Exchange, headers: Headers): void {
  const { apiId } = exchange.located.api
  headers.set('x-amzn-apigateway-api-id', apiId)
  if (!headers.has('user-agent')) headers.set('user-agent', `AmazonAPIGateway_${apiId}`)
}

/** What the gateway says about the client. */
export function clientHeaders(exchange: Exchange, headers: Headers): void {
  const { 'X-Amzn-Trace-Id': _, ...forwarded } = forwardedHeaders(exchange)
  for (const [name, value] of Object.entries(forwarded)) headers.set(name, value)
}

/**
 * Puts mapped headers in the place of what is there; a name may repeat. A refusal when one of them cannot be sent: by
 * its name, which its owner wrote, or by its value, which may be the client's.
 */
export function setHeaders(headers: Headers, mapped: Pairs): GatewayRefusal | undefined {
  const own = mapped.find(([name]) => UNMAPPABLE.has(name.toLowerCase()))
  if (own) return misconfigured(`The header ${own[0]} cannot be mapped`)
  try {
    for (const [name] of mapped) headers.delete(name)
    for (const [name, value] of mapped) headers.append(name, value)
    return undefined
  } catch {
    return { type: 'DEFAULT_4XX' }
  }
}

/** Header names and values of an answer; cookies one by one. */
export function headersOf({ headers }: Response): Array<readonly [name: string, value: string]> {
  const list: Array<readonly [string, string]> = []
  headers.forEach((value, name) => {
    if (name !== 'set-cookie') list.push([name, value])
  })
  for (const cookie of headers.getSetCookie()) list.push(['set-cookie', cookie])
  return list
}

/** How requests leave: over the internet, or by the binding of the VPC link that the stage knows. */
function prepareConnection(
  integration: SnapshotIntegration,
): (exchange: Exchange) => FetchBackEnd | undefined {
  if (integration.connectionType !== 'VPC_LINK') return ({ gateway }) => gateway.fetch
  const connectionId = new VariableText(integration.connectionId ?? '')
  return ({ gateway, located: { stage } }) => {
    const binding = stage.links && ownField(stage.links, connectionId.resolve(stage.variables))
    return binding === undefined ? undefined : gateway.link(binding)
  }
}

/**
 * The variable of the URI that takes what is left of the resource's path: `integration.request.path.proxy` given
 * `method.request.path.proxy`, below `/{proxy+}`. Its slashes are no part of a name, so they stay.
 */
function greedyVariable({
  requestParameters = {},
}: SnapshotIntegration): (exchange: Exchange) => string | undefined {
  let known: { readonly name: string | undefined } | undefined
  return exchange => {
    if (!known) {
      const last = /\{([^{}]+)\+\}$/.exec(exchange.located.method.resourcePath)?.[1]
      const target = Object.keys(requestParameters).find(
        key => last !== undefined && requestParameters[key] === `method.request.path.${last}`,
      )
      known = { name: target?.replace('integration.request.path.', '') }
    }
    return known.name
  }
}

/** Enough to tell the APIs of one chain from each other. */
const fourBytesOf = (text: string): string => fnv1a(text).toString(16).padStart(8, '0')
