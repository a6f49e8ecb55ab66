import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type LookUp,
  STRANGER_LIMITS,
  StrangerGuard,
  type StrangerLimits,
} from '../../src/protection/stranger-guard.ts'

const HERE = '203.0.113.7'

function guarded(limits?: Partial<StrangerLimits>) {
  const time = { now: 0 }
  const guard = new StrangerGuard({ clock: () => time.now, limits, within: work => work })
  return { time, guard }
}

/** Lets waiting requests go on. */
const settled = async () => {
  for (let n = 0; n < 4; n++) await Promise.resolve()
}

/** Look-ups that are all begun at once, each of which takes one round trip: how many round trips until all are over. */
async function atOnce(guard: StrangerGuard, from: (n: number) => string, count: number, isReal: boolean) {
  const sent: LookUp[] = []
  let refused = 0
  const take = (lookUp: LookUp | undefined) => {
    if (lookUp) sent.push(lookUp)
    else refused += 1
  }
  for (let n = 0; n < count; n++) {
    const begun = guard.begin(from(n))
    if (begun instanceof Promise) void begun.then(take)
    else take(begun)
  }
  let lookUps = 0
  let roundTrips = 0
  while (sent.length > 0) {
    const arriving = sent.splice(0)
    lookUps += arriving.length
    roundTrips += 1
    for (const lookUp of arriving) lookUp.end(isReal ? 'found' : 'absent')
    await settled()
  }
  return { lookUps, refused, roundTrips }
}

