import type { Clock } from '../../lib/clock.ts'
import { Refusal } from '../../lib/refusal.ts'
import { checkInput, describeViolations, findTypeMismatch } from './constraints/check.ts'
import type { Operation } from './operations.ts'
import { awsJson1_0, awsJson1_1 } from './protocols/aws-json.ts'
import { awsQuery } from './protocols/aws-query.ts'
import {
  type Fault,
  type Names,
  type Protocol,
  SerializationFailure,
  type WireRequest,
} from './protocols/protocol.ts'
import { restJson1 } from './protocols/rest-json.ts'
import { readBody } from './read-body.ts'
import type { Identity, Service } from './service.ts'
import { NOT_SIGNED, type Refusal as SignatureRefusal } from './signature/refusals.ts'
import { type Claim, type LookUp, readClaim, type SignedRequest, verifyClaim } from './signature/verify.ts'

export interface EndpointOptions<P> {
  readonly services: readonly Service<P>[]
  readonly lookUp: LookUp<Identity & { secretAccessKey: string }>
  readonly clock: Clock
}

/** What one request turned out to be, before its body is read. */
interface Destination<P> {
  readonly service: Service<P> | undefined
  readonly protocol: Protocol
  /** The operation's name as far as the request tells it without its body. */
  readonly operation?: Operation
  readonly labels: Readonly<Record<string, string>>
}

const DEFAULT_BODY_LIMIT = 1024 * 1024

const FORM = 'application/x-www-form-urlencoded'

/**
 * The control plane's door: one AWS request in, one AWS response out, for every service and protocol.
 *
 * claim, destination, body, signature, operation, input, constraints, handler, output.
 */
export function awsEndpoint<P>(options: EndpointOptions<P>) {
  const bySigningName = new Map(options.services.map(service => [service.signingName, service]))

  return async (request: Request, platform: P): Promise<Response> => {
    const url = new URL(request.url)
    const signed: SignedRequest = {
      method: request.method,
      rawPath: url.pathname,
      rawQuery: url.search.slice(1),
      headers: headersAsSent(request),
    }
    const requestId = crypto.randomUUID()
    const claim = readClaim(signed)
    const scope = claim && 'service' in claim ? claim.service : undefined
    const destination = locate(scope === undefined ? undefined : bySigningName.get(scope), request, url)
    const { service, protocol } = destination
    const names: Names = { requestId, xmlNamespace: service?.facts.xmlNamespace ?? '' }
    const refuse = (code: string, message: string, status: number, members = {}) =>
      protocol.writeFault({ code, message, status, members, shape: service?.errors.get(code) }, names)
    const refuseSignature = (refusal: SignatureRefusal) => {
      const code = protocol === awsQuery ? refusal.queryCode : refusal.code
      return refuse(code, refusal.message, refusal.status)
    }

    if (!claim) return refuseSignature(NOT_SIGNED)
    if (!('service' in claim)) return refuseSignature(claim)

    const known = destination.operation
    const bodyLimit = known && service?.bodyLimits?.[known.name]
    const body = await readBody(
      request,
      bodyLimit?.bytes ?? DEFAULT_BODY_LIMIT,
      known && service ? service.blobMembers(known) : new Set(),
    )
    if (body === 'too-large') {
      if (bodyLimit) return refuse(bodyLimit.code, bodyLimit.message, 413)
      return refuse(
        'RequestEntityTooLargeException',
        `Request must be smaller than ${DEFAULT_BODY_LIMIT} bytes`,
        413,
      )
    }
    if (body === 'broken')
      return refuse('RequestTimeoutException', 'The request body ended before it was complete', 400)

    const verified = await verifyClaim(claim, signed, body.sha256, options.lookUp, options.clock())
    if (!verified.ok) return refuseSignature(verified)
    if (!service) {
      return refuse('UnknownOperationException', `Weir does not speak the service '${claim.service}'`, 404)
    }

    const wireRequest: WireRequest = {
      method: request.method,
      rawPath: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: body.bytes,
    }
    const operation = known ?? (protocol === awsQuery ? byAction(service, wireRequest) : undefined)
    if (!operation) return refuseUnknown(refuse, request, url)
    const handler = service.handlers[operation.name]
    if (!handler) return refuseUnbuilt(refuse, operation)

    try {
      const read = await protocol.read(operation, destination.labels, wireRequest)
      if (body.spill?.invalid) throw new SerializationFailure('A binary member is not valid base64')
      const input = body.spill ? (body.spill.restore(read) as Record<string, unknown>) : read
      const mismatch = findTypeMismatch(service.facts, operation.name, input)
      if (mismatch) {
        throw new SerializationFailure(
          `${mismatch.path}: ${mismatch.actual} can not be converted to ${mismatch.expected}`,
        )
      }
      const violations = checkInput(service.facts, operation.name, input)
      if (violations.length > 0) throw new Refusal(service.codes.validation, describeViolations(violations))
      const output = await handler(input, {
        operation: operation.name,
        account: verified.identity.account,
        region: claim.region,
        identity: verified.identity,
        requestId,
        platform,
      })
      return protocol.write(operation, output ?? {}, names)
    } catch (error) {
      return protocol.writeFault(faultOf(error, service, operation, requestId), names)
    }
  }
}

