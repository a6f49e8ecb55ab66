import type { Buffer } from 'node:buffer'
import { decompressBounded } from '../lib/decompress-bounded.ts'
import { readBounded } from '../lib/read-bounded.ts'
import type { GatewayRefusal } from './gateway-responses.ts'
import { LIMITS } from './limits.ts'

/** What API Gateway decompresses, and compresses answers with. */
export type Coding = 'gzip' | 'deflate'

const CODINGS: Readonly<Record<string, Coding>> = { gzip: 'gzip', deflate: 'deflate' }

/** A coding by its name in a header; undefined for one that API Gateway does not know. */
export const codingOf = (name: string): Coding | undefined => CODINGS[name.trim().toLowerCase()]

/** Whether a `Content-Encoding` says that a body has to be decompressed, or cannot be. */
export function isEncoded(contentEncoding: string | null): contentEncoding is string {
  if (!contentEncoding) return false
  const name = contentEncoding.trim().toLowerCase()
  return name !== '' && name !== 'identity'
}

/**
 * Decompresses a body of at most `limit` bytes.
 *
 * "If the specified coding isn't supported or the supplied payload isn't compressed with specified coding, API Gateway
 * returns the 415 Unsupported Media Type error response."
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-make-request-with-compressed-payload.html
 */
export async function decompress(
  bytes: Uint8Array<ArrayBuffer>,
  contentEncoding: string,
  limit: number,
): Promise<Buffer<ArrayBuffer> | 'unsupported' | 'too-large'> {
  const coding = codingOf(contentEncoding)
  if (!coding) return 'unsupported'
  const decompressed = await decompressBounded(bytes, coding, limit)
  return decompressed === 'broken' ? 'unsupported' : decompressed
}

/** Why there is no body. */
export interface BodyRefused {
  readonly refusal: GatewayRefusal
}

export const BODY_TOO_LARGE: BodyRefused = { refusal: { type: 'REQUEST_TOO_LARGE' } }

/**
 * An encoded body as it was before.
 *
 * "If the payload size is smaller than this value, compression or decompression are not applied on the payload."
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-enable-compression.html
 *
 * @param least that value, bytes
 */
export async function readDecompressed(
  request: Request,
  contentEncoding: string,
  least = 0,
): Promise<Buffer<ArrayBuffer> | BodyRefused> {
  const bytes = await readBounded(request, LIMITS.body)
  if (!bytes) return BODY_TOO_LARGE
  if (bytes.length === 0 || bytes.length < least) return bytes
  const decompressed = await decompress(bytes, contentEncoding, LIMITS.body)
  if (typeof decompressed === 'object') return decompressed
  return decompressed === 'unsupported' ? { refusal: { type: 'UNSUPPORTED_MEDIA_TYPE' } } : BODY_TOO_LARGE
}
