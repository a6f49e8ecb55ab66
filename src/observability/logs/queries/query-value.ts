import { readNumeral } from '../patterns/comparison.ts'

/** A moment: shown as text, counted in milliseconds. */
export class Instant {
  readonly ms: number

  /** @param ms epoch milliseconds */
  constructor(ms: number) {
    this.ms = ms
  }

  /** `2026-11-23 15:04:05.678` */
  toString(): string {
    return new Date(this.ms).toISOString().replace('T', ' ').replace('Z', '')
  }
}

/** What a field has, or an expression comes to; undefined where there is nothing. */
export type QueryValue = string | number | boolean | Instant | object | undefined

/** Undefined of what is no number. */
export function numberOf(value: QueryValue): number | undefined {
  switch (typeof value) {
    case 'number':
      return value
    case 'boolean':
      return value ? 1 : 0
    case 'string':
      return readNumeral(value)
    default:
      return value instanceof Instant ? value.ms : undefined
  }
}

/** As results show it; undefined of nothing. */
export function textOf(value: QueryValue): string | undefined {
  switch (typeof value) {
    case 'undefined':
      return undefined
    case 'string':
      return value
    case 'boolean':
      return value ? '1' : '0'
    case 'number':
      return Number.isFinite(value) ? String(value) : undefined
    default:
      return value instanceof Instant ? isoOrNothing(value) : JSON.stringify(value)
  }
}

/** A moment that is out of what calendars have. */
const isoOrNothing = (instant: Instant): string | undefined =>
  Math.abs(instant.ms) <= 8.64e15 ? instant.toString() : undefined

export function isTrue(value: QueryValue): boolean {
  return typeof value === 'string' ? value !== '' && value !== '0' && value !== 'false' : Boolean(value)
}

/** Numbers are equal by value, however they are written; all else by text. Nothing equals nothing. */
export function areEqual(a: QueryValue, b: QueryValue): boolean {
  if (a === undefined || b === undefined) return false
  const [x, y] = [numberOf(a), numberOf(b)]
  return x !== undefined && y !== undefined ? x === y : textOf(a) === textOf(b)
}

/** Negative, zero or positive; undefined where they have no order. */
export function compare(a: QueryValue, b: QueryValue): number | undefined {
  if (a === undefined || b === undefined) return undefined
  const [x, y] = [numberOf(a), numberOf(b)]
  if (x !== undefined && y !== undefined) return x - y
  // A text that is no number is neither less nor more than one.
  if (typeof a === 'number' || typeof b === 'number') return undefined
  const [s, t] = [textOf(a) ?? '', textOf(b) ?? '']
  return s < t ? -1 : s > t ? 1 : 0
}
