/** Lists that were read from a payload. */
const marked = new WeakSet<readonly unknown[]>()

/**
 * Remembers of a payload which lists are its own: API Gateway writes those as JSON where it writes maps, and lists
 * that templates make, as Java does: `{a=1, b=[{"c":5}]}` (seen on it).
 *
 * @param justThis leaves what is inside alone, as it was seen to before
 */
export function markJsonLists<T>(value: T, justThis = false): T {
  mark(value, justThis, 0)
  return value
}

/** As Java's reader of JSON has it, so that whatever was read can be written. */
const DEEPEST = 1_000

function mark(value: unknown, justThis: boolean, depth: number): void {
  if (typeof value !== 'object' || value === null) return
  if (depth > DEEPEST) throw new SyntaxError('the payload is nested too deeply')
  if (Array.isArray(value)) marked.add(value)
  if (!justThis) for (const each of Object.values(value)) mark(each, false, depth + 1)
}

export const isJsonList = (list: readonly unknown[]): boolean => marked.has(list)
