import type { Operation } from './operations.ts'
import { awsJson1_0, awsJson1_1 } from './protocols/aws-json.ts'
import { awsQuery } from './protocols/aws-query.ts'
import type { Protocol } from './protocols/protocol.ts'
import { restJson1 } from './protocols/rest-json.ts'
import { PROTOCOL_HEADER, PROTOCOL_ID, rpcV2Cbor } from './protocols/rpc-v2-cbor.ts'
import type { Service } from './service.ts'

/** What one request turned out to be, before its body is read. */
export interface Destination<P> {
  readonly service: Service<P> | undefined
  readonly protocol: Protocol
  /** The operation's name as far as the request tells it without its body. */
  readonly operation?: Operation
  readonly labels: Readonly<Record<string, string>>
}

const FORM = 'application/x-www-form-urlencoded'

/** `/service/{name}/operation/{name}`, whatever stands before it. */
const RPC_PATH = /\/service\/([^/]+)\/operation\/([^/]+)$/

const NO_LABELS = {}

/**
 * Finds the service, protocol and operation of a request.
 *
 * The protocol is detected from the request, because clients of one service use several: awsQuery, awsJson, CBOR. REST
 * services know one, and to them a content type or a target means nothing: curl calls whatever it sends a form.
 *
 * @param candidates the services of the signature's scope: `dynamodb` and its streams share one, so do both versions
 *   of API Gateway; none if there is no such service or no signature
 */
export function locate<P>(candidates: readonly Service<P>[], request: Request, url: URL): Destination<P> {
  const rest = candidates.filter(isRest)
  for (const service of rest) {
    const match = service.route(request.method, url.pathname, url.searchParams)
    if (match) return { service, protocol: restJson1, ...match }
  }
  const others = candidates.filter(service => !isRest(service))
  if (rest.length > 0 && others.length === 0)
    return { service: rest[0], protocol: restJson1, labels: NO_LABELS }

  if (request.headers.get(PROTOCOL_HEADER)?.toLowerCase() === PROTOCOL_ID) {
    const [, name, operation = ''] = RPC_PATH.exec(url.pathname) ?? []
    const service = others.find(({ facts }) => facts.targetPrefix === name) ?? others[0]
    return { service, protocol: rpcV2Cbor, operation: service?.operations.get(operation), labels: NO_LABELS }
  }
  const type = request.headers.get('content-type')?.toLowerCase() ?? ''
  const target = request.headers.get('x-amz-target')
  if (target !== null) {
    const dot = target.lastIndexOf('.')
    const prefix = target.slice(0, Math.max(dot, 0))
    const service = others.find(({ facts }) => (facts.targetPrefix ?? prefix) === prefix)
    const operation = service?.operations.get(target.slice(dot + 1))
    return { service: service ?? others[0], protocol: jsonVersion(type), operation, labels: NO_LABELS }
  }
  const service = others.find(({ facts }) => facts.protocol === 'query') ?? others[0]
  if (type.startsWith(FORM) || url.searchParams.has('Action'))
    return { service, protocol: awsQuery, labels: NO_LABELS }
  // Nothing tells the operation; the answer is in the words that the client most likely reads.
  return { service, protocol: service ? usualProtocol(service) : restJson1, labels: NO_LABELS }
}

/** The services that a request which nobody signed may be for: those with operations that take no signature. */
export function openTo<P>(
  services: readonly Service<P>[],
  request: Request,
  url: URL,
): readonly Service<P>[] {
  const open = services.filter(({ unsigned }) => unsigned !== undefined)
  const target = request.headers.get('x-amz-target')
  if (target !== null) {
    return open.filter(({ facts: { targetPrefix } }) => targetPrefix && target.startsWith(`${targetPrefix}.`))
  }
  const isForm = request.headers.get('content-type')?.toLowerCase().startsWith(FORM) === true
  const isQuery = (isForm && request.method === 'POST') || url.searchParams.has('Action')
  return isQuery ? open.filter(({ facts }) => facts.protocol === 'query') : []
}

const isRest = <P>({ facts }: Service<P>): boolean => facts.protocol.startsWith('rest-')

const jsonVersion = (text: string): Protocol => (text.includes('1.1') ? awsJson1_1 : awsJson1_0)

const usualProtocol = <P>({ facts }: Service<P>): Protocol =>
  ({ query: awsQuery, 'smithy-rpc-v2-cbor': rpcV2Cbor })[facts.protocol] ??
  jsonVersion(facts.jsonVersion ?? '')