/**
 * The platform rewrites Accept-Encoding on the way in and keeps what the client sent beside it; clients that sign
 * the header signed that.
 */
function headersAsSent(request: Request): Headers {
  const sent = (request.cf as { clientAcceptEncoding?: string } | undefined)?.clientAcceptEncoding
  if (sent === undefined || !request.headers.has('accept-encoding')) return request.headers
  const headers = new Headers(request.headers)
  headers.set('accept-encoding', sent)
  return headers
}

/** The protocol is detected from the request, not from the service: clients of one service use several. */
function locate<P>(service: Service<P> | undefined, request: Request, url: URL): Destination<P> {
  const labels = {}
  const target = request.headers.get('x-amz-target')
  const type = request.headers.get('content-type') ?? ''
  if (target !== null) {
    const protocol = type.includes('json-1.1') ? awsJson1_1 : awsJson1_0
    return { service, protocol, operation: service?.operations.get(target.split('.').at(-1) ?? ''), labels }
  }
  if (type.startsWith(FORM) || url.searchParams.has('Action')) return { service, protocol: awsQuery, labels }
  const match = service?.route(request.method, url.pathname, url.searchParams)
  return { service, protocol: restJson1, operation: match?.operation, labels: match?.labels ?? labels }
}

function byAction<P>(service: Service<P>, request: WireRequest): Operation | undefined {
  const action =
    request.query.get('Action') ?? new URLSearchParams(new TextDecoder().decode(request.body)).get('Action')
  return action === null ? undefined : service.operations.get(action)
}

type Refuse = (code: string, message: string, status: number) => Response

const refuseUnknown = (refuse: Refuse, request: Request, url: URL): Response =>
  refuse(
    'UnknownOperationException',
    `No operation of this service answers ${request.method} ${url.pathname}`,
    404,
  )

/** One answer for every operation that a model has and Weir does not have yet. */
const refuseUnbuilt = (refuse: Refuse, operation: Operation): Response =>
  refuse('NotImplementedException', `Weir does not implement ${operation.name} yet`, 501)

function faultOf<P>(error: unknown, service: Service<P>, operation: Operation, requestId: string): Fault {
  if (error instanceof SerializationFailure) {
    return { code: service.codes.serialization, message: error.message, status: 400, members: {} }
  }
  if (error instanceof Refusal) {
    const shape = service.errors.get(error.code)
    return {
      code: error.code,
      message: error.message,
      status: shape?.status ?? (UNMODELLED_STATUS[error.code] || 400),
      members: error.members,
      shape,
    }
  }
  console.error(`${operation.name} failed unexpectedly (request ${requestId})`, error)
  const code = ['ServiceException', 'InternalServerError', 'InternalServiceError'].find(name =>
    service.errors.has(name),
  )
  return {
    code: code ?? 'InternalFailure',
    message: `An internal error occurred; the log has it under request ${requestId}`,
    status: 500,
    members: {},
    shape: code ? service.errors.get(code) : undefined,
  }
}

/** Codes that AWS services answer with although their models do not list them. */
const UNMODELLED_STATUS: Readonly<Record<string, number>> = {
  AccessDeniedException: 403,
  RequestEntityTooLargeException: 413,
  ServiceUnavailableException: 503,
}

export type { Claim }
