/// <reference types="@cloudflare/vitest-plugin/types" />

import { abortAllDurableObjects, runDurableObjectAlarm } from 'cloudflare:test'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { sha256Hex } from '../../src/lib/hash.ts'
import { keyMeterName } from '../../src/metering/key-record.ts'
import { env } from '../whole-weir.ts'
import { type PricedApi, pricedApi } from './priced-api.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: Date.now(), toFake: ['Date'] })
})

afterEach(() => {
  vi.useRealTimers()
})

/** Refusals are remembered for a second at the most. */
const pass = (ms = 1100) => vi.setSystemTime(Date.now() + ms)

const put = ({ ask, planId }: PricedApi, price: string, plan = planId) =>
  ask('PUT', `/usageplans/${plan}/pricesheet`, { currency: 'USD', tiers: [{ price }] })

const times = (count: number, status: number) => Array<number>(count).fill(status)

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
    pass()
    expect((await api.call(key.value)).status).toBe(200)
    const refused = await api.call(key.value)
    expect(refused.status).toBe(429)
    expect(await refused.json()).toEqual({ message: 'Top up' })
    await api.ask('DELETE', budget)
    pass()
    expect((await api.call(key.value)).status).toBe(200)
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

  it('that waits in the outbox is found by the key itself when it tells of its usage', async () => {
    const api = await pricedApi()
    await put(api, '0.25')
    const { id, value } = await api.newKey('one of thousands')
    expect((await api.call(value)).status).toBe(200)
    const valueHash = await sha256Hex(value)
    const budget = JSON.stringify({ currency: 'USD', amount: '0.25', status: 402 })
    await env.DB.batch([
      env.DB.prepare(
        "INSERT INTO resources VALUES (?, 'us-east-1', 'weir.key-budget', '', ?, 1, NULL, ?)",
      ).bind(api.account, id, budget),
      env.DB.prepare(
        "UPDATE publications SET wanted = wanted + 1 WHERE kind = 'api-key' AND account = ? AND id = ?",
      ).bind(api.account, valueHash),
    ])
    expect((await api.call(value)).status).toBe(200)
    pass(7 * 3_600_000)
    const meter = env.KEY_METER.getByName(keyMeterName(api.account, 'us-east-1', valueHash))
    expect(await runDurableObjectAlarm(meter)).toBe(true)
    expect((await api.call(value)).status).toBe(402)
  })
})

describe("an account's budget", () => {
  it('is shared by its keys to the last request, counts what was spent before, and can be changed', async () => {
    const api = await pricedApi()
    await put(api, '0.01')
    const keys = [await api.newKey('a'), await api.newKey('b'), await api.newKey('c')]
    const [a, b, c] = keys.map(({ value }) => value) as [string, string, string]
    expect(await api.calls(a, 5)).toEqual(times(5, 200))
    await api.ask('PUT', '/budget', { currency: 'USD', amount: '0.36', message: 'Spent' })
    let served = 5
    const serve = async (values: readonly string[]) => {
      for (const value of values) if ((await api.call(value)).status === 200) served += 1
    }
    // What one key has reserved and does not use is another's: nothing is left, and never more was served.
    for (let round = 0; round < 40 && served < 36; round++) {
      await serve([b, c, a])
      if (round > 8) pass()
    }
    expect(served).toBe(36)
    pass()
    expect([await api.calls(a, 2), await api.calls(c, 2)].flat()).toEqual(times(4, 402))
    expect(await (await api.call(a)).json()).toEqual({ message: 'Spent' })
    expect((await api.ask('GET', '/budget')).body).toMatchObject({ amount: '0.36', reserved: '0.36' })
    await api.ask('PUT', '/budget', { currency: 'USD', amount: '0.38' })
    pass()
    expect(await api.calls(b, 3)).toEqual([200, 200, 402])
    // Lowered, what is reserved and not spent is given back at once.
    await api.ask('PUT', '/budget', { currency: 'USD', amount: '5' })
    pass()
    expect((await api.call(a)).status).toBe(200)
    await api.ask('PUT', '/budget', { currency: 'USD', amount: '0.39' })
    expect(await api.calls(a, 2)).toEqual(times(2, 402))
    await api.ask('DELETE', '/budget')
    pass()
    expect((await api.call(a)).status).toBe(200)
  })
})
