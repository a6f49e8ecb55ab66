import { setTimeout as delay } from 'node:timers/promises'
import {
  CreateApiKeyCommand,
  CreateUsagePlanKeyCommand,
  GetApiKeyCommand,
  GetStageCommand,
  GetUsageCommand,
  GetUsagePlanKeyCommand,
  UpdateUsageCommand,
} from '@aws-sdk/client-api-gateway'
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  GetAliasCommand,
  GetFunctionCommand,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startWeir, type WeirServer } from '../server.ts'
import { call, createApi, createPlannedKey, deploy, type PlannedKey, stageUrl } from './apis.ts'
import { apiGatewayAt, lambdaAt } from './clients.ts'
import { createFunction, invoke, letGatewayCall, zip } from './functions.ts'
import { inParallel } from './in-parallel.ts'

const ROUNDS = 3
/** The first is used up while the server is killed, the second afterwards, the last one never. */
const QUOTAS = [50, 250, 100_000]

/** What was acknowledged is there; what was under way when the server died may be there or not. */
function expectBetween(number: number, { at, asked }: { at: number; asked: number }): void {
  expect(number).toBeGreaterThanOrEqual(at)
  expect(number).toBeLessThanOrEqual(asked)
}

const answering = (text: string): Uint8Array =>
  zip({ 'index.js': `exports.handler = async () => ({ statusCode: 200, body: '${text}' })` })

/** What the control plane has acknowledged of one function: each number only grows. */
interface AcknowledgedFunction {
  readonly name: string
  versions: number
  /** Version that its alias points at. */
  readonly alias: { at: number; asked: number }
}

interface AcknowledgedKey {
  readonly keyId: string
  readonly value: string
}

/** A key, and what it was answered. */
interface Metered {
  readonly key: PlannedKey
  quota: number
  answered: number
  /** When each of these requests was answered, milliseconds. */
  readonly times: number[]
}

/** The most requests that came in a quarter of a second, as a rate a second. */
function peakOf({ times }: Metered): number {
  let most = 0
  for (let first = 0, last = 0; last < times.length; last++) {
    while (times[last]! - times[first]! > 250) first++
    most = Math.max(most, last - first + 1)
  }
  return 4 * most
}

/** All writes that were answered before the server was killed. */
class Acknowledged {
  readonly functions: AcknowledgedFunction[] = []
  readonly keys: AcknowledgedKey[] = []
  /** APIs that were deployed to a stage. */
  readonly apis: string[] = []
  /** Number of the deployment that the moving stage is at, by its stage variable; `asked` may be cut off. */
  readonly stage = { at: 0, asked: 0 }
}

