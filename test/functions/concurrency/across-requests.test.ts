import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ISOLATES, type Isolates, startIsolates } from '../../isolates.ts'

/** Isolates that serve many requests at once; a call is a while of waiting. */
const WORKER = `
import { waitUntil } from 'cloudflare:workers'
import { FunctionConcurrency } from './src/functions/concurrency/function-concurrency.ts'
export { ConcurrencyMeter } from './durable-objects/concurrency-meter.ts'

let gate
let calls = 0
export default {
  async fetch(request, env) {
    const url = new URL(request.url)
    if (url.pathname.endsWith('/calls')) return Response.json(calls)
    gate ??= new FunctionConcurrency({
      clock: () => Date.now(),
      timer(ms, callback) {
        const timer = setTimeout(callback, ms)
        return () => clearTimeout(timer)
      },
      callObject: async (name, lease) => {
        calls += 1
        // A network, so that requests meet.
        await scheduler.wait(10)
        return env.CONCURRENCY_METER.getByName(name).lease(lease)
      },
      defer: waitUntil,
      newId: () => crypto.randomUUID(),
    })
    const { limit, ms, name, forget } = Object.fromEntries(url.searchParams)
    const entered = await gate.enter('000000000000/us-east-1/' + name, { limit: Number(limit), generation: 1, uid: 'uid' })
    if (typeof entered === 'string') return Response.json({ entered })
    const from = Date.now()
    await scheduler.wait(Number(ms))
    const to = Date.now()
    if (!forget) entered.leave()
    return Response.json({ from, to })
  },
}`

interface Answer {
  readonly entered?: 'throttled' | 'unreachable'
  readonly from?: number
  readonly to?: number
}

let server: Isolates['server']
let address: URL

beforeAll(async () => {
  ;({ server, address } = await startIsolates(WORKER, { CONCURRENCY_METER: 'ConcurrencyMeter' }))
}, 30_000)

afterAll(() => server.dispose())

const call = async (isolate: string, query: string): Promise<Answer> => {
  const response = await fetch(new URL(`/${isolate}?${query}`, address))
  return (await response.json()) as Answer
}

const objectCalls = async (isolate: string) =>
  Number(await (await fetch(new URL(`/${isolate}/calls`, address))).text())

/** The most calls that ran at once. A clock that stands still while code runs shows an end late, not early. */
function most(answers: readonly Answer[]): number {
  const ran = answers.filter(({ from }) => from !== undefined)
  return Math.max(...ran.map(({ from }) => ran.filter(o => o.from! <= from! && o.to! > from!).length))
}

describe('calls that are in three isolates at once', () => {
  test('never are more than the ceiling, and are served from few object calls', async () => {
    const answers: Answer[] = []
    const caller = async (isolate: string) => {
      for (let made = 0; made < 25; made++) answers.push(await call(isolate, 'name=busy&limit=4&ms=20'))
    }
    await Promise.all([...ISOLATES, ...ISOLATES, ...ISOLATES].map(caller))
    expect(most(answers)).toBe(4)
    expect(answers.filter(({ entered }) => entered === 'unreachable')).toEqual([])
    expect(answers.filter(({ from }) => from !== undefined).length).toBeGreaterThan(40)
  })

  test('of one isolate ask its object once for many', async () => {
    const before = await objectCalls('second')
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => call('second', 'name=burst&limit=50&ms=20')),
    )
    expect(answers.every(({ from }) => from !== undefined)).toBe(true)
    expect((await objectCalls('second')) - before).toBeLessThan(25)
  })

  test('and end with their requests, without a word, leave their permits to others', async () => {
    // The request is answered and its timers die with it, while the permit was not given back.
    for (let lost = 0; lost < 2; lost++)
      expect(await call('third', 'name=lost&limit=2&ms=0&forget=1')).toHaveProperty('from')
    expect(await call('third', 'name=lost&limit=2&ms=5')).toEqual({ entered: 'throttled' })
    const lostAt = Date.now()
    for (;;) {
      const pair = await Promise.all(
        ISOLATES.slice(1).map(isolate => call(isolate, 'name=lost&limit=2&ms=50')),
      )
      if (pair.every(({ from }) => from !== undefined)) break
      expect(Date.now() - lostAt).toBeLessThan(12_000)
      await new Promise(resolve => setTimeout(resolve, 200))
    }
    expect(Date.now() - lostAt).toBeGreaterThan(3_000)
  }, 30_000)
})
