import { TemplateError } from './template-error.ts'

/** Integers of so many digits may not fit a number of JavaScript's. */
const LONG_INTEGER = /\d{16}/

/** Characters of a number. Java's reader of JSON takes no more either; working with millions takes seconds. */
const LONGEST_INTEGER = 1_000

interface RawJson {
  rawJSON(text: string): unknown
}

type Reviver = (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown

/**
 * Reads JSON without losing the digits of long integers, which Java keeps: identifiers of many services are such.
 * Throws a SyntaxError, also for a number beyond all measure.
 */
export function parseJson(text: string): unknown {
  if (!LONG_INTEGER.test(text)) return JSON.parse(text)
  const reviver: Reviver = (_, value, { source }) => {
    if (typeof value !== 'number' || Number.isSafeInteger(value) || !source) return value
    if (source.length > LONGEST_INTEGER) throw new SyntaxError('a number has too many digits')
    return /^-?\d+$/.test(source) ? BigInt(source) : value
  }
  return JSON.parse(text, reviver as Parameters<typeof JSON.parse>[1])
}

/** The other way round. Throws a TemplateError for what templates made too large, or to hold itself. */
export function stringifyJson(value: unknown): string {
  if (typeof value === 'object' && value !== null) measure(value, 0, { left: MOST_MEMBERS })
  return JSON.stringify(value, (_, each) =>
    typeof each === 'bigint' ? (JSON as unknown as RawJson).rawJSON(String(each)) : each,
  )
}

/** A payload of ten megabytes has fewer; so many are there only where lists hold one another several times. */
const MOST_MEMBERS = 6_000_000
const DEEPEST = 5_000

function measure(value: object, depth: number, budget: { left: number }): void {
  if (depth > DEEPEST) throw new TemplateError('a value is nested too deeply')
  for (const each of Array.isArray(value) ? value : Object.values(value)) {
    budget.left -= typeof each === 'string' ? 1 + (each.length >> 1) : 1
    if (budget.left < 0) throw new TemplateError('a value is too large to be written')
    if (typeof each === 'object' && each !== null) measure(each as object, depth + 1, budget)
  }
}
