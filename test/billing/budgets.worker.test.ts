/// <reference types="@cloudflare/vitest-plugin/types" />

import { abortAllDurableObjects } from 'cloudflare:test'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type PricedApi, pricedApi } from './priced-api.ts'

afterEach(() => {
  vi.useRealTimers()
})

const put = ({ ask, planId }: PricedApi, price: string, plan = planId) =>
  ask('PUT', `/usageplans/${plan}/pricesheet`, { currency: 'USD', tiers: [{ price }] })

const times = (count: number, status: number) => Array<number>(count).fill(status)

/** Refusals are remembered for a second at the most. */
const soon = { timeout: 4000, interval: 100 }

describe("a key's budget", () => {
  it('refuses the request that would cost more, with the status and words of the owner', async () => {
    const api = await pricedApi()
    await put(api, '0.25')
    const key = await api.newKey('thrifty')
    const budget = `/keys/${key.id}/budget`
    await api.ask('PUT', budget, { currency: 'USD', amount: '1.10' })
    expect(await api.calls(key.value, 6)).toEqual([...times(4, 200), ...times(2, 402)])
    expect(await (await api.call(key.value)).json()).toEqual({ message: 'Budget exceeded' })
    expect((await api.ask('GET', budget)).body).toMatchObject({ amount: '1.1', status: 402, spent: '1' })
    // A raised budget counts within a second or two, and so does another answer.
    await api.ask('PUT', budget, { currency: 'USD', amount: '1.25', status: 429, message: 'Top up' })
    await vi.waitFor(async () => expect((await api.call(key.value)).status).toBe(200), soon)
    const refused = await api.call(key.value)
    expect(refused.status).toBe(429)
    expect(await refused.json()).toEqual({ message: 'Top up' })
    await api.ask('DELETE', budget)
    await vi.waitFor(async () => expect((await api.call(key.value)).status).toBe(200), soon)
    expect((await api.ask('GET', budget)).status).toBe(404)
  })

  it('is one for all plans of the key, and is known again after a crash', async () => {
    const api = await pricedApi()
    const other = await api.newPlan('silver')
    await put(api, '0.1')
    await put(api, '1', other.planId)
    const key = await api.newKey('both', api.planId, other.planId)
    await api.ask('PUT', `/keys/${key.id}/budget`, { currency: 'USD', amount: '2.3' })
    expect(await api.calls(key.value, 2, other.stage)).toEqual(times(2, 200))
    await abortAllDurableObjects()
    expect(await api.calls(key.value, 2)).toEqual(times(2, 200))
    // 0.1 is left: not enough for one plan, enough for the other.
    expect((await api.call(key.value, other.stage)).status).toBe(402)
    expect((await api.call(key.value)).status).toBe(200)
    expect((await api.call(key.value)).status).toBe(402)
    expect((await api.ask('PUT', `/keys/${key.id}/budget`, { currency: 'EUR', amount: '1' })).status).toBe(
      409,
    )
  })
})

describe("an account's budget", () => {
  it('is shared by its keys to the last request, counts what was spent before, and can be changed', async () => {
    const api = await pricedApi()
    await put(api, '0.01')
    const [a, b, c] = [await api.newKey('a'), await api.newKey('b'), await api.newKey('c')]
    expect(await api.calls(a.value, 5)).toEqual(times(5, 200))
    await api.ask('PUT', '/budget', { currency: 'USD', amount: '0.36', message: 'Spent' })
    let served = 5
    for (let round = 0; round < 9; round++) {
      for (const key of [b, c, a]) if ((await api.call(key.value)).status === 200) served += 1
    }
    // What one key has reserved and does not use is another's: nothing is left, and never more was served.
    await vi.waitFor(async () => {
      for (const key of [a, b, c]) if ((await api.call(key.value)).status === 200) served += 1
      expect(served).toBe(36)
    }, soon)
    await scheduler.wait(1100)
    expect([await api.calls(a.value, 2), await api.calls(c.value, 2)].flat()).toEqual(times(4, 402))
    expect(await (await api.call(a.value)).json()).toEqual({ message: 'Spent' })
    expect((await api.ask('GET', '/budget')).body).toMatchObject({ amount: '0.36', reserved: '0.36' })
    await api.ask('PUT', '/budget', { currency: 'USD', amount: '0.38' })
    served = 0
    await vi.waitFor(async () => {
      if ((await api.call(b.value)).status === 200) served += 1
      expect(served).toBe(2)
    }, soon)
    // Lowered, what is reserved and not spent is given back at once.
    await api.ask('PUT', '/budget', { currency: 'USD', amount: '5' })
    await vi.waitFor(async () => expect((await api.call(a.value)).status).toBe(200), soon)
    await api.ask('PUT', '/budget', { currency: 'USD', amount: '0.39' })
    expect(await api.calls(a.value, 2)).toEqual(times(2, 402))
    await api.ask('DELETE', '/budget')
    await vi.waitFor(async () => expect((await api.call(a.value)).status).toBe(200), soon)
  })
})
