/// <reference types="@cloudflare/vitest-plugin/types" />

import { runInDurableObject } from 'cloudflare:test'
import { env as bindings } from 'cloudflare:workers'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Env } from '../../src/env.ts'
import { type KeyRecord, keyMeterName, type Throttle } from '../../src/metering/key-record.ts'
import type { LeaseRequest } from '../../src/metering/lease-protocol.ts'
import { publishKeyRecord } from '../../src/metering/publish-key-record.ts'
import { relayName } from '../../src/metering/relays/relay-address.ts'
import { migrate } from '../../src/records/migrate.ts'
import { leaseRequest } from './lease-request.ts'

const env = bindings as unknown as Env
const ACCOUNT = '000000000077'

let keys = 0
let calls = 0

beforeAll(() => migrate(env.DB))

async function hotKey(throttle: Throttle) {
  keys += 1
  const hash = `${keys}`.padStart(64, 'e')
  const meter = keyMeterName(ACCOUNT, 'us-east-1', hash)
  const publish = (more: Partial<KeyRecord> = {}) =>
    publishKeyRecord(
      { store: env.STORE, meters: env.KEY_METER },
      {
        schema: 1,
        version: 1,
        created: 0,
        account: ACCOUNT,
        region: 'us-east-1',
        keyId: `key${keys}`,
        name: 'hot',
        enabled: true,
        plans: [{ planId: 'plan', since: 0, throttle, stages: [{ apiId: 'api', stage: 'prod' }] }],
        ...more,
      },
      hash,
    )
  await publish()
  const address = { place: 'weur', number: 0 } as const
  const relay = env.METER_RELAY.getByName(relayName(meter, address), { locationHint: address.place })
  const ask = (waiting: number, more: Partial<LeaseRequest> = {}) => {
    calls += 1
    return relay.lease(leaseRequest(`relayed:${calls}`, { waiting, ...more }))
  }
  return { meter, publish, relay, ask }
}

describe('a relay', () => {
  test('decides as its meter does, and asks it once for those that wait together', async () => {
    const { ask } = await hotKey({ rateLimit: 0.001, burstLimit: 10 })
    const replies = await Promise.all([ask(4), ask(3), ask(2), ask(5)])
    expect(replies.map(({ admitted }) => admitted).reduce((a, b) => a + b)).toBe(10)
    expect(replies[0]).toMatchObject({ keyId: `key${keys}`, planId: 'plan', version: 1 })
    expect(replies.at(-1)!.refusal).toMatchObject({ reason: 'throttled' })
    expect(await ask(1)).toMatchObject({ admitted: 0, refusal: { reason: 'throttled' } })
  })

  test('is told of a revoked key by its meter, and says so', async () => {
    const { ask, publish } = await hotKey({ rateLimit: 100, burstLimit: 10 })
    expect(await ask(1)).toMatchObject({ admitted: 1 })
    await publish({ version: 2, enabled: false })
    expect(await ask(1)).toMatchObject({ admitted: 0, refusal: { reason: 'disabled-key' } })
  })

  test('gives back what is given back to it, so that the usage is exact', async () => {
    const { ask, meter } = await hotKey({ rateLimit: 1_000, burstLimit: 100 })
    const first = await ask(5)
    await ask(0, {
      returns: [{ id: first.id, grantedAt: first.grantedAt, leased: 0, decided: 2, done: true }],
    })
    const used = () =>
      runInDurableObject(env.KEY_METER.getByName(meter), async (object, { storage }) => {
        await object.flushUsage()
        return storage.sql.exec<{ used: number }>('SELECT used FROM usage').one().used
      })
    await expect.poll(used, { timeout: 3_000, interval: 50 }).toBe(3)
  })

  test('holds nothing on disk', async () => {
    const { ask, relay } = await hotKey({ rateLimit: 1_000, burstLimit: 100 })
    await ask(5)
    const kept = await runInDurableObject(relay, async (_, { storage }) => [
      (await storage.list()).size,
      await storage.getAlarm(),
      storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'").toArray(),
    ])
    expect(kept).toEqual([0, null, []])
  })
})
