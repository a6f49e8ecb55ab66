import { setField } from '../../../lib/fields.ts'
import { joinBytes } from '../../../lib/join-bytes.ts'
import { SerializationFailure } from './protocol.ts'
import { type Plain, wellFormed } from './values.ts'

/** A tagged value: https://www.rfc-editor.org/rfc/rfc8949#name-tagging-of-items */
export class Tagged {
  readonly tag: number
  readonly value: unknown

  constructor(tag: number, value: unknown) {
    this.tag = tag
    this.value = value
  }
}

/** Deeper documents are refused before a recursive reader meets them. */
const MAX_DEPTH = 200

const INDEFINITE = 31
const BREAK = 0xff

/**
 * Reads a CBOR document: numbers, text, bytes, lists, maps with text for keys, true, false, null and tags.
 *
 * Not the SDK's reader, which trusts a service's answers: it makes a list as long as the document says that it is,
 * follows any depth, and sets a prototype by the key `__proto__`.
 *
 * @throws {@link SerializationFailure}
 */
export function readCbor(bytes: Uint8Array): unknown {
  const reader = new Reader(bytes)
  const value = reader.item(0)
  reader.end()
  return value
}

class Reader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw malformed()
  }

  item(depth: number): unknown {
    if (depth > MAX_DEPTH) throw new SerializationFailure('The document is nested too deeply')
    const first = this.#take(1)
    const initial = this.#bytes[first]!
    const kind = initial >> 5
    const info = initial & 31
    switch (kind) {
      case 0:
        return this.#argument(info)
      case 1:
        return -1 - this.#argument(info)
      case 2:
        return info === INDEFINITE ? this.#pieces(kind) : this.#slice(this.#argument(info)).slice()
      case 3:
        return this.#text(info)
      case 4:
        return this.#list(info, depth)
      case 5:
        return this.#map(info, depth)
      case 6:
        return new Tagged(this.#argument(info), this.item(depth + 1))
      default:
        return this.#simple(info)
    }
  }

  #list(info: number, depth: number): unknown[] {
    const list: unknown[] = []
    for (const _ of this.#times(info)) list.push(this.item(depth + 1))
    return list
  }

  #map(info: number, depth: number): Plain {
    const map: Plain = {}
    for (const _ of this.#times(info)) {
      const key = this.#bytes[this.#take(1)]!
      if (key >> 5 !== 3) throw malformed()
      const name = this.#text(key & 31)
      setField(map, name, this.item(depth + 1))
    }
    return map
  }

  /** As often as there are items. Each takes a byte at least, so no more are believed in than there can be. */
  *#times(info: number): Generator<void> {
    if (info !== INDEFINITE) {
      const count = this.#argument(info)
      if (count > this.#bytes.length - this.#at) throw malformed()
      for (let i = 0; i < count; i++) yield
      return
    }
    while (this.#bytes[this.#at] !== BREAK) yield
    this.#at += 1
  }

  #text(info: number): string {
    const bytes = info === INDEFINITE ? this.#pieces(3) : this.#slice(this.#argument(info))
    try {
      return wellFormed(UTF8.decode(bytes), 'body')
    } catch {
      throw malformed()
    }
  }

  #pieces(kind: number): Uint8Array {
    const pieces: Uint8Array[] = []
    let size = 0
    for (const _ of this.#times(INDEFINITE)) {
      const initial = this.#bytes[this.#take(1)]!
      if (initial >> 5 !== kind) throw malformed()
      const piece = this.#slice(this.#argument(initial & 31))
      pieces.push(piece)
      size += piece.length
    }
    return joinBytes(pieces, size)
  }

  #simple(info: number): unknown {
    switch (info) {
      case 20:
        return false
      case 21:
        return true
      case 22:
      case 23:
        return null
      case 25:
        return halfOf(this.#view.getUint16(this.#take(2)))
      case 26:
        return this.#view.getFloat32(this.#take(4))
      case 27:
        return this.#view.getFloat64(this.#take(8))
      default:
        throw malformed()
    }
  }

  #argument(info: number): number {
    if (info < 24) return info
    switch (info) {
      case 24:
        return this.#view.getUint8(this.#take(1))
      case 25:
        return this.#view.getUint16(this.#take(2))
      case 26:
        return this.#view.getUint32(this.#take(4))
      case 27:
        return Number(this.#view.getBigUint64(this.#take(8)))
      default:
        throw malformed()
    }
  }

  #slice(length: number): Uint8Array {
    const from = this.#take(length)
    return this.#bytes.subarray(from, from + length)
  }

  /** Where the next `length` bytes begin. */
  #take(length: number): number {
    const from = this.#at
    if (length > this.#bytes.length - from) throw malformed()
    this.#at = from + length
    return from
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const malformed = () =>
  new SerializationFailure('Could not parse request body into cbor: the document is not valid CBOR')

/** https://www.rfc-editor.org/rfc/rfc8949#name-half-precision */
function halfOf(bits: number): number {
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  const sign = bits & 0x8000 ? -1 : 1
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return exponent === 0 ? sign * 2 ** -24 * fraction : sign * 2 ** (exponent - 25) * (1024 + fraction)
}
