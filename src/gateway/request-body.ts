import { mediaTypeOf } from '../lib/media-type.ts'
import { declaresMoreThan, readBounded } from '../lib/read-bounded.ts'
import type { BinaryMediaTypes } from './media-types.ts'

/** "Payload size: 10 MB" https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html */
export const LARGEST_BODY = 10 * 1024 * 1024

export interface RequestBody {
  /** Empty when nothing was sent. */
  readonly text: string
  /** `text` is the base64 of binary data. */
  readonly isBase64: boolean
}

const EMPTY: RequestBody = { text: '', isBase64: false }

/** Whether the request says itself that it is too large. */
export const declaresTooLarge = (request: Request): boolean => declaresMoreThan(request, LARGEST_BODY)

/**
 * The body as integrations take it: UTF-8 text, or base64 when its media type is one of the API's binary ones.
 * Undefined when it is larger than {@link LARGEST_BODY}. A body without a Content-Type counts as JSON.
 */
export function readBody(
  request: Request,
  binary: BinaryMediaTypes,
): RequestBody | undefined | Promise<RequestBody | undefined> {
  if (request.body === null) return EMPTY
  return binary.has(mediaTypeOf(request.headers.get('content-type')) || 'application/json')
    ? readBinary(request)
    : readText(request)
}

async function readText(request: Request): Promise<RequestBody | undefined> {
  // The platform's own reader makes text without the bytes; a declared length bounds what can arrive.
  if (request.headers.has('content-length')) {
    if (declaresTooLarge(request)) return undefined
    const text = await request.text()
    return text === '' ? EMPTY : { text, isBase64: false }
  }
  const bytes = await readBounded(request, LARGEST_BODY)
  return bytes && { text: bytes.toString('utf8'), isBase64: false }
}

async function readBinary(request: Request): Promise<RequestBody | undefined> {
  const bytes = await readBounded(request, LARGEST_BODY)
  if (bytes?.length === 0) return EMPTY
  return bytes && { text: bytes.toString('base64'), isBase64: true }
}
