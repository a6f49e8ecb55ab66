import type { Clock } from '../../lib/clock.ts'
import { decompressBounded } from '../../lib/decompress-bounded.ts'
import { sourceIpOf } from '../../lib/forwarded.ts'
import { headersOnly } from '../../lib/headers-only.ts'
import { Refusal } from '../../lib/refusal.ts'
import { checkInput, describeViolations, findTypeMismatch, type TypeMismatch } from './constraints/check.ts'
import { type Destination, locate, openTo } from './locate-operation.ts'
import type { Operation } from './operations.ts'
import { awsQuery } from './protocols/aws-query.ts'
import {
  type Fault,
  type Names,
  type Protocol,
  SerializationFailure,
  type WireRequest,
} from './protocols/protocol.ts'
import { restJson1 } from './protocols/rest-json.ts'
import { rpcV2Cbor } from './protocols/rpc-v2-cbor.ts'
import { readBody } from './read-body.ts'
import {
  type AdmittedCaller,
  ANONYMOUS,
  type Authorize,
  type Call,
  type Identity,
  type Service,
} from './service.ts'
import { headersAsSent } from './signature/headers-as-sent.ts'
import { NOT_SIGNED, quote, type Refusal as SignatureRefusal } from './signature/refusals.ts'
import { type LookUp, readClaim, type SignedRequest, verifyBody, verifyHead } from './signature/verify.ts'

export interface EndpointOptions<P> {
  readonly services: readonly Service<P>[]
  readonly lookUp: LookUp<Identity & { secretAccessKey: string }>
  /** Asked before every operation. Absent: whoever signed correctly may do everything. */
  readonly authorize?: Authorize<P>
  readonly clock: Clock
}

/** Services whose clients read XML, although nothing in their requests tells. */
const XML_SERVICES = new Set(['s3', 'route53', 'cloudfront'])

const DEFAULT_BODY_LIMIT = 1024 * 1024

/** Of a body that came compressed: what an isolate can well hold, with all that is read from it. */
const DECOMPRESSED_LIMIT = 8 * 1024 * 1024

/** Of an operation that takes no signature: strangers send little. */
const OPEN_BODY_LIMIT = 128 * 1024

/**
 * The control plane's door: one AWS request in, one AWS response out, for every service and protocol.
 *
 * claim, destination, key and time, body, signature, operation, input, constraints, permission, handler, output.
 */
