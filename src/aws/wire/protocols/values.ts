import { fromBase64 } from '@smithy/core/serde'
import { SerializationFailure } from './protocol.ts'

// Values as every protocol writes them in text, read strictly: the SDK's own readers are made for answers of
// services that can be trusted, and take `foo` for false, `0x10` for 16 and an array for a structure.

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

/** @param where the member, for the message */
export function bytesOf(text: string, where: string): Uint8Array {
  if (text.length % 4 !== 0 || !BASE64.test(text)) {
    throw new SerializationFailure(`${where}: the value is not valid base64`)
  }
  return fromBase64(text)
}

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/

/** Numbers that JSON has no way to write: https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html */
const NAMED_NUMBERS: ReadonlyMap<string, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
])

export const namedNumber = (text: string): number | undefined => NAMED_NUMBERS.get(text)

export function numberOf(text: string): number | undefined {
  return NUMBER.test(text) ? Number(text) : namedNumber(text)
}

export function booleanOf(text: string): boolean | undefined {
  const lower = text.toLowerCase()
  return lower === 'true' ? true : lower === 'false' ? false : undefined
}

/**
 * Half of a surrogate pair is no character; stored as UTF-8 it would come back as another text than was sent.
 */
export function wellFormed(text: string, where: string): string {
  if (!text.isWellFormed()) throw new SerializationFailure(`${where}: the text is not valid Unicode`)
  return text
}

export type Plain = Record<string, unknown>

/** Whether a parsed document's value is an object, not an array or a scalar. */
export const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Uint8Array) &&
  !(value instanceof Date)
