/**
 * How a function's isolate asks for TCP connections. What `connect()` of workerd opens to an entrypoint counts as open
 * before the entrypoint has done anything, and cannot begin TLS; so what is asked for, and how it went, is said
 * in the stream itself:
 *
 * - to the door: a line of JSON, {@link ConnectionWish}; then frames: one byte of kind, four bytes of length
 *   (big-endian), as many bytes of content.
 * - from the door: a line of JSON, {@link ConnectionOutcome}; then what the server sends, as it is. After START_TLS such
 *   a line comes again.
 *
 * TLS begins only on a connection that nobody is reading from. So as long as it is likely to come, on a plain connection
 * that has brought less than {@link METERED_BYTES}, the door reads from the server once for every {@link READ}.
 */
export interface ConnectionWish {
  host: string
  port: number
  /** Begins with TLS, and whose certificate is expected. */
  servername?: string
}

/** Empty when the connection stands. */
export interface ConnectionOutcome {
  /** `ECONNREFUSED` */
  code?: string
  message?: string
}

/** Kinds of frames. */
export const DATA = 0
/** The content is a {@link ConnectionWish}'s `servername`. */
export const START_TLS = 1
export const READ = 2

export const METERED_BYTES = 64 * 1024
export const HEADER_BYTES = 5

/** What the isolate connects to; no name of any network (RFC 6761). */
export const CONNECTION_DOOR = 'connections.weir.invalid:1'

/** Makes a frame of some pieces. */
export function frame(type: number, pieces: readonly Uint8Array[]): Uint8Array {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
  const bytes = new Uint8Array(HEADER_BYTES + length)
  new DataView(bytes.buffer).setUint32(1, length)
  bytes[0] = type
  let at = HEADER_BYTES
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}

/** Takes a stream of bytes apart. */
export class ByteReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  #held: Uint8Array = new Uint8Array(0)
  /** One read for all who wait, so that none takes what another one is there for. */
  #reading: Promise<boolean> | undefined

  constructor(readable: ReadableStream<Uint8Array>) {
    this.#reader = readable.getReader()
  }

  /** Resolves when bytes are there to be taken, with false when there will be none. */
  async ready(): Promise<boolean> {
    return this.#held.length > 0 || this.#more()
  }

  /** All that is there. */
  take(length = this.#held.length): Uint8Array {
    const taken = this.#held.subarray(0, length)
    this.#held = this.#held.subarray(length)
    return taken
  }

  /** Exactly so many bytes; undefined when the stream ends before. */
  async exactly(length: number): Promise<Uint8Array | undefined> {
    while (this.#held.length < length) if (!(await this.#more())) return undefined
    return this.take(length)
  }

  /** A line without its end; undefined when the stream ends before. */
  async line(): Promise<string | undefined> {
    let end = this.#held.indexOf(NEWLINE)
    while (end < 0) {
      if (!(await this.#more())) return undefined
      end = this.#held.indexOf(NEWLINE)
    }
    const line = new TextDecoder().decode(this.take(end))
    this.take(1)
    return line
  }

  cancel(): Promise<void> {
    return this.#reader.cancel().catch(() => {})
  }

  #more(): Promise<boolean> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async #read(): Promise<boolean> {
    const { done, value } = await this.#reader.read()
    if (done) return false
    if (this.#held.length === 0) this.#held = value
    else {
      const joined = new Uint8Array(this.#held.length + value.length)
      joined.set(this.#held)
      joined.set(value, this.#held.length)
      this.#held = joined
    }
    return true
  }
}

const NEWLINE = 10
