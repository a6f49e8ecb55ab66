/// <reference types="@cloudflare/vitest-plugin/types" />

import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test'
import { beforeEach, describe, expect, test } from 'vitest'
import { objectMark } from '../../../src/lib/object-marks.ts'
import type { MetricSample } from '../../../src/observability/metrics/metric-sample.ts'
import { metricStoreName } from '../../../src/observability/metrics/metric-sample.ts'
import { listSeries, readSeries, readTotals } from '../../../src/observability/metrics/read-series.ts'
import { writeSamples } from '../../../src/observability/metrics/write-samples.ts'
import { env } from '../../whole-weir.ts'

const MINUTE = 60_000
let account = { id: '', region: 'eu-west-1' }
let accounts = 0

beforeEach(() => {
  accounts += 1
  account = { id: `8800000000${String(accounts).padStart(2, '0')}`, region: 'eu-west-1' }
})

const store = (shard = '') => env.METRIC_STORE.getByName(metricStoreName(account) + shard)

const sample = (value: number, at = Date.now()): MetricSample => ({
  namespace: 'N',
  labels: { L: '1' },
  dimensionSets: [['L']],
  at,
  values: { m: { values: [value] } },
})

async function total(): Promise<number> {
  const now = Date.now()
  const [points] = await readSeries(env)(account, [
    {
      namespace: 'N',
      metric: 'm',
      dimensions: { L: '1' },
      from: now - 20 * MINUTE,
      to: now + MINUTE,
      periodMs: 60 * MINUTE,
      statistic: 'Sum',
    },
  ])
  return points!.reduce((sum, { value }) => sum + value, 0)
}

describe('what a store has acknowledged', () => {
  test('is there after it was evicted, before its alarm and after', async () => {
    await writeSamples(env, account, [sample(1, Date.now() - 10 * MINUTE), sample(2)])
    await store().take({ sender: 'isolate', number: 1, items: [sample(4)] })
    await evictDurableObject(store())
    expect(await total()).toBe(7)
    expect(await runDurableObjectAlarm(store())).toBe(true)
    await evictDurableObject(store())
    expect(await total()).toBe(7)
    expect(await env.STORE.head(objectMark(metricStoreName(account)))).not.toBeNull()
  })

  test('is told once, however often an isolate says it', async () => {
    const batch = { sender: 'isolate', number: 1, items: [sample(5)] }
    await Promise.all([store().take(batch)])
    await store().take(batch)
    await store().take({ ...batch, number: 2 })
    expect(await total()).toBe(10)
  })

  test('is asked of all that share the work', async () => {
    await store().write([sample(1)])
    await store('~3').write([sample(10)])
    expect(await total()).toBe(11)
    expect(await listSeries(env, account, { since: 0 }, '', 10)).toHaveLength(1)
    const [subject] = await readTotals(env, account)
    expect(subject!.totals).toMatchObject([{ metric: 'm', unit: 'None', summary: { count: 2, sum: 11 } }])
  })

  test('is read where a sender went by what it had heard before the first was forgotten', async () => {
    await store().widen(4)
    await store().forget()
    expect(await store('~3').take({ sender: 'isolate', number: 1, items: [sample(3)] })).toEqual({
      shards: 4,
    })
    await evictDurableObject(store('~3'))
    expect(await store('~3').shards()).toBe(4)
    expect(await total()).toBe(3)
  })

  test('is written once when the call breaks while it is being written', async () => {
    const batch = { sender: 'isolate', number: 1, items: [sample(5)] }
    await Promise.all([store().take(batch), store().take(batch)])
    // What came within a second of the last write waits for the next one.
    await Promise.all([store().take({ ...batch, number: 3 }), store().take({ ...batch, number: 3 })])
    await store().take({ ...batch, number: 2 })
    expect(await total()).toBe(15)
  })

  test('is forgotten with its account', async () => {
    await store().write([sample(1)])
    await store().forget()
    expect(await total()).toBe(0)
    expect(await env.STORE.head(objectMark(metricStoreName(account)))).toBeNull()
    await store().write([sample(2)])
    expect(await total()).toBe(2)
  })
})
