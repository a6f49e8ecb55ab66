import { storePages } from './store-pages.ts'

const MARK = '.born'

/**
 * Where a Durable Object says in the store that it exists, before it does anything else: whoever has something to tell
 * it looks there, for an object is made by being called, and should live near those who need it.
 */
export const objectMark = (name: string): string => name + MARK

/** Names of the objects that keys of the store are marks of; other keys are passed over. */
export const markedIn = (keys: readonly string[]): string[] =>
  keys.filter(key => key.endsWith(MARK)).map(key => key.slice(0, -MARK.length))

/** Names of the objects that exist and whose names begin with `prefix`. */
export async function markedObjects(store: R2Bucket, prefix: string): Promise<string[]> {
  const names: string[] = []
  for await (const page of storePages(store, prefix)) names.push(...markedIn(page.map(({ key }) => key)))
  return names
}
