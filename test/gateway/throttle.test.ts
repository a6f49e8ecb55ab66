import { describe, expect, test, vi } from 'vitest'
import type { StageMethodSettings } from '../../src/gateway/snapshot.ts'
import type { Refused } from '../../src/metering/decision.ts'
import {
  ACCOUNT,
  API_ID,
  countedBy,
  fakeApi,
  method,
  resource,
  snapshot,
  type Verdict,
} from './fake-gateway.ts'

const admitted: Verdict = { admitted: true }
const api = snapshot([
  resource('/', { GET: method() }),
  resource('/pets/{id}', { GET: method(), ANY: method() }),
  resource('/keyed', { GET: method({ apiKeyRequired: true }) }),
])

function throttled(
  settings: Record<string, StageMethodSettings> | undefined,
  decide: (meter: string) => Verdict | Promise<Verdict> = () => admitted,
) {
  const admit = vi.fn((meter: string, _call: object) => decide(meter))
  return {
    admit,
    ...fakeApi({ snapshot: api, pointer: { settings }, parts: { admission: countedBy(admit) } }),
  }
}

const throttle = { rate: 5, burst: 10 }
const meter = (name: string) => `throttles/${ACCOUNT.id}/${ACCOUNT.region}/${API_ID}/prod/${name}`
const call = (limits = throttle) => ({ apiId: API_ID, stage: 'prod', throttle: { ...limits, version: 1 } })

describe('a method of a stage', () => {
  test('without settings asks nobody', async () => {
    const none: ReadonlyArray<Record<string, StageMethodSettings> | undefined> = [
      undefined,
      {},
      { '*/*': {} },
      { '~1pets/GET': { throttle } },
    ]
    for (const settings of none) {
      const { send, admit } = throttled(settings)
      expect((await send('/prod/pets/4')).status).toBe(200)
      expect(admit).not.toHaveBeenCalled()
    }
  })

  test('has a bucket of its own, also by the settings of all methods', async () => {
    const { send, admit } = throttled({ '*/*': { throttle } })
    await send('/prod/pets/4')
    await send('/prod/pets/5', { method: 'POST' })
    await send('/prod/')
    expect(admit.mock.calls).toEqual([
      [meter('GET /pets/{id}'), call()],
      [meter('POST /pets/{id}'), call()],
      [meter('GET /'), call()],
    ])
  })

  test('is held to its own settings rather than to those of all', async () => {
    const own = { rate: 1, burst: 2 }
    const { send, admit } = throttled({
      '*/*': { throttle },
      '~1pets~1{id}/ANY': { throttle: own },
      '~1/GET': {},
    })
    await send('/prod/pets/4', { method: 'DELETE' })
    await send('/prod/pets/4')
    await send('/prod/')
    expect(admit.mock.calls).toEqual([
      [meter('DELETE /pets/{id}'), call(own)],
      // It is a method beside ANY, for which nothing is set.
      [meter('GET /pets/{id}'), call()],
    ])
  })

  test.each(['~1pets~1{id}/ANY', 'pets/{id}/ANY', '/pets/{id}/ANY'])(
    'is known by its path as tools write it: %s',
    async key => {
      const { send, admit } = throttled({ [key]: { throttle } })
      await send('/prod/pets/4', { method: 'DELETE' })
      expect(admit.mock.calls).toEqual([[meter('DELETE /pets/{id}'), call()]])
    },
  )

  test.each([
    ['throttled', 429, 'Too Many Requests'],
    ['unreachable', 503, 'Service Unavailable'],
    // An object of an older Weir takes the bucket for a key.
    ['unknown-key', 503, 'Service Unavailable'],
  ] as Array<[Refused['reason'], number, string]>)(
    'whose bucket says %s answers %i, at once and after a round trip',
    async (reason, status, message) => {
      const decision: Verdict = { admitted: false, reason }
      for (const decide of [() => decision, async () => decision]) {
        const { send, invocations } = throttled({ '*/*': { throttle } }, decide)
        const response = await send('/prod/')
        expect([response.status, await response.json()]).toEqual([status, { message }])
        expect(invocations).toEqual([])
      }
    },
  )

  test.each([
    { rate: 0, burst: 10 },
    { rate: 10, burst: 0 },
  ])('that is limited to nothing (%j) answers 429 and asks nobody', async limits => {
    const { send, admit } = throttled({ '*/*': { throttle: limits } })
    expect((await send('/prod/')).status).toBe(429)
    expect(admit).not.toHaveBeenCalled()
  })

  test('asks its bucket only for requests that the key may make', async () => {
    const refused: Verdict = { admitted: false, reason: 'unknown-key' }
    const settings = { '*/*': { throttle } }
    const headers = { 'x-api-key': 'secret' }
    for (const wait of [false, true]) {
      const answer = (name: string) => (name.startsWith('keys/') ? refused : admitted)
      const { send, admit } = throttled(settings, wait ? async name => answer(name) : answer)
      expect((await send('/prod/keyed')).status).toBe(403)
      expect((await send('/prod/keyed', { headers })).status).toBe(403)
      expect(admit.mock.calls.map(([name]) => name.split('/')[0])).toEqual(['keys'])
    }
    const { send, admit } = throttled(settings)
    expect((await send('/prod/keyed', { headers })).status).toBe(200)
    expect(admit.mock.calls.map(([name]) => name.split('/')[0])).toEqual(['keys', 'throttles'])
  })
})
