/// <reference types="@cloudflare/vitest-plugin/types" />

import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { describe, expect, test } from 'vitest'
import { type Segment, traceStoreName } from '../../../src/observability/traces/segment.ts'
import { readTracesBetween } from '../../../src/observability/traces/trace-reader.ts'
import { TraceTables } from '../../../src/observability/traces/trace-tables.ts'
import { env } from '../../whole-weir.ts'

const NOW_S = Math.floor(Date.now() / 1000)
const DAY_S = 24 * 3_600

let accounts = 0
function storeOfItsOwn() {
  const account = { id: `8700000000${String(++accounts).padStart(2, '0')}`, region: 'eu-west-1' }
  return { account, store: env.TRACE_STORE.getByName(traceStoreName(account)) }
}

const open = (name: string) => env.TRACE_STORE.getByName(name)

const hex = (number: number, digits: number) => number.toString(16).padStart(digits, '0')

const segment = (at: number, trace: number, id: number, text = ''): Segment => ({
  trace_id: `1-${hex(at, 8)}-${hex(trace, 24)}`,
  id: hex(id, 16),
  name: 'shop',
  start_time: at,
  end_time: at + 1,
  ...(text && { metadata: { default: { text } } }),
})

let batches = 0
const batch = (items: Segment[]) => ({ sender: 'isolate', number: ++batches, items })

describe('traces of a time', () => {
  test('are read past one that somebody gave all calls to, page by page, of which none is large', async () => {
    const { account, store } = storeOfItsOwn()
    await store.take(batch([segment(NOW_S - 60, 1, 1)]))
    const large = 'x'.repeat(60_000)
    for (let part = 0; part < 3; part++)
      await store.take(
        batch(Array.from({ length: 20 }, (_, i) => segment(NOW_S - 50, 2, 100 + part * 20 + i, large))),
      )
    await store.take(batch([segment(NOW_S - 40, 3, 3), segment(NOW_S - 40, 4, 4)]))

    const found: number[][] = []
    let after: Parameters<typeof readTracesBetween>[2]['after']
    do {
      const page = await readTracesBetween(open, account, { from: NOW_S - 60, to: NOW_S, after }, 1_000)
      found.push(page.traces.map(({ segments }) => segments.length))
      expect(JSON.stringify(page.traces).length).toBeLessThan(2 * 1024 * 1024)
      after = page.next
    } while (after)
    const [first, largest, ...rest] = found.flat()
    expect([first, ...rest]).toEqual([1, 1, 1])
    expect(largest).toBeGreaterThan(10)
    expect(largest).toBeLessThan(25)
    expect(found.length).toBeGreaterThan(1)
  })

  test('are read without what was before them', async () => {
    const { store } = storeOfItsOwn()
    await store.take(batch(Array.from({ length: 500 }, (_, i) => segment(NOW_S - DAY_S, i, i))))
    await store.take(batch([segment(NOW_S, 1, 1)]))
    const { segments, rowsRead } = await runInDurableObject(store, (_, { storage: { sql } }) => {
      const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = []
      const counting = {
        exec(query: string, ...values: unknown[]) {
          const cursor = sql.exec(query, ...values)
          cursors.push(cursor)
          return cursor
        },
      }
      const page = new TraceTables(counting as SqlStorage).between(NOW_S - 10, NOW_S, undefined, 1_000)
      return { ...page, rowsRead: cursors.reduce((sum, cursor) => sum + cursor.rowsRead, 0) }
    })
    expect(segments).toHaveLength(1)
    expect(rowsRead).toBeLessThan(10)
  })
})

test('what is too old goes by the hour, as long as there is some', async () => {
  const { store } = storeOfItsOwn()
  const old = NOW_S - 32 * DAY_S
  await store.take(batch([segment(old, 1, 1), segment(old + 7_200, 2, 2), segment(NOW_S, 3, 3)]))
  const count = () =>
    runInDurableObject(
      store,
      (_, { storage }) => storage.sql.exec('SELECT count(*) AS n FROM segments').one().n,
    )
  for (const left of [2, 1, 1]) {
    expect(await runDurableObjectAlarm(store)).toBe(true)
    expect(await count()).toBe(left)
  }
})
