import { setTimeout as delay } from 'node:timers/promises'
import { APIGateway, type CreateUsagePlanRequest } from '@aws-sdk/client-api-gateway'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { utcDay } from '../../src/lib/utc-day.ts'
import { signedCall } from '../sign-call.ts'
import { createApi, deploy, stageUrl } from './acceptance/apis.ts'
import { createFunction, letGatewayCall, zip } from './acceptance/functions.ts'
import { inParallel, keepDoing } from './acceptance/in-parallel.ts'
import { borrowWeir, type Weir } from './server.ts'
import { soon } from './soon.ts'

/** So slow that no token flows in while a test runs. */
const RATE = 0.001
const CODE = `exports.handler = async () => ({ statusCode: 200, body: 'served' })`

let weir: Weir
let gateway: APIGateway
let restApiId: string
let url: string
let token: string

interface Customer {
  readonly usagePlanId: string
  readonly keyId: string
  readonly value: string
}

beforeAll(async () => {
  weir = await borrowWeir()
  gateway = new APIGateway(weir.sdk)
  const lambda = new LambdaClient(weir.sdk)
  await createFunction(lambda, 'shop', zip({ 'index.js': CODE }))
  await letGatewayCall(lambda, 'shop')
  const routes = ['bread', 'milk'].map(path => ({ path, target: 'shop', keyed: true }))
  restApiId = await createApi(gateway, 'shop', [...routes, { path: 'open', target: 'shop', keyed: false }])
  await gateway.putGatewayResponse({
    restApiId,
    responseType: 'THROTTLED',
    statusCode: '420',
    responseTemplates: { 'application/json': '{"calm": $context.error.messageString}' },
  })
  await deploy(gateway, restApiId, 'prod')
  const throttle = { rateLimit: String(RATE), burstLimit: '2' }
  await gateway.updateStage({
    restApiId,
    stageName: 'prod',
    patchOperations: Object.entries(throttle).map(([name, value]) => ({
      op: 'replace',
      path: `/~1bread/GET/throttling/${name}`,
      value,
    })),
  })
  url = stageUrl(weir.url, restApiId, 'prod')
  token = (await own('POST', 'explain/tokens')).token
})

afterAll(() => weir?.[Symbol.asyncDispose]())