describe('a server that is killed under load and started again on its data', () => {
  let weir: WeirServer
  let apiId: string
  let metered: Metered[]
  let openPlan: PlannedKey

  beforeAll(async () => {
    weir = await startWeir()
    const lambda = lambdaAt(weir.url)
    const apigateway = apiGatewayAt(weir.url)
    const steady = `exports.handler = async ({ stageVariables }) => ({ statusCode: 200, body: 'at ' + stageVariables?.number })`
    await createFunction(lambda, 'steady', zip({ 'index.js': steady }))
    await letGatewayCall(lambda, 'steady')
    apiId = await createApi(apigateway, 'steady', [
      { path: 'keyed', target: 'steady', keyed: true },
      { path: 'open', target: 'steady', keyed: false },
    ])
    await deploy(apigateway, apiId, 'prod')
    const throttle = { rateLimit: 10_000, burstLimit: 5_000 }
    const stage = { apiId, stage: 'prod' }
    metered = await Promise.all(
      QUOTAS.map(async quota => ({
        key: await createPlannedKey(apigateway, `quota ${quota}`, stage, {
          throttle,
          quota: { limit: quota, period: 'MONTH' },
        }),
        quota,
        answered: 0,
        times: [],
      })),
    )
    openPlan = await createPlannedKey(apigateway, 'without a quota', stage, { throttle })
  })
  afterAll(() => weir[Symbol.asyncDispose]())

  test('has every acknowledged write, serves it, and has let no quota be exceeded', async () => {
    const acknowledged = new Acknowledged()
    for (let round = 0; round < ROUNDS; round++) {
      await loadUntilKilled(acknowledged, round, 2000 + 700 * round)
      await weir.restart()
      await verifyControlPlane(acknowledged)
      await verifyDataPlane(acknowledged)
      await verifyUsage()
    }
    await useUp(metered[0]!)
    await useUp(metered[1]!)
    await verifyUsage()
    await grantMore(metered[0]!, 3)
    await verifyUsage()
    expect(acknowledged.functions.length).toBeGreaterThan(0)
    expect(acknowledged.keys.length).toBeGreaterThan(0)
    expect(acknowledged.apis.length).toBeGreaterThan(0)
    for (const { answered } of metered) expect(answered).toBeGreaterThan(0)
  }, 150_000)

  async function useUp(meter: Metered): Promise<void> {
    for (let sent = 0; sent <= meter.quota; sent++) {
      const { status, body } = await call(`${stageUrl(weir.url, apiId, 'prod')}/keyed`, meter.key.value)
      if (status !== 200) {
        expect(JSON.parse(body)).toEqual({ message: 'Limit Exceeded' })
        return
      }
      meter.answered++
    }
    expect.unreachable('the quota has no end')
  }

  /** UpdateUsage counts at once; that a quota was exhausted is remembered for a second at most. */
  async function grantMore(meter: Metered, remaining: number): Promise<void> {
    const { planId: usagePlanId, keyId } = meter.key
    const patchOperations = [{ op: 'replace' as const, path: '/remaining', value: String(remaining) }]
    await apiGatewayAt(weir.url).send(new UpdateUsageCommand({ usagePlanId, keyId, patchOperations }))
    await delay(1_000)
    const before = meter.answered
    meter.quota += remaining
    await useUp(meter)
    expect(meter.answered - before).toBe(remaining)
  }

  async function loadUntilKilled(acknowledged: Acknowledged, round: number, ms: number): Promise<void> {
    let killed = false
    // Until the server dies under it every call has to work; what fails after that is what the test is about.
    const loop = async (job: (number: number) => Promise<void>) => {
      for (let number = 0; !killed; number++) {
        try {
          await job(number)
        } catch (error) {
          if (!killed) throw error
        }
      }
    }
    const lambda = lambdaAt(weir.url)
    const apigateway = apiGatewayAt(weir.url)
    const loops = [
      loop(number => writeFunction(lambda, acknowledged, `written-${round}-${number}`)),
      loop(number => writeFunction(lambda, acknowledged, `also-${round}-${number}`)),
      loop(async () => {
        const number = ++acknowledged.stage.asked
        await deploy(apigateway, apiId, 'moving', { number: String(number) })
        acknowledged.stage.at = number
      }),
      loop(async number => {
        const route = { path: 'open', target: 'steady', keyed: false }
        const another = await createApi(apigateway, `api ${round} ${number}`, [route])
        await deploy(apigateway, another, 'prod', { number: '0' })
        acknowledged.apis.push(another)
      }),
      loop(async number => {
        const name = `key-${round}-${number}`
        const key = await apigateway.send(new CreateApiKeyCommand({ name, enabled: true }))
        const plan = { usagePlanId: openPlan.planId, keyId: key.id!, keyType: 'API_KEY' }
        await apigateway.send(new CreateUsagePlanKeyCommand(plan))
        acknowledged.keys.push({ keyId: key.id!, value: key.value! })
      }),
      ...metered.flatMap(meter =>
        [1, 2].map(() =>
          loop(async () => {
            const { status, body } = await call(`${stageUrl(weir.url, apiId, 'prod')}/keyed`, meter.key.value)
            if (status === 200) {
              meter.answered++
              meter.times.push(performance.now())
            } else if (!killed) expect(JSON.parse(body)).toEqual({ message: 'Limit Exceeded' })
          }),
        ),
      ),
    ]
    await delay(ms)
    killed = true
    await weir.kill9()
    await Promise.all(loops)
  }

  async function writeFunction(
    lambda: ReturnType<typeof lambdaAt>,
    { functions }: Acknowledged,
    FunctionName: string,
  ): Promise<void> {
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName,
        Runtime: 'nodejs22.x',
        Handler: 'index.handler',
        Role: 'arn:aws:iam::000000000000:role/acceptance',
        Code: { ZipFile: answering(`${FunctionName} 1`) },
      }),
    )
    const written = { name: FunctionName, versions: 0, alias: { at: 0, asked: 0 } }
    functions.push(written)
    for (const number of [1, 2, 3]) {
      if (number > 1) {
        const ZipFile = answering(`${FunctionName} ${number}`)
        await lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile }))
      }
      await lambda.send(new PublishVersionCommand({ FunctionName }))
      written.versions = number
      const target = { FunctionName, Name: 'live', FunctionVersion: String(number) }
      written.alias.asked = number
      if (number === 1) await lambda.send(new CreateAliasCommand(target))
      else await lambda.send(new UpdateAliasCommand(target))
      written.alias.at = number
    }
  }

  async function verifyControlPlane({ functions, keys, apis, stage }: Acknowledged): Promise<void> {
    const lambda = lambdaAt(weir.url)
    const apigateway = apiGatewayAt(weir.url)
    await inParallel(8, functions.length, async index => {
      const { name, versions } = functions[index]!
      const { Configuration } = await lambda.send(new GetFunctionCommand({ FunctionName: name }))
      expect(Configuration!.FunctionName).toBe(name)
      const { Versions } = await lambda.send(new ListVersionsByFunctionCommand({ FunctionName: name }))
      const numbers = Versions!.map(version => version.Version)
      for (let number = 1; number <= versions; number++) expect(numbers).toContain(String(number))
    })
    await inParallel(8, keys.length, async index => {
      const { keyId, value } = keys[index]!
      const key = await apigateway.send(new GetApiKeyCommand({ apiKey: keyId, includeValue: true }))
      expect(key.value).toBe(value)
      await apigateway.send(new GetUsagePlanKeyCommand({ usagePlanId: openPlan.planId, keyId }))
    })
    await inParallel(8, apis.length, async index => {
      await apigateway.send(new GetStageCommand({ restApiId: apis[index]!, stageName: 'prod' }))
    })
    const moving = await apigateway.send(new GetStageCommand({ restApiId: apiId, stageName: 'moving' }))
    expectBetween(Number(moving.variables!.number), stage)
  }

  async function verifyDataPlane({ functions, keys, apis, stage }: Acknowledged): Promise<void> {
    const lambda = lambdaAt(weir.url)
    await inParallel(8, functions.length, async index => {
      const { name, alias } = functions[index]!
      if (alias.at === 0) return
      const { FunctionVersion } = await lambda.send(new GetAliasCommand({ FunctionName: name, Name: 'live' }))
      expectBetween(Number(FunctionVersion), alias)
      const { payload, version } = await invoke<{ body: string }>(lambda, name, {}, 'live')
      expect(payload.body).toBe(`${name} ${version}`)
      expectBetween(Number(version), alias)
    })
    await inParallel(8, keys.length, async index => {
      const answer = await call(`${stageUrl(weir.url, apiId, 'prod')}/keyed`, keys[index]!.value)
      expect(answer).toEqual({ status: 200, body: 'at undefined' })
    })
    await inParallel(8, apis.length, async index => {
      const answer = await call(`${stageUrl(weir.url, apis[index]!, 'prod')}/open`)
      expect(answer).toEqual({ status: 200, body: 'at 0' })
    })
    const moving = await call(`${stageUrl(weir.url, apiId, 'moving')}/open`)
    expectBetween(Number(moving.body.replace('at ', '')), stage)
  }

  async function verifyUsage(): Promise<void> {
    const apigateway = apiGatewayAt(weir.url)
    for (const meter of metered) {
      const { planId, keyId } = meter.key
      expect(meter.answered).toBeLessThanOrEqual(meter.quota)
      const usage = await apigateway.send(
        new GetUsageCommand({
          usagePlanId: planId,
          keyId,
          // A round may run across midnight.
          startDate: new Date(Date.now() - 86_400_000).toISOString().slice(0, 10),
          endDate: new Date().toISOString().slice(0, 10),
        }),
      )
      const used = (usage.items?.[keyId] ?? []).reduce((sum, day) => sum + day[0]!, 0)
      expect(used).toBeGreaterThanOrEqual(meter.answered)
      expect(used).toBeLessThanOrEqual(meter.quota)
      // Each crash costs at most a block, which is a second's demand or sixteen requests, the leases of an isolate, two
      // of a quarter of a second, and the two requests that were under way.
      expect(used - meter.answered).toBeLessThanOrEqual(ROUNDS * (2 * peakOf(meter) + 16 + 2))
    }
  }
})
