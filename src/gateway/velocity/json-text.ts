/** Integers of so many digits may not fit a number of JavaScript's. */
const LONG_INTEGER = /\d{16}/

interface RawJson {
  rawJSON(text: string): unknown
}

type Reviver = (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown

/**
 * Reads JSON without losing the digits of long integers, which Java keeps: identifiers of many services are such.
 * Throws a SyntaxError.
 */
export function parseJson(text: string): unknown {
  if (!LONG_INTEGER.test(text)) return JSON.parse(text)
  const reviver: Reviver = (_, value, { source }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && source && /^-?\d+$/.test(source)
      ? BigInt(source)
      : value
  return JSON.parse(text, reviver as Parameters<typeof JSON.parse>[1])
}

/** The other way round. */
export const stringifyJson = (value: unknown): string =>
  JSON.stringify(value, (_, each) =>
    typeof each === 'bigint' ? (JSON as unknown as RawJson).rawJSON(String(each)) : each,
  )
