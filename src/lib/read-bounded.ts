import { Buffer } from 'node:buffer'

/** Whether a request says itself that its body has more than `limit` bytes. */
export const declaresMoreThan = (request: Request, limit: number): boolean =>
  Number(request.headers.get('content-length')) > limit

/** Reads a body; undefined, and the rest let go, as soon as it is known to have more than `limit` bytes. */
export async function readBounded(request: Request, limit: number): Promise<Buffer<ArrayBuffer> | undefined> {
  if (declaresMoreThan(request, limit)) return undefined
  if (!request.body) return Buffer.alloc(0)
  // A declared length bounds what can arrive, so the platform's own reader may be used.
  if (request.headers.has('content-length')) return Buffer.from(await request.arrayBuffer())
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body as ReadableStream<Uint8Array>) {
    size += chunk.byteLength
    if (size > limit) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size)
}
