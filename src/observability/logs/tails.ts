import { joinBytes } from '../../lib/join-bytes.ts'

/** Bytes that wait for one reader: what it does not take is left out, as CloudWatch Logs does. */
const MOST_WAITING = 4 * 1024 * 1024

/**
 * Those who follow what an object takes. Each has a stream of frames: how long a packed chunk is, in four bytes of
 * which the first is the highest, and the chunk.
 */
export class Tails {
  readonly #open = new Set<ReadableStreamDefaultController<Uint8Array>>()

  get isEmpty(): boolean {
    return this.#open.size === 0
  }

  open(): ReadableStream<Uint8Array> {
    let own: ReadableStreamDefaultController<Uint8Array>
    return new ReadableStream(
      {
        // Between objects only bytes travel.
        type: 'bytes',
        start: controller => {
          own = controller as unknown as ReadableStreamDefaultController<Uint8Array>
          this.#open.add(own)
        },
        cancel: () => {
          this.#open.delete(own)
        },
      },
      { highWaterMark: MOST_WAITING },
    )
  }

  push(chunk: Uint8Array): void {
    for (const controller of this.#open) {
      if ((controller.desiredSize ?? 0) <= 0) continue
      try {
        controller.enqueue(frameOf(chunk))
      } catch {
        // A reader that has gone must not keep lines from being written.
        this.#open.delete(controller)
      }
    }
  }

  close(): void {
    for (const controller of this.#open) controller.close()
    this.#open.clear()
  }
}

function frameOf(chunk: Uint8Array): Uint8Array {
  const frame = new Uint8Array(4 + chunk.length)
  new DataView(frame.buffer).setUint32(0, chunk.length)
  frame.set(chunk, 4)
  return frame
}

/** Chunks of a stream of frames. */
export async function* readFrames(
  reader: ReadableStreamDefaultReader<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array = new Uint8Array()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    rest = joinBytes([rest, value])
    while (rest.length >= 4) {
      const size = new DataView(rest.buffer, rest.byteOffset).getUint32(0)
      if (rest.length < 4 + size) break
      yield rest.subarray(4, 4 + size)
      rest = rest.subarray(4 + size)
    }
  }
}
