import { describe, expect, test } from 'vitest'
import { MeterAlarm } from '../../durable-objects/meter-alarm.ts'

const MORNING = Date.UTC(2026, 10, 22, 8)
const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** An object with an alarm, and a clock that is turned by hand. */
class Rig {
  now = MORNING
  set: number | undefined
  /** Each is billed as a row. */
  sets = 0
  alarm = this.life()
  rollUps: number[] = []

  life(): MeterAlarm {
    const storage = {
      getAlarm: async () => this.set ?? null,
      setAlarm: (at: number) => {
        this.set = at
        this.sets += 1
      },
    }
    return new MeterAlarm(storage as unknown as DurableObjectStorage, this.now, () => 0.5)
  }

  /** Time passes, with a request every `every` milliseconds that leaves something to settle. */
  pass(until: number, every: number, settleAfter?: number): void {
    for (; this.now < until; this.now += every) {
      this.ringIfDue()
      this.alarm.rowsWritten(1, this.now)
      this.alarm.plan(settleAfter, this.now)
    }
  }

  ringIfDue(): void {
    if (this.set === undefined || this.set > this.now) return
    this.set = undefined
    if (!this.alarm.rang(this.now)) return
    this.rollUps.push(this.now)
    this.alarm.rolledUp(this.now)
  }
}

describe("a meter's alarm", () => {
  test('has a hot key rolled up three times an hour', () => {
    const rig = new Rig()
    rig.pass(MORNING + 3 * HOUR, 1_000, 8_000)
    expect(rig.rollUps.length).toBeGreaterThanOrEqual(8)
    expect(rig.rollUps.length).toBeLessThanOrEqual(9)
  })

  test('has a slow one rolled up after some hours, and when the day has ended', () => {
    const rig = new Rig()
    rig.pass(MORNING + 17 * HOUR, 6 * MINUTE)
    expect(rig.rollUps.map(at => Math.round((at - MORNING) / HOUR))).toEqual([5, 10, 15, 17])
  })

  test('costs a row in eight seconds while there is something to settle, however many requests there are', () => {
    const rig = new Rig()
    rig.pass(MORNING + 80_000, 100, 8_000)
    expect(rig.sets).toBeLessThanOrEqual(11)
  })

  test('that is set stays set in the next life, which rolls up when it rings', async () => {
    const rig = new Rig()
    rig.pass(MORNING + 1, 1)
    const { set } = rig
    rig.now = MORNING + HOUR
    rig.alarm = rig.life()
    await rig.alarm.load(false, rig.now)
    rig.pass(MORNING + HOUR + 1, 1)
    expect(rig.set).toBe(set)
    rig.now = set!
    rig.ringIfDue()
    expect(rig.rollUps).toEqual([set])
  })

  test('rings again half a minute after a database that did not answer', () => {
    const rig = new Rig()
    rig.pass(MORNING + 1, 1)
    rig.now = rig.set!
    rig.set = undefined
    expect(rig.alarm.rang(rig.now)).toBe(true)
    rig.alarm.failed(rig.now)
    rig.alarm.plan(undefined, rig.now)
    expect(rig.set! - rig.now).toBe(30_000)
  })
})
