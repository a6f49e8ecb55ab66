/// <reference types="@cloudflare/vitest-plugin/types" />

import {
  abortAllDurableObjects,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test'
import { APIGateway } from '@aws-sdk/client-api-gateway'
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  accountMeterName,
  forgetAccountLimits,
  readAccountLimits,
  setAccountLimits,
} from '../../src/metering/account-limits.ts'
import { LEASE, type LeaseRequest } from '../../src/metering/lease-protocol.ts'
import { throttleMeterName } from '../../src/metering/method-throttle.ts'
import { migrate } from '../../src/records/migrate.ts'
import { askWeir, newAccount } from '../ask-weir.ts'
import { clientOptions, env } from '../whole-weir.ts'
import { leaseRequest } from './lease-request.ts'

const targets = { store: env.STORE, meters: env.KEY_METER }
const NOW = Date.UTC(2026, 10, 22, 12)

let account: string
let accounts = 0
let calls = 0

beforeAll(() => migrate(env.DB))

beforeEach(() => {
  accounts += 1
  account = `7700000000${String(accounts).padStart(2, '0')}`
})

const meter = () => env.KEY_METER.getByName(accountMeterName(account, 'eu-west-1'))

const ask = (waiting: number, extra = 0, more: Partial<LeaseRequest> = {}, object = meter()) => {
  calls += 1
  return object.lease(leaseRequest(`account:${calls}`, { apiId: '', stage: '', waiting, extra, ...more }))
}

const rowsWritten = (object = meter()) =>
  runInDurableObject(object, (_, { storage }) => {
    const [row] = storage.sql.exec<{ rev: number }>('SELECT rev FROM usage').toArray()
    return row?.rev ?? 0
  })

describe('all requests of an account in a region', () => {
  test("share AWS's defaults where nothing else was set", async () => {
    expect(await ask(6_000)).toMatchObject({ admitted: 5_000, refusal: { reason: 'throttled' } })
  })

  test('share what the operator set before the first of them, and from then on what he sets', async () => {
    await setAccountLimits(targets, account, { throttle: { rateLimit: 0, burstLimit: 50 } }, NOW)
    expect((await ask(100)).admitted).toBe(50)
    await setAccountLimits(targets, account, { throttle: { rateLimit: 1_000_000 } }, NOW)
    expect(await readAccountLimits(env.STORE, account)).toMatchObject({
      version: NOW + 1,
      throttle: { rateLimit: 1_000_000, burstLimit: 50 },
    })
    await scheduler.wait(5)
    expect((await ask(100)).admitted).toBe(50)
  })

  test('pass during an outage only where the operator chose so', async () => {
    expect((await ask(1)).whenUnreachable).toBeUndefined()
    await setAccountLimits(targets, account, { whenUnreachable: 'pass' }, NOW)
    expect((await ask(1)).whenUnreachable).toBe('pass')
    await setAccountLimits(targets, account, { whenUnreachable: 'refuse' }, NOW)
    expect((await ask(1)).whenUnreachable).toBeUndefined()
  })

  test('are limited as at first when everything is forgotten', async () => {
    await setAccountLimits(targets, account, { throttle: { rateLimit: 0, burstLimit: 5 } }, NOW)
    expect((await ask(100)).admitted).toBe(5)
    await forgetAccountLimits(targets, account)
    expect((await ask(6_000)).admitted).toBe(5_000)
  })

  test('write one row, and none in further lives of the object', async () => {
    await ask(1)
    expect(await rowsWritten()).toBe(1)
    for (let life = 0; life < 6; life += 1) {
      if (life % 2 === 0) await abortAllDurableObjects()
      else await evictDurableObject(meter())
      expect((await ask(1)).admitted).toBe(1)
    }
    expect(await rowsWritten()).toBe(1)
  })

  test('lease tokens for half a minute, or as briefly as a key does where no more is wanted', async () => {
    const { lease } = await ask(1, 30, { lifeWanted: 30_000 })
    expect(lease).toEqual({ tokens: 30, lifeMs: 30_000 })
    expect((await ask(0, 30, { lifeWanted: LEASE.maxLife })).lease?.lifeMs).toBe(LEASE.usualLife)
  })
})

test('an alarm of a life before tells the usage table of no method', async () => {
  const object = () =>
    env.KEY_METER.getByName(throttleMeterName(account, 'eu-west-1', 'api', 'prod', 'GET /'))
  const throttle = { rate: 50, burst: 40, version: 1 }
  // All of the bucket, again and again: a block is reserved, and an alarm is set to settle it.
  for (let round = 0; round < 20; round += 1) {
    await ask(40, 0, { throttle }, object())
    await scheduler.wait(20)
  }
  expect(await runInDurableObject(object(), (_, { storage }) => storage.getAlarm())).not.toBeNull()
  await abortAllDurableObjects()
  vi.useFakeTimers({ now: Date.now() + 60_000, toFake: ['Date'] })
  try {
    expect(await runDurableObjectAlarm(object())).toBe(true)
  } finally {
    vi.useRealTimers()
  }
  const { results } = await env.DB.prepare("SELECT * FROM usage WHERE key_id = 'everybody'").all()
  expect(results).toEqual([])
})

test('a method of a small bucket is where it was after a crash', async () => {
  const object = () =>
    env.KEY_METER.getByName(throttleMeterName(account, 'eu-west-1', 'api', 'prod', 'GET /'))
  const throttle = { rate: 0.001, burst: 10, version: 1 }
  expect((await ask(6, 0, { throttle }, object())).admitted).toBe(6)
  await abortAllDurableObjects()
  expect((await ask(6, 0, { throttle }, object())).admitted).toBe(4)
})

test('the operator sets the limits of an account, and GetAccount tells them', async () => {
  const { account: made, ...credentials } = await newAccount('limited')
  const limits = `/_weir/accounts/${made}/limits`
  expect((await askWeir('GET', limits)).body).toEqual({
    rate: 10_000,
    burst: 5_000,
    whenUnreachable: 'refuse',
  })
  expect(await askWeir('PUT', limits, { rate: 20_000 })).toMatchObject({
    status: 200,
    body: { rate: 20_000, burst: 5_000 },
  })
  expect((await askWeir('PUT', limits, { burst: -1 })).status).toBe(400)
  expect((await askWeir('PUT', '/_weir/accounts/123456789012/limits', { burst: 1 })).status).toBe(404)
  const gateway = new APIGateway({ ...clientOptions('us-east-1', env), credentials } as never)
  expect((await gateway.getAccount({})).throttleSettings).toEqual({ rateLimit: 20_000, burstLimit: 5_000 })
})
