import { beforeEach, describe, expect, test } from 'vitest'
import { ACCOUNT_THROTTLE, accountRecord } from '../../src/metering/account-limits.ts'
import { Meter, TICK_MS } from '../../src/metering/meter.ts'
import { throttleRecord } from '../../src/metering/method-throttle.ts'
import { LEVELS, Rig } from './isolate-rig.ts'
import { NAME, recordOf } from './simulated-key.ts'

const EPOCH = Date.UTC(2026, 10, 22, 12)
const METHOD = LEVELS.method!.meter
const THROTTLE = { rate: 2_000, burst: 2_000, version: 1 }
const levels = {
  ...LEVELS,
  method: { ...LEVELS.method!, target: { ...LEVELS.method!.target, throttle: THROTTLE } },
}

let rig: Rig
beforeEach(() => {
  rig = new Rig()
})

/** The objects' own core behind the isolate's: one meter for each level. */
function serve(): void {
  const meters = new Map<string, Meter>()
  const ticking = new Set<string>()
  const recordFor = (name: string) => {
    if (name === NAME)
      return recordOf(
        { rateLimit: 5_000, burstLimit: 5_000 },
        { limit: 10_000_000, offset: 0, period: 'MONTH' },
      )
    if (name === METHOD) return throttleRecord({ ...LEVELS.key } as never, THROTTLE)
    const owner = { account: 'account', region: 'us-east-1' }
    return accountRecord(owner, { version: 0, throttle: ACCOUNT_THROTTLE })
  }
  const tickLater = (name: string, meter: Meter) => {
    if (ticking.has(name)) return
    ticking.add(name)
    rig.world.at(rig.world.now + TICK_MS, () => {
      ticking.delete(name)
      const again = meter.tick(EPOCH + Math.floor(rig.world.now))
      meter.takeSaves()
      if (again) tickLater(name, meter)
    })
  }
  rig.answer = (request, name) => {
    let meter = meters.get(name)
    if (!meter) {
      meter = new Meter({ record: recordFor(name), usage: [], adjustments: [] }, EPOCH)
      meters.set(name, meter)
    }
    const reply = meter.lease(structuredClone(request), EPOCH + Math.floor(rig.world.now))
    meter.takeSaves()
    tickLater(name, meter)
    return reply
  }
}

/** Calls for a thousand requests at even times, by level: key, method, account. */
async function callsPerThousand(everyMs: number, from: number, to: number): Promise<number[]> {
  serve()
  for (let at = 0; at < to; at += everyMs) rig.pass(at, levels)
  await rig.world.run(from - 1)
  rig.forget()
  await rig.world.run(to + 1_000)
  expect(rig.admittances.filter(({ refusal }) => refusal)).toEqual([])
  const thousands = (to - from) / everyMs / 1_000
  return [NAME, METHOD, LEVELS.account.meter].map(
    meter => rig.called.filter(name => name === meter).length / thousands,
  )
}

describe('calls of objects for a thousand requests that three levels and a quota count', () => {
  test('at a thousand a second in one isolate: fewer than ten, all levels together', async () => {
    const [key, method, account] = await callsPerThousand(1, 2_000, 7_000)
    expect(key! + method! + account!).toBeLessThan(10)
  })

  test('at one a second: one each of the key, and a tenth of that of the others', async () => {
    const [key, method, account] = await callsPerThousand(1_000, 60_000, 660_000)
    expect(key).toBeLessThanOrEqual(1_000)
    expect(method! + account!).toBeLessThan(100)
  })

  test('at one a minute: one each of every level', async () => {
    const [key, method, account] = await callsPerThousand(60_000, 60_000, 3_660_000)
    expect(key! + method! + account!).toBe(3_000)
  })
})
