import { BODY_TOO_LARGE, type BodyRefused, isEncoded, readDecompressed } from '../compressed-body.ts'
import type { Exchange } from '../exchange.ts'
import type { GatewayRefusal } from '../gateway-responses.ts'
import { LIMITS } from '../limits.ts'
import { integrationPayload } from '../mapping/convert-content.ts'
import { misconfigured } from '../mapping/mapping-refusals.ts'
import type { SnapshotIntegration } from '../snapshot.ts'
import { boundStream } from './bound-stream.ts'

/** A client's body on its way to a back end. */
export interface ProxiedBody {
  readonly body: BodyInit | null
  /** The body as mappings read it; '' unless they do. */
  readonly text: string
  /** Takes what ends the request when `body` has to break off. */
  readonly onAbort?: (abort: (why: GatewayRefusal) => void) => void
}

/**
 * The body of a request as `HTTP_PROXY` hands it on: as it comes, and not a byte more than a body may have. It is in
 * memory only where somebody reads it: a validator, a mapping, `contentHandling`; or where it is compressed, as API
 * Gateway decompresses what it passes on.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-make-request-with-compressed-payload.html
 */
export async function proxiedBody(
  exchange: Exchange,
  contentHandling: SnapshotIntegration['contentHandling'],
  isMapped: boolean,
): Promise<ProxiedBody | BodyRefused> {
  const { request } = exchange
  if (exchange.hasReadBody || contentHandling || isMapped) return bodyInMemory(exchange, contentHandling)
  if (!request.body) return { body: null, text: '' }
  const encoding = request.headers.get('content-encoding')
  if (isEncoded(encoding)) return decompressed(exchange, encoding)
  // A length that was declared, and that locate found small enough, bounds what can arrive.
  if (request.headers.has('content-length')) return { body: request.body, text: '' }
  let abort: (why: GatewayRefusal) => void
  const body = boundStream(request.body, LIMITS.body, () => {
    abort(BODY_TOO_LARGE.refusal)
    return new Error('the body has more bytes than a request may have')
  })
  return {
    body,
    text: '',
    onAbort(how) {
      abort = how
    },
  }
}

async function bodyInMemory(
  exchange: Exchange,
  contentHandling: SnapshotIntegration['contentHandling'],
): Promise<ProxiedBody | BodyRefused> {
  const read = await exchange.body()
  if ('refusal' in read) return read
  const body = integrationPayload(read, contentHandling)
  return body === undefined
    ? { refusal: misconfigured('Unable to base64 decode the body: contentHandling is CONVERT_TO_BINARY') }
    : { body: body.length > 0 ? body : null, text: read.text }
}

async function decompressed(
  { request, located }: Exchange,
  encoding: string,
): Promise<ProxiedBody | BodyRefused> {
  const body = await readDecompressed(request, encoding, located.api.minimumCompressionSize)
  return 'refusal' in body ? body : { body, text: '' }
}
