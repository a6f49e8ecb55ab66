import { Buffer } from 'node:buffer'

/** Reads a body of unknown length; gives up, and lets the rest go, as soon as it has more than `limit` bytes. */
export async function readBounded(request: Request, limit: number): Promise<Buffer<ArrayBuffer> | undefined> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body as ReadableStream<Uint8Array>) {
    size += chunk.byteLength
    if (size > limit) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size)
}
