import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { condenseSamples } from '../../../src/observability/metrics/condense-samples.ts'
import type { Sql } from '../../../src/observability/metrics/ledger-tables.ts'
import { MetricLedger } from '../../../src/observability/metrics/metric-ledger.ts'
import type { MetricSample } from '../../../src/observability/metrics/metric-sample.ts'
import type { SummaryQuery } from '../../../src/observability/metrics/stored-summaries.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const NOON = Date.UTC(2026, 10, 23, 12)

let database: DatabaseSync
let ledger: MetricLedger
let rowsWritten: number

const sqlOf = (db: DatabaseSync): Sql => ({
  exec(query, ...values) {
    if (/^\s*(INSERT|DELETE|UPDATE)/.test(query)) {
      rowsWritten += Number(db.prepare(query).run(...values).changes)
      return { toArray: () => [] }
    }
    if (values.length === 0 && query.includes(';')) {
      db.exec(query)
      return { toArray: () => [] }
    }
    const rows = db.prepare(query).all(...values) as Record<string, string | number>[]
    return { toArray: () => rows }
  },
})

const open = (bucketMs = MINUTE) => new MetricLedger(sqlOf(database), bucketMs)

beforeEach(() => {
  database = new DatabaseSync(':memory:')
  rowsWritten = 0
  ledger = open()
})

const sample = (at: number, value: number, more: Partial<MetricSample> = {}): MetricSample => ({
  namespace: 'AWS/Lambda',
  labels: { FunctionName: 'f', Resource: 'f:live', ExecutedVersion: '2' },
  dimensionSets: [['FunctionName'], ['FunctionName', 'Resource'], []],
  at,
  values: { Duration: { unit: 'Milliseconds', values: [value] } },
  ...more,
})

const query = (more: Partial<SummaryQuery> = {}): SummaryQuery => ({
  namespace: 'AWS/Lambda',
  metric: 'Duration',
  dimensions: { FunctionName: 'f' },
  from: NOON,
  to: NOON + HOUR,
  periodMs: MINUTE,
  spread: false,
  ...more,
})

const sums = (more: Partial<SummaryQuery> = {}, of = ledger) =>
  of.read([query(more)])[0]!.map(({ at, summary }) => [(at - NOON) / MINUTE, summary.sum])

describe('what a ledger is told', () => {
  it('counts for every dimension set, and for no other', () => {
    ledger.take([sample(NOON, 5), sample(NOON + 30 * SECOND, 7), sample(NOON + 2 * MINUTE, 1)])
    const own: Record<string, string>[] = [
      { FunctionName: 'f' },
      { Resource: 'f:live', FunctionName: 'f' },
      {},
    ]
    for (const dimensions of own) {
      expect(sums({ dimensions })).toEqual([
        [0, 12],
        [2, 1],
      ])
    }
    const others: Record<string, string>[] = [{ FunctionName: 'g' }, { ExecutedVersion: '2' }]
    for (const dimensions of others) expect(sums({ dimensions })).toEqual([])
    expect(sums({ metric: 'Errors' })).toEqual([])
    expect(sums({ unit: 'Seconds' })).toEqual([])
    expect(sums({ unit: 'Milliseconds', periodMs: 5 * MINUTE })).toEqual([[0, 13]])
    expect(sums({ from: NOON + MINUTE, periodMs: 5 * MINUTE })).toEqual([[1, 1]])
  })

  it('is there after a crash as far as it was written, folded or not', () => {
    ledger.take([sample(NOON, 5)])
    ledger.write(NOON)
    ledger.take([sample(NOON, 7)])
    ledger.write(NOON)
    ledger.take([sample(NOON, 100)])
    expect(sums({}, open())).toEqual([[0, 12]])
    ledger.write(NOON)
    ledger.take([sample(NOON + 6 * MINUTE, 1)])
    ledger.write(NOON + 6 * MINUTE)
    ledger.fold(NOON + 7 * MINUTE, NOON + 5 * MINUTE)
    const after = [
      [0, 112],
      [6, 1],
    ]
    expect(sums()).toEqual(after)
    expect(sums({}, open())).toEqual(after)
    ledger = open()
    ledger.take([sample(NOON, 1000)])
    ledger.write(NOON + 8 * MINUTE)
    ledger.fold(NOON + HOUR)
    expect(sums({}, open())).toEqual([
      [0, 1112],
      [6, 1],
    ])
  })

  it('costs a row a write, and one for each subject when it is folded', () => {
    ledger.take([sample(NOON, 1)])
    ledger.write(NOON)
    expect(rowsWritten).toBe(2)
    rowsWritten = 0
    for (let second = 1; second < 60; second++) {
      ledger.take(Array.from({ length: 20 }, () => sample(NOON + second * SECOND, second)))
      ledger.write(NOON)
    }
    expect(rowsWritten).toBe(59)
    rowsWritten = 0
    ledger.fold(NOON + HOUR)
    expect(rowsWritten).toBe(2)
  })

  it('is written anew, as few rows, by one that had to read many', () => {
    for (let i = 1; i <= 40; i++) {
      ledger.take([sample(NOON + i * SECOND, i)])
      ledger.write(NOON)
    }
    ledger = open()
    rowsWritten = 0
    ledger.take([sample(NOON, 1000)])
    ledger.write(NOON)
    expect(rowsWritten).toBe(2)
    ledger = open()
    expect(sums()).toEqual([[0, 1820]])
    ledger.take([sample(NOON, 1)])
    ledger.write(NOON)
    expect(sums({}, open())).toEqual([[0, 1821]])
    expect(rowsWritten).toBe(3)
  })

  it('that nothing was told writes nothing', () => {
    expect(sums()).toEqual([])
    ledger.write(NOON)
    ledger.fold(NOON)
    expect(rowsWritten).toBe(0)
    expect(database.prepare('SELECT count(*) AS n FROM sqlite_master').get()).toEqual({ n: 0 })
  })

  it('is forgotten', () => {
    ledger.take([sample(NOON, 1)])
    ledger.write(NOON)
    ledger.fold(NOON + HOUR)
    ledger.take([sample(NOON, 1)])
    ledger.clear()
    ledger.write(NOON)
    for (const each of [ledger, open()]) {
      expect(sums({}, each)).toEqual([])
      expect(each.list({ since: 0 }, '', 10)).toEqual([])
    }
  })
})

