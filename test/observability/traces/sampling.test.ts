import { array, assert, constantFrom, integer, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FlushCycle } from '../../../src/lib/flush-cycle.ts'
import { matchesWildcards } from '../../../src/lib/wildcards.ts'
import { SamplingQuotas } from '../../../src/observability/traces/sampling/quotas.ts'
import { Sampler } from '../../../src/observability/traces/sampling/sampler.ts'
import { DEFAULT_RULE, type SamplingRule } from '../../../src/observability/traces/sampling/sampling-rule.ts'

const account = { id: '111122223333', region: 'eu-central-1' }
const request = {
  service: 'shop/prod',
  serviceType: 'AWS::ApiGateway::Stage',
  host: 'shop.test',
  method: 'GET',
  path: '/pets',
  resourceArn: 'arn:aws:apigateway:eu-central-1::/restapis/abc/stages/prod',
}

/** Isolates that ask one object, which has these rules. */
function isolates(count: number, rules: readonly SamplingRule[], draw = () => 0.99) {
  let now = 1_790_000_000_000
  const quotas = new SamplingQuotas()
  const made = Array.from({ length: count }, (_, number) => {
    const cycle = new FlushCycle({ clock: () => now, sleep: async () => {}, defer: () => {} })
    const sampler = new Sampler({
      cycle,
      random: draw,
      newId: () => String(number).padStart(24, '0'),
      report: async (_, client, statistics) => ({
        rules,
        targets: quotas.report(rules, client, statistics, now),
      }),
    })
    return { cycle, sampler }
  })
  return {
    decide: (number = 0, asked = request) => made[number]!.sampler.decide(account, asked, now),
    async report() {
      for (const { cycle } of made) await cycle.flush()
    },
    pass(ms: number) {
      now += ms
    },
    quotas,
  }
}

describe('which requests are traced', () => {
  it('is one a second and a share of the rest, while nothing is known of the rules', () => {
    const { decide, pass } = isolates(1, [DEFAULT_RULE], () => 0.04)
    expect([decide(), decide()]).toEqual([true, true])
    const strict = isolates(1, [DEFAULT_RULE])
    expect([strict.decide(), strict.decide()]).toEqual([true, false])
    strict.pass(1_000)
    expect([strict.decide(), strict.decide()]).toEqual([true, false])
    pass(0)
  })

  it('is said by the first rule that fits, once the isolate has learned them', async () => {
    const none: SamplingRule = {
      ...DEFAULT_RULE,
      name: 'none',
      priority: 1,
      reservoir: 0,
      fixedRate: 0,
      path: '/pe*',
    }
    const { decide, report } = isolates(1, [none, DEFAULT_RULE], () => 0)
    expect(decide()).toBe(true)
    await report()
    expect(decide()).toBe(false)
    expect(decide(0, { ...request, path: '/shop' })).toBe(true)
  })

  it('takes no more a second out of a reservoir than it holds, however many isolates there are', async () => {
    const rule: SamplingRule = { ...DEFAULT_RULE, reservoir: 7, fixedRate: 0 }
    const weir = isolates(5, [rule])
    for (let second = 0; second < 25; second++) {
      let taken = 0
      for (let number = 0; number < 5; number++) {
        for (let i = 0; i < 20; i++) if (weir.decide(number)) taken += 1
      }
      // Until all of them have reported twice, each borrows or has more than its share.
      if (second > 21) expect(taken).toBe(7)
      await weir.report()
      weir.pass(1_000)
    }
    const summaries = weir.quotas.summaries
    expect(summaries.every(({ rule: name }) => name === 'Default')).toBe(true)
    expect(summaries.reduce((sum, { requests }) => sum + requests, 0)).toBeGreaterThan(1_000)
  })
})

it('finds texts by their wildcards as an expression does', () => {
  const letters = array(constantFrom('a', 'b', '*', '?'), { maxLength: 8 }).map(all => all.join(''))
  const text = array(constantFrom('a', 'b'), { maxLength: 8 }).map(all => all.join(''))
  assert(
    property(letters, text, (pattern, subject) => {
      const expression = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`)
      expect(matchesWildcards(pattern, subject)).toBe(expression.test(subject))
    }),
    { numRuns: 1000 },
  )
  assert(
    property(integer({ min: 1_000, max: 20_000 }), length => {
      expect(matchesWildcards('*a'.repeat(30), 'a'.repeat(length))).toBe(true)
      expect(matchesWildcards(`${'*a'.repeat(30)}b`, 'a'.repeat(length))).toBe(false)
    }),
    { numRuns: 5 },
  )
})
