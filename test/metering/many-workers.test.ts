import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { KeyRecord, Throttle } from '../../src/metering/key-record.ts'
import { type Isolates, startIsolates } from '../isolates.ts'
import { recordOf, TARGET } from './simulated-key.ts'

/**
 * Five real isolates and real objects, with a bad network in between: calls take 1 to 300 ms, get lost before or after
 * the object has answered, and arrive twice. The object notes what it decides and when by its clock; isolates note
 * between which two readings of theirs, which is the same machine's, a token was spent.
 */
const WORKER = `
import { waitUntil } from 'cloudflare:workers'
import { KeyMeter } from './durable-objects/key-meter.ts'
import { Admission } from './src/metering/admission.ts'
import { keyRecordExists, publishKeyRecord } from './src/metering/publish-key-record.ts'
import { randomSource } from './test/random-source.ts'

export class NotingMeter extends KeyMeter {
  #decided = new Map()
  async lease(request) {
    const reply = await super.lease(request)
    // A doubled call is answered alike, and admits nobody.
    if (reply.admitted > 0) this.#decided.set(reply.id, [Math.floor(reply.grantedAt), reply.admitted])
    return reply
  }
  decided() { return [...this.#decided.values()] }
  used() { return this.ctx.storage.sql.exec('SELECT coalesce(sum(used), 0) AS used FROM usage').one().used }
}

let admission
let network
let random

async function call(env, name, request) {
  const { oneWay, lost, doubled } = network
  const way = () => scheduler.wait(1 + oneWay * (0.5 + random()))
  const arrive = () => env.KEY_METER.getByName(name).lease(structuredClone(request))
  const lose = () => { throw Object.assign(new Error('lost'), { retryable: random() < 0.5 }) }
  await way()
  if (random() < lost) lose()
  if (random() < doubled) waitUntil(scheduler.wait(random() * 400).then(arrive).catch(() => {}))
  const reply = await arrive()
  await way()
  if (random() < lost) lose()
  return reply
}

async function drive(keys, ms) {
  const started = Date.now()
  const notes = keys.map(() => [])
  const pending = []
  let open = []
  const tell = (index, decision) => {
    const note = { from: Date.now(), to: 0, by: decision.admitted ? decision.by : decision.reason }
    notes[index].push(note)
    open.push(note)
  }
  const next = keys.map(() => 0)
  const seal = () => {
    const now = Date.now()
    for (const note of open) note.to = now
    open = []
    return now
  }
  for (;;) {
    await scheduler.wait(1)
    const now = seal() - started
    if (now >= ms) break
    for (const [index, { name, target, perSecond, later }] of keys.entries())
      while (next[index] <= now) {
        next[index] += (-Math.log(1 - random()) * 1000) / (now < ms / 2 ? perSecond : later)
        const decision = admission.admit(name, target)
        if (decision instanceof Promise) pending.push(decision.then(late => tell(index, late)))
        else tell(index, decision)
      }
  }
  await Promise.all(pending)
  await scheduler.wait(1)
  seal()
  return notes.map(list => list.map(({ from, to, by }) => [from, to, by]))
}

export default {
  async fetch(request, env) {
    const url = new URL(request.url)
    const name = url.searchParams.get('name')
    if (url.pathname === '/publish') {
      await publishKeyRecord({ store: env.STORE, meters: env.KEY_METER }, await request.json(), name.split('/').at(-1))
      return Response.json(Date.now())
    }
    if (url.pathname === '/object') {
      const meter = env.KEY_METER.getByName(name)
      return Response.json({ decided: await meter.decided(), used: await meter.used() })
    }
    const { keys, ms, faults, seed } = await request.json()
    network = faults
    random ??= randomSource(seed)
    admission ??= new Admission({
      clock: () => Date.now(),
      callObject: (name, lease) => call(env, name, lease),
      recordExists: name => keyRecordExists(env.STORE, name),
      defer: waitUntil,
      sleep: ms => scheduler.wait(ms),
      newId: () => crypto.randomUUID(),
    })
    return Response.json(await drive(keys, ms))
  },
}`

