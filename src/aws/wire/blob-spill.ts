import { Growing } from './growing.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const SLASH = 0x2f
const EQUALS = 0x3d

/** A member's text up to this size stays in the document; the codec decodes it there. */
const INLINE_BYTES = 4096

/** Names of members are no longer than this in any model. */
const LONGEST_NAME = 64

const BASE64 = new Int8Array(256).fill(-1)
for (const [value, character] of [
  ...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
].entries()) {
  BASE64[character.charCodeAt(0)] = value
}

/** 24 bytes and the 3 of the index are 36 characters of base64 without padding, of which 32 are the nonce's. */
const NONCE_BYTES = 24
const MARK_BYTES = NONCE_BYTES + 3
const MARK_LENGTH = 36
const MARK_PREFIX = 32

/**
 * Takes large base64 members out of a JSON document while it streams by. In their place the document keeps a
 * short mark, and {@link restore} puts the bytes where the mark was decoded to. What is not base64 and small is kept
 * as it came, so that the codec reports it as it reports any other wrong value.
 *
 * All that is taken out stands in one buffer, so that many members cost no more than one.
 */
export class BlobSpill {
  readonly #members: ReadonlySet<string>
  readonly #blobs: { readonly start: number; readonly end: number }[] = []
  readonly #nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES))
  readonly #markPrefix = encode(this.#nonce)
  readonly #text: Growing
  readonly #decoded: Growing
  // Where in the document the reader is.
  #inString = false
  #escaped = false
  #stringStart = 0
  #lastString = ''
  #afterColon = false
  // The value being taken out: undecided while it is small, then spilling.
  #value: 'none' | 'undecided' | 'spilling' = 'none'
  #blobStart = 0
  #bits = 0
  #bitCount = 0
  #characters = 0
  #padding = 0
  /** What follows a backslash, as far as it has arrived; '' if nothing has. */
  #escape: string | undefined

