import { beforeEach, describe, expect, test } from 'vitest'
import { Rig } from './isolate-rig.ts'
import { NAME, TARGET } from './simulated-key.ts'

let rig: Rig
beforeEach(() => {
  rig = new Rig()
})

describe('a lease in memory', () => {
  test('admits without a promise', async () => {
    await rig.warm()
    expect(rig.admission.admit(NAME, TARGET)).toMatchObject({
      admitted: true,
      level: 'key',
      meter: NAME,
      keyId: 'key',
      planId: 'plan',
      by: 'lease',
      grantId: expect.stringMatching(/^isolate:/),
      grant: { tokens: 49, endsAt: 225 },
    })
    expect(rig.calls).toEqual([])
  })

  test('admits as often as it has tokens, and not once more', async () => {
    await rig.warm(5)
    rig.answer = () => ({ admitted: 0, refusal: { reason: 'throttled', retryAfterMs: 1_000 } })
    const kinds = Array.from({ length: 7 }, () => rig.admission.admit(NAME, TARGET) instanceof Promise)
    expect(kinds).toEqual([false, false, false, false, false, true, true])
  })

  test('ends its life after the sending of the call that brought it, not after the reply', async () => {
    await rig.warm()
    await rig.world.run(224)
    expect(rig.admission.admit(NAME, TARGET)).not.toBeInstanceOf(Promise)
    await rig.world.run(225)
    expect(rig.admission.admit(NAME, TARGET)).toBeInstanceOf(Promise)
  })

  test('is of no use when its reply is late: what it brought goes back', async () => {
    await rig.warm()
    rig.latency = 80
    await rig.world.run(300)
    rig.calls.length = 0
    rig.decisions.length = 0
    // Demand is remembered: the call asks for a lease, whose life is over when it arrives 160 ms later.
    rig.request(300)
    await rig.world.run(461)
    expect(rig.decisions).toMatchObject([{ admitted: true, by: 'object' }])
    expect(rig.admission.admit(NAME, TARGET)).toBeInstanceOf(Promise)
    expect(rig.calls.at(-1)?.returns).toContainEqual({
      id: rig.calls[0]?.id,
      grantedAt: 1,
      leased: 50,
      decided: 0,
      done: true,
    })
  })

  test('is renewed in the background before it runs out', async () => {
    await rig.warm()
    for (let at = 124; at < 424; at += 4) rig.request(at)
    await rig.world.run(424)
    expect(rig.decisions).toHaveLength(75)
    expect(rig.decisions.every(decision => decision.admitted && decision.by === 'lease')).toBe(true)
    expect(rig.calls.length).toBeLessThan(6)
    expect(rig.calls.every(({ waiting }) => waiting === 0)).toBe(true)
  })

  test('goes back by a call of its own when no other follows', async () => {
    await rig.warm()
    rig.admission.admit(NAME, TARGET)
    await rig.world.run(1_000)
    expect(rig.calls).toMatchObject([{ waiting: 0, extra: 0, returns: [{ leased: 49, done: true }] }])
    await rig.world.run(10_000)
    expect(rig.calls).toHaveLength(1)
  })

  test('is given up when the clock is set back, for nobody knows when it ends', async () => {
    await rig.warm()
    rig.clockOff = -60_000
    expect(rig.admission.admit(NAME, TARGET)).toBeInstanceOf(Promise)
    expect(rig.calls[0]?.returns).toMatchObject([{ leased: 50, done: true }])
  })

  test('does not mind a clock that two requests read in the wrong order', async () => {
    await rig.warm()
    rig.clockOff = -3
    expect(rig.admission.admit(NAME, TARGET)).not.toBeInstanceOf(Promise)
  })

  test('serves one stage only', async () => {
    await rig.warm()
    expect(rig.admission.admit(NAME, { ...TARGET, stage: 'dev' })).toBeInstanceOf(Promise)
  })
})

describe('requests without a lease', () => {
  test('that come together share calls', async () => {
    rig.request(0)
    await rig.world.run(50)
    rig.calls.length = 0
    for (let index = 0; index < 100; index += 1) rig.request(50)
    await rig.world.run(200)
    expect(rig.decisions.filter(({ admitted }) => admitted)).toHaveLength(101)
    expect(rig.calls.map(({ waiting }) => waiting)).toEqual([1, 1, 1, 1, 96])
  })

  test('are admitted as many as the object says, in the order in which they came', async () => {
    rig.request(0)
    await rig.world.run(50)
    rig.latency = 100
    rig.answer = ({ waiting }) => ({
      admitted: Math.min(waiting, 2),
      ...(waiting > 2 && { refusal: { reason: 'throttled', retryAfterMs: 40 } }),
    })
    rig.decisions.length = 0
    for (let index = 0; index < 10; index += 1) rig.request(50)
    await rig.world.run(1_000)
    expect(rig.decisions.map(({ admitted }) => admitted)).toEqual([
      ...Array.from({ length: 6 }, () => true),
      ...Array.from({ length: 4 }, () => false),
    ])
  })

  test('slow keys cost one call a request and nothing else', async () => {
    for (let at = 0; at < 20_000; at += 1_000) rig.request(at)
    await rig.world.run(40_000)
    expect(rig.calls).toHaveLength(20)
    expect(
      rig.calls.every(({ waiting, extra, returns }) => waiting === 1 && extra === 0 && returns.length === 0),
    ).toBe(true)
  })
})

