import { describe, expect, test, vi } from 'vitest'
import type { Snapshot, StageMethodSettings, StagePointer } from '../../src/gateway/snapshot.ts'
import type { Cors } from '../../src/lib/cors.ts'
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

  test('asks nobody for a request without the key that it needs', async () => {
    const { send, admit } = throttled({ '*/*': { throttle } })
    expect((await send('/prod/keyed')).status).toBe(403)
    expect(admit).not.toHaveBeenCalled()
    expect((await send('/prod/keyed', { headers: { 'x-api-key': 'secret' } })).status).toBe(200)
    expect(admit.mock.calls.map(([name]) => name.split('/')[0])).toEqual(['keys', 'throttles'])
  })
})

describe('an account', () => {
  const counting = (
    verdict: Verdict | Promise<Verdict>,
    { served = api, pointer = {} }: { served?: Snapshot; pointer?: Partial<StagePointer> } = {},
  ) => {
    const ofAccount = vi.fn((_meter: string, _target: object) => verdict)
    const admission = countedBy(() => admitted, ofAccount)
    return { ofAccount, ...fakeApi({ snapshot: served, pointer, parts: { admission } }) }
  }

  test('counts every request of a method once, with a key and without, by one bucket a region', async () => {
    const { send, ofAccount } = counting(admitted)
    await send('/prod/')
    await send('/prod/keyed', { headers: { 'x-api-key': 'secret' } })
    await send('/prod/pets/4', { method: 'DELETE' })
    const asked = [`accounts/${ACCOUNT.id}/${ACCOUNT.region}`, { apiId: '', stage: '', level: 'account' }]
    expect(ofAccount.mock.calls).toEqual([asked, asked, asked])
  })

  test('counts what a canary serves as anything else', async () => {
    const canary = {
      percentTraffic: 100,
      deploymentId: 'c',
      snapshot: 's',
      variables: {},
      useStageCache: false,
    }
    const { send, ofAccount } = counting(admitted, { pointer: { canary } })
    await send('/prod/')
    expect(ofAccount).toHaveBeenCalledTimes(1)
  })

  test('counts preflights, which API Gateway answers by a method', async () => {
    const cors: Cors = { allowOrigins: ['*'], allowMethods: ['GET'] }
    const { send, ofAccount } = counting(admitted, { served: { ...api, cors } })
    const headers = { origin: 'https://example.com', 'access-control-request-method': 'GET' }
    expect((await send('/prod/pets/4', { method: 'OPTIONS', headers })).status).toBe(204)
    expect(ofAccount).toHaveBeenCalledTimes(1)
  })

  test('counts nothing that no method serves, or that an authorizer turns away', async () => {
    const guarded = snapshot([resource('/signed', { GET: method({ authorizationType: 'AWS_IAM' }) })])
    const { send, ofAccount } = counting(admitted, { served: guarded })
    expect((await send('/prod/nothing')).status).toBe(403)
    expect((await send('/prod/signed')).status).toBe(403)
    expect(ofAccount).not.toHaveBeenCalled()
  })

  test.each([
    ['throttled', 429, 'Too Many Requests'],
    ['unreachable', 503, 'Service Unavailable'],
  ] as const)('that says %s answers %i', async (reason, status, message) => {
    for (const verdict of [
      { admitted: false, reason } as const,
      Promise.resolve({ admitted: false, reason } as const),
    ]) {
      const { send, invocations } = counting(verdict)
      const response = await send('/prod/')
      expect([response.status, await response.json()]).toEqual([status, { message }])
      expect(invocations).toEqual([])
    }
  })
})

test.each([
  [402, 'Budget exceeded'],
  [429, 'Limit Exceeded'],
] as const)('a spent budget is answered with %i where its owner wants that', async (status, message) => {
  const { send } = throttled(undefined, () => ({ admitted: false, reason: 'budget-exceeded', status }))
  const response = await send('/prod/keyed', { headers: { 'x-api-key': 'secret' } })
  expect([response.status, await response.json()]).toEqual([status, { message }])
})

test('an isolate learns from its first request where it is', async () => {
  const admission = countedBy(() => admitted)
  const { send } = fakeApi({ snapshot: api, parts: { admission } })
  await send('/prod/')
  expect(admission.place).toBe('enam')
})
