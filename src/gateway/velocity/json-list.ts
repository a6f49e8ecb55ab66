/** Lists that were read from a payload. */
const marked = new WeakSet<readonly unknown[]>()

/**
 * Remembers of a payload which lists are its own: API Gateway writes those as JSON where it writes maps, and lists
 * that templates make, as Java does: `{a=1, b=[{"c":5}]}` (seen on it).
 */
export function markJsonLists<T>(payload: T): T {
  mark(payload, 0)
  return payload
}

/** As {@link markJsonLists}, for a list of a payload's values: what is in them was seen to before. */
export function markJsonList<T extends readonly unknown[]>(list: T): T {
  marked.add(list)
  return list
}

/** As Java's reader of JSON has it, so that whatever was read can be written. */
const DEEPEST = 1_000

function mark(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return
  if (depth > DEEPEST) throw new SyntaxError('the payload is nested too deeply')
  if (Array.isArray(value)) marked.add(value)
  for (const each of Object.values(value)) mark(each, depth + 1)
}

export const isJsonList = (list: readonly unknown[]): boolean => marked.has(list)
