import { setTimeout as delay } from 'node:timers/promises'
import { CreateAliasCommand, UpdateAliasCommand } from '@aws-sdk/client-lambda'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startWeir, type WeirServer } from '../server.ts'
import { call, createApi, deploy, stageUrl } from './apis.ts'
import { apiGatewayAt, lambdaAt, reset } from './clients.ts'
import { createVersions, invoke, letGatewayCall, zip } from './functions.ts'
import { fairRange, inParallel, keepDoing } from './in-parallel.ts'

/** A handler whose dependency has a dependency of its own, of another version than the one beside it. */
const release = (number: number): Uint8Array =>
  zip({
    'index.js': `
      const { describe } = require('labels')
      const { name } = require('colors')
      exports.handler = async () => ({
        statusCode: 200,
        body: JSON.stringify({ release: ${number}, runs: process.env.AWS_LAMBDA_FUNCTION_VERSION, label: describe(), beside: name }),
      })`,
    'node_modules/labels/package.json': '{"name":"labels","version":"1.0.0","main":"lib/describe"}',
    'node_modules/labels/lib/describe.js': `const { name } = require('colors'); exports.describe = () => 'a ' + name + ' label'`,
    'node_modules/labels/node_modules/colors/package.json': '{"name":"colors","version":"2.0.0"}',
    'node_modules/labels/node_modules/colors/index.js': `exports.name = 'blue'`,
    'node_modules/colors/package.json': '{"name":"colors","version":"1.0.0"}',
    'node_modules/colors/index.js': `exports.name = 'red'`,
  })

interface Body {
  readonly release: number
  readonly runs: string
}

const RELEASES = [1, 2, 3, 4, 5, 6].map(release)
const FunctionName = 'myLambdaFunction'

describe('an alias over six published versions', () => {
  let weir: WeirServer
  beforeAll(async () => {
    weir = await startWeir()
  })
  afterAll(() => weir[Symbol.asyncDispose]())
  beforeEach(() => reset(weir.url))

  test('sends 5 % of 2,000 invocations to version 6, and all of them 2 s after it is made the only one', async () => {
    const lambda = lambdaAt(weir.url)
    await createVersions(lambda, FunctionName, RELEASES)
    const alias = { FunctionName, Name: 'prod' }
    await lambda.send(new CreateAliasCommand({ ...alias, FunctionVersion: '5' }))
    await lambda.send(
      new UpdateAliasCommand({ ...alias, RoutingConfig: { AdditionalVersionWeights: { '6': 0.05 } } }),
    )
    await delay(2000)

    const invokeProd = async () => {
      const { payload, version } = await invoke<{ body: string }>(lambda, FunctionName, {}, 'prod')
      const body = JSON.parse(payload.body) as Body
      expect(body).toEqual({
        release: Number(version),
        runs: version,
        label: 'a blue label',
        beside: 'red',
      })
      return version
    }
    const versions = await inParallel(16, 2000, invokeProd)
    const counts = Map.groupBy(versions, version => version)
    expect([...counts.keys()].toSorted()).toEqual(['5', '6'])
    const { least, most } = fairRange(2000, 0.05)
    expect(counts.get('6')!.length).toBeGreaterThanOrEqual(least)
    expect(counts.get('6')!.length).toBeLessThanOrEqual(most)

    // Traffic goes on while the alias changes.
    const seen: { startedAt: number; version: string | undefined }[] = []
    let done = false
    const traffic = keepDoing(
      8,
      () => done,
      async () => {
        const startedAt = performance.now()
        seen.push({ startedAt, version: await invokeProd() })
      },
    )
    await lambda.send(
      new UpdateAliasCommand({
        ...alias,
        FunctionVersion: '6',
        RoutingConfig: { AdditionalVersionWeights: {} },
      }),
    )
    const changedAt = performance.now()
    await delay(4000)
    done = true
    await traffic
    const after = seen.filter(({ startedAt }) => startedAt >= changedAt + 2000)
    expect(after.length).toBeGreaterThan(50)
    expect(new Set(after.map(({ version }) => version))).toEqual(new Set(['6']))
  })

  test('is reached by three stages of one API, each by its own stage variable', async () => {
    const lambda = lambdaAt(weir.url)
    const apigateway = apiGatewayAt(weir.url)
    await createVersions(lambda, FunctionName, RELEASES)
    const aliases = [
      { Name: 'prod', FunctionVersion: '5', RoutingConfig: { AdditionalVersionWeights: { '6': 0.05 } } },
      { Name: 'beta', FunctionVersion: '6' },
      { Name: 'dev', FunctionVersion: '$LATEST' },
    ]
    for (const alias of aliases) {
      await lambda.send(new CreateAliasCommand({ FunctionName, ...alias }))
      await letGatewayCall(lambda, FunctionName, alias.Name)
    }
    const apiId = await createApi(apigateway, 'shop', [
      { path: 'hello', target: `${FunctionName}:\${stageVariables.lambdaAlias}`, keyed: false },
    ])
    for (const { Name } of aliases) await deploy(apigateway, apiId, Name, { lambdaAlias: Name })

    const versionsOf = async (stage: string, times: number) => {
      const runs = await inParallel(8, times, async () => {
        const { status, body } = await call(`${stageUrl(weir.url, apiId, stage)}/hello`)
        expect(status, body).toBe(200)
        return (JSON.parse(body) as Body).runs
      })
      return Map.groupBy(runs, run => run)
    }
    const [prod, beta, dev] = [
      await versionsOf('prod', 600),
      await versionsOf('beta', 50),
      await versionsOf('dev', 50),
    ]
    expect([...beta.keys()]).toEqual(['6'])
    expect([...dev.keys()]).toEqual(['$LATEST'])
    expect([...prod.keys()].toSorted()).toEqual(['5', '6'])
    const { least, most } = fairRange(600, 0.05)
    expect(prod.get('6')!.length).toBeGreaterThanOrEqual(least)
    expect(prod.get('6')!.length).toBeLessThanOrEqual(most)

    // A stage without the permission of its alias: as on AWS, the caller learns nothing.
    await lambda.send(new CreateAliasCommand({ FunctionName, Name: 'secret', FunctionVersion: '1' }))
    await deploy(apigateway, apiId, 'secret', { lambdaAlias: 'secret' })
    await delay(2000)
    const refused = await call(`${stageUrl(weir.url, apiId, 'secret')}/hello`)
    expect(refused.status).toBe(500)
    expect(JSON.parse(refused.body)).toEqual({ message: 'Internal server error' })
  })
})
