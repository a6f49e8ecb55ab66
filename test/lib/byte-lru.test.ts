import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteLru } from '../../src/lib/byte-lru.ts'

test('holds at most its capacity and gives up what was used longest ago', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd', 'e'), bytes: fc.nat(60), read: fc.boolean() }),
      ),
      steps => {
        const lru = new ByteLru<number>(100)
        // The naive model: a list in order of use.
        let model: Array<{ key: string; bytes: number; value: number }> = []
        for (const [value, { key, bytes, read }] of steps.entries()) {
          const found = model.find(entry => entry.key === key)
          model = model.filter(entry => entry.key !== key)
          if (read) {
            expect(lru.get(key)).toBe(found?.value)
            if (found) model.push(found)
            continue
          }
          lru.set(key, value, bytes)
          model.push({ key, bytes, value })
          while (model.reduce((sum, entry) => sum + entry.bytes, 0) > 100) model.shift()
        }
        expect(lru.held).toBe(model.reduce((sum, entry) => sum + entry.bytes, 0))
        for (const { key, value } of model) expect(lru.get(key)).toBe(value)
      },
    ),
  )
})
