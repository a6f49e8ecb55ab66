/**
 * The body of an answer that is read piece by piece, each when the consumer asks for it. A consumer that goes away does
 * not end what is read: the rest is read for nobody.
 *
 * @param read the next piece; undefined at the end, however it came to it. Never rejects.
 * @param defer lets reading outlive the request that the consumer belonged to
 */
export function bodyOfPieces(
  read: () => Promise<Uint8Array | undefined>,
  defer: (work: Promise<unknown>) => void,
): ReadableStream<Uint8Array> {
  const drain = async () => {
    while (await read());
  }
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const piece = await read()
        if (piece) controller.enqueue(piece)
        else controller.close()
      },
      cancel: () => defer(drain()),
    },
    { highWaterMark: 0 },
  )
}
