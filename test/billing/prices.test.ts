import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  amountOf,
  divideHalfEven,
  formatAmount,
  parseAmount,
  roundToCoin,
} from '../../src/metering/money/amount.ts'
import { readMonth } from '../../src/metering/money/billing-month.ts'
import { coinDigits } from '../../src/metering/money/currency.ts'
import { findLateUsage } from '../../src/metering/money/late-usage.ts'
import { entryOfStatement, sumsOf } from '../../src/metering/money/ledger.ts'
import {
  costOf,
  highestCost,
  priceRequests,
  requestsWithin,
} from '../../src/metering/money/price-requests.ts'
import { type PriceSheet, readPriceSheet } from '../../src/metering/money/price-sheet.ts'
import {
  type DayCount,
  makeStatement,
  type PlanMonth,
  requestChargesOf,
} from '../../src/metering/money/statement.ts'
import { statementsAsCsv } from '../../src/metering/money/statement-csv.ts'

const price = fc.bigInt(0n, 2_000_000_000n).map(nanos => formatAmount(nanos))

const sheet: fc.Arbitrary<PriceSheet> = fc
  .record({
    bounds: fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 4 }),
    prices: fc.array(price, { minLength: 5, maxLength: 5 }),
    freeRequests: fc.integer({ min: 0, max: 20 }),
    pricing: fc.constantFrom('graduated' as const, 'volume' as const),
    monthlyFee: price,
    prorated: fc.boolean(),
  })
  .map(({ bounds, prices, ...more }) => {
    const ends = bounds.sort((a, b) => a - b)
    const tiers = [...ends.map((upTo, i) => ({ upTo, price: prices[i]! })), { price: prices[ends.length]! }]
    const read = readPriceSheet({ currency: 'USD', tiers, ...more })
    if (typeof read === 'string') throw new Error(read)
    return read
  })

describe('amounts', () => {
  test('are read and written without loss', () => {
    fc.assert(
      fc.property(fc.bigInt(-(10n ** 18n) + 1n, 10n ** 18n - 1n), nanos => {
        expect(parseAmount(formatAmount(nanos))).toBe(nanos)
      }),
    )
    expect(parseAmount('0.0000035')).toBe(3500n)
    for (const text of ['', '.5', '1e3', '1,5', '+1', '0.0000000001', 'NaN', 1]) {
      expect(parseAmount(text)).toBeUndefined()
    }
  })

  test('are rounded to the smallest coin, halves to the even one', () => {
    const cents = (text: string) => formatAmount(roundToCoin(parseAmount(text)!, 2), 2)
    expect(['0.005', '0.015', '0.025', '0.0250001', '-0.005', '-0.015'].map(cents)).toEqual([
      '0.00',
      '0.02',
      '0.02',
      '0.03',
      '0.00',
      '-0.02',
    ])
    expect(formatAmount(roundToCoin(parseAmount('2.5')!, coinDigits('JPY')))).toBe('2')
    expect(coinDigits('KWD')).toBe(3)
    fc.assert(
      fc.property(fc.bigInt(-1000n, 1000n), fc.bigInt(1n, 20n), (amount, by) => {
        const rest = amount - divideHalfEven(amount, by) * by
        expect(2n * (rest < 0n ? -rest : rest)).toBeLessThanOrEqual(by)
      }),
    )
  })
})

