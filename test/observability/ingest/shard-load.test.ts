import { expect, test } from 'vitest'
import { ShardLoad } from '../../../src/observability/ingest/shard-load.ts'

/** How many share the work of one object that is called so often a second, for so long, if nobody goes elsewhere. */
function shardsAfter(seconds: number, perSecond: number): number {
  const load = new ShardLoad()
  let shards = 1
  for (let call = 0; call < seconds * perSecond; call++)
    shards = load.called(shards, 1_000_000 + (call * 1000) / perSecond)
  return shards
}

test('stays alone below 300 calls a second', () => {
  expect(shardsAfter(60, 290)).toBe(1)
})

test('is twice as many after a busy window, and not all that there can be', () => {
  expect(shardsAfter(5, 400)).toBe(2)
  expect(shardsAfter(10, 350)).toBe(4)
})

test('is 32 at most', () => {
  expect(shardsAfter(60, 1_000)).toBe(32)
})
