import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  AddressLedger,
  ATTEMPTS,
  AttemptLedger,
  type Outcome,
} from '../../../../src/identity/user-pools/sign-in/attempts.ts'

const fail = (ledger: AttemptLedger, now: number) => {
  expect(ledger.begin('a', now).answer).toBe('go')
  ledger.end('a', 'wrong', {}, now)
}

describe('attempts at one user', () => {
  test('are locked out for a second after five, and for twice as long after each further one', () => {
    const ledger = new AttemptLedger()
    for (let n = 0; n < 5; n++) fail(ledger, 0)
    let now = 0
    for (const seconds of [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]) {
      expect(ledger.begin('b', now + seconds * 1000 - 1)).toEqual({
        answer: 'locked',
        until: now + seconds * 1000,
      })
      now += seconds * 1000
      fail(ledger, now)
    }
  })

  test('count anew after one that was right', () => {
    const ledger = new AttemptLedger()
    for (let n = 0; n < 5; n++) fail(ledger, 0)
    ledger.begin('a', 1000)
    ledger.end('a', 'right', {}, 1000)
    for (let n = 0; n < 4; n++) fail(ledger, 1000)
    expect(ledger.begin('a', 1000).answer).toBe('go')
  })

  test('count anew when nobody has tried for fifteen minutes', () => {
    const ledger = new AttemptLedger()
    for (let n = 0; n < 5; n++) fail(ledger, 0)
    for (let n = 0; n < 4; n++) fail(ledger, 1000 + ATTEMPTS.forgetMs)
    expect(ledger.begin('a', 1000 + ATTEMPTS.forgetMs).answer).toBe('go')
  })

  test('are never more at once than may still fail', () => {
    const ledger = new AttemptLedger()
    for (const id of ['a', 'b', 'c', 'd', 'e']) expect(ledger.begin(id, 0).answer).toBe('go')
    expect(ledger.begin('f', 0).answer).toBe('wait')
    ledger.end('a', 'untried', {}, 0)
    expect(ledger.begin('f', 0).answer).toBe('go')
    for (const id of ['b', 'c']) ledger.end(id, 'wrong', {}, 0)
    expect(ledger.begin('g', 0).answer).toBe('wait')
  })

  test('have failed when they do not end', () => {
    const ledger = new AttemptLedger()
    for (const id of ['a', 'b', 'c', 'd', 'e']) ledger.begin(id, 0)
    expect(ledger.begin('f', ATTEMPTS.longestMs).answer).toBe('locked')
    ledger.end('a', 'right', {}, ATTEMPTS.longestMs)
    expect(ledger.begin('f', ATTEMPTS.longestMs).answer).toBe('locked')
  })

  test('use up what may be used once, until it would have expired', () => {
    const ledger = new AttemptLedger()
    expect(ledger.end('a', 'right', { challenge: 1000 }, 0)).toBe(true)
    expect(ledger.end('b', 'right', { challenge: 1000, other: 1000 }, 999)).toBe(false)
    expect(ledger.end('c', 'right', { other: 1000 }, 999)).toBe(true)
    const after = new AttemptLedger(ledger.takeSave())
    expect(after.end('d', 'right', { challenge: 1000 }, 999)).toBe(false)
    expect(after.end('d', 'right', { challenge: 1000 }, 1000)).toBe(true)
  })

  test('are not forgotten for what was used before', () => {
    const ledger = new AttemptLedger()
    ledger.begin('a', 0)
    ledger.end('a', 'right', { code: 90_000 }, 0)
    for (let n = 0; n < 4; n++) fail(ledger, 0)
    ledger.begin('a', 0)
    expect(ledger.end('a', 'right', { code: 90_000 }, 0)).toBe(false)
    fail(ledger, 0)
    expect(ledger.begin('b', 0).answer).toBe('locked')
  })

  // Whatever is begun, ended and waited for: what fails is bounded by time, as if one came after the other.
  test('fail no more often than the documented lock-outs allow, however many are made at once', () => {
    const step = fc.record({
      wait: fc.double({ min: 0, max: 1, noNaN: true }),
      what: fc.constantFrom('try', 'try', 'begin', 'end', 'evict'),
      outcome: fc.constantFrom<Outcome>('wrong', 'wrong', 'wrong', 'untried'),
      which: fc.nat(),
    })
    // Milliseconds between steps at most: lock-outs are of very different lengths.
    const pace = fc.constantFrom(20, 500, 5_000, 60_000, 1_200_000)
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300, size: 'max' }), pace, (steps, longest) => {
        let ledger = new AttemptLedger()
        let now = 1_000_000
        let saved: ReturnType<AttemptLedger['takeSave']>
        const underWay: { readonly id: string; readonly since: number }[] = []
        const failures: number[] = []
        steps.forEach(({ wait, what, outcome, which }, at) => {
          now += Math.floor(wait * longest)
          const begins = what === 'begin' || what === 'try'
          if (begins && ledger.begin(`${at}`, now).answer === 'go') underWay.push({ id: `${at}`, since: now })
          if ((what === 'end' || what === 'try') && underWay.length > 0) {
            const { id, since } = underWay.splice(which % underWay.length, 1)[0]!
            ledger.end(id, outcome, {}, now)
            // One that took too long failed when its time was over, not now.
            if (outcome === 'wrong' && now - since < ATTEMPTS.longestMs) failures.push(now)
          }
          saved = ledger.takeSave() ?? saved
          // Only an object that nothing is under way in is evicted.
          if (what === 'evict' && underWay.length === 0) ledger = new AttemptLedger(saved)
          const inTime = underWay.filter(({ since }) => now - since < ATTEMPTS.longestMs)
          expect(inTime.length).toBeLessThanOrEqual(ATTEMPTS.free)
        })
        // Any six failures within a quarter of an hour have a lock-out between them, any seven two, and so on.
        for (let first = 0; first < failures.length; first++) {
          for (let last = first + ATTEMPTS.free; last < failures.length; last++) {
            const took = failures[last]! - failures[first]!
            if (took >= ATTEMPTS.forgetMs) break
            const locks = last - first - ATTEMPTS.free + 1
            expect(took).toBeGreaterThanOrEqual(
              (2 ** locks - 1) * 1000 < ATTEMPTS.forgetMs ? (2 ** locks - 1) * 1000 : 0,
            )
          }
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('attempts from one address', () => {
  test('may be wrong some hundred times, then once a second', () => {
    const ledger = new AddressLedger(undefined, 0)
    let made = 0
    while (ledger.begin(0)) {
      ledger.end('wrong', 0)
      made += 1
    }
    expect(made).toBe(300)
    expect(ledger.begin(999)).toBe(false)
    expect(ledger.begin(1000)).toBe(true)
    ledger.end('wrong', 1000)
    expect(ledger.begin(1000)).toBe(false)
    const after = new AddressLedger(ledger.save, 2000)
    expect(after.begin(2000)).toBe(true)
    expect(after.begin(2000)).toBe(false)
  })

  test('are not counted when they are right', () => {
    const ledger = new AddressLedger(undefined, 0)
    for (let n = 0; n < 1000; n++) {
      expect(ledger.begin(0)).toBe(true)
      ledger.end('right', 0)
    }
  })
})