/** One way, milliseconds: by half less or more each time. */
const ISOLATES = { first: 0.3, second: 4, third: 20, fourth: 60, fifth: 98 }
const FAULTS = { lost: 0.05, doubled: 0.1 }
const NO_FAULTS = { lost: 0, doubled: 0 }
const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))

const keyed = (key: string) => `keys/000000000000/us-east-1/${key}`
const day = (limit: number) => ({ limit, offset: 0, period: 'DAY' as const })

interface Driven {
  readonly name: string
  /** All isolates together. */
  readonly perSecond: number
  /** From the middle of the drive on. */
  readonly later?: number
  readonly throttle?: Throttle
  readonly limit?: number
}

const DRIVEN = {
  tight: { name: keyed('tight'), perSecond: 60, throttle: { rateLimit: 5, burstLimit: 10 } },
  leased: { name: keyed('leased'), perSecond: 200, throttle: { rateLimit: 100, burstLimit: 100 } },
  // Less than it may at first, so that it is leased; then more, while leases are out.
  hot: {
    name: keyed('hot'),
    perSecond: 300,
    later: 1_500,
    throttle: { rateLimit: 500, burstLimit: 500 },
  },
  // Its leases live for seconds, as nothing of it can be revoked.
  method: { name: 'throttles/method', perSecond: 40, throttle: { rateLimit: 15, burstLimit: 60 } },
  quota: { name: keyed('quota'), perSecond: 200, limit: 400 },
  both: {
    name: keyed('both'),
    perSecond: 250,
    throttle: { rateLimit: 100, burstLimit: 60 },
    limit: 400,
  },
  revoked: { name: keyed('revoked'), perSecond: 150 },
} as const satisfies Readonly<Record<string, Driven>>

type Note = readonly [from: number, to: number, by: string]

let server: Isolates['server']
let address: URL
let notes: Readonly<Record<keyof typeof DRIVEN, readonly Note[]>>
let revokedAt: number

beforeAll(async () => {
  ;({ server, address } = await startIsolates(WORKER, { KEY_METER: 'NotingMeter' }, Object.keys(ISOLATES)))
  for (const { name, throttle, limit } of Object.values<Driven>(DRIVEN))
    if (name.startsWith('keys/')) await publish(name, recordOf(throttle, limit ? day(limit) : undefined))

  const all = Object.values(DRIVEN)
  // A machine that has just started everything is far away from itself.
  const early = await driveAll(all, 100, NO_FAULTS)
  const driving = driveAll(all, 4_500, FAULTS)
  await new Promise(resolve => setTimeout(resolve, 2_000))
  const disabled: KeyRecord = { ...recordOf(undefined, undefined, 2), enabled: false }
  revokedAt = await publish(DRIVEN.revoked.name, disabled)
  const first = await driving
  // What was lost has come back, and is there for others: now without faults, until nothing is left.
  const second = await driveAll([DRIVEN.quota, DRIVEN.both], 2_500, NO_FAULTS)
  const names = Object.keys(DRIVEN) as (keyof typeof DRIVEN)[]
  notes = Object.fromEntries(
    names.map((name, index) => [name, [...early, ...first].flatMap(isolate => isolate[index]!)]),
  ) as unknown as typeof notes
  for (const [index, name] of (['quota', 'both'] as const).entries())
    notes = { ...notes, [name]: [...notes[name], ...second.flatMap(isolate => isolate[index]!)] }
}, 60_000)

afterAll(() => server.dispose())

async function publish(name: string, record: KeyRecord): Promise<number> {
  const url = new URL(`/publish?name=${name}`, address)
  return (await fetch(url, { method: 'POST', body: JSON.stringify(record) })).json() as Promise<number>
}

async function objectOf(name: string) {
  const response = await fetch(new URL(`/object?name=${encodeURIComponent(name)}`, address))
  return (await response.json()) as { decided: [at: number, requests: number][]; used: number }
}

