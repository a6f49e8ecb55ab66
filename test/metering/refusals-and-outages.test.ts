import { beforeEach, describe, expect, test } from 'vitest'
import { FAILURE_POLICY, type Stake, whenUnreachable } from '../../src/metering/failure-policy.ts'
import type { LeaseReply, LeaseRequest, RefusalReason } from '../../src/metering/lease-protocol.ts'
import { LEVELS, Rig } from './isolate-rig.ts'
import { NAME, TARGET } from './simulated-key.ts'

let rig: Rig
beforeEach(() => {
  rig = new Rig()
})

const refused = (reason: RefusalReason, retryAfterMs: number, callAfterMs = 0) => ({
  admitted: 0,
  refusal: { reason, retryAfterMs },
  callAfterMs,
})
const DAY = 86_400_000

/** A request a millisecond. */
const attack = (from: number, to: number) => {
  for (let at = from; at < to; at += 1) rig.request(at)
}

describe('an attack', () => {
  test.each([
    ['on an exhausted quota', refused('quota-exceeded', DAY), 10],
    ['on a bucket of a token in half a second', refused('throttled', 500), 20],
    ['with a disabled key', refused('disabled-key', DAY), 10],
    ['on an object that more isolates attack, as often as it says', refused('quota-exceeded', DAY, 5_000), 2],
  ] as const)('%s costs few calls a second, however many requests it has', async (_, answer, most) => {
    rig.answer = () => answer
    attack(0, 10_000)
    await rig.world.run(10_100)
    expect(rig.decisions).toHaveLength(10_000)
    expect(rig.decisions.every(({ admitted }) => !admitted)).toBe(true)
    // One more for requests that came before the first answer.
    expect(rig.calls.length).toBeLessThanOrEqual(most + 4)
  })

  test('ends within a second of the quota’s being raised', async () => {
    rig.answer = () => refused('quota-exceeded', DAY)
    attack(0, 4_000)
    await rig.world.run(2_500)
    rig.answer = () => ({})
    await rig.world.run(3_521)
    expect(rig.admission.admit(NAME, TARGET)).toBeInstanceOf(Promise)
    await rig.world.run(4_100)
    const first = rig.decisions.findIndex(({ admitted }) => admitted)
    expect(first).toBeLessThanOrEqual(3_520)
  })

  test('on a method or an account is no different, and costs the key nothing', async () => {
    rig.answer = (_, name) => (name === NAME ? {} : refused('throttled', DAY))
    for (let at = 0; at < 5_000; at += 1) rig.pass(at)
    await rig.world.run(5_100)
    // Before it was known that they refuse.
    expect(rig.called.filter(name => name === NAME).length).toBeLessThanOrEqual(8)
    expect(rig.called.length).toBeLessThanOrEqual(3 * 8 + 2 * 5)
  })
})

describe('a revoked key', () => {
  test.each(['disabled-key', 'unknown-key', 'no-plan-for-stage'] as const)(
    'is refused within a second, though leases were alive: %s',
    async reason => {
      const revokedAt = 2_000
      rig.answer = ({ extra }) =>
        rig.world.now >= revokedAt
          ? refused(reason, DAY)
          : extra > 0
            ? { lease: { tokens: 1_000, lifeMs: 250 } }
            : {}
      const admittedAt: number[] = []
      for (let at = 0; at < 4_000; at += 1)
        rig.world.at(at, () => {
          void Promise.resolve(rig.admission.admit(NAME, TARGET)).then(({ admitted }) => {
            if (admitted) admittedAt.push(rig.world.now)
          })
        })
      await rig.world.run(4_100)
      expect(Math.max(...admittedAt)).toBeGreaterThan(revokedAt)
      // A lease of a call that reached the object just before, and the way back of a decision.
      expect(Math.max(...admittedAt)).toBeLessThanOrEqual(revokedAt + 250)
    },
  )

  test('that was absent before it was created is refused all along, and admitted within a second of its creation', async () => {
    rig.exists = async () => rig.world.now >= 500 && rig.world.now < 3_000
    rig.answer = () => (rig.world.now < 3_000 ? {} : refused('unknown-key', DAY))
    const admittedAt: number[] = []
    for (let at = 0; at < 6_000; at += 5)
      rig.world.at(at, () => {
        void Promise.resolve(rig.admission.admit(NAME, TARGET)).then(({ admitted }) => {
          if (admitted) admittedAt.push(rig.world.now)
        })
      })
    await rig.world.run(6_100)
    expect(admittedAt[0]).toBeLessThanOrEqual(1_500)
    expect(admittedAt.at(-1)).toBeLessThanOrEqual(3_250)
  })
})

