/** The names of one request. */
export interface RequestId {
  /** A UUID: `$context.requestId`, `x-amzn-RequestId`. */
  readonly requestId: string
  /** 16 characters of base64: `$context.extendedRequestId`, `x-amz-apigw-id`. */
  readonly extendedRequestId: string
  /** 24 and 16 hexadecimal digits: the random parts of an X-Ray trace's root and of its first segment. */
  readonly traceEntropy: string
  readonly segment: string
}

/** Where randomness comes from; fills the bytes it is given. */
export type FillRandomly = (bytes: Uint8Array<ArrayBuffer>) => unknown

const BYTES_A_REQUEST = 47
const REQUESTS_A_DRAW = 32

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Makes the ids of requests, drawing randomness for several at a time: a draw costs more than its bytes. */
export class RequestIds {
  readonly #fill: FillRandomly
  readonly #bytes = new Uint8Array(BYTES_A_REQUEST * REQUESTS_A_DRAW)
  #at = this.#bytes.length

  constructor(fill: FillRandomly = bytes => crypto.getRandomValues(bytes)) {
    this.#fill = fill
  }

  next(): RequestId {
    if (this.#at >= this.#bytes.length) {
      this.#fill(this.#bytes)
      this.#at = 0
    }
    const at = this.#at
    this.#at += BYTES_A_REQUEST
    return {
      requestId: this.#uuid(at),
      extendedRequestId: this.#base64(at + 16),
      traceEntropy: this.#hex(at + 27, 12),
      segment: this.#hex(at + 39, 8),
    }
  }

  /** Version 4 (RFC 9562). */
  #uuid(at: number): string {
    const bytes = this.#bytes
    bytes[at + 6] = (bytes[at + 6]! & 0x0f) | 0x40
    bytes[at + 8] = (bytes[at + 8]! & 0x3f) | 0x80
    const hex = this.#hex(at, 16)
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  }

  #hex(at: number, length: number): string {
    let text = ''
    for (let i = 0; i < length; i += 1) text += HEX[this.#bytes[at + i]!]
    return text
  }

  /** Of eleven bytes: fifteen characters and a `=`. */
  #base64(at: number): string {
    let text = ''
    for (let i = 0; i < 11; i += 3) {
      const word =
        (this.#bytes[at + i]! << 16) |
        (this.#bytes[at + i + 1]! << 8) |
        (i + 2 < 11 ? this.#bytes[at + i + 2]! : 0)
      text += BASE64[word >> 18]! + BASE64[(word >> 12) & 63] + BASE64[(word >> 6) & 63]
      text += i + 2 < 11 ? BASE64[word & 63] : '='
    }
    return text
  }
}
