import { describe, expect, test, vi } from 'vitest'
import { SharedLoads } from '../../src/lib/shared-loads.ts'
import { Overdue } from '../../src/lib/within.ts'

const loadsWith = (patience: number) => {
  const defer = vi.fn<(work: Promise<unknown>) => void>()
  return { loads: new SharedLoads<string>({ defer, patience }), defer }
}

describe('loads that requests share', () => {
  test('are joined while they are under way, kept beyond their request, and not joined afterwards', async () => {
    const { loads, defer } = loadsWith(1_000)
    expect(loads.join('a')).toBeUndefined()
    const { promise, resolve } = Promise.withResolvers<string>()
    const begun = loads.begin('a', () => promise)
    const joined = loads.join('a')
    expect(loads.join('b')).toBeUndefined()
    expect(defer).toHaveBeenCalledOnce()
    resolve('done')
    expect(await Promise.all([begun, joined])).toEqual(['done', 'done'])
    expect(loads.join('a')).toBeUndefined()
  })

  test('fail for all who wait, and are then begun anew', async () => {
    const { loads } = loadsWith(1_000)
    const { promise, reject } = Promise.withResolvers<string>()
    const begun = loads.begin('a', () => promise)
    const joined = loads.join('a')
    reject(new Error('away'))
    await expect(begun).rejects.toThrow('away')
    await expect(joined).rejects.toThrow('away')
    expect(loads.join('a')).toBeUndefined()
  })

  test('that never settle are given up, and their late end does not touch their successor', async () => {
    const { loads } = loadsWith(5)
    const lost = Promise.withResolvers<string>()
    const first = loads.begin('a', () => lost.promise)
    await expect(loads.join('a')).rejects.toThrow(Overdue)
    expect(loads.join('a')).toBeUndefined()
    const second = Promise.withResolvers<string>()
    const begun = loads.begin('a', () => second.promise)
    lost.resolve('late')
    await first
    const joined = loads.join('a')
    second.resolve('second')
    expect(await begun).toBe('second')
    expect(await joined).toBe('second')
  })
})
