import type { Buffer } from 'node:buffer'
import { mediaTypeOf } from '../lib/media-type.ts'
import { declaresMoreThan, readBounded } from '../lib/read-bounded.ts'
import { decompress, isEncoded } from './compressed-body.ts'
import type { GatewayRefusal } from './gateway-responses.ts'
import { LIMITS } from './limits.ts'
import type { BinaryMediaTypes } from './media-types.ts'

export const LARGEST_BODY = LIMITS.body

export interface RequestBody {
  /** Empty when nothing was sent. */
  readonly text: string
  /** `text` is the base64 of binary data. */
  readonly isBase64: boolean
}

const EMPTY: RequestBody = { text: '', isBase64: false }

/** What an API says about bodies. */
export interface BodyRules {
  readonly binaryMediaTypes: BinaryMediaTypes
  readonly minimumCompressionSize: number | undefined
}

/**
 * The body as integrations take it: decompressed, as UTF-8 text, or base64 when its media type is one of the API's
 * binary ones. Undefined when it is larger than {@link LARGEST_BODY} or cannot be decompressed. A body without a
 * Content-Type counts as JSON. `Content-Encoding` stays as it was sent, as on API Gateway:
 * https://github.com/dougmoscrop/serverless-http/issues/194
 *
 * @param refuse told why, when the outcome is undefined
 */
export function readBody(
  request: Request,
  { binaryMediaTypes, minimumCompressionSize = 0 }: BodyRules,
  refuse: (refusal: GatewayRefusal) => void,
): RequestBody | undefined | Promise<RequestBody | undefined> {
  if (request.body === null) return EMPTY
  const encoding = request.headers.get('content-encoding')
  const isBinary = binaryMediaTypes.has(
    mediaTypeOf(request.headers.get('content-type')) || 'application/json',
  )
  if (isEncoded(encoding)) return readEncoded(request, encoding, minimumCompressionSize, isBinary, refuse)
  return isBinary ? readBinary(request) : readText(request)
}

async function readText(request: Request): Promise<RequestBody | undefined> {
  // The platform's own reader makes text without the bytes; a declared length bounds what can arrive.
  if (request.headers.has('content-length')) {
    if (declaresMoreThan(request, LARGEST_BODY)) return undefined
    const text = await request.text()
    return text === '' ? EMPTY : { text, isBase64: false }
  }
  const bytes = await readBounded(request, LARGEST_BODY)
  return bytes && textOf(bytes, false)
}

async function readBinary(request: Request): Promise<RequestBody | undefined> {
  const bytes = await readBounded(request, LARGEST_BODY)
  return bytes && textOf(bytes, true)
}

/**
 * "If the payload size is smaller than this value, compression or decompression are not applied on the payload."
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-enable-compression.html
 */
async function readEncoded(
  request: Request,
  encoding: string,
  minimumSize: number,
  isBinary: boolean,
  refuse: (refusal: GatewayRefusal) => void,
): Promise<RequestBody | undefined> {
  const bytes = await readBounded(request, LARGEST_BODY)
  if (!bytes || bytes.length === 0 || bytes.length < minimumSize) return bytes && textOf(bytes, isBinary)
  const decoded = await decompress(bytes, encoding, LARGEST_BODY)
  if (typeof decoded === 'object') return textOf(decoded, isBinary)
  if (decoded === 'unsupported') refuse({ type: 'UNSUPPORTED_MEDIA_TYPE' })
  return undefined
}

function textOf(bytes: Buffer<ArrayBuffer>, isBinary: boolean): RequestBody {
  if (bytes.length === 0) return EMPTY
  return { text: bytes.toString(isBinary ? 'base64' : 'utf8'), isBase64: isBinary }
}
