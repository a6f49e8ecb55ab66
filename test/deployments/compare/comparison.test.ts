import { describe, expect, test } from 'vitest'
import { Comparison } from '../../../src/deployments/compare/comparison.ts'
import { NO_COUNTS, type VersionCounts } from '../../../src/deployments/feed/version-counts.ts'
import { randomSource } from '../../random-source.ts'
import { simulateLoad } from './simulate-load.ts'
import { simulateRelease } from './simulate-release.ts'

const SEED = 20_261_123

const counts = (calls: number, errors: number, more: Partial<VersionCounts> = {}): VersionCounts => ({
  ...NO_COUNTS,
  calls,
  errors,
  ...more,
})

const comparing = (targets = ['f:live'], falseAlarmRate = 0.01) =>
  new Comparison({ falseAlarmRate, metrics: ['errors', 'latency'] }, targets)

describe('over many releases', () => {
  test('of 20,000 good versions, with any base of errors and uneven traffic, at most 1.2 % go back', () => {
    const random = randomSource(SEED)
    let wentBack = 0
    for (let i = 0; i < 20_000; i += 1) {
      const version = { failing: random() * 0.05, medianMs: 5 + random() * 200 }
      const requests = Array.from({ length: 3 + Math.floor(random() * 8) }, () =>
        Math.floor(random() ** 3 * 80),
      )
      const step = random() < 0.5 ? 0.1 : 0
      const share = (telling: number) => 0.1 + step * Math.floor(telling / 3)
      if (simulateRelease({ old: version, new: version, requests, share, random }).isWorse) wentBack += 1
    }
    console.log(`seed ${SEED}: ${wentBack} of 20,000 good versions went back`)
    expect(wentBack / 20_000).toBeLessThanOrEqual(0.012)
  })

  test.for([0, 0.01, 0.05])(
    'a version that fails in every fifth call goes back within 300 canary requests, where a share of %s fails anyway',
    failing => {
      const random = randomSource(SEED)
      const needed: number[] = []
      for (let i = 0; i < 200; i += 1) {
        const end = simulateRelease({
          old: { failing, medianMs: 50 },
          new: { failing: 0.2, medianMs: 50 },
          requests: new Array<number>(60).fill(50),
          share: () => 0.1,
          random,
        })
        expect(end).toMatchObject({ isWorse: true, finding: 'errors' })
        needed.push(end.canaryRequests)
      }
      needed.sort((one, other) => one - other)
      console.log(`seed ${SEED}: canary requests needed: median ${needed[100]}, at most ${needed.at(-1)}`)
      expect(needed.at(-1)).toBeLessThanOrEqual(300)
    },
  )

  test('a version that takes twice as long goes back, one that takes a fifth longer stays', () => {
    const random = randomSource(SEED)
    const released = (medianMs: number) =>
      simulateRelease({
        old: { failing: 0.01, medianMs: 50 },
        new: { failing: 0.01, medianMs },
        requests: new Array<number>(150).fill(30),
        share: () => 0.1,
        random,
      })
    for (let i = 0; i < 30; i += 1) {
      expect(released(100)).toMatchObject({ isWorse: true, finding: 'latency' })
      expect(released(60)).toMatchObject({ isWorse: false })
    }
  })
})

describe('on a machine that is busy', () => {
  test('a good version does not go back for having colder isolates and fewer of them', () => {
    const random = randomSource(SEED)
    let wentBack = 0
    for (let i = 0; i < 1_500; i += 1) {
      const step = random() < 0.5 ? 0.1 : 0
      const { isWorse } = simulateLoad({
        rates: Array.from({ length: 12 }, () => Math.floor(random() ** 2 * 60)),
        share: second => Math.min(1, 0.1 + step * Math.floor(second / 2)),
        ms: 1 + random() ** 2 * 150,
        slowdown: 1,
        loadMs: 20 + random() * 300,
        fresh: random() < 0.5 ? 0 : random() * 20,
        stallsPerSecond: random(),
        stallMs: 10 + random() * 200,
        random,
      })
      if (isWorse) wentBack += 1
    }
    console.log(`seed ${SEED}: ${wentBack} of 1,500 good versions went back`)
    expect(wentBack / 1_500).toBeLessThanOrEqual(0.012)
  })

  test('a version that takes twice as long goes back all the same', () => {
    const random = randomSource(SEED)
    const needed = Array.from({ length: 40 }, () => {
      const { isWorse, canaryCalls } = simulateLoad({
        rates: new Array<number>(100).fill(40),
        share: () => 0.1,
        ms: 50,
        slowdown: 2,
        loadMs: 100,
        fresh: 3,
        stallsPerSecond: 0.2,
        stallMs: 60,
        random,
      })
      expect(isWorse).toBe(true)
      return canaryCalls
    }).sort((one, other) => one - other)
    console.log(`seed ${SEED}: canary calls needed: median ${needed[20]}, at most ${needed.at(-1)}`)
    expect(needed.at(-1)).toBeLessThanOrEqual(300)
  })
})

