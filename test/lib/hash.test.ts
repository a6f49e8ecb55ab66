import { expect, it } from 'vitest'
import { fnv1a } from '../../src/lib/hash.ts'

// http://www.isthe.com/chongo/src/fnv/test_fnv.c
it.each([
  ['', 0x811c9dc5],
  ['a', 0xe40c292c],
  ['b', 0xe70c2de5],
  ['foobar', 0xbf9cf968],
])('FNV-1a of %j is the published one', (text, hash) => {
  expect(fnv1a(text)).toBe(hash)
})
