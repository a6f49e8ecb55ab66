/// <reference types="@cloudflare/vitest-plugin/types" />

import { describe, expect, it } from 'vitest'
import { planesOf } from '../../src/planes.ts'
import { removeAccount } from '../../src/reset-account.ts'
import { countMeterName, METERS } from '../../src/usage/count-batch.ts'
import { askWeir } from '../ask-weir.ts'
import { type PricedApi, pricedApi } from '../billing/priced-api.ts'
import { env, ORIGIN, send } from '../whole-weir.ts'

interface Sold extends PricedApi {
  get(path: string, key?: string): Promise<number>
  usage(query?: string): ReturnType<typeof askWeir>
}

/** `GET /` for keys, `ANY /open/{id}` for everybody; a plan with a quota of three, and one with a bucket of two. */
async function sold(byKey = true): Promise<Sold> {
  const api = await pricedApi()
  const { client, apiId: restApiId } = api
  const { items } = await client.getResources({ restApiId })
  const open = await client.createResource({ restApiId, parentId: items![0]!.id, pathPart: 'open' })
  const { id: resourceId } = await client.createResource({ restApiId, parentId: open.id, pathPart: '{id}' })
  const method = { restApiId, resourceId, httpMethod: 'ANY' }
  await client.putMethod({ ...method, authorizationType: 'NONE', apiKeyRequired: false })
  const requestTemplates = { 'application/json': '{"statusCode": $input.params("status")}' }
  await client.putIntegration({ ...method, type: 'MOCK', requestTemplates })
  for (const statusCode of ['200', '404', '503']) {
    await client.putMethodResponse({ ...method, statusCode })
    const selectionPattern = statusCode === '200' ? undefined : statusCode
    await client.putIntegrationResponse({ ...method, statusCode, selectionPattern })
  }
  await client.createDeployment({ restApiId, stageName: 'prod' })
  const resourceArn = `arn:aws:apigateway:us-east-1::/restapis/${restApiId}/stages/prod`
  if (byKey) await client.tagResource({ resourceArn, tags: { 'weir:usage-by-key': 'on' } })
  return {
    ...api,
    async get(path, key) {
      const headers: Record<string, string> = key ? { 'x-api-key': key } : {}
      return (await send(`${ORIGIN}/_aws/execute-api/${restApiId}/prod${path}`, { headers })).status
    },
    usage: (query = '') => askWeir('GET', `/_weir/usage${query}`, undefined, api.credentials),
  }
}

describe('usage by method', () => {
  it('is not by key unless the stage says so', async () => {
    const api = await sold(false)
    const [a, b] = [await api.newKey('a'), await api.newKey('b')]
    expect([await api.get('/', a.value), await api.get('/', b.value)]).toEqual([200, 200])
    expect((await api.usage()).body.items).toMatchObject([{ method: 'GET /', keyId: '', requests: 2 }])
  })
})

const today = () => new Date().toISOString().slice(0, 10)

