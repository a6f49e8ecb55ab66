import { isJsonObject } from '../../lib/json-object.ts'

/** What a JSON text holds, as `JSON.parse` gives it. */
export type JsonType = 'array' | 'boolean' | 'integer' | 'null' | 'number' | 'object' | 'string'

/** In the order in which API Gateway lists them. */
export const JSON_TYPES: readonly JsonType[] = [
  'array',
  'boolean',
  'integer',
  'null',
  'number',
  'object',
  'string',
]

/** A number without a fraction is an integer, `1.0` included: parsing does not tell it from `1`. */
export function typeOfJson(value: unknown): JsonType {
  switch (typeof value) {
    case 'string':
      return 'string'
    case 'number':
      return Number.isInteger(value) ? 'integer' : 'number'
    case 'boolean':
      return 'boolean'
    default:
      if (value === null) return 'null'
      return Array.isArray(value) ? 'array' : 'object'
  }
}

/**
 * The same text for values that JSON Schema takes for equal: objects do not depend on the order of their members.
 * Overflows the stack on values that are nested very deeply.
 */
export function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join()}]`
  if (!isJsonObject(value)) return JSON.stringify(value)
  const members = Object.keys(value)
    .sort()
    .map(name => `${JSON.stringify(name)}:${canonicalText(value[name])}`)
  return `{${members.join()}}`
}

/** Whether `value` is a whole multiple of `divisor`, in decimal: 4.02 is one of 0.01, whatever doubles say. */
export function isMultiple(value: number, divisor: number): boolean {
  const [a, aScale] = decimal(value)
  const [b, bScale] = decimal(divisor)
  if (b === 0n) return false
  const scale = Math.max(aScale, bScale)
  return (a * 10n ** BigInt(scale - aScale)) % (b * 10n ** BigInt(scale - bScale)) === 0n
}

/** A number as digits and how many of them stand behind the point. */
function decimal(value: number): [digits: bigint, scale: number] {
  const [, sign, whole, fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(
    String(value),
  )!
  const scale = fraction.length - Number(exponent)
  const digits = BigInt(`${whole}${fraction}`) * (sign ? -1n : 1n)
  return scale >= 0 ? [digits, scale] : [digits * 10n ** BigInt(-scale), 0]
}
