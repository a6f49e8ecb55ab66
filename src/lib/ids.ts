const LOWER_ALPHANUMERIC = '0123456789abcdefghijklmnopqrstuvwxyz'
const ALPHANUMERIC = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** `length` characters of `alphabet`, uniformly (bytes that would bias the choice are drawn again). */
function randomText(length: number, alphabet: string): string {
  const limit = 256 - (256 % alphabet.length)
  let text = ''
  while (text.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length * 2))) {
      if (byte < limit && text.length < length) text += alphabet[byte % alphabet.length]
    }
  }
  return text
}

/** API Gateway's form of an id: ten lower-case letters and digits. */
export const shortId = (length = 10): string => randomText(length, LOWER_ALPHANUMERIC)

/** A generated API key's value: forty letters and digits, as API Gateway makes them. */
export const apiKeyValue = (): string => randomText(40, ALPHANUMERIC)
