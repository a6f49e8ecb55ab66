import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { KeyRecord } from '../../src/metering/key-record.ts'
import { type Isolates, startIsolates } from '../isolates.ts'
import { recordOf } from './simulated-key.ts'

/**
 * Isolates that serve many requests at once, as the gateway does: at three levels, and whoever comes first calls for
 * the others.
 */
const WORKER = `
import { waitUntil } from 'cloudflare:workers'
import { AdmitLevels } from './src/metering/admit-levels.ts'
import { Admission } from './src/metering/admission.ts'
import { keyRecordExists, publishKeyRecord } from './src/metering/publish-key-record.ts'
export { KeyMeter } from './durable-objects/key-meter.ts'

const target = { apiId: 'api', stage: 'prod' }
let levels
const calls = {}
export default {
  async fetch(request, env) {
    const url = new URL(request.url)
    const name = 'keys/000000000000/us-east-1/' + url.searchParams.get('key')
    if (url.pathname === '/publish') {
      await publishKeyRecord({ store: env.STORE, meters: env.KEY_METER }, await request.json(), url.searchParams.get('key'))
      return new Response(null, { status: 204 })
    }
    if (url.pathname === '/calls') return Response.json(calls[name] ?? 0)
    levels ??= new AdmitLevels(new Admission({
      clock: () => Date.now(),
      callObject: async (name, lease) => {
        calls[name] = (calls[name] ?? 0) + 1
        // A network, so that requests meet.
        await scheduler.wait(20)
        return env.KEY_METER.getByName(name).lease(lease)
      },
      recordExists: name => keyRecordExists(env.STORE, name),
      defer: waitUntil,
      sleep: ms => scheduler.wait(ms),
      newId: () => crypto.randomUUID(),
    }))
    const asked = {
      key: target,
      method: {
        meter: 'throttles/' + url.searchParams.get('key'),
        target: { ...target, throttle: { rate: 1000, burst: 1000, version: 1 } },
        isClosed: false,
      },
      account: { meter: 'accounts/000000000000/us-east-1', target: { apiId: '', stage: '', level: 'account' } },
    }
    const { refusal } = await levels.admit(asked, name)
    return Response.json({ admitted: !refusal, ...(refusal && { level: refusal.level, reason: refusal.reason }) })
  },
}`

let server: Isolates['server']
let address: URL

beforeAll(async () => {
  ;({ server, address } = await startIsolates(WORKER, { KEY_METER: 'KeyMeter' }))
}, 30_000)

afterAll(() => server.dispose())

const publish = (key: string, record: KeyRecord) =>
  fetch(new URL(`/publish?key=${key}`, address), { method: 'POST', body: JSON.stringify(record) })

const admit = async (key: string, signal?: AbortSignal, isolate = 'first') => {
  const response = await fetch(new URL(`/${isolate}?key=${key}`, address), { signal })
  return (await response.json()) as { admitted: boolean; reason?: string }
}

const callsFor = async (key: string) =>
  Number(await (await fetch(new URL(`/calls?key=${key}`, address))).json())

const together = (key: string, requests: number) =>
  Promise.all(Array.from({ length: requests }, () => admit(key)))

describe('requests that are in one isolate together', () => {
  test("are admitted by each other's calls", async () => {
    await publish('open', recordOf())
    const decisions = await together('open', 100)
    expect(decisions.every(({ admitted }) => admitted)).toBe(true)
    expect(await callsFor('open')).toBeLessThan(60)
  })

  test('of a key of rate 5 and burst 10 are admitted ten times at once', async () => {
    await publish('tight', recordOf({ rateLimit: 5, burstLimit: 10 }))
    const started = performance.now()
    const decisions = await together('tight', 100)
    const admitted = decisions.filter(decision => decision.admitted).length
    expect(admitted).toBeGreaterThanOrEqual(10)
    expect(admitted).toBeLessThanOrEqual(10 + (5 * (performance.now() - started)) / 1000)
    expect(decisions.filter(({ reason }) => reason === 'throttled')).toHaveLength(100 - admitted)
  })

  test('and in others, of the same key, share its ten', async () => {
    await publish('shared', recordOf({ rateLimit: 5, burstLimit: 10 }))
    const started = performance.now()
    const isolates = ['first', 'second', 'third']
    const decisions = await Promise.all(
      Array.from({ length: 150 }, (_, index) => admit('shared', undefined, isolates[index % 3])),
    )
    const admitted = decisions.filter(decision => decision.admitted).length
    expect(admitted).toBeGreaterThanOrEqual(10)
    expect(admitted).toBeLessThanOrEqual(10 + (5 * (performance.now() - started)) / 1000)
  })

  test('do not end with the one that called for them', async () => {
    await publish('cut', recordOf())
    await admit('cut')
    const caller = new AbortController()
    const callers = Array.from({ length: 4 }, () => admit('cut', caller.signal).catch(() => 'cut off'))
    await new Promise(resolve => setTimeout(resolve, 5))
    const others = together('cut', 20)
    await new Promise(resolve => setTimeout(resolve, 5))
    caller.abort()
    expect((await others).every(({ admitted }) => admitted)).toBe(true)
    await Promise.all(callers)
  })

  test('with guessed keys cost no object', async () => {
    expect(await together('guess', 20)).toEqual(
      Array.from({ length: 20 }, () => expect.objectContaining({ reason: 'unknown-key' })),
    )
    expect(await callsFor('guess')).toBe(0)
  })
})
