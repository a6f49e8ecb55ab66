import { globSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { CreateAliasCommand, GetFunctionCommand, UpdateAliasCommand } from '@aws-sdk/client-lambda'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startWeir, type WeirServer } from '../server.ts'
import { call, createApi, createPlannedKey, deploy, stageUrl } from './apis.ts'
import { apiGatewayAt, lambdaAt } from './clients.ts'
import { createVersions, invoke, letGatewayCall, zip } from './functions.ts'
import { inParallel } from './in-parallel.ts'

const release = (number: number): Uint8Array =>
  zip({ 'index.js': `exports.handler = async () => ({ statusCode: 200, body: 'release ${number}' })` })

describe('the data plane', () => {
  const data = mkdtempSync(join(tmpdir(), 'weir-acceptance-'))
  let weir: WeirServer
  let url: string
  let key: string

  beforeAll(async () => {
    weir = await startWeir({ persistTo: data })
    const lambda = lambdaAt(weir.url)
    const apigateway = apiGatewayAt(weir.url)
    await createVersions(lambda, 'fresh', [release(1), release(2)])
    await lambda.send(new CreateAliasCommand({ FunctionName: 'fresh', Name: 'prod', FunctionVersion: '1' }))
    await letGatewayCall(lambda, 'fresh', 'prod')
    const apiId = await createApi(apigateway, 'fresh', [{ path: 'hello', target: 'fresh:prod', keyed: true }])
    await deploy(apigateway, apiId, 'prod')
    const limits = {
      throttle: { rateLimit: 1000, burstLimit: 1000 },
      quota: { limit: 1_000_000, period: 'MONTH' as const },
    }
    key = (await createPlannedKey(apigateway, 'fresh', { apiId, stage: 'prod' }, limits)).value
    url = `${stageUrl(weir.url, apiId, 'prod')}/hello`
  })
  afterAll(async () => {
    await weir.stop()
    rmSync(data, { recursive: true, force: true })
  })

  test('serves a changed alias with the first request after it was idle', async () => {
    const lambda = lambdaAt(weir.url)
    const prod = { FunctionName: 'fresh', Name: 'prod' }
    for (const [now, next] of [
      ['1', '2'],
      ['2', '1'],
    ]) {
      expect((await invoke(lambda, 'fresh', {}, 'prod')).version).toBe(now)
      expect(await call(url, key)).toEqual({ status: 200, body: `release ${now}` })
      await lambda.send(new UpdateAliasCommand({ ...prod, FunctionVersion: next }))
      await delay(3000)
      expect(await call(url, key)).toEqual({ status: 200, body: `release ${next}` })
      expect((await invoke(lambda, 'fresh', {}, 'prod')).version).toBe(next)
    }
  })

  test('goes on without the database, in isolates that are warm and in ones that start without it', async () => {
    const lambda = lambdaAt(weir.url)
    const getFunction = () => lambdaAt(weir.url).send(new GetFunctionCommand({ FunctionName: 'fresh' }))
    await getFunction()
    const serves = async (seconds: number) => {
      for (let second = 0; second < seconds; second++) {
        const answers = await inParallel(4, 20, () => call(url, key))
        expect(answers).toEqual(Array(20).fill({ status: 200, body: 'release 1' }))
        await delay(1000)
      }
    }
    await serves(1)

    destroyDatabase(data)
    const failure = await getFunction().catch(
      (error: Error & { $metadata?: { httpStatusCode?: number } }) => error,
    )
    expect(failure).toBeInstanceOf(Error)
    expect(failure).toMatchObject({ $metadata: { httpStatusCode: 500 } })
    expect((failure as Error).message).not.toMatch(/D1|SQLITE|\bat /)
    // Longer than a pointer is served without asking its object.
    await serves(4)
    expect((await invoke(lambda, 'fresh', {}, 'prod')).version).toBe('1')

    await weir.kill9()
    destroyDatabase(data)
    await weir.restart()
    await serves(3)
    await expect(getFunction()).rejects.toThrow()
  })
})

/** Overwrites every byte of the database's files in place, under the server's hands if it runs. */
function destroyDatabase(directory: string): void {
  // Beside them lie files of the simulator itself, without which it does not start.
  const files = globSync('**/*D1DatabaseObject*/*.sqlite*', { cwd: directory })
    .filter(file => !basename(file).startsWith('metadata'))
    .map(file => join(directory, file))
  expect(files.length).toBeGreaterThan(0)
  for (const file of files) {
    const bytes = Math.max(8192, statSync(file).size)
    writeFileSync(file, Buffer.alloc(bytes, 'not a database '), { flag: 'r+' })
  }
}
