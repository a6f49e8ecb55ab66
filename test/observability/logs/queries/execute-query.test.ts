import { expect, it } from 'vitest'
import { compileQuery } from '../../../../src/observability/logs/queries/compile-query.ts'
import { executeQuery } from '../../../../src/observability/logs/queries/execute-query.ts'
import { NOW } from './query-harness.ts'

/** A query over endless lines, which come in batches of ten; each batch takes some time. */
async function execute(text: string, { batchMs = 100, stoppedAfterMs = Number.POSITIVE_INFINITY } = {}) {
  const compiled = compileQuery(text, NOW)
  if (!compiled.ok) throw new Error(compiled.message)
  let [now, batches, questions] = [NOW, 0, 0]
  async function* lines() {
    for (;;) {
      now += batchMs
      batches += 1
      yield Array.from({ length: 10 }, (_, i) => ({
        timestamp: NOW - batches,
        ingested: NOW,
        stream: 's',
        message: `{"n":${i}}`,
        id: `${batches}.${i}`,
      }))
    }
  }
  const { status, rows, statistics } = await executeQuery(
    { groups: ['group'], limit: 1000, created: NOW },
    compiled.query,
    {
      lines,
      account: '123456789012',
      clock: () => now,
      isStopped: async () => {
        questions += 1
        return now - NOW >= stoppedAfterMs
      },
    },
  )
  return { status, rows: rows.length, scanned: statistics.recordsScanned, batches, questions }
}

it('reads no further than to what its limit leaves', async () => {
  expect(await execute('fields n | filter n > 4 | limit 12')).toMatchObject({
    status: 'Complete',
    rows: 12,
    scanned: 27,
    batches: 3,
  })
})

it('ends in time, with what it has found by then', async () => {
  expect(await execute('stats count(*) by n')).toMatchObject({ status: 'Timeout', rows: 10, batches: 251 })
})

it('asks once a second whether somebody has stopped it', async () => {
  expect(await execute('stats count(*)', { stoppedAfterMs: 3_000 })).toMatchObject({
    status: 'Cancelled',
    batches: 30,
    questions: 3,
  })
})

it('fails where it would keep more than it may', async () => {
  const failing = await execute('stats count(*) by concat(@timestamp, n, "'.concat('x'.repeat(100_000), '")'))
  expect(failing).toMatchObject({ status: 'Failed', rows: 0 })
})
