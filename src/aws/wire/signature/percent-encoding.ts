const UNRESERVED = /^[A-Za-z0-9\-._~]*$/
const PERCENT = 0x25
const PLUS = 0x2b
const SPACE = 0x20

/** How RFC 3986 writes each byte: itself if unreserved, else `%` and two upper-case digits. */
const WRITTEN: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte)
  return byte < 128 && UNRESERVED.test(character)
    ? character
    : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
})

/** AWS's UriEncode: the text's UTF-8 bytes, all but the unreserved ones escaped, `%` itself included. */
export function percentEncode(text: string): string {
  return UNRESERVED.test(text) ? text : write(new TextEncoder().encode(text))
}

/**
 * The one spelling of a component that may come escaped in any way, or not at all: decoded, then encoded. Works on
 * bytes, so that escapes which are no UTF-8 survive; a `%` that begins no escape stands for itself.
 *
 * @param form read `+` as a space, as servers do in a query string
 */
export function respell(component: string, form: boolean): string {
  return UNRESERVED.test(component) ? component : write(unescapeBytes(component, form))
}

/** A query string's name or value as text. */
export function decodeFormComponent(component: string): string {
  return UNRESERVED.test(component) ? component : new TextDecoder().decode(unescapeBytes(component, true))
}

function write(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += WRITTEN[byte]
  return text
}

function unescapeBytes(component: string, form: boolean): Uint8Array {
  const source = new TextEncoder().encode(component)
  const target = new Uint8Array(source.length)
  let length = 0
  for (let i = 0; i < source.length; i++) {
    let byte = source[i]!
    if (byte === PERCENT) {
      const high = digit(source[i + 1])
      const low = digit(source[i + 2])
      if (high >= 0 && low >= 0) {
        byte = high * 16 + low
        i += 2
      }
    } else if (form && byte === PLUS) byte = SPACE
    target[length++] = byte
  }
  return target.subarray(0, length)
}

/** Value of a hexadecimal digit's character code, -1 for any other. */
function digit(code: number | undefined): number {
  if (code === undefined) return -1
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const letter = code | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : -1
}
