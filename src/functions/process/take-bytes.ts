/** Exactly so many bytes from the front of a body; rejects when it ends before. The rest stays in it. */
export async function takeBytes(body: ReadableStream<Uint8Array>, length: number): Promise<Uint8Array> {
  if (length === 0) return new Uint8Array(0)
  const reader = body.getReader({ mode: 'byob' })
  try {
    const { value } = await reader.readAtLeast(length, new Uint8Array(length))
    if (value?.length !== length) throw new Error('the body ended too early')
    return value
  } finally {
    reader.releaseLock()
  }
}

/** What {@link takeLengthAnd} takes: the bytes, and their length before them in four, big-endian. */
export function lengthBefore(bytes: Uint8Array): Uint8Array {
  const joined = new Uint8Array(4 + bytes.length)
  new DataView(joined.buffer).setUint32(0, bytes.length)
  joined.set(bytes, 4)
  return joined
}

export async function takeLengthAnd(body: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const head = await takeBytes(body, 4)
  return takeBytes(body, new DataView(head.buffer, head.byteOffset).getUint32(0))
}

const PIECE = 128 * 1024

/** A body in few pieces: the store's own are small, and each costs a turn. */
export async function* largePieces(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const reader = body.getReader({ mode: 'byob' })
  for (;;) {
    const { value, done } = await reader.readAtLeast(PIECE, new Uint8Array(PIECE))
    if (value && value.length > 0) yield value
    if (done) return
  }
}
