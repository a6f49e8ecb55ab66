// What a request is billed for, counted and not timed: `node bench/count-operations.ts`. Weir's own code runs in this
// process over bindings that count, in a time of its own; so the numbers do not depend on the machine.

import { readdirSync, readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { randomSource } from '../test/random-source.ts'
import { type Bill, billOf, printBill } from './bill.ts'
import { deployKeys, type KeyedApi } from './operations/deploy-keys.ts'
import { time } from './operations/platform.ts'
import { countRows } from './operations/replay-statements.ts'
import type { Database } from './operations/sqlite.ts'
import { type CountedWeir, loadWeir, startCountedWeir } from './operations/whole-weir.ts'

const CREDENTIALS = ['AKIDBENCH', 'of-the-bench-alone'] as const
const MINUTE_MS = 60_000
/** Share of the time between two requests by which they come early or late. */
const JITTER = 0.2

export interface Tempo {
  readonly name: string
  readonly keys: number
  /** Milliseconds between two requests of one key. */
  readonly every: number
  /** What is not counted: births of objects, first reads. */
  readonly warmUpMs: number
  readonly ms: number
}

/**
 * `alone`: nothing else happens in the installation, so that the key pays for all that is there; `in company`: it is one
 * of a hundred (once a second) or 3,000 (once a minute: 50 requests a second) of one API, and shares with them all but its
 * own object. Periods are long enough for what is done every ten minutes; what 3,000 slow keys do once in hours is counted
 * with the one that is alone.
 */
export const TEMPOS = [
  { name: 'hot', keys: 1, every: 1, warmUpMs: 5_000, ms: MINUTE_MS },
  { name: 'one_a_second, alone', keys: 1, every: 1_000, warmUpMs: MINUTE_MS, ms: 60 * MINUTE_MS },
  { name: 'one_a_second, in company', keys: 100, every: 1_000, warmUpMs: MINUTE_MS, ms: 10 * MINUTE_MS },
  {
    name: 'one_a_minute, alone',
    keys: 1,
    every: MINUTE_MS,
    warmUpMs: 5 * MINUTE_MS,
    ms: 12 * 60 * MINUTE_MS,
  },
  {
    name: 'one_a_minute, in company',
    keys: 3_000,
    every: MINUTE_MS,
    warmUpMs: 2 * MINUTE_MS,
    ms: 8 * MINUTE_MS,
  },
  // For the rows of roll-ups, which come with time and not with requests.
  { name: 'hot for an hour', keys: 1, every: 100, warmUpMs: 10 * MINUTE_MS, ms: 60 * MINUTE_MS },
] as const satisfies readonly Tempo[]

/** @param cpuMs processor time of one request, milliseconds */
export async function countTempo(tempo: Tempo, cpuMs: number): Promise<Bill> {
  const weir = startCountedWeir(
    await loadWeir(),
    CREDENTIALS.join(':'),
    () => new Response('{"statusCode":200,"body":"{}"}', { headers: { 'weir-outcome': 'ok' } }),
  )
  migrate(weir.databases()[0]!)
  const now = () => time.now
  const api = await time.until(deployKeys(request => weir.fetch(request), CREDENTIALS, tempo.keys, now))
  const countedFrom = time.now + tempo.warmUpMs
  const driven = drive(weir, api, tempo, countedFrom + tempo.ms)
  await time.runUntil(countedFrom)
  const before = driven.requests
  weir.counts.clear()
  for (const database of weir.databases()) database.countedFrom = database.ran.length
  await time.runUntil(countedFrom + tempo.ms)
  if (driven.failure) throw driven.failure
  // What was to come after the end of this tempo is none of the next one's.
  time.forget()
  return billOf(tempo, {
    requests: driven.requests - before,
    counts: weir.counts.entries,
    rows: await countRows(weir.databases()),
    workers: weir.loader.loaded.size,
    cpuMs,
  })
}

interface Driven {
  requests: number
  failure?: unknown
}

/** Requests of every key, each about `every` milliseconds after the one before, and the cron trigger every minute. */
function drive(weir: CountedWeir, api: KeyedApi, tempo: Tempo, end: number): Driven {
  const driven: Driven = { requests: 0 }
  const failed = (error: unknown) => {
    driven.failure ??= error
  }
  const send = async (key: string, index: number): Promise<void> => {
    driven.requests += 1
    const headers = { 'x-api-key': key, 'cf-connecting-ip': addressOf(index) }
    const response = await weir.fetch(new Request(api.url, { headers }))
    const text = await response.text()
    if (response.status !== 200) throw new Error(`${response.status}: ${text}`)
  }
  const random = randomSource(7)
  const started = time.now
  for (const [index, key] of api.keys.entries()) {
    // None before the start, or all of those would come at once.
    const phase = (random() + JITTER / 2) * tempo.every
    const next = (i: number) => {
      const at = started + phase + (i + (random() - 0.5) * JITTER) * tempo.every
      if (at >= end) return
      time.after(at - time.now, () => {
        send(key, index).catch(failed)
        next(i + 1)
      })
    }
    next(0)
  }
  for (let at = started + MINUTE_MS; at < end; at += MINUTE_MS)
    time.after(at - started, () => void weir.scheduled().catch(failed))
  return driven
}

/** Every key is somebody else's. */
const addressOf = (index: number): string => `198.18.${index >> 8}.${index & 255}`

/** A deployed Weir's database is migrated by its operator. */
function migrate(database: Database): void {
  const folder = new URL('../migrations/', import.meta.url).pathname
  for (const file of readdirSync(folder).sort()) database.run(readFileSync(folder + file, 'utf8'), [])
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const wanted = process.argv[2] ?? ''
  for (const tempo of TEMPOS) {
    if (!tempo.name.startsWith(wanted)) continue
    const began = performance.now()
    printBill(await countTempo(tempo, 1))
    console.log(`(${((performance.now() - began) / 1000).toFixed(1)} s)`)
  }
}
