import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { DeleteFunctionCommand } from '@aws-sdk/client-lambda'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startWeir, type WeirServer } from '../server.ts'
import { call, createApi, deploy, stageUrl } from './apis.ts'
import { apiGatewayAt, lambdaAt } from './clients.ts'
import { createFunction, invoke, letGatewayCall, zip } from './functions.ts'
import { inParallel } from './in-parallel.ts'

const COUNTER = zip({
  'index.js': `
    let calls = 0
    const born = Math.random()
    exports.handler = async () => ({ calls: ++calls, born })`,
})

describe('isolates', () => {
  let weir: WeirServer
  beforeAll(async () => {
    weir = await startWeir({ vars: { WEIR_LOCAL_CREDENTIALS: 'test:test,other:secret' } })
  })
  afterAll(() => weir[Symbol.asyncDispose]())

  test('are never shared by two functions of the same code and configuration', async () => {
    interface State {
      readonly calls: number
      readonly born: number
    }
    const first = lambdaAt(weir.url)
    const second = lambdaAt(weir.url, { accessKeyId: 'other', secretAccessKey: 'secret' })
    await createFunction(first, 'left', COUNTER)
    await createFunction(second, 'right', COUNTER)
    const seen: Record<'left' | 'right', State[]> = { left: [], right: [] }
    for (let round = 0; round < 5; round++) {
      seen.left.push((await invoke<State>(first, 'left')).payload)
      seen.right.push((await invoke<State>(second, 'right')).payload)
    }
    // Calls after one another find the state that the one before left: the isolate is warm, and its own.
    for (const states of [seen.left, seen.right]) {
      expect(states.map(state => state.calls)).toEqual([1, 2, 3, 4, 5])
      expect(new Set(states.map(state => state.born)).size).toBe(1)
    }
    expect(seen.left[0]!.born).not.toBe(seen.right[0]!.born)
  })

  test('start anew with a function that was deleted and created again', async () => {
    const lambda = lambdaAt(weir.url)
    await createFunction(lambda, 'again', COUNTER)
    await invoke(lambda, 'again')
    await lambda.send(new DeleteFunctionCommand({ FunctionName: 'again' }))
    await createFunction(lambda, 'again', COUNTER)
    await delay(2000)
    const { payload } = await invoke<{ calls: number }>(lambda, 'again')
    expect(payload.calls).toBe(1)
  })

  test('have one event at a time: overlapping calls never see each other through module state', async () => {
    const lambda = lambdaAt(weir.url)
    const apigateway = apiGatewayAt(weir.url)
    await createFunction(
      lambda,
      'overlapping',
      zip({
        'index.js': `
          let current
          exports.handler = async event => {
            current = event.id ?? event.queryStringParameters.id
            await new Promise(resolve => setTimeout(resolve, 50))
            return event.id ? current : { statusCode: 200, body: current }
          }`,
      }),
    )
    await letGatewayCall(lambda, 'overlapping')
    const ids = Array.from({ length: 60 }, () => randomUUID())
    const answers = await inParallel(12, ids.length, number =>
      invoke<string>(lambda, 'overlapping', { id: ids[number] }).then(({ payload }) => payload),
    )
    expect(answers).toEqual(ids)

    const apiId = await createApi(apigateway, 'overlapping', [
      { path: 'echo', target: 'overlapping', keyed: false },
    ])
    await deploy(apigateway, apiId, 'prod')
    const stage = stageUrl(weir.url, apiId, 'prod')
    const echoed = await inParallel(12, ids.length, number => call(`${stage}/echo?id=${ids[number]}`))
    expect(echoed).toEqual(ids.map(id => ({ status: 200, body: id })))
  })
})
