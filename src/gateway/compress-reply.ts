import { Buffer } from 'node:buffer'
import { firstHeader, hasHeader } from '../lib/header-list.ts'
import { type Coding, codingOf } from './compressed-body.ts'
import type { Exchange, Reply } from './exchange.ts'

/**
 * The reply as the client gets it of an API with `minimumCompressionSize`: compressed when the client asks for it by a
 * coding that API Gateway supports, the back end has not done so, and the body has at least that many bytes. "Without
 * an explicit specification of supported Accept-Encoding header values, API Gateway does not compress the payload."
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-receive-response-with-compressed-payload.html
 */
export function compressReply({ request, located }: Exchange, reply: Reply): Reply {
  const { minimumCompressionSize } = located.api
  if (minimumCompressionSize === undefined || !reply.body) return reply
  const coding = askedCoding(acceptEncodingOf(request))
  if (!coding || hasHeader(reply.headers, 'content-encoding')) return reply
  if (!isAtLeast(reply, minimumCompressionSize)) return reply
  const body = reply.body instanceof ReadableStream ? reply.body : new Blob([reply.body]).stream()
  return {
    status: reply.status,
    headers: [
      ...reply.headers.filter(([name]) => name.toLowerCase() !== 'content-length'),
      ['Content-Encoding', coding],
    ],
    body: (body as ReadableStream<Uint8Array<ArrayBuffer>>).pipeThrough(new CompressionStream(coding)),
  }
}

/**
 * What the client itself accepts: Cloudflare writes its own list into the header, and takes answers apart again for
 * those who accept less. https://developers.cloudflare.com/workers/runtime-apis/request/#incomingrequestcfproperties
 */
function acceptEncodingOf({ cf, headers }: Request): string | null {
  const sent: unknown = cf?.clientAcceptEncoding
  return typeof sent === 'string' ? sent : headers.get('accept-encoding')
}

/**
 * "The highest-priority content encoding must be one supported by API Gateway. If it is not, compression is not applied
 * to the response payload." Of equal ones the first counts.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-enable-compression.html
 */
export function askedCoding(acceptEncoding: string | null): Coding | undefined {
  let best = 0
  let name = ''
  for (const entry of acceptEncoding?.split(',') ?? []) {
    const [coding = '', ...parameters] = entry.split(';')
    const weight = parameters.map(text => /^\s*q\s*=\s*([\d.]+)\s*$/i.exec(text)?.[1]).find(Boolean)
    const quality = weight === undefined ? 1 : Number(weight)
    if (quality > best) {
      best = quality
      name = coding
    }
  }
  return codingOf(name)
}

/** A stream of unknown length counts as large: it is sent as it comes. */
function isAtLeast({ body, headers }: Reply, bytes: number): boolean {
  if (typeof body === 'string') return body.length >= bytes || Buffer.byteLength(body) >= bytes
  if (body instanceof Uint8Array) return body.byteLength >= bytes
  const declared = firstHeader(headers, 'content-length')
  return declared === undefined || Number(declared) >= bytes
}
