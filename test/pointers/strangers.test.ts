import { describe, expect, test } from 'vitest'
import { POINTER_AGES, PointerCache, type PointerReply } from '../../src/pointers/pointer-cache.ts'
import { REFUSED, STRANGER_LIMITS, StrangerGuard } from '../../src/protection/stranger-guard.ts'

const FROM = '203.0.113.7'

function isolate(capacity?: number) {
  const world = { now: 1_000_000, reads: 0, published: new Set<string>() }
  const clock = () => world.now
  const cache = new PointerCache<string>({
    clock,
    defer: () => {},
    strangers: new StrangerGuard({ clock, within: work => work }),
    ...(capacity !== undefined && { capacity }),
    async read(name): Promise<PointerReply<string>> {
      world.reads += 1
      return world.published.has(name) ? { generation: 1, doc: name } : { missing: true }
    },
  })
  const flood = (count: number) =>
    Promise.all(Array.from({ length: count }, (_, n) => cache.get(`made up ${world.now} ${n}`, FROM)))
  return { world, cache, flood }
}

describe('pointers that nobody here knows', () => {
  test('are looked up within the limits of their client, and others not at all', async () => {
    const { world, flood } = isolate()
    const answers = await flood(500)
    expect(world.reads).toBe(STRANGER_LIMITS.address.burst)
    expect(answers.filter(answer => answer === undefined)).toHaveLength(STRANGER_LIMITS.address.burst)
    expect(answers.filter(answer => answer === REFUSED)).toHaveLength(500 - STRANGER_LIMITS.address.burst)
  })

  test('are no matter to those that are known, which are served and read again as ever', async () => {
    const { world, cache, flood } = isolate()
    world.published.add('p')
    await cache.get('p', FROM)
    await flood(500)
    expect(cache.get('p', FROM)).toMatchObject({ doc: 'p' })
    world.now += POINTER_AGES.servable
    await flood(500)
    expect(await cache.get('p', FROM)).toMatchObject({ doc: 'p' })
  })

  test('do not make the isolate forget those that are known', async () => {
    const { world, cache } = isolate(10)
    world.published.add('p')
    await cache.get('p')
    for (let n = 0; n < 100; n++) await cache.get(`made up ${n}`)
    const { reads } = world
    expect(cache.get('p')).toMatchObject({ doc: 'p' })
    expect(world.reads).toBe(reads)
  })

  test('are looked up for Weir itself, whatever clients do', async () => {
    const { world, cache, flood } = isolate()
    await flood(500)
    world.published.add('p')
    expect(await cache.get('p')).toMatchObject({ doc: 'p' })
  })

  test('are looked up once for all that ask for the same at once', async () => {
    const { world, cache } = isolate()
    world.published.add('p')
    const found = await Promise.all(Array.from({ length: 500 }, () => cache.get('p', FROM)))
    expect(found.every(answer => typeof answer === 'object')).toBe(true)
    expect(world.reads).toBe(1)
  })

  test('that are asked for again and again are not read more often than others', async () => {
    const { world, cache } = isolate()
    for (let second = 0; second < 100; second++) {
      for (let n = 0; n < 60; n++) await cache.get(`made up ${n}`, FROM)
      world.now += 1_000
    }
    const { burst, rate } = STRANGER_LIMITS.address
    expect(world.reads).toBeLessThanOrEqual(burst + rate * 100)
  })
})
