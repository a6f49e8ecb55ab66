import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { KeyRecord } from '../../src/metering/key-record.ts'
import { Meter } from '../../src/metering/meter.ts'
import { amountOf, formatAmount, type Nanos } from '../../src/metering/money/amount.ts'
import { KeyBudgets } from '../../src/metering/money/key-budgets.ts'
import { costOf } from '../../src/metering/money/price-requests.ts'
import type { PriceSheet } from '../../src/metering/money/price-sheet.ts'
import type { UsageRow } from '../../src/metering/saved-meter.ts'
import { leaseRequest } from '../metering/lease-request.ts'

const MIDNIGHT = Date.parse('2027-02-15T00:00:00Z')

const flat = (price: string): PriceSheet => ({ currency: 'USD', tiers: [{ price }] })
const falling: PriceSheet = {
  currency: 'USD',
  freeRequests: 10,
  pricing: 'volume',
  tiers: [{ upTo: 300, price: '0.002' }, { price: '0.001' }],
}

/** Prices of one of the plans change on the 15th. */
const SHEETS = {
  gold: [
    { from: '2027-01-01', sheet: falling },
    { from: '2027-02-15', sheet: flat('0.003') },
  ],
  silver: [{ from: '2027-02-01', sheet: flat('0.0005') }],
}
const PLANS = ['gold', 'silver'] as const
type Plan = (typeof PLANS)[number]

const recordWith = (amount: Nanos): KeyRecord => ({
  schema: 1,
  version: 1,
  created: 0,
  account: '000000000000',
  region: 'us-east-1',
  keyId: 'key',
  name: '',
  enabled: true,
  plans: PLANS.map(planId => ({ planId, since: 0, stages: [{ apiId: 'api', stage: planId }] })),
  money: {
    budget: { currency: 'USD', amount: formatAmount(amount), status: 402 },
    plans: PLANS.map(planId => ({ planId, sheets: SHEETS[planId] })),
  },
})

/** A key's object with what it has on disk. */
class Key {
  wall = MIDNIGHT - 3000
  readonly rows = new Map<string, UsageRow>()
  readonly #record: KeyRecord
  #meter: Meter
  #calls = 0

  constructor(amount: Nanos) {
    this.#record = recordWith(amount)
    this.#meter = this.crash()
  }

  crash(): Meter {
    const saved = { record: this.#record, usage: [...this.rows.values()], adjustments: [] }
    const meter = new Meter(saved, this.wall, 0.5)
    const budgets = new KeyBudgets(
      {
        usage: planId => meter.usageOf(planId),
        call: () => Promise.reject(new Error('the account has no budget')),
        save: () => {},
      },
      undefined,
    )
    budgets.configure({ holder: 'us-east-1/key', meter: 'm', money: this.#record.money }, this.wall)
    meter.attach(planId => budgets.ceilingsOf(planId))
    this.#meter = meter
    return meter
  }

  /** What is granted at once or leased: whoever leases may spend all of it. */
  lease(stage: Plan, waiting: number, extra: number) {
    const request = leaseRequest(`call ${this.#calls++}`, { stage, waiting, extra })
    const reply = this.#meter.lease(request, this.wall)
    this.#save()
    return { granted: reply.admitted + (reply.lease?.tokens ?? 0), refusal: reply.refusal }
  }

  settle(): void {
    this.#meter.settle(this.wall)
    this.#save()
  }

  #save(): void {
    for (const row of this.#meter.takeSaves().usage) this.rows.set(`${row.planId} ${row.day}`, row)
  }

  /** What the month costs by what is on disk, where usage is read after a crash. */
  get billed(): Nanos {
    let cost = 0n
    for (const planId of PLANS)
      for (const [i, { from, sheet }] of SHEETS[planId].entries()) {
        const next = SHEETS[planId][i + 1]?.from ?? '9999'
        const own = [...this.rows.values()].filter(
          row => row.planId === planId && row.day >= from && row.day < next,
        )
        cost += costOf(
          sheet,
          own.reduce((sum, row) => sum + row.used, 0),
        )
      }
    return cost
  }
}

const plan = fc.constantFrom(...PLANS)
const step = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({
      do: fc.constant('lease' as const),
      plan,
      waiting: fc.nat(60),
      extra: fc.nat(200),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(800) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'crash' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'settle' as const }) },
)

test('a key costs no more than its budget, over plans, changes of prices, reserved blocks and crashes', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 2_000_000_000n), fc.array(step, { maxLength: 60 }), (amount, steps) => {
      const key = new Key(amount)
      for (const each of steps) {
        if (each.do === 'lease') {
          const { granted, refusal } = key.lease(each.plan, each.waiting, each.extra)
          if (granted < each.waiting)
            expect(refusal).toMatchObject({ reason: 'budget-exceeded', status: 402 })
        } else if (each.do === 'wait') key.wall += each.ms
        else if (each.do === 'crash') key.crash()
        else key.settle()
        expect(key.billed).toBeLessThanOrEqual(amount)
      }
    }),
    { numRuns: 200 },
  )
})

test('what one plan has reserved, and a crash would forfeit, is spent for the others', () => {
  const key = new Key(amountOf('9'))
  key.wall = Date.parse('2027-02-20T12:00:00Z')
  for (let i = 0; i < 30; i++) {
    key.lease('gold', 10, 0)
    key.wall += 100
  }
  const before = key.billed
  expect(before).toBeGreaterThan(300n * amountOf('0.003'))
  expect(key.lease('silver', 100_000, 0).refusal).toMatchObject({ reason: 'budget-exceeded' })
  expect(key.billed).toBeLessThanOrEqual(amountOf('9'))
  expect(key.billed).toBeGreaterThan(amountOf('8.999'))
})

test('a budget is spent to its last request, and the next month has one of its own', () => {
  const key = new Key(amountOf('0.010'))
  key.wall = Date.parse('2027-02-28T23:59:00Z')
  expect(key.lease('gold', 5, 0).granted).toBe(3)
  expect(key.lease('gold', 1, 0).granted).toBe(0)
  const { granted, refusal } = key.lease('silver', 5, 0)
  expect(granted).toBe(2)
  expect(refusal).toMatchObject({ reason: 'budget-exceeded', retryAfterMs: 60_000 })
  key.wall += 60_000
  expect(key.lease('gold', 5, 0).granted).toBe(3)
})
