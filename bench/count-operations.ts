// What a request is billed for, counted and not timed: `node bench/count-operations.ts`. Weir's own code runs in this
// process over bindings that count, in a time of its own; so the numbers do not depend on the machine.

import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { deployKeys } from './operations/deploy-keys.ts'
import { time } from './operations/platform.ts'
import { countRows } from './operations/replay-statements.ts'
import type { Database } from './operations/sqlite.ts'
import { loadWeir, startCountedWeir } from './operations/whole-weir.ts'
import { AWS_PER_MILLION, type Billed, OBJECT_GB, priceOf } from './prices.ts'

const CREDENTIALS = ['AKIDBENCH', 'of-the-bench-alone'] as const
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

export interface Tempo {
  readonly name: string
  readonly keys: number
  /** Milliseconds between two requests of one key. */
  readonly every: number
  /** What is not counted: births of objects, first reads. */
  readonly warmUpMs: number
  readonly ms: number
}

export const TEMPOS: readonly Tempo[] = [
  { name: 'hot', keys: 1, every: 1, warmUpMs: 5_000, ms: 60_000 },
  { name: 'one_a_second, alone', keys: 1, every: 1_000, warmUpMs: 60_000, ms: 1_200_000 },
  { name: 'one_a_second, in company', keys: 600, every: 1_000, warmUpMs: 60_000, ms: 120_000 },
  { name: 'one_a_minute, alone', keys: 1, every: MINUTE_MS, warmUpMs: 300_000, ms: 7_200_000 },
  { name: 'one_a_minute, in company', keys: 600, every: MINUTE_MS, warmUpMs: 180_000, ms: 1_800_000 },
]

export interface Line {
  readonly what: string
  readonly billed: Billed
  /** Units per 1,000 requests. */
  readonly perThousand: number
  /** US dollars per million requests. */
  readonly usd: number
}

export interface Bill {
  readonly tempo: Tempo
  readonly requests: number
  readonly lines: readonly Line[]
  readonly usd: number
  readonly objectCallsPerThousand: number
  readonly databaseRowsWritten: number
}

