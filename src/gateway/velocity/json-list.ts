/** Lists that were read from a payload. */
const marked = new WeakSet<readonly unknown[]>()

/**
 * Remembers of a payload which lists are its own: API Gateway writes those as JSON where it writes maps, and lists
 * that templates make, as Java does: `{a=1, b=[{"c":5}]}` (seen on it).
 *
 * @param justThis leaves what is inside alone, as it was seen to before
 */
export function markJsonLists<T>(value: T, justThis = false): T {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) marked.add(value)
  if (!justThis) for (const each of Object.values(value)) markJsonLists(each)
  return value
}

export const isJsonList = (list: readonly unknown[]): boolean => marked.has(list)