describe('usage by method and key', () => {
  it('is exact by method, key and what became of requests, as soon as it is asked for', async () => {
    const api = await sold()
    const { client, apiId } = api
    const key = await api.newKey('plain')
    const change = async (planId: string) =>
      client.updateUsagePlan({
        usagePlanId: planId,
        patchOperations: [{ op: 'add', path: '/apiStages', value: `${apiId}:prod` }],
      })
    const limited = { throttle: { rateLimit: 0.01, burstLimit: 2 } }
    const { id: slow } = await client.createUsagePlan({ name: 'slow', ...limited })
    const { id: small } = await client.createUsagePlan({ name: 'small', quota: { limit: 3, period: 'DAY' } })
    await change(slow!)
    await change(small!)
    const slowKey = await api.newKey('slow', slow!)
    const smallKey = await api.newKey('small', small!)
    const statuses = async (path: string, times: number, value?: string) => {
      const all: number[] = []
      for (let i = 0; i < times; i++) all.push(await api.get(path, value))
      return all
    }
    expect(await statuses('/', 3, key.value)).toEqual([200, 200, 200])
    expect(await statuses('/', 3, slowKey.value)).toEqual([200, 200, 429])
    expect(await statuses('/', 5, smallKey.value)).toEqual([200, 200, 200, 429, 429])
    expect(await statuses('/', 1, 'nobody-has-this-key')).toEqual([403])
    expect(await statuses('/', 1)).toEqual([403])
    expect(await statuses('/open/1?status=200', 2, key.value)).toEqual([200, 200])
    expect(await statuses('/open/2?status=404', 1)).toEqual([404])
    expect(await statuses('/open/3?status=503', 1)).toEqual([503])
    expect(await statuses('/nowhere', 2)).toEqual([403, 403])

    const nothing = { throttled: 0, overQuota: 0, overBudget: 0, other4xx: 0, errors5xx: 0 }
    const row = (method: string, keyId: string, requests: number, more = {}) => ({
      day: today(),
      apiId,
      stage: 'prod',
      method,
      keyId,
      requests,
      ...nothing,
      ...more,
    })
    const keyed = [
      row('GET /', key.id, 3),
      row('GET /', slowKey.id, 3, { throttled: 1 }),
      row('GET /', smallKey.id, 5, { overQuota: 2 }),
    ].sort((a, b) => (a.keyId < b.keyId ? -1 : 1))
    const expected = [
      row('', '', 2, { other4xx: 2 }),
      row('GET /', '', 2, { other4xx: 2 }),
      ...keyed,
      row('GET /open/{id}', '', 4, { other4xx: 1, errors5xx: 1 }),
    ]
    expect((await api.usage()).body).toEqual({ from: today(), to: today(), items: expected })

    const paged: unknown[] = []
    let position = ''
    do {
      const { body } = await api.usage(`?apiId=${apiId}&limit=4${position && `&position=${position}`}`)
      paged.push(...body.items)
      position = body.position ?? ''
    } while (position)
    expect(paged).toEqual(expected)

    const ofKey = await api.usage(`?keyId=${smallKey.id}&stage=prod&format=csv`)
    expect(ofKey.headers.get('content-type')).toBe('text/csv; charset=utf-8')
    expect(ofKey.text).toBe(
      'day,api_id,stage,method,key_id,requests,throttled,over_quota,over_budget,other_4xx,errors_5xx\r\n' +
        `${today()},${apiId},prod,GET /,${smallKey.id},5,0,2,0,0,0\r\n`,
    )
    expect((await api.usage('?stage=other')).body.items).toEqual([])
    expect((await api.usage('?from=2020-01-01&to=2020-01-31')).body.items).toEqual([])

    // More of the same is in the next answer, once.
    await statuses('/', 1, key.value)
    const again = (await api.usage(`?keyId=${key.id}`)).body.items
    expect(again).toEqual([row('GET /', key.id, 4)])
    expect((await api.usage(`?keyId=${key.id}`)).body.items).toEqual(again)
  })

  it('is nobody else’s, and gone with the account', async () => {
    const api = await sold()
    const stranger = await pricedApi()
    expect(await api.get('/open/1?status=200')).toBe(200)
    expect((await api.usage()).body.items).toHaveLength(1)
    const theirs = await askWeir('GET', `/_weir/usage?apiId=${api.apiId}`, undefined, stranger.credentials)
    expect(theirs.body.items).toEqual([])
    const unsigned = await send(`${ORIGIN}/_weir/usage`)
    expect(unsigned.status).toBe(403)

    await removeAccount(env, api.account)
    planesOf(env).forget()
    const account = { id: api.account, region: 'us-east-1' }
    for (let number = 0; number < METERS; number++)
      await env.EXECUTION_METER.getByName(countMeterName(account, number)).rollUp()
    const { results } = await env.DB.prepare('SELECT * FROM method_usage WHERE account = ?')
      .bind(api.account)
      .all()
    expect(results).toEqual([])
  })

  it.each([
    ['?from=2027-02-30', 'from is a day, such as "2027-01-31"'],
    ['?from=2026-02-02&to=2026-02-01', 'from is after to'],
    ['?from=2026-01-01&to=2026-12-31', 'At most 90 days can be asked for'],
    ['?limit=0', 'limit is a whole number from 1 to 1000'],
    ['?position=abc', 'position is of another list'],
    ['?format=xml', 'format is json or csv'],
  ])('refuses %s', async (query, message) => {
    const answer = await askWeir('GET', `/_weir/usage${query}`, undefined, {
      accessKeyId: 'test',
      secretAccessKey: 'test',
    })
    expect([answer.status, answer.body]).toEqual([400, { message }])
  })
})