  /**
   * @param members names of members that may be taken out
   * @param bodySize content length in bytes, or NaN; with it no buffer need grow
   * @param limit bytes of body at most
   */
  constructor(members: ReadonlySet<string>, bodySize: number, limit: number) {
    this.#members = members
    this.#text = new Growing(64 * 1024, limit + MARK_LENGTH)
    this.#decoded = new Growing(
      Number.isFinite(bodySize) ? decodedSize(bodySize) : 1024 * 1024,
      decodedSize(limit),
    )
  }

  write(chunk: Uint8Array): void {
    for (let i = 0; i < chunk.length; i++) {
      if (this.#value !== 'none') {
        i = this.#take(chunk, i)
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
    return this.#text.taken()
  }

  /** Walks a decoded document and replaces marks by what they stand for: bytes, or text where no bytes belong. */
  restore(value: unknown): unknown {
    if (this.#blobs.length === 0) return value
    if (value instanceof Uint8Array) return this.#blobOf(value) ?? value
    if (typeof value === 'string') return this.#textOf(value) ?? value
    if (Array.isArray(value)) return value.map(item => this.restore(item))
    if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
      for (const [key, member] of Object.entries(value)) {
        const restored = this.restore(member)
        // Never for scalars, so not for a `__proto__` either.
        if (restored !== member) Object.defineProperty(value, key, { value: restored })
      }
    }
    return value
  }

  #open(): void {
    this.#inString = true
    this.#stringStart = this.#text.length
    if (this.#afterColon && this.#members.has(this.#lastString)) {
      this.#value = 'undecided'
      this.#bits = this.#bitCount = this.#characters = this.#padding = 0
      this.#escape = undefined
    }
    this.#afterColon = false
  }

  #inside(byte: number): void {
    if (this.#escaped) this.#escaped = false
    else if (byte === BACKSLASH) this.#escaped = true
    else if (byte === QUOTE) {
      this.#inString = false
      this.#lastString =
        this.#text.length - this.#stringStart <= LONGEST_NAME
          ? this.#text.textFrom(this.#stringStart, this.#text.length - 1)
          : ''
    }
  }

  /** Consumes base64 from `start`; returns the index at which ordinary reading goes on. */
  #take(chunk: Uint8Array, start: number): number {
    for (let i = start; i < chunk.length; i++) {
      if (this.#value === 'spilling') {
        i = this.#fours(chunk, i)
        if (i >= chunk.length) break
        if (this.#decode(chunk[i]!)) continue
        this.#endSpill(chunk[i]!)
        return i
      }
      const byte = chunk[i]!
      if ((byte === QUOTE && !this.#escaped) || !mayBeBase64(byte)) {
        this.#value = 'none'
        return i
      }
      // Small values stay in the document, where they can be undone without a trace.
      this.#text.push(byte)
      this.#escaped = byte === BACKSLASH && !this.#escaped
      if (!this.#escaped && this.#text.length - this.#stringStart >= INLINE_BYTES && !this.#beginSpill()) {
        return i + 1
      }
    }
    return chunk.length
  }

  /** What nearly all of a value is: four digits after four digits. Returns the index of what is not. */
  #fours(chunk: Uint8Array, start: number): number {
    if (this.#bitCount !== 0 || this.#padding > 0 || this.#escape !== undefined) return start
    const room = this.#decoded.reserve(3 * ((chunk.length - start) >> 2))
    let i = start
    let at = 0
    for (; i + 3 < chunk.length; i += 4) {
      const a = BASE64[chunk[i]!]!
      const b = BASE64[chunk[i + 1]!]!
      const c = BASE64[chunk[i + 2]!]!
      const d = BASE64[chunk[i + 3]!]!
      if ((a | b | c | d) < 0) break
      room[at++] = (a << 2) | (b >> 4)
      room[at++] = ((b & 15) << 4) | (c >> 2)
      room[at++] = ((c & 3) << 6) | d
    }
    this.#decoded.advance(at)
    this.#characters += i - start
    return i
  }

  /** Whether the byte belongs to the value: a digit of base64, padding, or a part of an escape for one of these. */
  #decode(byte: number): boolean {
    if (this.#escape === undefined) {
      if (byte !== BACKSLASH) return this.#digit(byte)
      this.#escape = ''
      return true
    }
    // JSON may write '/' as '\/' and any character as '\uXXXX'; some clients escape slashes, some the plus sign.
    const spelled = this.#escape + String.fromCharCode(byte)
    if (spelled === 'u' || /^u[0-9a-f]{1,3}$/i.test(spelled)) {
      this.#escape = spelled
      return true
    }
    const code =
      spelled === '/' ? SLASH : /^u[0-9a-f]{4}$/i.test(spelled) ? Number.parseInt(spelled.slice(1), 16) : -1
    if (code < 0 || code > 0xff || !this.#digit(code)) return false
    this.#escape = undefined
    return true
  }

  #digit(byte: number): boolean {
    const value = BASE64[byte]!
    if (value < 0) {
      if (byte !== EQUALS || this.#padding === 2) return false
      this.#padding++
      return true
    }
    if (this.#padding > 0) return false
    this.#characters++
    this.#bits = ((this.#bits << 6) | value) & 0xfff
    this.#bitCount += 6
    if (this.#bitCount >= 8) {
      this.#bitCount -= 8
      this.#decoded.push((this.#bits >> this.#bitCount) & 0xff)
    }
    return true
  }

  /** Moves what stands in the document out of it; false if it turns out not to be base64. */
  #beginSpill(): boolean {
    this.#value = 'spilling'
    this.#blobStart = this.#decoded.length
    const inline = this.#text.cut(this.#stringStart)
    if (inline.every(byte => this.#decode(byte))) return true
    this.#decoded.cut(this.#blobStart)
    for (const byte of inline) this.#text.push(byte)
    this.#value = 'none'
    return false
  }

  /** @param byte the first one that is no more of the value: its closing quote, if all is well */
  #endSpill(byte: number): void {
    this.#value = 'none'
    const whole = (this.#characters + this.#padding) % 4 === 0
    if (byte !== QUOTE || this.#escape !== undefined || !whole) {
      this.#undoSpill()
      return
    }
    const index = this.#blobs.length
    this.#blobs.push({ start: this.#blobStart, end: this.#decoded.length })
    this.#print(this.#markPrefix + encode(Uint8Array.of(index >> 16, index >> 8, index)))
    this.#escaped = false
  }

  /** Puts a value that is not base64 after all back into the document. */
  #undoSpill(): void {
    const bytes = this.#decoded.cut(this.#blobStart)
    const rest = Uint8Array.of((this.#bits << (8 - this.#bitCount)) & 0xff)
    const whole = bytes.length - (bytes.length % 3)
    this.#print(encode(bytes.subarray(0, whole)))
    const tail = Uint8Array.of(...bytes.subarray(whole), ...rest)
    this.#print(encode(tail).slice(0, this.#characters % 4))
    this.#print('='.repeat(this.#padding))
    if (this.#escape !== undefined) this.#print(`\\${this.#escape}`)
    this.#escaped = this.#escape === ''
  }

  #print(ascii: string): void {
    for (let i = 0; i < ascii.length; i++) this.#text.push(ascii.charCodeAt(i))
  }

  #bytesAt(index: number): Uint8Array | undefined {
    const blob = this.#blobs[index]
    return blob && this.#decoded.taken().subarray(blob.start, blob.end)
  }

  #blobOf(mark: Uint8Array): Uint8Array | undefined {
    if (mark.length !== MARK_BYTES) return undefined
    for (let i = 0; i < NONCE_BYTES; i++) if (mark[i] !== this.#nonce[i]) return undefined
    return this.#bytesAt((mark[24]! << 16) | (mark[25]! << 8) | mark[26]!)
  }

  #textOf(mark: string): string | undefined {
    if (mark.length !== MARK_LENGTH || !mark.startsWith(this.#markPrefix)) return undefined
    const [a, b, c] = Array.from(atob(mark.slice(MARK_PREFIX)), character => character.charCodeAt(0))
    const bytes = this.#bytesAt((a! << 16) | (b! << 8) | c!)
    return bytes && encode(bytes)
  }
}

/** Digits, padding, and the backslash that may begin one of them; what an escape is made of are digits too. */
const mayBeBase64 = (byte: number): boolean => BASE64[byte]! >= 0 || byte === EQUALS || byte === BACKSLASH

const decodedSize = (characters: number): number => Math.ceil((characters * 3) / 4) + 3

function encode(bytes: Uint8Array): string {
  let text = ''
  // In pieces, because a call has room for so many arguments only.
  for (let i = 0; i < bytes.length; i += 0x6000) {
    text += btoa(String.fromCharCode(...bytes.subarray(i, i + 0x6000)))
  }
  return text
}