/** @param cpuMs processor time of one request, milliseconds */
export async function countTempo(tempo: Tempo, cpuMs: number): Promise<Bill> {
  const weir = startCountedWeir(
    await loadWeir(),
    CREDENTIALS.join(':'),
    () => new Response('{"statusCode":200,"body":"{}"}', { headers: { 'weir-outcome': 'ok' } }),
  )
  const api = await time.until(
    (async () => {
      migrateAll(weir.databases()[0]!)
      return deployKeys(
        request => weir.fetch(request),
        CREDENTIALS,
        tempo.keys,
        () => time.now,
      )
    })(),
  )
  const random = seeded(7)
  const started = time.now
  const countFrom = started + tempo.warmUpMs
  const end = countFrom + tempo.ms
  let requests = 0
  const send = async (key: string): Promise<void> => {
    if (time.now >= countFrom) requests += 1
    const headers = { 'x-api-key': key, 'cf-connecting-ip': '192.0.2.1' }
    const response = await weir.fetch(new Request(api.url, { headers }))
    if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`)
    await response.text()
  }
  let failed: unknown
  for (const key of api.keys) {
    const phase = random() * tempo.every
    const next = (i: number) => {
      const at = started + phase + (i + (random() - 0.5) / 5) * tempo.every
      if (at >= end) return
      time.after(at - time.now, () => {
        send(key).catch(error => {
          failed ??= error
        })
        next(i + 1)
      })
    }
    next(0)
  }
  for (let at = started + MINUTE_MS; at < end; at += MINUTE_MS) {
    time.after(
      at - time.now,
      () =>
        void weir.scheduled().catch(error => {
          failed ??= error
        }),
    )
  }
  await time.runUntil(countFrom)
  weir.counts.clear()
  for (const database of weir.databases()) database.countedFrom = database.ran.length
  await time.runUntil(end)
  if (failed) throw failed
  const rows = await countRows(weir.databases())
  return billOf(tempo, requests, weir.counts.entries, rows, weir.loader.loaded.size, cpuMs)
}

function billOf(
  tempo: Tempo,
  requests: number,
  counts: ReadonlyMap<string, number>,
  rows: ReadonlyMap<Database, { read: number; written: number }>,
  workers: number,
  cpuMs: number,
): Bill {
  const lines: Line[] = []
  const line = (what: string, billed: Billed, units: number) => {
    if (units === 0) return
    lines.push({
      what,
      billed,
      perThousand: (units / requests) * 1e3,
      usd: priceOf(billed, (units / requests) * 1e6),
    })
  }
  let objectCalls = 0
  for (const [what, count] of counts) {
    if (what.startsWith('worker: ')) line(what, 'workerRequests', count)
    else if (what.startsWith('dynamic worker: ')) line(what, 'dynamicRequests', count)
    else if (what.startsWith('object: ')) {
      objectCalls += count
      line(what, 'objectRequests', count)
    } else if (what.startsWith('active ms: ')) line(what, 'objectGbSeconds', (count / 1000) * OBJECT_GB)
    else if (what.startsWith('alarm set: ')) line(what, 'rowsWritten', count)
    else if (what.startsWith('store A: ')) line(what, 'storeClassA', count)
    else if (what.startsWith('store B: ')) line(what, 'storeClassB', count)
    else if (what.startsWith('queue: ')) line(what, 'queueOperations', 3 * count)
  }
  const byKind = new Map<string, { read: number; written: number }>()
  for (const [{ kind }, { read, written }] of rows) {
    const sum = byKind.get(kind) ?? { read: 0, written: 0 }
    byKind.set(kind, { read: sum.read + read, written: sum.written + written })
  }
  for (const [kind, { read, written }] of byKind) {
    line(`rows written: ${kind}`, 'rowsWritten', written)
    line(`rows read: ${kind}`, 'rowsRead', read)
  }
  line('functions’ isolates', 'dynamicWorkerDays', (workers * tempo.ms) / DAY_MS)
  line('processor time', 'cpuMs', requests * cpuMs)
  return {
    tempo,
    requests,
    lines: lines.toSorted((a, b) => b.usd - a.usd),
    usd: lines.reduce((sum, { usd }) => sum + usd, 0),
    objectCallsPerThousand: (objectCalls / requests) * 1e3,
    databaseRowsWritten: byKind.get('D1')?.written ?? 0,
  }
}

export function print({
  tempo,
  requests,
  lines,
  usd,
  objectCallsPerThousand,
  databaseRowsWritten,
}: Bill): void {
  const ratio = usd / AWS_PER_MILLION
  console.log(`\n${tempo.name}: ${requests} requests of ${tempo.keys} keys in ${tempo.ms / 1000} s`)
  console.table(
    lines.map(({ what, perThousand, usd: cost }) => ({
      what,
      'per 1,000 requests': Number(perThousand.toPrecision(4)),
      'USD per million': Number(cost.toFixed(4)),
    })),
  )
  console.log(
    `USD ${usd.toFixed(3)} per million, ${ratio.toFixed(3)} of API Gateway + Lambda (${AWS_PER_MILLION.toFixed(3)}); ` +
      `${objectCallsPerThousand.toFixed(1)} object calls per 1,000; ` +
      `${((databaseRowsWritten / tempo.keys / tempo.ms) * 3_600_000).toFixed(1)} D1 rows written per key and hour`,
  )
}

/** Uniform in [0, 1), the same numbers every time: mulberry32. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A deployed Weir's database is migrated by its operator. */
function migrateAll(database: Database): void {
  const folder = fileURLToPath(new URL('../migrations/', import.meta.url))
  for (const file of readdirSync(folder).sort()) database.run(readFileSync(folder + file, 'utf8'), [])
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const wanted = process.argv[2] ?? ''
  for (const tempo of TEMPOS) {
    if (!tempo.name.startsWith(wanted)) continue
    const began = performance.now()
    print(await countTempo(tempo, 1))
    console.log(`(${((performance.now() - began) / 1000).toFixed(1)} s)`)
  }
}
