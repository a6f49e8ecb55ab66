/** Bytes that are read at once, where the platform fills what it is given: by itself it reads in pieces of 4 KB. */
const PIECE = 64 * 1024

/**
 * A stream that breaks off as soon as more than `limit` bytes have come through it: whoever reads it gets an error,
 * never a part that looks like the whole. Nothing is read before it is asked for.
 *
 * @param exceeded called once, then; makes the error
 */
export function boundStream(
  stream: ReadableStream<Uint8Array>,
  limit: number,
  exceeded: () => Error,
): ReadableStream<Uint8Array> {
  const source = piecesOf(stream)
  let size = 0
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const piece = await source.read()
        if (piece.done) return controller.close()
        size += piece.value.byteLength
        if (size <= limit) return controller.enqueue(piece.value)
        const error = exceeded()
        source.cancel(error).catch(() => {})
        controller.error(error)
      },
      cancel: reason => source.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}

interface Pieces {
  read(): Promise<{ readonly done: true } | { readonly done: false; readonly value: Uint8Array }>
  cancel(reason: unknown): Promise<void>
}

function piecesOf(stream: ReadableStream<Uint8Array>): Pieces {
  try {
    const reader = stream.getReader({ mode: 'byob' })
    return {
      read: () => reader.read(new Uint8Array(PIECE)) as ReturnType<Pieces['read']>,
      cancel: reason => reader.cancel(reason),
    }
  } catch {
    // Made by JavaScript, as decompressed or transformed ones are.
    const reader = stream.getReader()
    return {
      read: () => reader.read() as ReturnType<Pieces['read']>,
      cancel: reason => reader.cancel(reason),
    }
  }
}
