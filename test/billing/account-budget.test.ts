import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  AccountBudget,
  type BudgetInForce,
  type ReservationReply,
  type ReservationRequest,
  type ReservationRow,
} from '../../src/metering/money/account-budget.ts'
import { amountOf } from '../../src/metering/money/amount.ts'
import { KeyBudgets, type Reserved } from '../../src/metering/money/key-budgets.ts'
import { KeySpend } from '../../src/metering/money/key-spend.ts'

const WALL = Date.parse('2027-02-10T12:00:00Z')
const MONTH = '2027-02'
const KEYS = 3

const sheets = [
  {
    from: '2027-01-01',
    sheet: {
      currency: 'USD',
      freeRequests: 2,
      pricing: 'volume' as const,
      tiers: [{ upTo: 10, price: '0.03' }, { price: '0.02' }],
    },
  },
]
const money = { account: { currency: 'USD' }, plans: [{ planId: 'p', sheets }] }

/** How a call between the two fares. */
type Fate = 'arrives' | 'is lost' | 'reply is lost' | 'is doubled' | 'comes again later'

type Step =
  | { do: 'use'; key: number; requests: number; fate: Fate }
  | { do: 'return'; key: number; requests: number }
  | { do: 'crash'; key: number }
  | { do: 'crash the budget' }
  | { do: 'late calls' }
  | { do: 'wait'; ms: number }
  | { do: 'budget'; cents: number; fate: Fate }

const fate: fc.Arbitrary<Fate> = fc.constantFrom(
  'arrives',
  'arrives',
  'is lost',
  'reply is lost',
  'is doubled',
  'comes again later',
)
const key = fc.nat(KEYS - 1)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('use' as const),
      key,
      requests: fc.integer({ min: 1, max: 9 }),
      fate,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('return' as const),
      key,
      requests: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const), key }) },
  { weight: 1, arbitrary: fc.constant({ do: 'crash the budget' as const }) },
  { weight: 2, arbitrary: fc.constant({ do: 'late calls' as const }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(3000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('budget' as const), cents: fc.nat(300), fate }) },
)

/** An account with some keys, whose calls fare as they are told. */
class World {
  wall = WALL
  readonly used = Array.from({ length: KEYS }, () => 0)
  fate: Fate = 'arrives'
  cents: number
  #version = 1
  #late: ReservationRequest[] = []
  #rows = new Map<string, ReservationRow>()
  #inForce: BudgetInForce
  #budget: AccountBudget
  readonly #saved: (Reserved | undefined)[] = Array.from({ length: KEYS }, () => undefined)
  readonly keys: KeyBudgets[]

  constructor(cents: number) {
    this.cents = cents
    this.#inForce = this.#saying(cents)
    this.#budget = new AccountBudget(this.#inForce, [])
    this.keys = this.used.map((_, i) => this.#start(i))
  }

  #saying(cents: number): BudgetInForce {
    return {
      version: this.#version++,
      budget: { currency: 'USD', amount: (cents / 100).toFixed(2), status: 402 },
    }
  }

  usage(i: number) {
    return [{ day: '2027-02-10', used: this.used[i]! }]
  }

