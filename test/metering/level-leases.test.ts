import { beforeEach, describe, expect, test } from 'vitest'
import type { LeaseReply, LeaseRequest } from '../../src/metering/lease-protocol.ts'
import { Rig } from './isolate-rig.ts'
import { NAME } from './simulated-key.ts'

const METHOD = 'throttles/method'
const ACCOUNT = 'accounts/account'

let rig: Rig
beforeEach(() => {
  rig = new Rig()
})

/** Leases as they are wanted where the bucket is large; a key's live a quarter of a second at most. */
const generous = ({ extra, lifeWanted }: LeaseRequest, name: string): Partial<LeaseReply> => {
  if (extra === 0) return {}
  // A key of few requests is decided request by request.
  if (name === NAME) return extra < 10 ? {} : { lease: { tokens: extra, lifeMs: 250 } }
  return { lease: { tokens: extra, lifeMs: lifeWanted! } }
}

const callsTo = (meter: string) => rig.called.filter(name => name === meter).length

/** Requests at even times; afterwards all calls are counted that they cost from `from` on. */
async function drive(everyMs: number, from: number, to: number) {
  rig.answer = generous
  for (let at = 0; at < to; at += everyMs) rig.pass(at)
  await rig.world.run(from - 1)
  rig.forget()
  await rig.world.run(to + 40_000)
  return (to - from) / everyMs
}

describe('what a request costs in calls', () => {
  test('one a second: one of the key, and of method and account one in half a minute', async () => {
    const requests = await drive(1_000, 60_000, 360_000)
    expect(rig.admittances.every(({ refusal }) => !refusal)).toBe(true)
    expect(callsTo(NAME)).toBe(requests)
    expect((callsTo(METHOD) + callsTo(ACCOUNT)) / requests).toBeLessThan(0.1)
    expect(callsTo(METHOD)).toBeGreaterThan(0)
    const wanted = rig.calls.filter((_, index) => rig.called[index] === ACCOUNT)
    for (const { extra, lifeWanted } of wanted) {
      expect(extra).toBeGreaterThanOrEqual(28)
      expect(extra).toBeLessThanOrEqual(32)
      expect(lifeWanted).toBeGreaterThan(29_000)
      expect(lifeWanted).toBeLessThanOrEqual(30_000)
    }
  })

  test('one a second at chance’s times: still a tenth, and hardly ever a wait for method and account', async () => {
    let at = 0
    let seed = 7
    rig.answer = generous
    while (at < 600_000) {
      seed = (seed * 48_271) % 2_147_483_647
      at += -Math.log(seed / 2_147_483_647) * 1_000
      rig.pass(at)
    }
    await rig.world.run(60_000)
    rig.forget()
    await rig.world.run(640_000)
    const requests = rig.admittances.length
    expect((callsTo(METHOD) + callsTo(ACCOUNT)) / requests).toBeLessThan(0.15)
    const waits = rig.admittances.filter(({ account }) => account?.admitted && account.by === 'object')
    expect(waits.length / requests).toBeLessThan(0.05)
  })

  test('one a minute: one of each, and no lease', async () => {
    const requests = await drive(60_000, 60_000, 1_200_000)
    for (const meter of [NAME, METHOD, ACCOUNT]) expect(callsTo(meter)).toBe(requests)
    expect(rig.calls.every(({ extra }) => extra === 0)).toBe(true)
  })

  test('a thousand a second: fewer than ten of a thousand', async () => {
    const requests = await drive(1, 3_000, 8_000)
    expect(rig.admittances.every(({ refusal }) => !refusal)).toBe(true)
    expect(rig.calls.length / (requests / 1_000)).toBeLessThan(10)
  })
})

test('one busy moment does not lease half a minute of it', async () => {
  rig.answer = generous
  for (let at = 0; at < 500; at += 1) rig.pass(at)
  await rig.world.run(600)
  const most = Math.max(...rig.calls.map(({ extra }) => extra))
  expect(most).toBeLessThanOrEqual(3_000)
})

test('an idle isolate lets leases of methods and accounts end without a call', async () => {
  rig.answer = generous
  for (let at = 0; at < 20_000; at += 1_000) rig.pass(at)
  await rig.world.run(20_500)
  rig.forget()
  await rig.world.run(120_000)
  expect(rig.calls).toEqual([])
  // They go back with the next call.
  rig.pass(120_000)
  await rig.world.run(120_100)
  const account = rig.calls[rig.called.indexOf(ACCOUNT)]
  expect(account?.returns.at(-1)).toMatchObject({ leased: 18, done: true })
})

test('a lease of a key is never used for longer than a quarter of a second, whatever it says', async () => {
  await rig.warm()
  rig.answer = () => ({ lease: { tokens: 1_000, lifeMs: 30_000 } })
  for (let at = 121; at < 400; at += 1) rig.request(at)
  await rig.world.run(400)
  rig.answer = () => ({ admitted: 0, refusal: { reason: 'disabled-key', retryAfterMs: 1_000 } })
  rig.forget()
  for (let at = 900; at < 910; at += 1) rig.request(at)
  await rig.world.run(1_000)
  expect(rig.decisions.every(({ admitted }) => !admitted)).toBe(true)
})