describe('prices', () => {
  test('of graduated tiers are those of each request, of volume tiers those of the last one', () => {
    const tiers = [{ upTo: 10, price: '2' }, { upTo: 20, price: '1' }, { price: '0.5' }]
    const graduated = readPriceSheet({ currency: 'EUR', freeRequests: 5, tiers }) as PriceSheet
    expect(priceRequests(graduated, 30)).toEqual([
      { tier: 0, requests: 5, price: 0n, amount: 0n },
      { tier: 1, requests: 10, price: amountOf('2'), amount: amountOf('20') },
      { tier: 2, requests: 10, price: amountOf('1'), amount: amountOf('10') },
      { tier: 3, requests: 5, price: amountOf('0.5'), amount: amountOf('2.5') },
    ])
    const volume = { ...graduated, pricing: 'volume' as const }
    expect(priceRequests(volume, 25).at(-1)).toMatchObject({ tier: 2, requests: 20, amount: amountOf('20') })
    // One request more than ten is cheaper than ten: a budget is held against the dearest of them.
    expect([costOf(volume, 15), costOf(volume, 16)]).toEqual([amountOf('20'), amountOf('11')])
    expect(highestCost(volume, 16)).toBe(amountOf('20'))
  })

  test('count every request once, and never fall for a budget', () => {
    fc.assert(
      fc.property(sheet, fc.nat(100), (given, requests) => {
        expect(priceRequests(given, requests).reduce((sum, line) => sum + line.requests, 0)).toBe(requests)
        expect(highestCost(given, requests + 1)).toBeGreaterThanOrEqual(highestCost(given, requests))
        const all = Array.from({ length: requests + 1 }, (_, n) => costOf(given, n))
        expect(all).toContain(highestCost(given, requests))
        expect(all.every(cost => cost <= highestCost(given, requests))).toBe(true)
      }),
    )
  })

  test('let a budget pay for just so many requests that one more would cost more than it has', () => {
    fc.assert(
      fc.property(sheet, fc.bigInt(0n, 100_000_000_000n), (given, limit) => {
        const most = requestsWithin(given, limit)
        if (most > (given.freeRequests ?? 0)) expect(highestCost(given, most)).toBeLessThanOrEqual(limit)
        if (most < Number.MAX_SAFE_INTEGER) {
          const next = highestCost(given, most + 1)
          // Of nothing more to pay, there is no end.
          if (next !== highestCost(given, most)) expect(next).toBeGreaterThan(limit)
        }
      }),
    )
  })

  test('that nobody can charge are refused with a reason', () => {
    const tiers = [{ price: '1' }]
    for (const [given, reason] of [
      [{ currency: 'XYZ', tiers }, 'ISO 4217'],
      [{ currency: 'USD' }, 'tiers'],
      [{ currency: 'USD', tiers: [{ upTo: 1, price: '1' }] }, 'every tier but the last'],
      [{ currency: 'USD', tiers: [{ upTo: 0, price: '1' }, ...tiers] }, 'above'],
      [{ currency: 'USD', tiers: [{ price: '-1' }] }, 'decimal digits'],
      [{ currency: 'USD', tiers, freeRequests: 1.5 }, 'whole number'],
      [{ currency: 'USD', tiers, free: 1 }, '"free"'],
    ] as const) {
      expect(String(readPriceSheet(given)).toLowerCase()).toContain(reason.toLowerCase())
    }
  })
})

const about = { account: '1', region: 'r', keyId: 'k', keyName: '', status: 'final' as const }
const month = readMonth('2027-02')!

const planMonth = (planId: string): fc.Arbitrary<PlanMonth> =>
  fc
    .record({
      sheets: fc.array(sheet, { minLength: 1, maxLength: 3 }),
      counts: fc.array(fc.nat(30), { minLength: 28, maxLength: 28 }),
      firstDay: fc.integer({ min: 1, max: 28 }),
    })
    .map(({ sheets, counts, firstDay }) => {
      const day = (n: number) => `2027-02-${String(n).padStart(2, '0')}`
      const froms = ['2026-12-01', day(5), day(20)]
      return {
        planId,
        planName: planId,
        sheets: sheets.map((each, i) => ({ from: froms[i]!, sheet: each })),
        memberships: [{ firstDay: day(firstDay) }],
        days: counts.map((count, i): DayCount => [day(i + 1), count]),
      }
    })

test('months are those that there are', () => {
  expect(readMonth('2028-02')).toMatchObject({ lastDay: '2028-02-29', days: 29 })
  for (const text of ['0001-01', '2027-13', '2027-1', '2027-01-01']) expect(readMonth(text)).toBeUndefined()
})

