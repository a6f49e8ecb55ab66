import type { Buffer } from 'node:buffer'
import { mediaTypeOf } from '../lib/media-type.ts'
import { declaresMoreThan, readBounded } from '../lib/read-bounded.ts'
import { BODY_TOO_LARGE, type BodyRefused, isEncoded, readDecompressed } from './compressed-body.ts'
import { LIMITS } from './limits.ts'
import type { BinaryMediaTypes } from './media-types.ts'

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

/** A body, or why the request ends with it. */
export type BodyRead = RequestBody | BodyRefused

/**
 * The body as integrations take it: decompressed, as UTF-8 text, or base64 when its media type is one of the API's
 * binary ones. A body without a Content-Type counts as JSON. `Content-Encoding` stays as it was sent, as on API
 * Gateway: https://github.com/dougmoscrop/serverless-http/issues/194
 */
export function readBody(request: Request, rules: BodyRules): BodyRead | Promise<BodyRead> {
  if (request.body === null) return EMPTY
  const encoding = request.headers.get('content-encoding')
  const isBinary = rules.binaryMediaTypes.has(
    mediaTypeOf(request.headers.get('content-type')) || 'application/json',
  )
  if (isEncoded(encoding)) return readEncoded(request, encoding, rules, isBinary)
  return isBinary ? readPlain(request, true) : readText(request)
}

async function readText(request: Request): Promise<BodyRead> {
  // The platform's own reader makes text without the bytes; a declared length bounds what can arrive.
  if (request.headers.has('content-length')) {
    if (declaresMoreThan(request, LIMITS.body)) return BODY_TOO_LARGE
    const text = await request.text()
    return text === '' ? EMPTY : { text, isBase64: false }
  }
  return readPlain(request, false)
}

async function readPlain(request: Request, isBinary: boolean): Promise<BodyRead> {
  const bytes = await readBounded(request, LIMITS.body)
  return bytes ? textOf(bytes, isBinary) : BODY_TOO_LARGE
}

async function readEncoded(
  request: Request,
  encoding: string,
  { minimumCompressionSize }: BodyRules,
  isBinary: boolean,
): Promise<BodyRead> {
  const bytes = await readDecompressed(request, encoding, minimumCompressionSize)
  return 'refusal' in bytes ? bytes : textOf(bytes, isBinary)
}

function textOf(bytes: Buffer<ArrayBuffer>, isBinary: boolean): RequestBody {
  if (bytes.length === 0) return EMPTY
  return { text: bytes.toString(isBinary ? 'base64' : 'utf8'), isBase64: isBinary }
}
