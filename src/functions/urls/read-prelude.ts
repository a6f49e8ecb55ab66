import { isJsonObject, type JsonObject } from '../../lib/json-object.ts'

/** Says that a stream begins with status and headers: `awslambda.HttpResponseStream.from` writes them. */
export const PRELUDE_TYPE = 'application/vnd.awslambda.http-integration-response'

/** So many zero bytes part the prelude's JSON from the body. */
const DELIMITER_LENGTH = 8

/** Bytes of a prelude: far more than any client takes of headers. */
const LARGEST_PRELUDE = 1024 * 1024

export interface Prelude {
  readonly head: Readonly<Record<string, unknown>>
  /** What of the body came together with the prelude. */
  readonly rest: Uint8Array
}

/**
 * Reads the prelude off a stream, and leaves the body in it.
 *
 * @returns undefined when the stream does not begin with one
 */
export async function readPrelude(
  reader: ReadableStreamDefaultReader<Uint8Array>,
): Promise<Prelude | undefined> {
  // Grows by doubling: a function may write byte by byte, and what each of them cost is not the function's.
  let room = new Uint8Array(1024)
  let length = 0
  let zeros = 0
  let at = 0
  for (;;) {
    for (; at < length; at++) {
      zeros = room[at] === 0 ? zeros + 1 : 0
      if (zeros < DELIMITER_LENGTH) continue
      const head = parse(room.subarray(0, at + 1 - DELIMITER_LENGTH))
      return head && { head, rest: room.subarray(at + 1, length) }
    }
    const { done, value } = await reader.read()
    if (done || length > LARGEST_PRELUDE) return undefined
    if (length + value.length > room.length) {
      const larger = new Uint8Array(Math.max(2 * room.length, length + value.length))
      larger.set(room.subarray(0, length))
      room = larger
    }
    room.set(value, length)
    length += value.length
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

function parse(bytes: Uint8Array): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(utf8.decode(bytes))
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