describe('statements', () => {
  test('add up, are the same however often they are made, and balance in the ledger', () => {
    const credit = { entryId: 'c', memo: '=1+1', currency: 'USD', amount: amountOf('1.25') }
    fc.assert(
      fc.property(planMonth('p'), planMonth('q'), fc.boolean(), (p, q, credited) => {
        const make = () => makeStatement(about, month, [p, q], [], credited ? [credit] : [])
        const statement = make()
        expect(make()).toEqual(statement)
        const used = statement.lines.reduce(
          (sum, line) => sum + (line.type === 'requests' ? line.requests : 0),
          0,
        )
        expect(used).toBe(statement.usage.reduce((sum, plan) => sum + plan.requests, 0))
        for (const { charges, rounding, credits, total, currency } of statement.totals) {
          const lines = statement.lines.filter(line => line.currency === currency)
          const exact = lines.reduce((sum, line) => sum + amountOf(line.amount), 0n)
          expect(amountOf(charges) + amountOf(credits)).toBe(exact)
          expect(amountOf(total)).toBe(exact + amountOf(rounding))
          expect(amountOf(total) % 10_000_000n).toBe(0n)
        }
        const { postings } = entryOfStatement(statement)
        expect([...sumsOf(postings).values()].every(sum => sum === 0n)).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  test('charge late usage by the next ones: all together cost what was used, and the ledger balances', () => {
    const counts = fc.array(fc.nat(40), { minLength: 28, maxLength: 28 })
    // A month may be issued after later ones are: what those charged is not charged again.
    const orders = fc.shuffledSubarray(['2027-03', '2027-04', '2027-05'], { minLength: 3 })
    fc.assert(
      fc.property(planMonth('p'), fc.array(counts, { maxLength: 3 }), orders, (first, changes, months) => {
        const plan = { ...first, memberships: [] }
        const issued = [makeStatement(about, month, [plan], [], [])]
        let now = plan
        for (const [i, changed] of changes.entries()) {
          const later = readMonth(months[i])!
          now = { ...plan, days: plan.days.map(([day], n): DayCount => [day, changed[n]!]) }
          const late = findLateUsage(issued, later.name, name => (name === month.name ? [now] : []))
          issued.push(makeStatement(about, later, [], late, []))
        }
        const charged = issued
          .flatMap(({ lines }) => lines)
          .reduce((sum, line) => sum + amountOf(line.amount), 0n)
        const cost = requestChargesOf(now, month).get('USD') ?? 0n
        expect(charged).toBe(cost)
        const postings = issued.flatMap(statement => entryOfStatement(statement).postings)
        expect([...sumsOf(postings).values()].every(sum => sum === 0n)).toBe(true)
        const earned = postings.filter(({ ledgerAccount }) => ledgerAccount === 'revenue/p')
        expect(earned.reduce((sum, { amount }) => sum - amount, 0n)).toBe(cost)
      }),
      { numRuns: 60 },
    )
  })

  test('charge a whole fee once, a prorated one by the days of each sheet, and begin anew with each sheet', () => {
    const from = (first: string, more: object) => ({
      from: first,
      sheet: readPriceSheet({
        currency: 'USD',
        freeRequests: 3,
        tiers: [{ price: '1' }],
        ...more,
      }) as PriceSheet,
    })
    const days: DayCount[] = [
      ['2027-02-02', 5],
      ['2027-02-15', 4],
    ]
    const plan = { planId: 'p', planName: 'p', memberships: [{ firstDay: '2027-02-08' }], days }
    const linesOf = (prorated: boolean, then = prorated) =>
      makeStatement(
        about,
        month,
        [
          {
            ...plan,
            sheets: [
              from('2027-01-01', { monthlyFee: '28', prorated }),
              from('2027-02-15', { monthlyFee: '56', prorated: then }),
            ],
          },
        ],
        [],
        [],
      ).lines.map(line => [line.type, 'requests' in line ? line.requests : '', line.amount])
    const requests = [
      ['requests', 3, '0'],
      ['requests', 2, '2'],
    ]
    const later = [
      ['requests', 3, '0'],
      ['requests', 1, '1'],
    ]
    expect(linesOf(false)).toEqual([['monthly-fee', '', '28'], ...requests, ...later])
    // Days that a whole fee paid for are not paid for again.
    expect(linesOf(false, true)).toEqual([['monthly-fee', '', '28'], ...requests, ...later])
    expect(linesOf(true)).toEqual([
      ['monthly-fee', '', '7'],
      ...requests,
      ['monthly-fee', '', '28'],
      ...later,
    ])
  })

  test('may be more than any price or payment that is given', () => {
    const sheet = readPriceSheet({ currency: 'IDR', tiers: [{ price: '20000' }] }) as PriceSheet
    const days: DayCount[] = [['2027-02-02', 300_000]]
    const plan = {
      planId: 'p',
      planName: 'p',
      memberships: [],
      days,
      sheets: [{ from: '2027-01-01', sheet }],
    }
    const statement = makeStatement(about, month, [plan], [], [])
    expect(statement.totals).toMatchObject([{ charges: '6000000000', rounding: '0' }])
    expect(entryOfStatement(statement).postings[0]!.amount).toBe(6n * 10n ** 18n)
  })

  test('are CSV that no spreadsheet takes for formulas', () => {
    const plan = { planId: 'p', planName: 'p', memberships: [], days: [], sheets: [] }
    const credit = { entryId: 'c', memo: 'a "b", c', currency: 'USD', amount: 1n }
    const csv = statementsAsCsv([makeStatement({ ...about, keyName: '@key' }, month, [plan], [], [credit])])
    expect(csv).toContain(",'@key,")
    const named = makeStatement({ ...about, keyName: '\n=1+1' }, month, [], [], [credit])
    expect(statementsAsCsv([named])).toContain(',"\'\n=1+1",')
    expect(csv).toContain('"c: a ""b"", c"')
    expect(csv).toContain(',-0.000000001,')
  })
})