describe('a refusal', () => {
  const refuse = (retryAfterMs: number) => () => ({
    admitted: 0,
    refusal: { reason: 'throttled' as const, retryAfterMs },
  })

  test('is repeated from memory until the object may grant again, counted from the sending', async () => {
    rig.answer = refuse(100)
    rig.request(0)
    await rig.world.run(99)
    expect(rig.admission.admit(NAME, TARGET)).toEqual({
      admitted: false,
      level: 'key',
      meter: NAME,
      keyId: 'key',
      by: 'memory',
      reason: 'throttled',
      retryAfterMs: 1,
    })
    await rig.world.run(100)
    expect(rig.admission.admit(NAME, TARGET)).toBeInstanceOf(Promise)
  })

  test('is repeated for a second at most, and says how long it may take', async () => {
    rig.answer = refuse(60_000)
    rig.request(0)
    await rig.world.run(999)
    expect(rig.admission.admit(NAME, TARGET)).toMatchObject({ admitted: false, retryAfterMs: 60_000 - 999 })
    await rig.world.run(1_000)
    expect(rig.admission.admit(NAME, TARGET)).toBeInstanceOf(Promise)
  })
})

describe('an object out of reach', () => {
  test('refuses, and what the call may have been granted is given back with the next', async () => {
    rig.request(0)
    await rig.world.run(50)
    rig.answer = () => Promise.reject(new Error('down'))
    rig.request(50)
    await rig.world.run(100)
    expect(rig.decisions[1]).toMatchObject({ admitted: false, reason: 'unreachable', waitedMs: 10 })
    rig.answer = () => ({})
    rig.request(101)
    await rig.world.run(200)
    expect(rig.calls[2]?.returns).toMatchObject([{ id: rig.calls[1]?.id, done: true }])
    expect(rig.decisions[2]).toMatchObject({ admitted: true })
  })

  test('is asked once more, with the same call, when the platform says so', async () => {
    let failures = 1
    rig.answer = () => {
      failures -= 1
      if (failures >= 0) throw Object.assign(new Error('moved'), { retryable: true })
      return {}
    }
    rig.request(0)
    await rig.world.run(100)
    expect(rig.decisions).toMatchObject([{ admitted: true }])
    expect(new Set(rig.calls.map(({ id }) => id)).size).toBe(1)
    expect(rig.calls).toHaveLength(2)
  })

  test('keeps nobody waiting for longer than five seconds, nor those who come later', async () => {
    rig.request(0)
    await rig.world.run(50)
    rig.answer = () => new Promise(() => {})
    for (let at = 1_000; at < 1_010; at += 1) rig.request(at)
    await rig.world.run(6_050)
    expect(
      rig.decisions.slice(1).every(decision => !decision.admitted && decision.reason === 'unreachable'),
    ).toBe(true)
    expect(rig.decisions).toHaveLength(11)
    rig.answer = () => ({})
    rig.request(7_000)
    await rig.world.run(7_100)
    expect(rig.decisions.at(-1)).toMatchObject({ admitted: true })
  })

  test('when it answers somebody who has given up, the admission is given back', async () => {
    rig.request(0)
    await rig.world.run(50)
    // Four calls are under way and stuck for almost as long as their requests wait; the fifth shares a later one.
    rig.latency = 2_490
    for (let index = 0; index < 5; index += 1) rig.request(1_000)
    await rig.world.run(6_030)
    expect(rig.decisions.at(-1)).toMatchObject({ admitted: false, reason: 'unreachable' })
    await rig.world.run(20_000)
    expect(rig.calls.flatMap(({ returns }) => returns)).toContainEqual(
      expect.objectContaining({ decided: 1 }),
    )
  })
})

describe('keys that nobody has published', () => {
  test('are looked up once a second and never create an object', async () => {
    rig.exists = async () => {
      await rig.sleep(5)
      return false
    }
    for (let at = 0; at < 1_000; at += 10) rig.request(at, 'keys/guess')
    await rig.world.run(999)
    expect(rig.lookups).toHaveLength(1)
    expect(rig.calls).toEqual([])
    expect(rig.decisions.every(decision => !decision.admitted && decision.reason === 'unknown-key')).toBe(
      true,
    )
    expect(rig.admission.admit('keys/guess', TARGET)).toMatchObject({
      reason: 'unknown-key',
      retryAfterMs: 1,
    })
    rig.exists = async () => true
    rig.request(1_001, 'keys/guess')
    await rig.world.run(1_100)
    expect(rig.decisions.at(-1)).toMatchObject({ admitted: true })
  })

  test('are not told from others while the store does not answer', async () => {
    rig.exists = () => Promise.reject(new Error('down'))
    rig.request(0)
    await rig.world.run(10)
    expect(rig.decisions).toMatchObject([{ admitted: false, reason: 'unreachable' }])
    rig.exists = async () => true
    rig.request(11)
    await rig.world.run(100)
    expect(rig.decisions[1]).toMatchObject({ admitted: true })
  })
})

test('remembers a bounded number of keys and gives back what the forgotten ones held', async () => {
  rig = new Rig(2)
  await rig.warm()
  rig.request(123, 'keys/second')
  rig.request(124, 'keys/third')
  await rig.world.run(130)
  expect(rig.calls).toContainEqual(
    expect.objectContaining({ waiting: 0, returns: [expect.objectContaining({ leased: 50 })] }),
  )
  await rig.world.run(150)
  rig.request(151)
  await rig.world.run(200)
  expect(rig.lookups).toEqual([NAME, 'keys/second', 'keys/third', NAME])
})
