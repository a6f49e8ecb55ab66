import fc from 'fast-check'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { POINTER_AGES, PointerCache, type PointerReply } from '../../src/pointers/pointer-cache.ts'

/** An object out there, a clock, and a network whose replies arrive when the test says so. */
class World {
  now = 1_000_000
  generation = 1
  reads = 0
  failing = false
  missing = false
  readonly pending: Array<{ at: number; deliver: () => void }> = []
  latency = 0
  /** A read whose request was ended never comes back. */
  lost = false
  readonly cache = new PointerCache<{ value: number }>({
    clock: () => this.now,
    defer: () => {},
    read: (_name, known) => this.read(known),
  })

  read(known: number | undefined): Promise<PointerReply<{ value: number }>> {
    this.reads++
    if (this.failing) return Promise.reject(new Error('unreachable'))
    const generation = this.generation
    const reply: PointerReply<{ value: number }> = this.missing
      ? { missing: true }
      : generation === known
        ? { generation, unchanged: true }
        : { generation, doc: { value: generation } }
    if (this.lost) return new Promise(() => {})
    if (this.latency === 0) return Promise.resolve(reply)
    return new Promise(resolve =>
      this.pending.push({ at: this.now + this.latency, deliver: () => resolve(reply) }),
    )
  }

  async advance(ms: number): Promise<void> {
    this.now += ms
    for (const item of this.pending.splice(0)) {
      if (item.at <= this.now) item.deliver()
      else this.pending.push(item)
    }
    await new Promise(resolve => setImmediate(resolve))
  }
}

describe('a pointer cache', () => {
  test('answers without a promise and without a read while the pointer is fresh', async () => {
    const world = new World()
    await world.cache.get('p')
    world.now += POINTER_AGES.fresh - 1
    expect(world.cache.get('p')).toMatchObject({ doc: { value: 1 }, stale: false })
    expect(world.reads).toBe(1)
  })

  test('serves and refreshes in the background between one and two seconds', async () => {
    const world = new World()
    await world.cache.get('p')
    world.generation = 2
    world.now += 1_500
    expect(world.cache.get('p')).toMatchObject({ doc: { value: 1 } })
    await world.advance(1)
    expect(world.cache.get('p')).toMatchObject({ doc: { value: 2 } })
    expect(world.reads).toBe(2)
  })

  test('waits for the object after an hour of sleep', async () => {
    const world = new World()
    await world.cache.get('p')
    world.generation = 7
    world.now += 3_600_000
    expect(await world.cache.get('p')).toMatchObject({ doc: { value: 7 }, stale: false })
  })

  test('serves the old document, marked, while the object is out of reach, but not for ever', async () => {
    const world = new World()
    await world.cache.get('p')
    world.failing = true
    world.now += 60_000
    expect(await world.cache.get('p')).toMatchObject({ doc: { value: 1 }, stale: true })
    world.now += POINTER_AGES.survivable
    await expect(world.cache.get('p')).rejects.toThrow('unreachable')
  })

  test('sends one read for many requests that wait at once', async () => {
    const world = new World()
    world.latency = 50
    const waiting = [1, 2, 3].map(() => world.cache.get('p'))
    await world.advance(50)
    expect(await Promise.all(waiting)).toHaveLength(3)
    expect(world.reads).toBe(1)
  })

  test('asks again when a refresh was lost together with the request that sent it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => {
      vi.useRealTimers()
    })
    const world = new World()
    await world.cache.get('p')
    world.lost = true
    world.now += 10_000
    const waiting = world.cache.get('p')
    vi.advanceTimersByTime(POINTER_AGES.patience)
    expect(await waiting).toMatchObject({ doc: { value: 1 }, stale: true })
    world.lost = false
    world.generation = 2
    world.now += POINTER_AGES.patience
    expect(await world.cache.get('p')).toMatchObject({ doc: { value: 2 }, stale: false })
  })

  test('does not go back when the answers of two refreshes overtake each other', async () => {
    const world = new World()
    world.latency = 3_000
    const first = world.cache.get('p')
    await world.advance(POINTER_AGES.servable)
    world.generation = 2
    world.latency = 10
    const second = world.cache.get('p')
    await world.advance(10)
    expect(await second).toMatchObject({ doc: { value: 2 } })
    await world.advance(1_000)
    expect(await first).toMatchObject({ doc: { value: 2 } })
  })

  test('asks again after the clock was set back, and believes the answer', async () => {
    const world = new World()
    await world.cache.get('p')
    world.now -= 3_600_000
    world.generation = 2
    expect(await world.cache.get('p')).toMatchObject({ doc: { value: 2 }, stale: false })
    world.now += 1
    expect(world.cache.get('p')).toMatchObject({ doc: { value: 2 } })
  })

  test('sees at once what was published through this isolate', async () => {
    const world = new World()
    await world.cache.get('p')
    world.generation = 2
    world.cache.forget('p')
    expect(await world.cache.get('p')).toMatchObject({ doc: { value: 2 } })
  })

  test('a request that starts two seconds after a change always sees it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            pause: fc.integer({ min: 0, max: 2_500 }),
            latency: fc.integer({ min: 0, max: 3_000 }),
            act: fc.constantFrom('change', 'request', 'request', 'request'),
          }),
          { minLength: 5, maxLength: 40 },
        ),
        async steps => {
          const world = new World()
          const changes: Array<{ at: number; generation: number }> = [{ at: world.now, generation: 1 }]
          const answers: Array<Promise<void>> = []
          for (const step of steps) {
            await world.advance(step.pause)
            world.latency = step.latency
            if (step.act === 'change') {
              world.generation++
              changes.push({ at: world.now, generation: world.generation })
              continue
            }
            const due =
              changes.findLast(change => change.at <= world.now - POINTER_AGES.servable)?.generation ?? 0
            answers.push(
              Promise.resolve(world.cache.get('p')).then(pointed => {
                expect(pointed?.generation).toBeGreaterThanOrEqual(due)
              }),
            )
          }
          for (let i = 0; i < 5; i++) await world.advance(10_000)
          await Promise.all(answers)
        },
      ),
      { numRuns: 300 },
    )
  })

  test('does not say that something is missing because it was a while ago', async () => {
    const world = new World()
    world.missing = true
    expect(await world.cache.get('p')).toBeUndefined()
    world.failing = true
    world.now += POINTER_AGES.servable
    await expect(world.cache.get('p')).rejects.toThrow('unreachable')
    await expect(world.cache.getNewer('p')).rejects.toThrow('unreachable')
  })
})