  #start(i: number): KeyBudgets {
    const budgets = new KeyBudgets(
      {
        usage: () => this.usage(i),
        call: request => this.#carry(request),
        save: reserved => {
          this.#saved[i] = reserved
        },
      },
      this.#saved[i],
    )
    budgets.configure({ holder: `r/${i}`, meter: `m${i}`, money }, this.wall)
    return budgets
  }

  crash(i: number): void {
    this.keys[i] = this.#start(i)
  }

  crashBudget(): void {
    this.#budget = new AccountBudget(this.#inForce, [...this.#rows.values()])
  }

  #reserve(request: ReservationRequest): ReservationReply {
    const reply = this.#budget.reserve(request)
    for (const row of this.#budget.takeSaves().rows) this.#rows.set(row.holder, row)
    return reply
  }

  async #carry(request: ReservationRequest): Promise<ReservationReply> {
    if (this.fate === 'is lost') throw new Error('lost')
    let reply = this.#reserve(request)
    if (this.fate === 'is doubled') this.#reserve(request)
    if (this.fate === 'comes again later') this.#late.push(request)
    if (this.fate === 'reply is lost') throw new Error('lost')
    const short = reply.reserved !== null && BigInt(reply.reserved) < BigInt(request.needed)
    if (short) {
      for (const row of this.#budget.holders(MONTH, request.holder)) this.#askBack(row)
      reply = this.#reserve({ ...request, rev: reply.rev, holds: reply.reserved! })
    }
    return reply
  }

  #askBack({ holder, rev }: ReservationRow): void {
    const spent = this.keys[Number(holder.slice(2))]!.surrender(MONTH, holder, rev, this.wall)
    // Or the answer is lost: the key has given it up, and nobody knows.
    if (spent === undefined || this.fate === 'comes again later') return
    this.#budget.surrendered(MONTH, holder, rev, spent)
    for (const row of this.#budget.takeSaves().rows) this.#rows.set(row.holder, row)
  }

  lateCalls(): void {
    for (const request of this.#late.splice(0)) this.#reserve(request)
  }

  change(cents: number): void {
    this.cents = cents
    this.#inForce = this.#saying(cents)
    this.#budget.configure(this.#inForce)
    if (this.#budget.isOverdrawn(MONTH)) for (const row of this.#budget.holders(MONTH)) this.#askBack(row)
  }

  /** Requests of a key, of which as many pass as its ceilings allow. */
  async use(i: number, requests: number): Promise<number> {
    try {
      await this.keys[i]!.reserveFor('p', requests, this.wall)
    } catch {
      return 0
    }
    const room = Math.min(...this.keys[i]!.ceilingsOf('p').map(ceiling => ceiling.remaining(this.wall)))
    const admitted = Math.max(0, Math.min(requests, room))
    this.used[i]! += admitted
    return admitted
  }

  spent(i: number): bigint {
    return new KeySpend(money, this.wall).spent('USD', () => this.usage(i), this.wall)
  }

  get spentInAll(): bigint {
    return this.used.reduce((sum, _, i) => sum + this.spent(i), 0n)
  }
}

const limitOf = (cents: number) => amountOf((cents / 100).toFixed(2))

test('an account never spends more than its budget, whatever is lost, doubled, late or crashes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(300), fc.array(step, { maxLength: 60 }), async (cents, steps) => {
      const world = new World(cents)
      // What was spent when the budget was lowered is spent.
      let spentBefore = 0n
      for (const each of steps) {
        if (each.do === 'use') {
          world.fate = each.fate
          await world.use(each.key, each.requests)
        } else if (each.do === 'return')
          world.used[each.key]! -= Math.min(each.requests, world.used[each.key]!)
        else if (each.do === 'crash') world.crash(each.key)
        else if (each.do === 'crash the budget') world.crashBudget()
        else if (each.do === 'late calls') world.lateCalls()
        else if (each.do === 'wait') world.wall += each.ms
        else {
          world.fate = each.fate
          spentBefore = world.spentInAll
          world.change(each.cents)
        }
        const limit = limitOf(world.cents)
        expect(world.spentInAll).toBeLessThanOrEqual(limit > spentBefore ? limit : spentBefore)
      }
    }),
    { numRuns: 300 },
  )
})

test('and spends all of it: what one key has reserved and not spent is another one’s', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 50, max: 300 }),
      fc.array(step, { maxLength: 30 }),
      async (cents, steps) => {
        const world = new World(cents)
        for (const each of steps) {
          if (each.do !== 'use') continue
          world.fate = each.fate
          await world.use(each.key, each.requests)
        }
        world.fate = 'arrives'
        for (let idle = 0; idle < 3; ) {
          world.wall += 1001
          idle = (await world.use(0, 5)) + (await world.use(1, 1)) > 0 ? 0 : idle + 1
          if (world.used[0]! > 1000) break
        }
        // Less is left than another request costs; with volume pricing the next one may cost that of all before it.
        const left = limitOf(cents) - world.spentInAll
        const next = [0, 1].map(i => {
          world.used[i]! += 1
          const cost = world.spent(i)
          world.used[i]! -= 1
          return cost - world.spent(i)
        })
        for (const cost of next) expect(left).toBeLessThan(cost)
      },
    ),
    { numRuns: 100 },
  )
})
