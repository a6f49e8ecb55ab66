/** What somebody has written on a resource, by key. */
export type Tags = Readonly<Record<string, string>>

/** Keys that begin so, in whatever case, are AWS's own: every service refuses them, each in its words. */
export const isReservedTag = (key: string): boolean => key.toLowerCase().startsWith('aws:')

export function withoutTags(tags: Tags, keys: readonly string[]): Record<string, string> {
  const gone = new Set(keys)
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !gone.has(key)))
}
