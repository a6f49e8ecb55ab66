/**
 * A stream that breaks off as soon as more than `limit` bytes have come through it: whoever reads it gets an error,
 * never a part that looks like the whole.
 *
 * @param exceeded called once, then; makes the error
 */
export function boundStream(
  stream: ReadableStream<Uint8Array>,
  limit: number,
  exceeded: () => Error,
): ReadableStream<Uint8Array> {
  let size = 0
  return stream.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        size += chunk.byteLength
        if (size > limit) controller.error(exceeded())
        else controller.enqueue(chunk)
      },
    }),
  )
}
