/// <reference types="@cloudflare/vitest-plugin/types" />

import { abortAllDurableObjects, runInDurableObject } from 'cloudflare:test'
import { env as bindings } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import type { Env } from '../../src/env.ts'
import type { ApiPointer } from '../../src/gateway/snapshot.ts'
import { Admission } from '../../src/metering/admission.ts'
import { AdmitLevels } from '../../src/metering/admit-levels.ts'
import { throttleMeterName } from '../../src/metering/method-throttle.ts'
import type { Pointed } from '../../src/pointers/pointer-cache.ts'
import { ACCOUNT, API_ID, fakeApi, method, resource, snapshot } from './fake-gateway.ts'

const env = bindings as unknown as Env
const api = snapshot([
  resource('/', {
    GET: method({
      integration: {
        type: 'MOCK',
        passthroughBehavior: 'WHEN_NO_MATCH',
        timeoutMs: 29_000,
        requestTemplates: { 'application/json': '{"statusCode": 200}' },
        responses: [{ statusCode: '200' }],
      },
    }),
  }),
])

let stages = 0

/** Isolates that serve one stage; what its pointer says is the test's. */
function stageOf(count: number) {
  stages += 1
  const stage = `s${stages}`
  const grants: number[] = []
  let largestLease = 0
  const pointed = { doc: {} as ApiPointer, generation: 0, stale: false } satisfies Pointed<ApiPointer>
  let pointer: Pointed<ApiPointer> = pointed
  const isolates = Array.from({ length: count }, (_, isolate) => {
    const admission = new Admission({
      clock: Date.now,
      callObject: async (name, request) => {
        const reply = await env.KEY_METER.getByName(name).lease(request)
        if (!name.startsWith('throttles/')) return reply
        largestLease = Math.max(largestLease, reply.lease?.tokens ?? 0)
        if (reply.admitted + (reply.lease?.tokens ?? 0) > 0) grants.push(reply.grantedAt)
        return reply
      },
      recordExists: async () => {
        throw new Error('there are no records of methods')
      },
      defer: work => void work.catch(() => {}),
      sleep: ms => scheduler.wait(ms),
      newId: () => `isolate ${isolate} of ${stage}`,
    })
    return fakeApi({
      snapshot: api,
      parts: {
        admission: new AdmitLevels(admission),
        clock: Date.now,
        pointers: { get: () => pointer },
      },
    })
  })
  return {
    limit(rate: number, burst: number, generation: number) {
      const doc: ApiPointer = {
        schema: 1,
        account: ACCOUNT.id,
        region: ACCOUNT.region,
        apiId: API_ID,
        stages: {
          [stage]: {
            deploymentId: 'd',
            snapshot: 'k',
            variables: {},
            settings: { '*/*': { throttle: { rate, burst } } },
          },
        },
      }
      pointer = { doc, generation, stale: false }
    },
    async send(isolate: number) {
      return (await isolates[isolate % count]!.send(`/${stage}/`)).status
    },
    meter: throttleMeterName(ACCOUNT.id, ACCOUNT.region, API_ID, stage, 'GET /'),
    span: () => Math.max(...grants) - Math.min(...grants),
    largestLease: () => largestLease,
  }
}

/** How many of the requests that three isolates send at once, again and again, are served. */
async function hammer(stage: ReturnType<typeof stageOf>, forMs: number): Promise<number> {
  const started = Date.now()
  let served = 0
  while (Date.now() - started < forMs) {
    const statuses = await Promise.all(Array.from({ length: 12 }, (_, i) => stage.send(i)))
    for (const status of statuses) {
      expect([200, 429]).toContain(status)
      if (status === 200) served += 1
    }
    await scheduler.wait(1)
  }
  return served
}

test('is held everywhere at once: three isolates together serve the burst, and what comes in meanwhile', async () => {
  const stage = stageOf(3)
  stage.limit(5, 10, 1)
  const served = await hammer(stage, 1_500)
  expect(served).toBeLessThanOrEqual(10 + Math.floor((5 * stage.span()) / 1000))
  expect(served).toBeGreaterThan(10)
})

test('of many requests a second is leased: never more than burst + rate x t, several by one call', async () => {
  const stage = stageOf(3)
  stage.limit(400, 200, 1)
  const started = Date.now()
  const served = await hammer(stage, 1_000)
  const elapsed = Date.now() - started
  expect(served).toBeLessThanOrEqual(200 + Math.ceil((400 * elapsed) / 1000))
  expect(served).toBeGreaterThan(200)
  // How many calls that saves depends on how busy the machine is.
  expect(stage.largestLease()).toBeGreaterThan(1)
})

test('a lowered limit counts from the first request that knows of it, also for those that do not', async () => {
  const stage = stageOf(2)
  // Too small for leases, so that none is out when the limit changes.
  stage.limit(1_000, 19, 1)
  for (let i = 0; i < 10; i += 1) expect(await stage.send(i)).toBe(200)
  stage.limit(0.001, 2, 2)
  expect([await stage.send(0), await stage.send(0), await stage.send(0)]).toEqual([200, 200, 429])
  // An isolate whose pointer is older asks the same object, which goes by the newer limits.
  stage.limit(1_000, 19, 1)
  expect(await stage.send(1)).toBe(429)
  stage.limit(1_000, 19, 3)
  await stage.send(0)
  await scheduler.wait(20)
  expect(await stage.send(0)).toBe(200)
})

test('an object that is started anew goes on where it was, and is told of in no table of usage', async () => {
  const stage = stageOf(1)
  stage.limit(0.001, 2, 1)
  expect([await stage.send(0), await stage.send(0), await stage.send(0)]).toEqual([200, 200, 429])
  await abortAllDurableObjects()
  await scheduler.wait(260)
  expect(await stage.send(0)).toBe(429)
  const stub = env.KEY_METER.getByName(stage.meter)
  const state = await runInDurableObject(stub, async (_, { storage }) => ({
    rows: storage.sql.exec('SELECT count(*) AS rows FROM usage').one().rows,
    alarm: await storage.getAlarm(),
  }))
  expect(state).toEqual({ rows: 1, alarm: null })
  expect(await env.STORE.head(`${stage.meter}.born`)).toBeNull()
})
