import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AliasTarget, FunctionPointer } from '../../src/functions/manifest.ts'
import { resolveAlias } from '../../src/functions/resolve-alias.ts'

const pointer = (aliases: Record<string, AliasTarget>, deleted: number[] = []): FunctionPointer => ({
  schema: 1,
  account: { id: '000000000000', region: 'us-east-1' },
  name: 'f',
  uid: 'u1',
  latest: 'functions/u1/$LATEST-r.json',
  newest: 6,
  deleted,
  aliases,
  policies: {},
})

describe('resolving a qualifier', () => {
  test('no qualifier and $LATEST run the newest code', () => {
    for (const qualifier of [undefined, '$LATEST']) {
      expect(resolveAlias(pointer({}), qualifier, 0)).toEqual({
        version: '$LATEST',
        manifest: 'functions/u1/$LATEST-r.json',
      })
    }
  })

  test('a number runs that version, unless it was never published or is deleted', () => {
    expect(resolveAlias(pointer({}), '6', 0)).toEqual({ version: '6', manifest: 'functions/u1/6.json' })
    expect(resolveAlias(pointer({}), '7', 0)).toBeUndefined()
    expect(resolveAlias(pointer({}, [3]), '3', 0)).toBeUndefined()
    expect(resolveAlias(pointer({}), '0', 0)).toBeUndefined()
  })

  test('names that every object has are not aliases', () => {
    for (const name of ['constructor', '__proto__', 'toString']) {
      expect(resolveAlias(pointer({}), name, 0)).toBeUndefined()
    }
  })

  test('an alias may follow $LATEST', () => {
    expect(resolveAlias(pointer({ dev: { version: '$LATEST' } }), 'dev', 0.5)?.version).toBe('$LATEST')
  })

  test('the additional version takes exactly its weight of the draws, the alias keeps the rest', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (weight, draw) => {
          const resolved = resolveAlias(
            pointer({ prod: { version: '5', weights: { 6: weight } } }),
            'prod',
            draw,
          )
          expect(resolved?.version).toBe(draw < weight ? '6' : '5')
        },
      ),
    )
  })
})
