import { describe, expect, it, vi } from 'vitest'
import { SigningKeys } from '../../../../src/aws/wire/signature/signing-keys.ts'

const scope = { date: '20261122', region: 'eu-central-1', service: 'lambda' }

describe('signing keys', () => {
  it('are derived once for a secret, day, region and service', async () => {
    const keys = new SigningKeys(8)
    const imports = vi.spyOn(crypto.subtle, 'importKey')
    const first = await keys.keyFor('s', scope)
    expect(imports).toHaveBeenCalledTimes(5)
    expect(await keys.keyFor('s', { ...scope })).toBe(first)
    expect(imports).toHaveBeenCalledTimes(5)
    imports.mockRestore()
  })

  it.each([
    ['secret', 't', scope],
    ['day', 's', { ...scope, date: '20261123' }],
    ['region', 's', { ...scope, region: 'us-east-1' }],
    ['service', 's', { ...scope, service: 'sts' }],
  ])('are not shared with another %s', async (_, secret, otherScope) => {
    const keys = new SigningKeys(8)
    const signer = await keys.keyFor('s', scope)
    const other = await keys.keyFor(secret, otherScope)
    expect(other).not.toBe(signer)
    expect(keys.size).toBe(2)
    expect(signer.extractable).toBe(false)
  })

  it('make room by the one that was used longest ago', async () => {
    const keys = new SigningKeys(2)
    const a = await keys.keyFor('a', scope)
    const b = await keys.keyFor('b', scope)
    expect(await keys.keyFor('a', scope)).toBe(a)
    await keys.keyFor('c', scope)
    expect(keys.size).toBe(2)
    expect(await keys.keyFor('a', scope)).toBe(a)
    expect(await keys.keyFor('b', scope)).not.toBe(b)
  })

  it('stay few when many are asked for at once', async () => {
    const keys = new SigningKeys(3)
    await Promise.all(Array.from({ length: 20 }, (_, i) => keys.keyFor(`s${i % 5}`, scope)))
    expect(keys.size).toBeLessThanOrEqual(3)
  })
})
