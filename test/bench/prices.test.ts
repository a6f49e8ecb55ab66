import { describe, expect, test } from 'vitest'
import { billOf } from '../../bench/bill.ts'
import { Database } from '../../bench/operations/sqlite.ts'
import { AWS_PER_MILLION } from '../../bench/prices.ts'

const TEMPO = { name: 'a test’s', keys: 2, every: 1_000, warmUpMs: 0, ms: 3_600_000 } as const

describe('the price of a request', () => {
  test('API Gateway and Lambda ask 3.50 and 0.20 dollars a million, and for 2 ms of an eighth of a GB', () => {
    expect(AWS_PER_MILLION).toBeCloseTo(3.5 + 0.2 + (1e6 * 0.0000166667 * 0.002) / 8, 9)
    expect(AWS_PER_MILLION).toBeCloseTo(3.7042, 4)
  })

  test('a bill is its counts by their prices, and by nothing that is free', () => {
    const database = new Database('D1', 'D1')
    const { lines, usd, overAws, objectCallsPerThousand, rowsPerKeyHour } = billOf(TEMPO, {
      requests: 1_000,
      counts: new Map([
        ['worker: request', 1_000],
        ['dynamic worker: call', 1_000],
        ['object: KeyMeter of keys.lease', 500],
        ['object: StageRouter.read', 20],
        ['active ms: KeyMeter of keys, for timers', 1_000],
        ['alarm set: KeyMeter of keys', 10],
        ['store A: put', 1],
        ['store B: get', 10],
        ['database: statement', 1_000],
      ]),
      rows: new Map([[database, new Map([['usage', { read: 100, written: 24 }]])]]),
      workers: 3,
      cpuMs: 1.5,
    })
    const cost = Object.fromEntries(lines.map(line => [line.what, Number(line.usd.toFixed(6))]))
    expect(cost).toEqual({
      'worker: request': 0.3,
      'dynamic worker: call': 0.3,
      'object: KeyMeter of keys.lease': 0.075,
      'object: StageRouter.read': 0.003,
      // A thousand requests kept an object of 128 MB for a second: 0.128 GB-s of 12.50 dollars a million each.
      'active ms: KeyMeter of keys, for timers': 0.0016,
      'alarm set: KeyMeter of keys': 0.01,
      'store A: put': 0.0045,
      'store B: get': 0.0036,
      'rows written: D1, usage': 0.024,
      'rows read: D1, usage': 0.0001,
      // An hour is the 24th part of a day, and a thousand requests the thousandth of a million.
      'dynamic workers, by the day': 0.25,
      'processor time': 0.03,
    })
    expect(usd).toBeCloseTo(1.0018, 6)
    expect(overAws).toBeCloseTo(1.0018 / AWS_PER_MILLION, 6)
    expect(objectCallsPerThousand).toBe(520)
    expect(rowsPerKeyHour).toBe(12)
  })
})
