import { type FrameKind, frameHead } from '../stream-frames.ts'

/** The body of a streamed answer: every write waits until the reader has room. */
export class FrameBody {
  readonly readable: ReadableStream<Uint8Array>
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>

  constructor() {
    const { readable, writable } = new IdentityTransformStream()
    this.readable = readable as ReadableStream<Uint8Array>
    this.#writer = writable.getWriter()
  }

  async write(kind: FrameKind, bytes: Uint8Array): Promise<void> {
    const head = frameHead(kind, bytes.length)
    // Small pieces in one write: each takes a turn of the reader.
    if (bytes.length > JOINED) {
      await this.#writer.write(head)
      await this.#writer.write(bytes)
      return
    }
    const frame = new Uint8Array(head.length + bytes.length)
    frame.set(head)
    frame.set(bytes, head.length)
    await this.#writer.write(frame)
  }

  async end(end: object, logs: string): Promise<void> {
    if (logs !== '') await this.write('logs', encoder.encode(logs))
    await this.write('end', encoder.encode(JSON.stringify(end)))
    await this.#writer.close()
  }
}

const JOINED = 16 * 1024
const encoder = new TextEncoder()