describe('a comparison', () => {
  test('says what it has found, in figures, and stays with it', () => {
    const comparison = comparing()
    comparison.add({ target: 'f:live', baseline: counts(900, 9), canary: counts(100, 25) })
    const verdict = comparison.verdict()
    expect(verdict).toMatchObject({
      kind: 'worse',
      target: 'f:live',
      finding: 'errors',
      reason:
        "f:live: of the new version's requests 25 of 100 (25.0 %) failed, of the old one's 9 of 900 (1.0 %)",
    })
    expect(verdict.evidence).toBeGreaterThan(verdict.threshold)
    for (let i = 0; i < 50; i += 1)
      comparison.add({ target: 'f:live', baseline: counts(100, 50), canary: counts(100, 0) })
    expect(comparison.verdict().kind).toBe('worse')
  })

  test('is not moved by failures that both versions share, however many', () => {
    const comparison = comparing()
    for (const errors of [0, 900, 90, 450]) {
      comparison.add({ target: 'f:live', baseline: counts(900, errors), canary: counts(100, errors / 9) })
    }
    const { kind, evidence } = comparison.verdict()
    expect({ kind, isLittle: evidence < 2 }).toEqual({ kind: 'undecided', isLittle: true })
  })

  test('waits for both versions before it compares', () => {
    const comparison = comparing()
    comparison.add({ target: 'f:live', baseline: NO_COUNTS, canary: counts(50, 50) })
    expect(comparison.verdict()).toMatchObject({ kind: 'undecided', evidence: 1 })
    comparison.add({ target: 'f:live', baseline: counts(50, 0), canary: NO_COUNTS })
    expect(comparison.verdict()).toMatchObject({ kind: 'worse' })
  })

  test('leaves a version that fails a little more often, however certain that is', () => {
    const comparison = comparing()
    comparison.add({
      target: 'f:live',
      baseline: counts(900_000, 450),
      canary: counts(100_000, 200),
    })
    const { kind, evidence, threshold } = comparison.verdict()
    expect({ kind, isCertain: evidence > threshold }).toEqual({ kind: 'undecided', isCertain: true })
  })

  test('takes copies as requests of the new version', () => {
    const comparison = comparing()
    const mirrored = { copies: counts(40, 20), compared: 20, differed: 3 }
    comparison.add({ target: 'f:live', baseline: counts(40, 0), canary: NO_COUNTS, mirrored })
    expect(comparison.verdict()).toMatchObject({ kind: 'worse', totals: [{ mirrored }] })
  })

  test('finds that an API answers with more 4xx', () => {
    const comparison = comparing(['api:prod'])
    comparison.add({
      target: 'api:prod',
      baseline: counts(300, 0, { refused: 30 }),
      canary: counts(40, 0, { refused: 40 }),
    })
    expect(comparison.verdict()).toMatchObject({ kind: 'worse', finding: 'refusals' })
  })

  test('asks for more evidence of one, the more it releases together, and adds up what is against each', () => {
    const told = { baseline: counts(50, 0), canary: counts(54, 9) }
    const alone = comparing(['a:live'])
    alone.add({ target: 'a:live', ...told })
    const two = comparing(['a:live', 'b:live'])
    two.add({ target: 'a:live', ...told })
    const ofOne = two.verdict()
    two.add({ target: 'b:live', ...told })
    expect([alone.isWorse, ofOne.kind, two.isWorse]).toEqual([true, 'undecided', true])
    expect(ofOne.evidence).toBeCloseTo((alone.verdict().evidence + 1) / 2)
    expect(two.verdict().evidence).toBeCloseTo(alone.verdict().evidence)
  })

  test('goes on from what was saved as if nothing had happened', () => {
    const settings = { falseAlarmRate: 0.01, metrics: ['errors', 'latency'] } as const
    const random = randomSource(SEED)
    const some = (most: number) => Math.floor(random() * most)
    const whole = new Comparison(settings, ['f:live'])
    let parts = new Comparison(settings, ['f:live'])
    for (let i = 0; i < 40; i += 1) {
      const told = {
        target: 'f:live',
        baseline: counts(20, some(3), { latency: { 30: some(10), 40: some(10) } }),
        canary: counts(some(4), 0, { latency: { 30: some(2), 44: some(2) } }),
      }
      whole.add(told)
      parts.add(told)
      parts = new Comparison(settings, ['f:live'], JSON.parse(JSON.stringify(parts.state())))
    }
    expect(parts.verdict()).toEqual(whole.verdict())
    expect(parts.state()).toEqual(whole.state())
  })
})
