import { joinBytes } from '../../../lib/join-bytes.ts'

/** Values as certificates write them: ITU-T X.690, distinguished encoding rules. */
type Der = Uint8Array<ArrayBuffer>

const TAGS = {
  integer: 0x02,
  bitString: 0x03,
  null: 0x05,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  sequence: 0x30,
  set: 0x31,
} as const

const value = (tag: keyof typeof TAGS, content: Uint8Array): Der =>
  joinBytes([Uint8Array.of(TAGS[tag], ...lengthOf(content.length)), content]) as Der

function lengthOf(bytes: number): number[] {
  if (bytes < 0x80) return [bytes]
  const digits: number[] = []
  for (let rest = bytes; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256)
  return [0x80 | digits.length, ...digits]
}

export const sequence = (...parts: readonly Uint8Array[]): Der => value('sequence', joinBytes(parts))

export const setOf = (...parts: readonly Uint8Array[]): Der => value('set', joinBytes(parts))

/** A positive one, of any length. */
export const integer = (digits: Uint8Array): Der =>
  value('integer', (digits[0] ?? 0) < 0x80 ? digits : joinBytes([Uint8Array.of(0), digits]))

/** Of whole bytes. */
export const bitString = (bytes: Uint8Array): Der => value('bitString', joinBytes([Uint8Array.of(0), bytes]))

export const nothing = (): Der => value('null', new Uint8Array())

export const text = (characters: string): Der => value('utf8String', new TextEncoder().encode(characters))

/** @param time epoch milliseconds, before the year 2050 */
export function utcTime(time: number): Der {
  // 20261123150000 without the century and with a Z.
  const digits = new Date(time).toISOString().replace(/\D/g, '').slice(2, 14)
  return value('utcTime', new TextEncoder().encode(`${digits}Z`))
}

/** @param dotted `1.2.840.113549.1.1.11` */
export function objectIdentifier(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return value('objectIdentifier', Uint8Array.from([first * 40 + second, ...rest].flatMap(baseOf128)))
}

function baseOf128(number: number): number[] {
  const digits = [number % 128]
  for (let rest = Math.floor(number / 128); rest > 0; rest = Math.floor(rest / 128)) {
    digits.unshift(0x80 | (rest % 128))
  }
  return digits
}
