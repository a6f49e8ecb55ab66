import { type FrameKind, frameHead } from '../stream-frames.ts'

/** The body of a streamed answer: every write waits until the reader has room. */
export class FrameBody {
  readonly readable: ReadableStream<Uint8Array>
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>
  #hasEnded = false

  constructor() {
    const { readable, writable } = new IdentityTransformStream()
    this.readable = readable as ReadableStream<Uint8Array>
    this.#writer = writable.getWriter()
  }

  /** Rejects after the end: what a handler goes on to write has no place any more. */
  async write(kind: FrameKind, bytes: Uint8Array): Promise<void> {
    if (this.#hasEnded) throw new Error('write after the end of the response')
    await this.#put(kind, bytes)
  }

  async end(end: object, logs: string): Promise<void> {
    this.#hasEnded = true
    await Promise.all([
      logs === '' ? undefined : this.#put('logs', encoder.encode(logs)),
      this.#put('end', encoder.encode(JSON.stringify(end))),
      this.#writer.close(),
    ])
  }

  async #put(kind: FrameKind, bytes: Uint8Array): Promise<void> {
    const head = frameHead(kind, bytes.length)
    // Small pieces in one write: each takes a turn of the reader.
    if (bytes.length > JOINED) {
      // Queued together: the answer may end, or another piece come, while the reader has the head only.
      await Promise.all([this.#writer.write(head), this.#writer.write(bytes)])
      return
    }
    const frame = new Uint8Array(head.length + bytes.length)
    frame.set(head)
    frame.set(bytes, head.length)
    await this.#writer.write(frame)
  }
}

const JOINED = 16 * 1024
const encoder = new TextEncoder()
