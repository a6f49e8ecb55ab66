import { expect, test } from 'vitest'
import { holdAgainst } from './hold-against.ts'
import { CASES } from './recorded-cases.ts'

// The same cases where requests, headers and streams are the platform's own.
test('every recorded case holds inside workerd', async () => {
  const failed: string[] = []
  for (const each of CASES) {
    try {
      await holdAgainst(each)
    } catch (error) {
      failed.push(`${each.kind}: ${each.name}: ${(error as Error).message}`)
    }
  }
  expect(failed).toEqual([])
})