describe('what gets old', () => {
  const tell = (at: number, highResolution = false) => {
    ledger.take([sample(at, 1, highResolution ? { highResolution } : {})])
    ledger.write(at)
    ledger.fold(at + 10 * MINUTE, at + 10 * MINUTE)
  }
  const counted = (periodMs: number, now: number) =>
    ledger
      .read([query({ from: NOON, to: now, periodMs })])[0]!
      .reduce((sum, { summary }) => sum + summary.count, 0)
  const rollUp = (now: number) => {
    while (ledger.rollUp(now, 3));
  }

  it('is kept by the second for 3 hours, by the minute for 15 days, by 5 minutes for 63, by the hour for 455', () => {
    for (let i = 0; i < 10; i++) tell(NOON + i * 7 * SECOND, true)
    const coarsest = (after: number): number[] => {
      rollUp(NOON + after)
      return [SECOND, MINUTE, 5 * MINUTE, HOUR].filter(period => counted(period, NOON + 2 * HOUR) > 0)
    }
    const all = [SECOND, MINUTE, 5 * MINUTE, HOUR]
    expect(coarsest(2 * HOUR)).toEqual(all)
    expect(coarsest(4 * HOUR)).toEqual(all.slice(1))
    expect(coarsest(14 * DAY)).toEqual(all.slice(1))
    expect(coarsest(16 * DAY)).toEqual(all.slice(2))
    expect(coarsest(62 * DAY)).toEqual(all.slice(2))
    expect(coarsest(64 * DAY)).toEqual(all.slice(3))
    expect(counted(HOUR, NOON + 2 * HOUR)).toBe(10)
    expect(coarsest(450 * DAY)).toEqual(all.slice(3))
    expect(coarsest(460 * DAY)).toEqual([])
    expect(ledger.list({ since: 0 }, '', 10)).toEqual([])
    expect(
      database.prepare('SELECT (SELECT count(*) FROM spans) + (SELECT count(*) FROM subjects) AS n').get(),
    ).toEqual({ n: 0 })
  })
})

describe('totals', () => {
  const DAY_BEGIN = Date.UTC(2026, 10, 23)
  const total = (now: number, of = ledger) =>
    of
      .totals(now)
      .map(({ labels, totals }) => [labels.FunctionName, ...totals.map(({ summary }) => summary.sum)])

  it('are of the day, whether asked for before or after, and after a restart', () => {
    ledger.take([sample(DAY_BEGIN - 1, 1000), sample(DAY_BEGIN, 1)])
    ledger.write(DAY_BEGIN)
    expect(total(NOON)).toEqual([['f', 1]])
    ledger.fold(NOON)
    ledger.take([sample(NOON, 2), sample(DAY_BEGIN - 1, 1000)])
    ledger.write(NOON)
    expect(total(NOON)).toEqual([['f', 3]])
    expect(total(NOON, open())).toEqual([['f', 3]])
    expect(total(NOON + DAY)).toEqual([])
    ledger.take([sample(NOON + DAY, 5)])
    expect(total(NOON + DAY)).toEqual([['f', 5]])
  })
})