export function awsEndpoint<P>(options: EndpointOptions<P>) {
  const byScope = Map.groupBy(options.services, service => service.signingName)

  const answer = async (request: Request, platform: P, admitted?: AdmittedCaller): Promise<Response> => {
    const url = new URL(request.url)
    const signed: SignedRequest = {
      method: request.method,
      rawPath: url.pathname,
      rawQuery: url.search.slice(1),
      headers: headersAsSent(request),
      ...(admitted === undefined && { from: sourceIpOf(request) }),
    }
    const requestId = crypto.randomUUID()
    const claim = readClaim(signed)
    const scope = admitted ?? (claim && 'service' in claim ? claim : undefined)
    const candidates = scope
      ? byScope.get(scope.service)
      : claim
        ? undefined
        : openTo(options.services, request, url)
    const destination = locate(candidates ?? [], request, url)
    const { service, protocol } = destination
    const isOpen = takesNobody(destination, claim !== undefined || admitted !== undefined)
    const isStrangers = isOpen || admitted?.operations !== undefined
    const names: Names = {
      requestId,
      xmlNamespace: service?.facts.xmlNamespace ?? '',
      queryMode: request.headers.get('x-amzn-query-mode') === 'true',
    }
    const refuse = (code: string, message: string, status: number) =>
      protocol.writeFault({ code, message, status, members: {}, shape: service?.errors.get(code) }, names)
    const refuseSignature = (refusal: SignatureRefusal) =>
      refuse(protocol === awsQuery ? refusal.queryCode : refusal.code, refusal.message, refusal.status)

    // Before the body: strangers may not make us read one.
    const verified = isOpen ? NOBODY : (admitted ?? (await verifyClaim(claim, signed)))
    if (!verified.ok) return refuseSignature(verified)

    const known = destination.operation
    const isCompressed = request.headers.get('content-encoding')?.toLowerCase() === 'gzip'
    const bodyLimit = known && service?.bodyLimits?.[known.name]
    const defaultLimit = isStrangers ? OPEN_BODY_LIMIT : DEFAULT_BODY_LIMIT
    const body = await readBody(
      request,
      bodyLimit?.bytes ?? defaultLimit,
      known && service && !isCompressed ? service.blobMembers(known) : new Set(),
    )
    if (body === 'too-large') {
      if (bodyLimit) return refuse(bodyLimit.code, bodyLimit.message, 413)
      return refuse(
        'RequestEntityTooLargeException',
        `Request must be smaller than ${defaultLimit} bytes`,
        413,
      )
    }
    if (body === 'broken')
      return refuse('RequestTimeoutException', 'The request body ended before it was complete', 400)

    const altered =
      'claim' in verified && (await verifyBody(verified.claim, signed, body.sha256, verified.identity))
    if (altered) return refuseSignature(altered)
    if (!service) {
      const wanted = scope?.service ?? ''
      const message = `Weir does not speak the service '${wanted}'`
      const spoken = XML_SERVICES.has(wanted) ? awsQuery : protocol
      return spoken.writeFault(
        { code: 'UnknownOperationException', message, status: 404, members: {} },
        names,
      )
    }

    // Clients compress what they measure.
    const bytes = isCompressed ? await decompressBounded(body.bytes, 'gzip', DECOMPRESSED_LIMIT) : body.bytes
    if (bytes === 'too-large') {
      const message = `Request must be smaller than ${DECOMPRESSED_LIMIT} bytes when it is decompressed`
      return refuse('RequestEntityTooLargeException', message, 413)
    }
    if (bytes === 'broken')
      return refuse(service.codes.serialization, 'The request body is not valid gzip', 400)

    const wireRequest: WireRequest = {
      method: request.method,
      rawPath: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: bytes,
    }
    const action = protocol === awsQuery ? actionOf(wireRequest) : undefined
    const operation = known ?? (action === undefined ? undefined : service.operations.get(action))
    const isUnsigned = operation !== undefined && service.unsigned?.has(operation.name) === true
    // Strangers are not told either what there is.
    const isAdmitted = operation !== undefined && admitted?.operations?.has(operation.name) === true
    if (isStrangers && !isUnsigned && !isAdmitted) return refuseSignature(NOT_SIGNED)
    if (!operation) {
      const [code, message, status] = unknownOperation(protocol, request, url, action)
      return refuse(code, message, status)
    }
    const handler = service.handlers[operation.name]
    // One answer for every operation that a model has and Weir does not have yet.
    if (!handler) {
      return refuse('NotImplementedException', `Weir does not implement ${operation.name} yet`, 501)
    }

    try {
      const read = protocol.read(operation, destination.labels, wireRequest)
      const input = body.spill ? (body.spill.restore(read) as Record<string, unknown>) : read
      const mismatch = findTypeMismatch(service.facts, operation.name, input)
      if (mismatch) throw refusalOf(mismatch, service)
      const violations = checkInput(service.facts, operation.name, input)
      if (violations.length > 0) throw new Refusal(service.codes.validation, describeViolations(violations))
      const identity: Identity = isUnsigned ? ANONYMOUS : verified.identity
      const call: Call<P> = {
        operation: operation.name,
        account: identity.account,
        region: isUnsigned ? '' : (scope?.region ?? ''),
        identity,
        requestId,
        traceId: request.headers.get('x-amzn-trace-id') ?? undefined,
        sourceIp: admitted ? undefined : sourceIpOf(request),
        platform,
      }
      const denied = isUnsigned ? undefined : await options.authorize?.(input, call, service, wireRequest)
      if (denied) throw denied
      const output = await handler(input, call)
      const payloadType = service.payloadTypes?.[operation.name]
      return protocol.write(operation, output ?? {}, {
        ...names,
        payloadType,
        faultOf: error => faultOf(error, service, operation, requestId),
      })
    } catch (error) {
      return protocol.writeFault(faultOf(error, service, operation, requestId), names)
    }
  }

  /** Of a request that is signed with a key this Weir knows. */
  const verifyClaim = async (claim: ReturnType<typeof readClaim>, signed: SignedRequest) => {
    if (!claim) return NOT_SIGNED
    if (!('service' in claim)) return claim
    const head = await verifyHead(claim, signed, options.lookUp, options.clock())
    return head.ok ? { ...head, claim } : head
  }

  /** @param admitted who calls, where that is known otherwise than by a signature: none is asked for, or checked */
  return async (request: Request, platform: P, admitted?: AdmittedCaller): Promise<Response> => {
    const response = await answer(request, platform, admitted)
    // Its headers say all that an answer to HEAD says.
    return request.method === 'HEAD' && response.body ? headersOnly(response) : response
  }
}

