const QUOTE = 0x22
const BACKSLASH = 0x5c

/** A member's text up to this size stays in the document; the codec decodes it there. */
const INLINE_BYTES = 4096

const BASE64 = new Int8Array(256).fill(-1)
for (const [value, character] of [
  ...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
].entries()) {
  BASE64[character.charCodeAt(0)] = value
}

/**
 * Takes large base64 members out of a JSON document while it streams by. In their place the document keeps a
 * short mark, and {@link restore} puts the bytes where the mark was decoded to. What is not base64 is kept as it
 * came, so that the codec reports it as it reports any other wrong value.
 */
export class BlobSpill {
  readonly #members: ReadonlySet<string>
  readonly #bodySize: number
  readonly #blobs: Uint8Array[] = []
  readonly #nonce = crypto.getRandomValues(new Uint8Array(24))
  #text = new Growing(64 * 1024)
  // Where in the document the reader is.
  #inString = false
  #escaped = false
  #stringStart = 0
  #lastString = ''
  #afterColon = false
  // The value being taken out.
  #spilling = false
  #decoded: Growing | undefined
  #bits = 0
  #bitCount = 0
  #padding = 0

  /** Whether a large value broke off into something that is not base64. */
  invalid = false

  /** @param bodySize content length in bytes, or NaN; sizes the first buffer so that it need not grow */
  constructor(members: ReadonlySet<string>, bodySize: number) {
    this.#members = members
    this.#bodySize = bodySize
  }

  write(chunk: Uint8Array): void {
    for (let i = 0; i < chunk.length; i++) {
      if (this.#spilling) {
        i = this.#decode(chunk, i)
        if (i >= chunk.length) return
      }
      const byte = chunk[i]!
      this.#text.push(byte)
      if (this.#inString) this.#inside(byte)
      else if (byte === QUOTE) this.#open()
      else if (byte === 0x3a) this.#afterColon = true
      else if (byte > 0x20) this.#afterColon = false
    }
  }

  /** The document without what was taken out. */
  end(): Uint8Array {
    return this.#text.take()
  }

  /** Walks a decoded document and replaces marks by the bytes they stand for. */
  restore(value: unknown): unknown {
    if (this.#blobs.length === 0) return value
    if (value instanceof Uint8Array) return this.#blobOf(value) ?? value
    if (Array.isArray(value)) return value.map(item => this.restore(item))
    if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
      for (const [key, member] of Object.entries(value))
        (value as Record<string, unknown>)[key] = this.restore(member)
    }
    return value
  }

  #open(): void {
    this.#inString = true
    this.#stringStart = this.#text.length
    if (this.#afterColon && this.#members.has(this.#lastString)) {
      this.#spilling = true
      this.#decoded = undefined
      this.#bits = this.#bitCount = this.#padding = 0
    }
    this.#afterColon = false
  }

  #inside(byte: number): void {
    if (this.#escaped) this.#escaped = false
    else if (byte === BACKSLASH) this.#escaped = true
    else if (byte === QUOTE) {
      this.#inString = false
      this.#lastString =
        this.#text.length - this.#stringStart < 64
          ? this.#text.textFrom(this.#stringStart, this.#text.length - 1)
          : ''
    }
  }

  /** Consumes base64 from `start`; returns the index at which ordinary reading goes on. */
  #decode(chunk: Uint8Array, start: number): number {
    for (let i = start; i < chunk.length; i++) {
      const byte = chunk[i]!
      const value = BASE64[byte]!
      if (value >= 0 && this.#padding === 0) {
        if (!this.#decoded) {
          // Small values stay in the document, where they can be undone without a trace.
          this.#text.push(byte)
          if (this.#text.length - this.#stringStart >= INLINE_BYTES) this.#beginSpill()
          continue
        }
        this.#bits = (this.#bits << 6) | value
        this.#bitCount += 6
        if (this.#bitCount >= 8) {
          this.#bitCount -= 8
          this.#decoded.push((this.#bits >> this.#bitCount) & 0xff)
        }
      } else if (byte === 0x3d && this.#decoded && this.#padding < 2) this.#padding++
      // JSON may write '/' as '\/'.
      else if (byte === BACKSLASH && this.#decoded && (chunk[i + 1] ?? 0x2f) === 0x2f) continue
      else {
        if (this.#decoded) this.#endSpill(byte !== QUOTE)
        this.#spilling = false
        return i
      }
    }
    return chunk.length
  }

  #beginSpill(): void {
    const whole = Number.isFinite(this.#bodySize) ? Math.ceil((this.#bodySize * 3) / 4) + 3 : 1024 * 1024
    this.#decoded = new Growing(whole)
    for (const byte of this.#text.cut(this.#stringStart)) {
      this.#bits = (this.#bits << 6) | BASE64[byte]!
      this.#bitCount += 6
      if (this.#bitCount >= 8) {
        this.#bitCount -= 8
        this.#decoded.push((this.#bits >> this.#bitCount) & 0xff)
      }
    }
  }

  #endSpill(invalid: boolean): void {
    const bytes = this.#decoded!.take()
    const mark = new Uint8Array(this.#nonce.length + 1)
    mark.set(this.#nonce)
    mark[this.#nonce.length] = this.#blobs.length
    this.#blobs.push(bytes)
    this.#decoded = undefined
    for (const character of btoa(String.fromCharCode(...mark))) this.#text.push(character.charCodeAt(0))
    this.invalid ||= invalid
  }

  #blobOf(mark: Uint8Array): Uint8Array | undefined {
    if (mark.length !== this.#nonce.length + 1) return undefined
    for (let i = 0; i < this.#nonce.length; i++) if (mark[i] !== this.#nonce[i]) return undefined
    return this.#blobs[mark[this.#nonce.length]!]
  }
}

/** Bytes that arrive one by one, in one buffer that doubles when it is full. */
class Growing {
  #buffer: Uint8Array
  #length = 0

  constructor(capacity: number) {
    this.#buffer = new Uint8Array(Math.max(16, capacity))
  }

  get length(): number {
    return this.#length
  }

  push(byte: number): void {
    if (this.#length === this.#buffer.length) {
      const larger = new Uint8Array(this.#buffer.length * 2)
      larger.set(this.#buffer)
      this.#buffer = larger
    }
    this.#buffer[this.#length++] = byte
  }

  /** Removes and returns what stands from `start` on. */
  cut(start: number): Uint8Array {
    const tail = this.#buffer.slice(start, this.#length)
    this.#length = start
    return tail
  }

  textFrom(start: number, end: number): string {
    return new TextDecoder().decode(this.#buffer.subarray(start, end))
  }

  take(): Uint8Array {
    return this.#buffer.subarray(0, this.#length)
  }
}
