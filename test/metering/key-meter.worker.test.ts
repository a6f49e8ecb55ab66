/// <reference types="@cloudflare/vitest-plugin/types" />

import {
  abortAllDurableObjects,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test'
import { env as bindings } from 'cloudflare:workers'
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { KeyMeter } from '../../durable-objects/key-meter.ts'
import type { Env } from '../../src/env.ts'
import { objectMark } from '../../src/lib/object-marks.ts'
import { Admission } from '../../src/metering/admission.ts'
import {
  type KeyRecord,
  keyMeterName,
  keyRecordPath,
  type Quota,
  type Throttle,
} from '../../src/metering/key-record.ts'
import type { LeaseRequest } from '../../src/metering/lease-protocol.ts'
import { keyRecordExists, publishKeyRecord } from '../../src/metering/publish-key-record.ts'
import { migrate } from '../../src/records/migrate.ts'
import { leaseRequest } from './lease-request.ts'
import { TARGET } from './simulated-key.ts'

const env = bindings as unknown as Env

const ACCOUNT = '000000000000'
const REGION = 'us-east-1'

let hash: string
let name: string
let keys = 0
let calls = 0

beforeAll(() => migrate(env.DB))

beforeEach(() => {
  keys += 1
  hash = keys.toString(16).padStart(64, '0')
  name = keyMeterName(ACCOUNT, REGION, hash)
})

const meter = () => env.KEY_METER.getByName(name)
const targets = { store: env.STORE, meters: env.KEY_METER }

const record = (
  limits: { throttle?: Throttle; quota?: Quota } = {},
  more: Partial<KeyRecord> = {},
): KeyRecord => ({
  schema: 1,
  version: 1,
  created: 0,
  account: ACCOUNT,
  region: REGION,
  keyId: `key${keys}`,
  name: 'mine',
  enabled: true,
  plans: [{ planId: 'plan', since: 0, stages: [TARGET], ...limits }],
  ...more,
})

const publish = (published: KeyRecord) => publishKeyRecord(targets, published, hash)

const ask = (waiting: number, extra = 0, more: Partial<LeaseRequest> = {}) => {
  calls += 1
  return meter().lease(leaseRequest(`test:${calls}`, { waiting, extra, ...more }))
}

const usage = async () => {
  const { results } = await env.DB.prepare('SELECT * FROM usage WHERE key_id = ? ORDER BY day')
    .bind(`key${keys}`)
    .all()
  return results
}

/** Lets the object's alarm go off when it is set for. */
const ring = async () => {
  const alarm = await runInDurableObject(meter(), (_, { storage }) => storage.getAlarm())
  vi.useFakeTimers({ now: alarm! + 1, toFake: ['Date'] })
  try {
    expect(await runDurableObjectAlarm(meter())).toBe(true)
  } finally {
    vi.useRealTimers()
  }
}

describe('birth', () => {
  test('the control plane creates no object; the first caller does, and it finds the record', async () => {
    await publish(record())
    expect(await env.STORE.head(objectMark(name))).toBeNull()
    expect(await ask(1)).toMatchObject({ admitted: 1, keyId: `key${keys}`, planId: 'plan', version: 1 })
    expect(await env.STORE.head(objectMark(name))).not.toBeNull()
  })

  test('a born object is told of changes at once', async () => {
    await publish(record())
    await ask(1)
    await publish(record({}, { version: 2, enabled: false }))
    expect(await ask(1)).toMatchObject({ admitted: 0, refusal: { reason: 'disabled-key' } })
    await publish(record({}, { version: 3, deleted: true }))
    expect(await ask(1)).toMatchObject({ admitted: 0, refusal: { reason: 'unknown-key' } })
  })

  test('no update is lost, wherever the birth falls between the steps of publishing', async () => {
    for (const stopAt of ['get', 'put', 'head'] as const) {
      keys += 1
      hash = keys.toString(16).padStart(64, '0')
      name = keyMeterName(ACCOUNT, REGION, hash)
      await publish(record())
      // The object is born right before the n-th step of publishing the second version.
      const store = new Proxy(env.STORE, {
        get(target, property) {
          const method = Reflect.get(target, property) as (...args: unknown[]) => Promise<unknown>
          return async (...args: unknown[]) => {
            if (property === stopAt) await ask(1)
            return method.apply(target, args)
          }
        },
      })
      await publishKeyRecord({ ...targets, store }, record({}, { version: 2 }), hash)
      expect(await ask(1)).toMatchObject({ version: 2 })
    }
  })

  test('an older record neither replaces the newer document nor reaches the object', async () => {
    await publish(record({}, { version: 5 }))
    await ask(1)
    await publish(record({}, { version: 4, enabled: false }))
    expect(await (await env.STORE.get(keyRecordPath(name)))?.json()).toMatchObject({ version: 5 })
    expect(await ask(1)).toMatchObject({ admitted: 1, version: 5 })
  })

  test('writers that overtake each other leave the newest record', async () => {
    const versions = [3, 1, 4, 2, 5]
    await Promise.all(versions.map(version => publish(record({}, { version }))))
    expect(await (await env.STORE.get(keyRecordPath(name)))?.json()).toMatchObject({ version: 5 })
  })

  test('a key exists for isolates from its record until its deletion', async () => {
    expect(await keyRecordExists(env.STORE, name)).toBe(false)
    await publish(record())
    expect(await keyRecordExists(env.STORE, name)).toBe(true)
    await publish(record({}, { version: 2, deleted: true }))
    expect(await keyRecordExists(env.STORE, name)).toBe(false)
  })
})

describe('durability', () => {
  const limits = {
    throttle: { rateLimit: 0.001, burstLimit: 10 },
    quota: { limit: 50, offset: 0, period: 'DAY' as const },
  }

  test('a slow key is where it was after an eviction, and after a crash', async () => {
    await publish(record(limits))
    expect((await ask(3)).admitted).toBe(3)
    await evictDurableObject(meter())
    expect((await ask(3)).admitted).toBe(3)
    await abortAllDurableObjects()
    expect((await ask(100)).admitted).toBe(4)
  })

  test('a quota of 50 admits 50 through any number of crashes', async () => {
    await publish(record({ quota: limits.quota }))
    let admitted = 0
    for (let life = 0; life < 12; life += 1) {
      admitted += (await ask(5)).admitted
      if (life % 6 > 0) await abortAllDurableObjects()
      else await evictDurableObject(meter())
    }
    expect(admitted).toBe(50)
    await meter().flushUsage()
    expect(await usage()).toMatchObject([{ used: 50, remaining: 0 }])
  })

  test('leases of a life before count as out, and end', async () => {
    await publish(record({ throttle: { rateLimit: 0.001, burstLimit: 100 } }))
    expect((await ask(0, 1_000)).lease?.tokens).toBe(50)
    await abortAllDurableObjects()
    expect((await ask(1_000)).admitted).toBe(50)
    const outstanding = () =>
      runInDurableObject(meter(), (_, { storage }) => storage.sql.exec('SELECT held FROM usage').one().held)
    expect(await outstanding()).toBe(50)
    await vi.waitFor(
      async () => expect((await ask(0, 1_000)).refusal?.retryAfterMs).toBeGreaterThan(10),
      2_000,
    )
  })

  test('a hot key that falls silent is settled by an alarm before the object is evicted, and by no timer', async () => {
    await publish(record())
    let admitted = 0
    let ahead = 0
    const saved = () =>
      runInDurableObject(meter(), (_, { storage }) =>
        Number(storage.sql.exec('SELECT used FROM usage').one().used),
      )
    for (let round = 0; round < 30; round += 1) {
      admitted += (await ask(20)).admitted
      ahead = Math.max(ahead, (await saved()) - admitted)
      await scheduler.wait(10)
    }
    expect(ahead).toBeGreaterThan(100)
    const alarm = await runInDurableObject(meter(), (_, { storage }) => storage.getAlarm())
    // The platform evicts after ten seconds.
    expect(alarm! - Date.now()).toBeLessThanOrEqual(9_000)
    vi.useFakeTimers({ now: Date.now() + 9_500, toFake: ['Date'] })
    try {
      expect(await runDurableObjectAlarm(meter())).toBe(true)
    } finally {
      vi.useRealTimers()
    }
    expect(await saved()).toBe(admitted)
  })

  test('a key of one request a second writes one row for ten, and its alarm is for the rest', async () => {
    await publish(record({ throttle: { rateLimit: 5, burstLimit: 10 } }))
    const start = Date.now()
    const rows = () =>
      runInDurableObject(meter(), (_, { storage }) =>
        Number(storage.sql.exec('SELECT rev FROM usage').one().rev),
      )
    vi.useFakeTimers({ now: start, toFake: ['Date'] })
    try {
      for (let second = 0; second < 30; second += 1) {
        vi.setSystemTime(start + second * 1_000)
        expect((await ask(1)).admitted).toBe(1)
      }
      expect(await rows()).toBeLessThanOrEqual(7)
      vi.setSystemTime(start + 40_000)
      await runDurableObjectAlarm(meter())
    } finally {
      vi.useRealTimers()
    }
    await abortAllDurableObjects()
    await meter().flushUsage()
    expect(await usage()).toMatchObject([{ used: 30 }])
  })
})

test('what could not be written was not decided: an object does not go on from memory alone', async () => {
  await publish(record({ quota: { limit: 50_000, offset: 0, period: 'DAY' } }))
  let admitted = 0
  const tryOnce = async () => {
    await scheduler.wait(5)
    const reply = await ask(20).catch(() => undefined)
    admitted += reply?.admitted ?? 0
    return reply !== undefined
  }
  for (let call = 0; call < 15; call += 1) await tryOnce()
  await runInDurableObject(meter(), (_, { storage }) => {
    storage.sql.exec(
      "CREATE TRIGGER full BEFORE INSERT ON usage BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END",
    )
  })
  // The block that the last row has reserved may still be used up; one that no row tells of may not.
  while (await tryOnce()) {}
  for (let call = 0; call < 5; call += 1) expect(await tryOnce()).toBe(false)
  await runInDurableObject(meter(), (_, { storage }) => storage.sql.exec('DROP TRIGGER full'))
  await meter().flushUsage()
  const [row] = await usage()
  expect(row!.used).toBeGreaterThanOrEqual(admitted)
})

test('a bucket that has been refilling for longer than days are remembered is where it was', async () => {
  await publish(record({ throttle: { rateLimit: 0.00001, burstLimit: 100 } }))
  expect((await ask(100)).admitted).toBe(100)
  await meter().flushUsage()
  await evictDurableObject(meter())
  vi.useFakeTimers({ now: Date.now() + 50 * 86_400_000, toFake: ['Date'] })
  try {
    expect((await ask(100)).admitted).toBe(43)
  } finally {
    vi.useRealTimers()
  }
})

describe('the usage table', () => {
  test('hears of usage whose alarm was lost as soon as the object is there again', async () => {
    await publish(record())
    await ask(3)
    await runInDurableObject(meter(), (_, { storage }) => storage.deleteAlarm())
    await evictDurableObject(meter())
    await ask(1)
    await ring()
    expect(await usage()).toMatchObject([{ used: 4 }])
  })

  test('hears of a deleted key soon: nobody can ask for it any more', async () => {
    await publish(record())
    await ask(3)
    await publish(record({}, { version: 2, deleted: true }))
    const alarm = await runInDurableObject(meter(), (_, { storage }) => storage.getAlarm())
    expect(alarm! - Date.now()).toBeLessThanOrEqual(5_000)
    await ring()
    expect(await usage()).toMatchObject([{ used: 3 }])
  })

  test('hears of usage by an alarm, some hours later, or in the hour after the day has ended', async () => {
    await publish(record({ quota: { limit: 10, offset: 0, period: 'MONTH' } }))
    const before = Date.now()
    await ask(3)
    const alarm = await runInDurableObject(meter(), (_, { storage }) => storage.getAlarm())
    const dayEnds = (Math.floor(before / 86_400_000) + 1) * 86_400_000
    expect(alarm! - before).toBeGreaterThanOrEqual(Math.min(4 * 3_600_000, dayEnds - before))
    expect(alarm! - before).toBeLessThan(6 * 3_600_000)
    expect(await usage()).toEqual([])
    // The object's next life knows when it is time by its alarm.
    await ring()
    const day = new Date().toISOString().slice(0, 10)
    const row = {
      account: ACCOUNT,
      region: REGION,
      plan_id: 'plan',
      key_id: `key${keys}`,
      day,
      used: 3,
      remaining: 7,
    }
    expect(await usage()).toMatchObject([row])
    // Nothing new, nothing to write.
    expect(await runDurableObjectAlarm(meter())).toBe(false)
    await ask(1)
    await evictDurableObject(meter())
    await ring()
    expect(await usage()).toMatchObject([{ ...row, used: 4, remaining: 6 }])
  })

  test('an alarm that is set stays set over evictions, so it cannot be put off for ever', async () => {
    await publish(record())
    await ask(1)
    const alarm = () => runInDurableObject(meter(), (_, { storage }) => storage.getAlarm())
    const first = await alarm()
    await evictDurableObject(meter())
    await ask(1)
    expect(await alarm()).toBe(first)
  })

  test('a write that comes late or twice changes nothing', async () => {
    await publish(record())
    await ask(3)
    await meter().flushUsage()
    const [row] = await usage()
    await ask(2)
    await meter().flushUsage()
    await meter().flushUsage()
    await env.DB.prepare(
      `INSERT INTO usage VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET used = excluded.used, seq = excluded.seq WHERE excluded.seq > usage.seq`,
    )
      .bind(...Object.values(row!))
      .run()
    expect(await usage()).toMatchObject([{ used: 5 }])
  })

  test('a failing database disturbs no admission, and hears of it later', async () => {
    await publish(record())
    await ask(1)
    await env.DB.prepare('ALTER TABLE usage RENAME TO usage_away').run()
    try {
      await runInDurableObject(meter(), object =>
        expect((object as KeyMeter).flushUsage()).rejects.toThrow(/no such table/),
      )
      expect((await ask(2)).admitted).toBe(2)
      await ring()
      expect(await runInDurableObject(meter(), (_, { storage }) => storage.getAlarm())).not.toBeNull()
    } finally {
      await env.DB.prepare('ALTER TABLE usage_away RENAME TO usage').run()
    }
    await ring()
    expect(await usage()).toMatchObject([{ used: 3 }])
  })

  test('UpdateUsage counts at once and is in the table after a flush', async () => {
    const before = record({ quota: { limit: 2, offset: 0, period: 'DAY' } })
    await publish(before)
    expect((await ask(5)).admitted).toBe(2)
    const extraQuota = { serial: 1, periodStart: new Date().toISOString().slice(0, 10), remaining: 3 }
    await publish({ ...before, version: 2, plans: [{ ...before.plans[0]!, extraQuota }] })
    await abortAllDurableObjects()
    expect((await ask(5)).admitted).toBe(3)
    await meter().flushUsage()
    expect(await usage()).toMatchObject([{ used: 5, remaining: 0 }])
  })
})

test('goes on with what an object of the former version of Weir has written down', async () => {
  const throttle = { rateLimit: 0.001, burstLimit: 100 }
  await publish(record({ throttle, quota: { limit: 1_000, offset: 0, period: 'MONTH' } }))
  await ask(1)
  await runInDurableObject(meter(), (_, { storage }) => {
    storage.sql.exec(`
      DROP TABLE usage;
      CREATE TABLE usage (
        key_id TEXT NOT NULL, plan_id TEXT NOT NULL, day TEXT NOT NULL,
        used INTEGER NOT NULL, remaining INTEGER, rev INTEGER NOT NULL, rolled INTEGER NOT NULL,
        level REAL, at INTEGER NOT NULL, held INTEGER NOT NULL,
        PRIMARY KEY (key_id, plan_id, day)
      ) WITHOUT ROWID;
      UPDATE facts SET value = '1' WHERE name = 'schema'`)
    const day = new Date().toISOString().slice(0, 10)
    storage.sql.exec(
      'INSERT INTO usage VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      ...[`key${keys}`, 'plan', day, 400, 600, 9, 4, 30, Date.now(), 0],
    )
  })
  await evictDurableObject(meter())
  // A request of then says less, too.
  expect(await ask(100)).toMatchObject({ admitted: 30 })
  await evictDurableObject(meter())
  await meter().flushUsage()
  expect(await usage()).toMatchObject([{ used: 430, remaining: 570, seq: 10 }])
})

test('forgets everything when it is told to', async () => {
  await publish(record({ quota: { limit: 2, offset: 0, period: 'DAY' } }))
  expect((await ask(5)).admitted).toBe(2)
  await meter().forget()
  expect((await ask(5)).admitted).toBe(2)
})

test('refuses calls that are not of its protocol', async () => {
  await publish(record())
  await runInDurableObject(meter(), async object => {
    const lease = (change: Partial<LeaseRequest>) =>
      (object as KeyMeter).lease(leaseRequest('test', { waiting: 1, ...change }))
    await expect(lease({ protocol: 99 })).rejects.toThrow(/protocol 99/)
    await expect(lease({ waiting: 0.5 })).rejects.toThrow(/whole numbers/)
  })
})

test('an isolate and its object admit exactly burst + rate x t of a hammered key', async () => {
  await publish(
    record({ throttle: { rateLimit: 5, burstLimit: 10 }, quota: { limit: 50, offset: 0, period: 'DAY' } }),
  )
  const grants: number[] = []
  const admission = new Admission({
    clock: Date.now,
    callObject: async (object, request) => {
      const reply = await env.KEY_METER.getByName(object).lease(request)
      if (reply.admitted > 0) grants.push(reply.grantedAt)
      return reply
    },
    recordExists: object => keyRecordExists(env.STORE, object),
    defer: () => {},
    sleep: ms => scheduler.wait(ms),
    newId: () => 'isolate',
  })
  const started = Date.now()
  let admitted = 0
  while (Date.now() - started < 1_500) {
    const batch = await Promise.all(Array.from({ length: 8 }, () => admission.admit(name, TARGET)))
    admitted += batch.filter(decision => decision.admitted).length
    await scheduler.wait(1)
  }
  expect(admitted).toBe(10 + Math.floor((5 * (Math.max(...grants) - Math.min(...grants))) / 1000))
  expect(admitted).toBeGreaterThan(10)
  await meter().flushUsage()
  expect(await usage()).toMatchObject([{ used: admitted, remaining: 50 - admitted }])
})
