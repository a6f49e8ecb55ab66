import { describe, expect, test } from 'vitest'
import { accountRecord } from '../../src/metering/account-limits.ts'
import type { KeyPlan } from '../../src/metering/key-record.ts'
import { NOON, Rig, rig } from './meter-rig.ts'
import { recordOf } from './simulated-key.ts'

const accountOf = (rateLimit: number, burstLimit: number) =>
  new Rig(
    accountRecord(
      { account: '000000000000', region: 'us-east-1' },
      { version: 1, throttle: { rateLimit, burstLimit } },
    ),
  )

describe('the first call of a life', () => {
  test('waits for a token, and not for tokens that cannot flow in while others are out', () => {
    const account = accountOf(100, 200)
    // 100 a second for two seconds: the row says that a second of it may be out on leases.
    for (let at = 0; at < 40; at += 1) {
      account.now += 100
      account.ask(10)
    }
    account.ask(0, 2)
    account.now += 5_000
    account.ask(10)
    expect(account.row).toMatchObject({ lasting: true, level: 175 })
    expect(account.row.held).toBeGreaterThan(25)
    account.restart()
    expect(account.meter.waitForToken(account.now)).toBeLessThanOrEqual(10)
  })
})

describe('what a crash forfeits on one plan', () => {
  test('is no time for the bucket of another', () => {
    const record = recordOf()
    const [open] = record.plans
    const scarce: KeyPlan = {
      ...open!,
      planId: 'scarce',
      throttle: { rateLimit: 1, burstLimit: 10 },
      stages: [{ apiId: 'api', stage: 'scarce' }],
    }
    const key = new Rig({ ...record, plans: [open!, scarce] })
    expect(key.ask(10, 0, { stage: 'scarce' }).admitted).toBe(10)
    for (let calls = 0; calls < 4; calls += 1) key.ask(1)
    key.restart()
    expect(key.ask(10, 0, { stage: 'scarce' }).admitted).toBe(0)
    key.now += 2_000
    expect(key.ask(10, 0, { stage: 'scarce' }).admitted).toBe(2)
  })
})

describe('the usage table is told again of a day', () => {
  const quota = { limit: 100, offset: 0, period: 'MONTH' } as const
  const told = (key: Rig) => {
    const rows = key.meter.unrolled(key.now)
    key.save()
    key.meter.markRolled(rows)
    return rows.map(({ used, remaining }) => [used, remaining])
  }

  test('when the plan gets another quota, or the key more of it', () => {
    const key = rig(undefined, quota)
    key.ask(30)
    expect(told(key)).toEqual([[30, 70]])
    expect(told(key)).toEqual([])
    key.configure({ quota: { ...quota, limit: 200 } })
    expect(told(key)).toEqual([[30, 170]])
    const [plan] = key.record.plans
    const extraQuota = { serial: 1, periodStart: '2026-11-01', remaining: 500 }
    key.meter.configure({ ...key.record, version: 9, plans: [{ ...plan!, extraQuota }] }, key.now)
    expect(told(key)).toEqual([[30, 500]])
  })

  test('but not of keys that were not used when their plan changes', () => {
    const key = rig(undefined, quota)
    key.ask(0)
    key.configure({ quota: { ...quota, limit: 200 } })
    expect(told(key)).toEqual([])
  })
})

describe('leases that nobody returns', () => {
  test('are let go of when they are many, however large the bucket', () => {
    const account = accountOf(1_000_000, 1_000_000)
    for (let isolate = 0; isolate < 2_000; isolate += 1) {
      account.now += 1_000
      account.ask(0, 10, { caller: `isolate-${isolate}`, lifeWanted: 30_000 })
    }
    expect(account.meter.needsTicks).toBe(true)
  })
})

describe('what passed while nobody could be asked', () => {
  test('is counted also when the key has been disabled since', () => {
    const key = rig()
    key.ask(1)
    key.meter.configure({ ...key.record, version: 2, enabled: false }, NOON)
    expect(key.ask(0, 0, { passed: 5 }).refusal?.reason).toBe('disabled-key')
    expect(key.usage()).toEqual({ '2026-11-22': [6, null] })
  })
})
