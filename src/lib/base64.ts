/** Base64 of bytes, with padding. */
export function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += ARGUMENTS) {
    text += String.fromCharCode(...bytes.subarray(at, at + ARGUMENTS))
  }
  return btoa(text)
}

/** A call has room for so many only. */
const ARGUMENTS = 8192

/** Throws on text that is not base64. */
export const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), character => character.charCodeAt(0))

/** Whether a function that calls its answer's body base64 is right; lines are allowed. */
export const isBase64 = (text: string): boolean => BASE64.test(text)

const BASE64 = /^[A-Za-z0-9+/\r\n]*={0,2}[\r\n]*$/

/** The alphabet of URLs, without padding: RFC 4648, section 5. */
export const toBase64Url = (bytes: Uint8Array): string =>
  toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')

/** Takes both alphabets. Throws on text that is neither. */
export const fromBase64Url = (text: string): Uint8Array<ArrayBuffer> =>
  fromBase64(text.replaceAll('-', '+').replaceAll('_', '/'))