describe('an object out of reach', () => {
  const down = () => Promise.reject(new Error('down'))
  const letsPass = ({ extra }: LeaseRequest): Partial<LeaseReply> => ({
    whenUnreachable: 'pass',
    ...(extra > 0 && { lease: { tokens: 10, lifeMs: 125 } }),
  })

  test('of whose owner nothing is known refuses, at every level', async () => {
    rig.answer = down
    rig.pass(0)
    await rig.world.run(30)
    expect(rig.admittances).toMatchObject([
      { refusal: { level: 'key', reason: 'unreachable', by: 'nobody' } },
    ])
    rig.answer = (_, name) => (name === LEVELS.account.meter ? down() : {})
    rig.pass(100)
    await rig.world.run(130)
    expect(rig.admittances[1]).toMatchObject({ refusal: { level: 'account', reason: 'unreachable' } })
  })

  test('lets requests pass for 10 s where its owner wants that, and no longer', async () => {
    rig.answer = letsPass
    rig.request(0)
    await rig.world.run(30)
    rig.answer = down
    for (let at = 1_000; at < 20_000; at += 10) rig.request(at)
    await rig.world.run(20_100)
    const passed = rig.decisions.filter(decision => decision.admitted && decision.by === 'pass')
    // The object was heard of at 20.
    expect(passed).toHaveLength((10_020 - 1_000) / 10)
    expect(rig.decisions.at(-1)).toMatchObject({ admitted: false, reason: 'unreachable' })
  })

  test('is told of all that passed when it is back: so many, for the stage that they were for', async () => {
    rig.answer = letsPass
    rig.request(0)
    rig.request(0, NAME, { ...TARGET, stage: 'dev' })
    await rig.world.run(30)
    rig.answer = down
    for (let at = 1_000; at < 3_000; at += 10) rig.request(at)
    for (let at = 2_000; at < 2_100; at += 10) rig.request(at, NAME, { ...TARGET, stage: 'dev' })
    await rig.world.run(3_000)
    rig.answer = letsPass
    rig.forget()
    rig.request(3_000)
    await rig.world.run(10_000)
    const reported = (stage: string) =>
      rig.calls.reduce((sum, call) => sum + (call.stage === stage ? (call.passed ?? 0) : 0), 0)
    expect([reported('prod'), reported('dev')]).toEqual([201, 10])
    rig.forget()
    rig.request(10_000)
    await rig.world.run(10_100)
    expect(rig.calls.every(({ passed }) => passed === undefined)).toBe(true)
    expect(rig.decisions).toMatchObject([{ by: 'object' }])
  })

  test('keeps requests that pass from waiting, and is tried twice a second', async () => {
    rig.answer = letsPass
    rig.request(0)
    await rig.world.run(30)
    rig.answer = () => new Promise(() => {})
    rig.request(1_000)
    await rig.world.run(6_010)
    expect(rig.decisions.at(-1)).toMatchObject({ by: 'pass', waitedMs: 5_000 })
    rig.forget()
    for (let at = 6_010; at < 8_010; at += 10) rig.request(at)
    await rig.world.run(8_010)
    expect(rig.decisions).toHaveLength(200)
    expect(rig.calls.length).toBeLessThanOrEqual(5)
  })

  test('of a request that another level refuses is not told that it passed', async () => {
    rig.answer = letsPass
    rig.pass(0)
    await rig.world.run(30)
    rig.answer = (_, name) => (name === NAME ? down() : refused('throttled', 10))
    rig.pass(1_000)
    await rig.world.run(1_100)
    rig.answer = letsPass
    rig.forget()
    rig.pass(2_000)
    await rig.world.run(2_100)
    expect(rig.calls.every(({ passed }) => passed === undefined)).toBe(true)
  })
})

test('only where nothing but a rate is at stake may an owner let requests pass', () => {
  const kinds = Object.keys(FAILURE_POLICY) as Stake[]
  expect(kinds.map(kind => whenUnreachable(kind, undefined))).toEqual(kinds.map(() => 'refuse'))
  expect(kinds.filter(kind => whenUnreachable(kind, 'pass') === 'pass')).toEqual([
    'key with a rate only',
    'method',
    'account',
  ])
})
