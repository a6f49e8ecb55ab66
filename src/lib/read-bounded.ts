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
  return readStream(request.body, limit)
}

/** Reads a stream to its end; undefined, and the rest let go, as soon as there are more than `limit` bytes. */
export async function readStream(
  stream: ReadableStream<Uint8Array>,
  limit: number,
): Promise<Buffer<ArrayBuffer> | undefined> {
  const reader = stream.getReader()
  const chunks: Uint8Array[] = []
  let size = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return Buffer.concat(chunks, size)
    size += value.byteLength
    if (size > limit) {
      // Nothing waits for it: what remains is thrown away.
      reader.cancel().catch(() => {})
      return undefined
    }
    chunks.push(value)
  }
}
