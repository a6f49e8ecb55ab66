import { readStream } from '../lib/read-bounded.ts'
import { LARGEST_EVENT } from './largest-event.ts'

/** Bytes of a request that a function signs itself: the largest event, and what stands round it. */
const LONGEST = LARGEST_EVENT + 64 * 1024

/**
 * A function's request with what its signature is about and no network has added: the host, and the length of the body
 * as it really is. Undefined for one that is too long.
 */
export async function asSigned(request: Request): Promise<Request | undefined> {
  if (!request.headers.has('authorization')) return request
  const headers = new Headers(request.headers)
  headers.set('host', new URL(request.url).host)
  if (!request.body) return new Request(request, { headers })
  const body = await readStream(request.body as ReadableStream<Uint8Array>, LONGEST)
  if (!body) return undefined
  headers.set('content-length', String(body.length))
  const { method, signal } = request
  return new Request(request.url, { method, headers, body, signal })
}
