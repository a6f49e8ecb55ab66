import { expect, test } from 'vitest'
test('node', () => { expect(process.version).toBe('v24.21.0') })