describe('look-ups of names that nobody here knows', () => {
  test('all go, within a few round trips, when thousands of real names come at once from one address', async () => {
    const { guard } = guarded()
    const { lookUps, refused, roundTrips } = await atOnce(guard, () => HERE, 5_000, true)
    expect({ lookUps, refused }).toEqual({ lookUps: 5_000, refused: 0 })
    expect(roundTrips).toBeLessThanOrEqual(10)
  })

  test('end with the first round trip when thousands of names are made up at once', async () => {
    const { guard, time } = guarded()
    const { burst, rate } = STRANGER_LIMITS.address
    expect(await atOnce(guard, () => HERE, 2_000, false)).toEqual({
      lookUps: burst,
      refused: 2_000 - burst,
      roundTrips: 1,
    })
    expect(guard.begin(HERE)).toBeUndefined()
    time.now += 1_000
    expect(await atOnce(guard, () => HERE, 2_000, false)).toMatchObject({ lookUps: rate })
  })

  test('of one address are no matter to another', async () => {
    const { guard } = guarded()
    await atOnce(guard, () => HERE, 2_000, false)
    expect(await atOnce(guard, () => '203.0.113.8', 2_000, true)).toMatchObject({ lookUps: 2_000 })
  })

  test('are counted by the /64 of an IPv6 address', async () => {
    const { guard } = guarded()
    const flood = await atOnce(guard, n => `2001:db8::${(n + 1).toString(16)}`, 1_000, false)
    expect(flood.lookUps).toBe(STRANGER_LIMITS.address.burst)
    expect((await atOnce(guard, () => '2001:db8:0:1::1', 10, false)).lookUps).toBe(10)
  })

  test('are bounded over all addresses, and addresses that have found something are not shut out', async () => {
    const { guard, time } = guarded()
    await atOnce(guard, () => HERE, 100, true)
    const flood = await atOnce(guard, n => `198.51.${n >> 8}.${n & 255}`, 20_000, false)
    expect(flood.lookUps).toBe(STRANGER_LIMITS.all.burst)
    expect(guard.begin('203.0.113.99')).toBeUndefined()
    expect(await atOnce(guard, () => HERE, 500, true)).toMatchObject({ lookUps: 500, refused: 0 })
    time.now += 1_000
    const later = await atOnce(guard, n => `198.18.${n >> 8}.${n & 255}`, 20_000, false)
    expect(later.lookUps).toBe(STRANGER_LIMITS.all.rate)
  })

  test('may be missed once more for each that was found', async () => {
    const { guard } = guarded()
    await atOnce(guard, () => HERE, 200, true)
    expect((await atOnce(guard, () => HERE, 2_000, false)).lookUps).toBe(STRANGER_LIMITS.address.burst + 200)
  })

  test('earn only so much', async () => {
    const { guard } = guarded()
    await atOnce(guard, () => HERE, 5_000, true)
    const { address, mostCredit } = STRANGER_LIMITS
    expect((await atOnce(guard, () => HERE, 5_000, false)).lookUps).toBe(address.burst + mostCredit)
  })

  test('cost nothing when the store does not answer', async () => {
    const { guard } = guarded()
    for (let n = 0; n < 100; n++) {
      const begun = guard.begin(HERE) as LookUp
      begun.end('undecided')
    }
    expect((await atOnce(guard, () => HERE, 100, false)).lookUps).toBe(STRANGER_LIMITS.address.burst)
  })

  test('of requests that were cut off count as misses, and keep nobody waiting for ever', async () => {
    const { guard, time } = guarded({ address: { burst: 2, rate: 0 } })
    guard.begin(HERE)
    const second = guard.begin(HERE) as LookUp
    const third = guard.begin(HERE)
    second.end('absent')
    time.now = STRANGER_LIMITS.lost
    guard.begin('203.0.113.8')
    expect(await third).toBeUndefined()
    second.end('found')
    expect(guard.begin(HERE)).toBeUndefined()
    expect(guard.size).toEqual({ addresses: 2, open: 1, waiting: 0 })
  })

  test('that wait too long reject, and let those behind them go', async () => {
    const { promise: overdue, reject } = Promise.withResolvers<never>()
    const time = { now: 0 }
    let isFirst = true
    const guard = new StrangerGuard({
      clock: () => time.now,
      limits: { address: { burst: 1, rate: 0 } },
      within: work => {
        const impatient = isFirst
        isFirst = false
        return impatient ? Promise.race([work, overdue]) : work
      },
    })
    const first = guard.begin(HERE) as LookUp
    const waiting = guard.begin(HERE) as Promise<LookUp | undefined>
    const behind = guard.begin(HERE) as Promise<LookUp | undefined>
    reject(new Error('overdue'))
    await expect(waiting).rejects.toThrow('overdue')
    first.end('undecided')
    expect(await behind).toBeDefined()
    expect(guard.size.waiting).toBe(0)
  })

  test('hold a bounded amount of memory, whoever comes', async () => {
    const limits = { mostAddresses: 50, mostWaiting: 20, all: { burst: 1_000_000, rate: 0 } }
    const { guard } = guarded(limits)
    await atOnce(guard, n => `acquainted ${n}`, 500, true)
    await atOnce(guard, n => `strange ${n}`, 500, false)
    expect(guard.size).toEqual({ addresses: 100, open: 0, waiting: 0 })
    for (let n = 0; n < 100; n++) guard.begin(HERE)
    expect(guard.size).toMatchObject({ addresses: 100, waiting: 20 })
  })

  test('that are missed never exceed burst + rate x t and a find each, over any interval', async () => {
    const LIMIT = { burst: 3, rate: 5 }
    const ALL = { burst: 7, rate: 9 }
    const step = fc.oneof(
      fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 700 }) }),
      fc.record({
        do: fc.constant('begin' as const),
        from: fc.nat(3),
        times: fc.integer({ min: 1, max: 9 }),
      }),
      fc.record({
        do: fc.constant('end' as const),
        which: fc.nat(20),
        as: fc.constantFrom('found' as const, 'absent' as const, 'absent' as const, 'undecided' as const),
      }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async steps => {
        const { guard, time } = guarded({ address: LIMIT, all: ALL, mostCredit: 4, lost: 1e9 })
        const open: { from: number; at: number; lookUp: LookUp }[] = []
        const missed: { from: number; at: number }[] = []
        const found: number[] = []
        for (const each of steps) {
          if (each.do === 'wait') time.now += each.ms
          if (each.do === 'begin') {
            for (let n = 0; n < each.times; n++) {
              const begun = guard.begin(`${each.from}`)
              const take = (lookUp?: LookUp) => lookUp && open.push({ from: each.from, at: time.now, lookUp })
              if (begun instanceof Promise) void begun.then(take)
              else take(begun)
            }
          }
          const ending = each.do === 'end' ? open.splice(each.which, 1)[0] : undefined
          if (each.do === 'end' && ending) {
            if (each.as === 'absent') missed.push(ending)
            if (each.as === 'found') found.push(ending.from)
            ending.lookUp.end(each.as)
          }
          await settled()
        }
        const within = (limit: typeof LIMIT, times: readonly number[], finds: number) => {
          for (const [first, from] of times.entries()) {
            for (const [last, to] of times.entries()) {
              const allowed = limit.burst + (limit.rate * (to - from)) / 1_000 + finds
              if (last >= first) expect(last - first + 1).toBeLessThanOrEqual(allowed + 1e-9)
            }
          }
        }
        const timesOf = (misses: typeof missed) => misses.map(({ at }) => at).sort((a, b) => a - b)
        within(ALL, timesOf(missed), found.length)
        for (const from of [0, 1, 2, 3]) {
          const finds = found.filter(of => of === from).length
          within(LIMIT, timesOf(missed.filter(miss => miss.from === from)), finds)
        }
      }),
      { numRuns: 300 },
    )
  })
})
