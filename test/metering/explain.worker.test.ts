/// <reference types="@cloudflare/vitest-plugin/types" />

import { describe, expect, it } from 'vitest'
import { askWeir } from '../ask-weir.ts'
import { type PricedApi, pricedApi } from '../billing/priced-api.ts'
import { ORIGIN, send } from '../whole-weir.ts'

interface Limited {
  readonly api: PricedApi
  readonly key: { readonly id: string; readonly value: string }
  call(headers?: Record<string, string>): Promise<Response>
}

/** A key that may make two requests, of which no third comes for long, and a plan that tells its clients so. */
async function limited(tags: Record<string, string> = {}): Promise<Limited> {
  const api = await pricedApi()
  const { apiId } = api
  const { id } = await api.client.createUsagePlan({
    name: 'limited',
    throttle: { rateLimit: 0.01, burstLimit: 2 },
    quota: { limit: 100, period: 'MONTH' },
    tags,
  })
  await api.client.updateUsagePlan({
    usagePlanId: api.planId,
    patchOperations: [{ op: 'remove', path: '/apiStages', value: `${apiId}:prod` }],
  })
  await api.client.updateUsagePlan({
    usagePlanId: id!,
    patchOperations: [{ op: 'add', path: '/apiStages', value: `${apiId}:prod` }],
  })
  const key = await api.newKey('client', id!)
  const call = (headers = {}) =>
    send(`${ORIGIN}/_aws/execute-api/${apiId}/prod/`, { headers: { 'x-api-key': key.value, ...headers } })
  return { api, key, call }
}

const token = async ({ credentials }: PricedApi): Promise<string> =>
  (await askWeir('POST', '/_weir/explain/tokens', undefined, credentials)).body.token as string

describe('limits that clients are told of', () => {
  it('are in the answers of a plan that says so: policies, what is left, and when to come again', async () => {
    const { call } = await limited({ 'weir:rate-limit-headers': 'on' })
    const first = await call()
    expect(first.status).toBe(200)
    expect(first.headers.get('RateLimit-Policy')).toBe('"rate";q=2;w=200, "quota";q=100')
    expect(first.headers.get('RateLimit')).toMatch(/^"rate";r=1;t=100, "quota";r=99;t=\d+$/)
    expect(first.headers.has('Retry-After')).toBe(false)
    expect((await call()).headers.get('RateLimit')).toMatch(/^"rate";r=0;t=\d+, "quota";r=98;t=\d+$/)
    const refused = await call()
    expect(refused.status).toBe(429)
    expect(refused.headers.get('RateLimit')).toMatch(/^"rate";r=0;t=\d+, "quota";r=98;t=\d+$/)
    expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(90)
  })

  it('are nobody’s to know otherwise', async () => {
    const { call } = await limited()
    for (const response of [await call(), await call(), await call()])
      expect([...response.headers.keys()].filter(name => /ratelimit|retry/.test(name))).toEqual([])
  })
})

describe('a request that explains itself', () => {
  it('says which meters were asked, what decided, and why it was refused', async () => {
    const { api, call, key } = await limited({ 'weir:rate-limit-headers': 'on' })
    const headers = { 'x-weir-explain': await token(api) }
    const admitted = await call(headers)
    expect(admitted.status).toBe(200)
    const said = JSON.parse(admitted.headers.get('x-weir-explain')!)
    expect(said).toMatchObject({
      requestId: admitted.headers.get('x-amzn-requestid'),
      admitted: true,
      levels: [
        { level: 'key', decision: 'admitted', by: 'object', keyId: key.id, left: { rate: 0.01, burst: 2 } },
        { level: 'account', decision: 'admitted', meter: `accounts/${api.account}/us-east-1` },
      ],
    })
    expect(said.levels[0].meter).toMatch(new RegExp(`^keys/${api.account}/us-east-1/[0-9a-f]{64}$`))
    await call()
    const refused = JSON.parse((await call(headers)).headers.get('x-weir-explain')!)
    expect(refused).toMatchObject({
      admitted: false,
      levels: [{ level: 'key', decision: 'refused', reason: 'throttled' }],
    })
    const keyless = await call({ ...headers, 'x-api-key': '' })
    expect(keyless.status).toBe(403)
    expect(JSON.parse(keyless.headers.get('x-weir-explain')!)).toMatchObject({ admitted: false, levels: [] })
    const standing = await askWeir(
      'POST',
      '/_weir/explain',
      { apiId: api.apiId, stage: 'prod', httpMethod: 'get', path: '/', apiKeyId: key.id },
      api.credentials,
    )
    expect(standing.body).toMatchObject({
      resourcePath: '/',
      levels: [
        { level: 'key', state: { keyId: key.id, enabled: true, left: { tokens: 0, quota: { left: 98 } } } },
        { level: 'account', state: { left: { rate: 10_000, burst: 5_000 } } },
      ],
    })
  })

  it('does so for the owner of the API only', async () => {
    const { api, call, key } = await limited()
    const stranger = await pricedApi()
    const answer = await call({ 'x-weir-explain': await token(stranger) })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('x-weir-explain')).toContain('POST /_weir/explain/tokens')
    const made = await call({ 'x-weir-explain': '000000000000.a.b.c' })
    expect(made.headers.get('x-weir-explain')).toContain('POST /_weir/explain/tokens')
    expect((await call()).headers.has('x-weir-explain')).toBe(false)
    const asked = { apiId: api.apiId, stage: 'prod', httpMethod: 'GET', path: '/', apiKeyId: key.id }
    expect((await askWeir('POST', '/_weir/explain', asked, stranger.credentials)).status).toBe(404)
    expect((await askWeir('POST', '/_weir/explain', {}, stranger.credentials)).body).toEqual({
      message: '"apiId" is missing, or is no text',
    })
  })
})
