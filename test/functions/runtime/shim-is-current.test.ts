import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { buildShim } from '../../../src/functions/runtime/build-shim.ts'

test('the generated shim is the one that its sources make', async () => {
  const file = new URL('../../../src/functions/runtime/shim.generated.ts', import.meta.url).pathname
  expect(readFileSync(file, 'utf8')).toBe(await buildShim())
})
