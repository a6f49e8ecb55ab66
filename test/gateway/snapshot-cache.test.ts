import { expect, test, vi } from 'vitest'
import { PreparedApi } from '../../src/gateway/prepared-api.ts'
import { LARGEST_SNAPSHOT } from '../../src/gateway/snapshot.ts'
import { SnapshotCache } from '../../src/gateway/snapshot-cache.ts'
import { resource, snapshot } from './fake-gateway.ts'

const document = (path = '/x') => JSON.stringify(snapshot([resource(path)]))

function cacheOf(documents: Record<string, string>, capacity?: number) {
  const read = vi.fn(async (key: string) => documents[key])
  const deferred: Promise<unknown>[] = []
  const cache = new SnapshotCache({ read, defer: work => deferred.push(work), ...(capacity && { capacity }) })
  return { cache, read, deferred }
}

test('reads and prepares a snapshot once, and then gives it without a promise', async () => {
  const { cache, read } = cacheOf({ a: document() })
  const api = await cache.get('a')
  expect(api).toBeInstanceOf(PreparedApi)
  expect(cache.get('a')).toBe(api)
  expect(read).toHaveBeenCalledTimes(1)
})

test('requests that need the same snapshot share one load, which outlives the first of them', async () => {
  const { cache, read, deferred } = cacheOf({ a: document() })
  const [first, second] = await Promise.all([cache.get('a'), cache.get('a')])
  expect(first).toBe(second)
  expect(read).toHaveBeenCalledTimes(1)
  expect(deferred).toHaveLength(1)
})

test('forgets what was not used for longest when it holds too much', async () => {
  const documents = { a: document('/a'), b: document('/b'), c: document('/c') }
  const { cache, read } = cacheOf(documents, documents.a.length * 4 * 2 + 40)
  await cache.get('a')
  await cache.get('b')
  await cache.get('a')
  await cache.get('c')
  expect(cache.get('a')).toBeInstanceOf(PreparedApi)
  expect(cache.get('c')).toBeInstanceOf(PreparedApi)
  expect(cache.get('b')).toBeInstanceOf(Promise)
  expect(read).toHaveBeenCalledTimes(4)
})

test('a load that failed is tried again', async () => {
  const documents: Record<string, string> = {}
  const { cache, read } = cacheOf(documents)
  await expect(cache.get('a')).rejects.toThrow('not in the store')
  documents.a = document()
  expect(await cache.get('a')).toBeInstanceOf(PreparedApi)
  expect(read).toHaveBeenCalledTimes(2)
})

test('refuses what is too large or of another schema', async () => {
  const { cache } = cacheOf({
    large: JSON.stringify({ ...snapshot([]), padding: 'x'.repeat(LARGEST_SNAPSHOT) }),
    future: JSON.stringify({ ...snapshot([]), schema: 2 }),
  })
  await expect(cache.get('large')).rejects.toThrow('characters')
  await expect(cache.get('future')).rejects.toThrow('schema 2')
})