describe('a list of series', () => {
  it('names each once, in order, from anywhere on', () => {
    const subjects = ['c', 'a', 'b'].flatMap(name =>
      ['1', '2'].map(version =>
        sample(NOON, 1, {
          labels: { FunctionName: name, ExecutedVersion: version },
          dimensionSets: [['FunctionName']],
        }),
      ),
    )
    ledger.take(subjects)
    const filter = { since: NOON }
    const all = ledger.list(filter, '', 10)
    expect(all.map(({ dimensions }) => dimensions.FunctionName)).toEqual(['a', 'b', 'c'])
    expect(ledger.list(filter, all[0]!.key, 1)).toEqual([all[1]])
    expect(ledger.list({ since: NOON + 1 }, '', 10)).toEqual([])
    const named = { since: 0, dimensions: [{ name: 'FunctionName', value: 'b' }] }
    expect(ledger.list(named, '', 10)).toEqual([all[1]])
    ledger.write(NOON)
    expect(open().list(filter, '', 10)).toEqual(all)
  })
})

describe('whatever is told, in whatever order, condensed or not, with folds and crashes between', () => {
  const told = fc.array(
    fc.record({
      minute: fc.integer({ min: 0, max: 130 }),
      value: fc.integer({ min: -50, max: 50 }),
      high: fc.boolean(),
      next: fc.constantFrom('nothing', 'write', 'fold', 'crash', 'age'),
    }),
    { maxLength: 40 },
  )

  it('is all counted', () => {
    fc.assert(
      fc.property(told, steps => {
        database = new DatabaseSync(':memory:')
        ledger = open()
        const expected = new Map<number, { count: number; sum: number; min: number; max: number }>()
        for (const { minute, value, high, next } of steps) {
          const at = NOON + minute * MINUTE
          const samples = [sample(at, value, high ? { highResolution: true } : {})]
          ledger.take(minute % 2 === 0 ? condenseSamples(samples, MINUTE) : samples)
          const { count, sum, min, max } = expected.get(minute) ?? {
            count: 0,
            sum: 0,
            min: value,
            max: value,
          }
          expected.set(minute, {
            count: count + 1,
            sum: sum + value,
            min: Math.min(min, value),
            max: Math.max(max, value),
          })
          if (next === 'nothing') continue
          ledger.write(at)
          if (next === 'fold') ledger.fold(at)
          if (next === 'age') ledger.rollUp(NOON + 10 * HOUR)
          if (next === 'crash') ledger = open()
        }
        const read = ledger.read([query({ to: NOON + 3 * HOUR })])[0]!
        expect(read.map(({ at, summary }) => [(at - NOON) / MINUTE, summary])).toEqual(
          [...expected].sort(([a], [b]) => a - b),
        )
      }),
      { numRuns: 200 },
    )
  })
})

it('keeps very many metrics of one subject in rows that the platform takes', () => {
  const names = Array.from({ length: 1_800 }, (_, i) => `${'a'.repeat(200)}${i}`)
  const values = Array.from({ length: 150 }, (_, i) => 1.1 ** i)
  const told = Object.fromEntries(names.map(name => [name, { values }]))
  ledger.take([sample(NOON, 0, { labels: {}, dimensionSets: [[]], values: told })])
  ledger.write(NOON + SECOND)
  const longest = () =>
    ['subjects.cells', 'journal.entries', 'spans.buckets'].map(column => {
      const [table, name] = column.split('.')
      const [row] = database.prepare(`SELECT max(length(${name})) AS length FROM ${table}`).all()
      return Number(row!.length)
    })
  const counts = (from: MetricLedger) =>
    from
      .read([0, 1_000, 1_799].map(i => query({ metric: names[i]!, dimensions: {} })))
      .map(([period]) => period!.summary.count)
  for (const length of longest()) expect(length).toBeLessThan(1_500_000)
  expect(counts(open())).toEqual([150, 150, 150])
  ledger.fold(NOON + HOUR)
  for (const length of longest()) expect(length).toBeLessThan(1_500_000)
  expect(counts(ledger)).toEqual([150, 150, 150])
  expect(open().list({ since: 0, namespace: 'AWS/Lambda' }, '', 10_000)).toHaveLength(1_800)
})