const NOBODY: AdmittedCaller = { ok: true, identity: ANONYMOUS, service: '', region: '' }

/**
 * Whether nobody need have signed, as far as is known. Of a query that is not signed only the body tells which
 * operation it is, so that it has to be read first.
 */
function takesNobody<P>({ service, operation, protocol }: Destination<P>, isSigned: boolean): boolean {
  if (!service?.unsigned) return false
  return operation ? service.unsigned.has(operation.name) : protocol === awsQuery && !isSigned
}

function actionOf(request: WireRequest): string | undefined {
  const form = new URLSearchParams(new TextDecoder().decode(request.body))
  return form.get('Action') ?? request.query.get('Action') ?? undefined
}

/** Codes and statuses: the "Common Errors" page of each service's API reference. */
function unknownOperation(
  protocol: Protocol,
  request: Request,
  url: URL,
  action: string | undefined,
): [code: string, message: string, status: number] {
  if (protocol === awsQuery) {
    if (action === undefined) return ['MissingAction', 'The request has no Action', 400]
    return ['InvalidAction', `Could not find operation ${quote(action)}`, 400]
  }
  const target = request.headers.get('x-amz-target')
  const isPath = protocol === restJson1 || protocol === rpcV2Cbor
  const what = isPath ? `${request.method} ${url.pathname}` : quote(target ?? '')
  return ['UnknownOperationException', `No operation of this service answers ${what}`, 404]
}

function refusalOf<P>({ path, notFinite, message }: TypeMismatch, { codes }: Service<P>): Error {
  const refusal = notFinite === undefined ? undefined : codes.notFinite?.(path, notFinite)
  return refusal ?? new SerializationFailure(message)
}

function faultOf<P>(error: unknown, service: Service<P>, operation: Operation, requestId: string): Fault {
  if (error instanceof SerializationFailure) {
    return { code: service.codes.serialization, message: error.message, status: 400, members: {} }
  }
  if (error instanceof Refusal) {
    const shape = service.errors.get(error.code)
    return {
      code: error.code,
      message: error.message,
      status: statusOf(service, shape?.status ?? (UNMODELLED_STATUS[error.code] || 400)),
      members: error.members,
      shape,
    }
  }
  console.error(`${operation.name} failed unexpectedly (request ${requestId})`, error)
  const code = INTERNAL_ERRORS.find(name => service.errors.has(name))
  return {
    code: code ?? 'InternalFailure',
    message: `An internal error occurred; the log has it under request ${requestId}`,
    status: 500,
    members: {},
    shape: code ? service.errors.get(code) : undefined,
  }
}

/** What services call an error of their own. */
const INTERNAL_ERRORS = [
  'ServiceException',
  'InternalServerError',
  'InternalServiceError',
  'InternalServiceFault',
  'InternalErrorException',
  'KMSInternalException',
  'ServiceFailureException',
]

/**
 * Services that speak JSON answer whatever is the client's fault with 400, as the "Errors" of their API references have
 * it, also where their models name another status; 421, which sends a client elsewhere, stays.
 */
const statusOf = <P>({ facts }: Service<P>, status: number): number =>
  facts.protocol === 'json' && status < 500 && status !== 421 ? 400 : status

/** Codes that AWS services answer with although their models do not list them. */
const UNMODELLED_STATUS: Readonly<Record<string, number>> = {
  AccessDenied: 403,
  AccessDeniedException: 403,
  InvalidClientTokenId: 403,
  RequestEntityTooLargeException: 413,
  ServiceUnavailableException: 503,
}