/** What is Weir's own, signed. */
async function own(method: string, path: string, body?: object) {
  const init = { method, body: body && JSON.stringify(body) }
  const response = await fetch(await signedCall(`${weir.url}/_weir/${path}`, init, { service: 'weir' }))
  // biome-ignore lint/suspicious/noExplicitAny: each answer has a form of its own
  const answer = (await response.json()) as any
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${answer.message}`)
  return answer
}

/** A key on a plan of its own. */
async function newCustomer(name: string, limits: Partial<CreateUsagePlanRequest>): Promise<Customer> {
  const apiStages = [{ apiId: restApiId, stage: 'prod' }]
  const { id: usagePlanId } = await gateway.createUsagePlan({ name, apiStages, ...limits })
  const key = await gateway.createApiKey({ name, enabled: true })
  await gateway.createUsagePlanKey({ usagePlanId, keyId: key.id, keyType: 'API_KEY' })
  return { usagePlanId: usagePlanId!, keyId: key.id!, value: key.value! }
}

async function call(path: string, value = '', headers: Record<string, string> = {}) {
  const response = await fetch(`${url}/${path}`, { headers: { 'x-api-key': value, ...headers } })
  return { status: response.status, headers: response.headers, body: await response.text() }
}

async function statuses(path: string, { value }: Customer, count: number): Promise<number[]> {
  const answered: number[] = []
  for (let i = 0; i < count; i += 1) answered.push((await call(path, value)).status)
  return answered
}

/** The levels that were asked, and what each said. */
async function explained(path: string, value?: string) {
  const { status, headers } = await call(path, value, { 'x-weir-explain': token })
  return { status, ...JSON.parse(headers.get('x-weir-explain')!) }
}

async function usageOf({ usagePlanId, keyId }: Customer): Promise<number[] | undefined> {
  const today = utcDay(Date.now())
  const { items } = await gateway.getUsage({ usagePlanId, keyId, startDate: today, endDate: today })
  return items?.[keyId]?.[0]
}

describe('what a key may do', () => {
  test('is bounded by its plan and by the method, which gives back what it refuses', async () => {
    const ann = await newCustomer('ann', {
      throttle: { rateLimit: RATE, burstLimit: 6 },
      quota: { limit: 100, period: 'MONTH' },
      tags: { 'weir:rate-limit-headers': 'on' },
    })
    expect(await statuses('bread', ann, 5)).toEqual([200, 200, 420, 420, 420])
    expect(await explained('bread', ann.value)).toMatchObject({
      status: 420,
      admitted: false,
      levels: expect.arrayContaining([
        expect.objectContaining({ level: 'method', decision: 'refused', reason: 'throttled' }),
      ]),
    })
    await soon(async () => expect(await usageOf(ann)).toEqual([2, 98]))
    expect(await statuses('milk', ann, 4)).toEqual([200, 200, 200, 200])
    const refused = await call('milk', ann.value)
    expect(refused).toMatchObject({ status: 420, body: '{"calm": "Too Many Requests"}' })
    expect(Object.fromEntries(refused.headers)).toMatchObject({
      'x-amzn-errortype': 'TooManyRequestsException',
      'ratelimit-policy': '"rate";q=6;w=6000, "quota";q=100',
      ratelimit: expect.stringMatching(/^"rate";r=0;t=\d+, "quota";r=94;t=\d+$/),
    })
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(900)
    expect(await explained('milk', ann.value)).toMatchObject({
      levels: [{ level: 'key', decision: 'refused', reason: 'throttled', left: { tokens: 0 } }],
    })
    await soon(async () => expect(await usageOf(ann)).toEqual([6, 94]))
  })

  test('is bounded by a quota, which may be set anew and counts at once', async () => {
    const ben = await newCustomer('ben', { quota: { limit: 2, period: 'MONTH' } })
    expect(await statuses('milk', ben, 3)).toEqual([200, 200, 429])
    const { headers, body } = await call('milk', ben.value)
    expect([headers.get('x-amzn-errortype'), body]).toEqual([
      'LimitExceededException',
      '{"message":"Limit Exceeded"}',
    ])
    const { usagePlanId, keyId } = ben
    const patchOperations = [{ op: 'replace' as const, path: '/remaining', value: '3' }]
    await gateway.updateUsage({ usagePlanId, keyId, patchOperations })
    expect(await usageOf(ben)).toEqual([2, 3])
    await soon(async () => expect(await statuses('milk', ben, 1)).toEqual([200]))
    expect(await statuses('milk', ben, 3)).toEqual([200, 200, 429])
    await soon(async () => expect(await usageOf(ben)).toEqual([5, 0]))
  })

  test('is bounded by what it may spend, and a statement says what it owes', async () => {
    const cleo = await newCustomer('cleo', {})
    const price = { currency: 'EUR', freeRequests: 1, tiers: [{ price: '0.25' }] }
    await own('PUT', `billing/usageplans/${cleo.usagePlanId}/pricesheet`, price)
    const budget = (amount: string) =>
      own('PUT', `billing/keys/${cleo.keyId}/budget`, { currency: 'EUR', amount, message: 'Please top up' })
    await budget('0.74')
    expect(await statuses('milk', cleo, 4)).toEqual([200, 200, 200, 402])
    expect((await call('milk', cleo.value)).body).toBe('{"message":"Please top up"}')
    await budget('0.75')
    await soon(async () => expect(await statuses('milk', cleo, 1)).toEqual([200]))
    expect(await statuses('milk', cleo, 1)).toEqual([402])
    const month = utcDay(Date.now()).slice(0, 7)
    expect(await own('GET', `billing/keys/${cleo.keyId}/statements/${month}`)).toMatchObject({
      status: 'open',
      lines: [
        { type: 'requests', requests: 1, amount: '0' },
        { type: 'requests', requests: 3, price: '0.25', amount: '0.75' },
      ],
      totals: [{ currency: 'EUR', total: '0.75' }],
    })
  })

  test('is nothing within a second of its end, whatever is under way', async () => {
    const dan = await newCustomer('dan', { throttle: { rateLimit: 5000, burstLimit: 5000 } })
    const answers: { readonly at: number; readonly status: number }[] = []
    let isOver = false
    const load = keepDoing(
      4,
      () => isOver,
      async () => {
        const at = performance.now()
        answers.push({ at, status: (await call('milk', dan.value)).status })
      },
    )
    await delay(500)
    const of = (some: typeof answers) => new Set(some.map(({ status }) => status))
    expect(of(answers)).toEqual(new Set([200]))
    await gateway.deleteApiKey({ apiKey: dan.keyId })
    const deleted = performance.now()
    await delay(1300)
    isOver = true
    await load
    expect(of(answers.filter(({ at }) => at > deleted + 1000))).toEqual(new Set([403]))
  })
})

describe('what an account may do', () => {
  test('bounds APIs without keys, too, and costs keys nothing', async () => {
    const eve = await newCustomer('eve', { quota: { limit: 100, period: 'MONTH' } })
    expect(await statuses('milk', eve, 1)).toEqual([200])
    const limits = (rate: number, burst: number) =>
      own('PUT', 'accounts/000000000000/limits', { rate, burst })
    await limits(0, 0)
    // An isolate serves on what it holds, for half a minute or until that is spent.
    await soon(async () => expect((await inParallel(16, 64, () => call('open'))).at(-1)?.status).toBe(420))
    expect(await explained('open')).toMatchObject({
      admitted: false,
      levels: [{ level: 'account', decision: 'refused', reason: 'throttled' }],
    })
    const before = await usageOf(eve)
    expect(await statuses('milk', eve, 3)).toEqual([420, 420, 420])
    await limits(10_000, 5_000)
    await soon(async () => expect((await call('open')).status).toBe(200))
    await soon(async () => expect(await usageOf(eve)).toEqual(before))
  })
})
