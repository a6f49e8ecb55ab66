import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readBuckets, writeBuckets } from '../../../src/observability/metrics/buckets.ts'
import { statisticOf } from '../../../src/observability/metrics/statistic.ts'
import { Accumulator, mergeSummaries, type Summary } from '../../../src/observability/metrics/summary.ts'

const summaryOf = (values: readonly number[]): Summary => {
  const sum = new Accumulator()
  for (const value of values) sum.add(value)
  return sum.summary()
}

const tell = (name: string, values: readonly number[]) => statisticOf(name)!(summaryOf(values))

const ONE_TO_TEN = [10, 1, 9, 2, 8, 3, 7, 4, 6, 5]

/** As the page "Statistics definitions" of CloudWatch's user guide has them. */
const STATISTICS: [string, number | undefined][] = [
  ['SampleCount', 10],
  ['Sum', 55],
  ['Average', 5.5],
  ['Minimum', 1],
  ['Maximum', 10],
  ['p0', 1],
  ['p10', 1],
  ['p50', 5],
  ['p99.9', 10],
  ['p100', 10],
  ['tm90', 5],
  ['TM(:90%)', 5],
  ['TM(10%:90%)', 5.5],
  ['TM(2:9)', 6],
  ['TM(20:)', undefined],
  ['tc90', 9],
  ['TC(2:9)', 7],
  ['TC(20:)', 0],
  ['ts90', 45],
  ['TS(80%:)', 19],
  ['wm90', 5.4],
  ['WM(20%:80%)', 5.5],
  ['WM(3:8)', 5.5],
  ['PR(:3)', 30],
  ['PR(3:8)', 50],
  ['PR(8:)', 20],
  ['IQM', 5.5],
]

describe('a statistic', () => {
  it.each(STATISTICS)('%s of 1 to 10 is %s', (name, expected) => {
    const value = tell(name, ONE_TO_TEN)
    if (expected === undefined) expect(value).toBeUndefined()
    else expect(value).toBeCloseTo(expected, 10)
  })

  it.each([
    '',
    'Median',
    'p101',
    'p',
    'P50',
    'TM()',
    'TM(:)',
    'TM(90%:10%)',
    'TM(10%:5)',
    'PR(10%:)',
    'constructor',
  ])('%j is none', name => {
    expect(statisticOf(name)).toBeUndefined()
  })

  it('is not told where nobody said how values are spread', () => {
    const told: Summary = { count: 3, sum: 9, min: 1, max: 5 }
    for (const name of ['p50', 'tm90', 'PR(1:2)']) expect(statisticOf(name)!(told)).toBeUndefined()
    const together = mergeSummaries([told, summaryOf([1, 2])])
    expect(together).toEqual({ count: 5, sum: 12, min: 1, max: 5 })
    expect(statisticOf('p50')!({ count: 3, sum: 9, min: 3, max: 3 })).toBe(3)
  })
})

const anyValue = fc.oneof(
  fc.integer({ min: -20, max: 20 }),
  fc.double({ min: -1e9, max: 1e9, noNaN: true }),
  fc.double({ min: 1e-6, max: 1e3, noNaN: true }),
)

describe('values in parts, put together in any order, written and read', () => {
  it('have the same statistics, and percentiles within 1 %', () => {
    const quantiles = fc.constantFrom(1, 10, 50, 90, 99)
    fc.assert(
      fc.property(
        fc.array(fc.array(anyValue, { minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 6 }),
        quantiles,
        (parts, q) => {
          const all = parts.flat().sort((a, b) => a - b)
          const cell = new Accumulator()
          cell.merge(mergeSummaries(parts.map(summaryOf).reverse()))
          let read: Summary | undefined
          for (const text of writeBuckets(new Map([[5, new Map([['m\nNone', cell]])]]), 1000))
            readBuckets(text, (at, name, summary) => {
              expect([at, name]).toEqual([5, 'm\nNone'])
              read = summary
            })
          expect(read).toMatchObject({ count: all.length, min: all[0], max: all.at(-1) })
          expect(read!.sum).toBeCloseTo(
            all.reduce((sum, value) => sum + value, 0),
            3,
          )
          const exact = all[Math.max(0, Math.ceil((q / 100) * all.length) - 1)]!
          expect(Math.abs(statisticOf(`p${q}`)!(read!)! - exact)).toBeLessThanOrEqual(
            Math.abs(exact) * 0.01 + 1e-12,
          )
        },
      ),
    )
  })
})