describe('what is newer than what a pointer cache has', () => {
  test('was sent for after the question, not before', async () => {
    const world = new World()
    world.missing = true
    world.latency = 1_000
    const first = world.cache.get('p')
    await world.advance(500)
    world.missing = false
    const newer = world.cache.getNewer('p')
    await world.advance(1_000)
    expect(await first).toMatchObject({ doc: { value: 1 } })
    expect(await newer).toMatchObject({ doc: { value: 1 } })
    expect(world.reads).toBe(2)
  })

  test('is what was read for the same request, however long that took', async () => {
    const world = new World()
    world.missing = true
    world.latency = 700
    const since = world.now
    const asked = world.cache.get('p')
    await world.advance(700)
    expect(await asked).toBeUndefined()
    expect(await world.cache.getNewer('p', since)).toBeUndefined()
    expect(world.reads).toBe(1)
  })

  test('is asked for ten times a second at most, whoever asks for what nobody has', async () => {
    const world = new World()
    world.missing = true
    for (let ms = 0; ms < 1_000; ms++) {
      await world.cache.getNewer('p')
      world.now++
    }
    expect(world.reads).toBe(10)
  })
})

test('a document that is to be younger is asked for sooner, for as long as it says so', async () => {
  let now = 0
  let reads = 0
  let isHot = true
  const cache = new PointerCache<{ isHot: boolean }>({
    read: async () => {
      reads += 1
      return { generation: reads, doc: { isHot } }
    },
    clock: () => now,
    defer: () => {},
    agesOf: doc => (doc.isHot ? { fresh: 400, servable: 1_000 } : undefined),
  })
  await cache.get('p')
  now += 399
  await cache.get('p')
  expect(reads).toBe(1)
  now += 1
  expect(cache.get('p')).toMatchObject({ generation: 1 })
  expect(reads).toBe(2)
  isHot = false
  now += 1_000
  expect(await cache.get('p')).toMatchObject({ generation: 3 })
  now += POINTER_AGES.fresh - 1
  expect(cache.get('p')).toMatchObject({ generation: 3 })
  expect(reads).toBe(3)
})