/** What each isolate notes of each key. */
function driveAll(
  driven: readonly Driven[],
  ms: number,
  faults: { readonly lost: number; readonly doubled: number },
): Promise<Note[][][]> {
  const isolates = Object.entries(ISOLATES)
  const keys = driven.map(({ name, perSecond, later = perSecond, throttle }) => ({
    name,
    perSecond: perSecond / isolates.length,
    later: later / isolates.length,
    target: name.startsWith('keys/')
      ? TARGET
      : { ...TARGET, throttle: { rate: throttle!.rateLimit, burst: throttle!.burstLimit, version: 1 } },
  }))
  return Promise.all(
    isolates.map(async ([isolate, oneWay], index) => {
      const body = JSON.stringify({ keys, ms, faults: { ...faults, oneWay }, seed: SEED + index })
      const response = await fetch(new URL(`/${isolate}`, address), { method: 'POST', body })
      return (await response.json()) as Note[][]
    }),
  )
}

const count = (list: readonly Note[], ...by: string[]) => list.filter(note => by.includes(note[2])).length

/**
 * The largest number by which requests that were certainly admitted within an interval [s, t] of the clock exceed
 * burst + rate x (t - s); 0 or less when the ceiling holds.
 */
function excess(
  admitted: readonly (readonly [from: number, to: number, requests: number])[],
  { rateLimit, burstLimit }: Throttle,
): number {
  const byEnd = [...admitted].sort((a, b) => a[1] - b[1])
  let most = Number.NEGATIVE_INFINITY
  for (const start of new Set(admitted.map(([from]) => from))) {
    let within = 0
    for (const [from, to, requests] of byEnd) {
      if (from < start) continue
      within += requests
      most = Math.max(most, within - burstLimit - (rateLimit * (to - start)) / 1000)
    }
  }
  return most
}

describe(`five isolates at once over a bad network (seed ${SEED})`, () => {
  test.each(['tight', 'leased', 'hot', 'method', 'both'] as const)(
    'admit no more than burst + rate x t in any interval: %s',
    async which => {
      const { name, throttle } = DRIVEN[which]
      const { decided } = await objectOf(name)
      const spent = notes[which].filter(([, , by]) => by === 'lease')
      const admitted = [
        ...decided.map(([at, requests]) => [at, at, requests] as const),
        ...spent.map(([from, to]) => [from, to, 1] as const),
      ]
      expect(excess(admitted, throttle), 'requests over the ceiling').toBeLessThanOrEqual(0)
      // And what may be had was had, nearly: calls are lost, and what they carried comes back later.
      const times = admitted.map(([from]) => from)
      const span = (Math.max(...times) - Math.min(...times)) / 1000
      const total = admitted.reduce((sum, [, , requests]) => sum + requests, 0)
      const allowed = throttle.burstLimit + throttle.rateLimit * span
      expect(total, 'of what may be had').toBeGreaterThan(which === 'both' ? 0 : 0.6 * allowed)
      expect(count(notes[which], 'throttled'), 'throttled').toBeGreaterThan(0)
    },
  )

  // How much of a key is leased depends on how busy the machine is: its leases are worth nothing to who is far away.
  test('lease methods for seconds, and what is tight not at all', () => {
    expect(count(notes.method, 'lease')).toBeGreaterThan(0)
    expect(count(notes.tight, 'lease')).toBe(0)
  })

  test.each(['quota', 'both'] as const)('meet a quota to the request, and usage says so: %s', async which => {
    const { name, limit } = DRIVEN[which]
    expect(count(notes[which], 'lease', 'object')).toBe(limit)
    expect((await objectOf(name)).used).toBe(limit)
  })

  test.each(['tight', 'leased', 'hot', 'revoked'] as const)(
    'use what usage says, or less: %s',
    async which => {
      const { used } = await objectOf(DRIVEN[which].name)
      expect(used).toBeGreaterThanOrEqual(count(notes[which], 'lease', 'object'))
    },
  )

  test('refuse a revoked key within a second, all of them', () => {
    const admitted = notes.revoked.filter(([, , by]) => by === 'lease' || by === 'object')
    expect(Math.max(...admitted.map(([from]) => from))).toBeLessThanOrEqual(revokedAt + 1_000)
    expect(Math.max(...admitted.map(([from]) => from))).toBeGreaterThan(revokedAt - 1_000)
    expect(count(notes.revoked, 'disabled-key')).toBeGreaterThan(100)
  })
})
