import { setTimeout as delay } from 'node:timers/promises'
import { GetUsageCommand } from '@aws-sdk/client-api-gateway'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startWeir, type WeirServer } from '../server.ts'
import { call, createApi, createPlannedKey, deploy, stageUrl } from './apis.ts'
import { apiGatewayAt, lambdaAt } from './clients.ts'
import { createFunction, letGatewayCall, zip } from './functions.ts'
import { inParallel, keepDoing } from './in-parallel.ts'

const RATE = 5
const BURST = 10
const QUOTA = 50

const DAY_MS = 86_400_000

/** A quota of a day starts anew at midnight UTC: no test of one may run across it. */
async function avoidMidnight(): Promise<void> {
  const left = DAY_MS - (Date.now() % DAY_MS)
  if (left < 25_000) await delay(left + 1000)
}

const TOO_MANY = { status: 429, body: '{"message":"Too Many Requests"}' }
const EXCEEDED = { status: 429, body: '{"message":"Limit Exceeded"}' }
const FORBIDDEN = { status: 403, body: '{"message":"Forbidden"}' }

describe('a key on a plan of 5 requests a second, a burst of 10 and 50 requests a day', () => {
  let weir: WeirServer
  beforeAll(async () => {
    weir = await startWeir()
  })
  afterAll(() => weir[Symbol.asyncDispose]())

  test('gets its burst and what the rate adds, then 429; and nothing after the fiftieth request', async () => {
    await avoidMidnight()
    const lambda = lambdaAt(weir.url)
    const apigateway = apiGatewayAt(weir.url)
    await createFunction(
      lambda,
      'limited',
      zip({ 'index.js': `exports.handler = async () => ({ statusCode: 200, body: 'ok' })` }),
    )
    await letGatewayCall(lambda, 'limited')
    const apiId = await createApi(apigateway, 'limited', [
      { path: 'keyed', target: 'limited', keyed: true },
      { path: 'open', target: 'limited', keyed: false },
    ])
    await deploy(apigateway, apiId, 'prod')
    const key = await createPlannedKey(
      apigateway,
      'limited',
      { apiId, stage: 'prod' },
      {
        throttle: { rateLimit: RATE, burstLimit: BURST },
        quota: { limit: QUOTA, period: 'DAY' },
      },
    )
    const stage = stageUrl(weir.url, apiId, 'prod')
    // The function's isolates start here, so that the burst below is over in the time that it takes to admit it.
    await inParallel(10, 20, () => call(`${stage}/open`))
    expect(await call(`${stage}/keyed`)).toEqual(FORBIDDEN)
    expect(await call(`${stage}/keyed`, 'wrong')).toEqual(FORBIDDEN)

    let admitted = 0
    const request = async () => {
      const answer = await call(`${stage}/keyed`, key.value)
      if (answer.status === 200) admitted++
      return answer
    }
    const startedAt = performance.now()
    const most = () => BURST + (RATE * (performance.now() - startedAt)) / 1000

    const burst = await inParallel(200, 200, request)
    expect(admitted).toBeGreaterThanOrEqual(BURST)
    expect(admitted).toBeLessThanOrEqual(most())
    for (const answer of burst) if (answer.status !== 200) expect(answer).toEqual(TOO_MANY)

    // As fast as refusals come, until the day's quota is used up. The bucket never fills, so no token is lost.
    let exceeded = false
    const deadline = performance.now() + 20_000
    await keepDoing(
      4,
      () => exceeded || performance.now() > deadline,
      async () => {
        const answer = await request()
        expect(admitted).toBeLessThanOrEqual(most())
        if (answer.status === 200) return
        if (answer.body === EXCEEDED.body) exceeded = true
        else expect(answer).toEqual(TOO_MANY)
      },
    )
    const tookMs = performance.now() - startedAt
    expect(exceeded).toBe(true)
    expect(admitted).toBe(QUOTA)
    // 40 tokens at 5 a second take 8 s; more is what requests and a busy machine take.
    expect(tookMs).toBeLessThan(((QUOTA - BURST) / RATE) * 1000 + 2500)

    expect(await call(`${stage}/keyed`, key.value)).toEqual(EXCEEDED)
    const today = new Date().toISOString().slice(0, 10)
    const usage = await apigateway.send(
      new GetUsageCommand({ usagePlanId: key.planId, keyId: key.keyId, startDate: today, endDate: today }),
    )
    expect(usage.items).toEqual({ [key.keyId]: [[QUOTA, 0]] })
    expect((await call(`${stage}/open`)).status).toBe(200)
  })
})
