import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { CreateApiKeyCommand } from '@aws-sdk/client-api-gateway'
import { CreateFunctionCommand, InvokeCommand } from '@aws-sdk/client-lambda'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApi, deploy } from './acceptance/apis.ts'
import { apiGatewayAt, lambdaAt } from './acceptance/clients.ts'
import { createFunction, invoke, zip } from './acceptance/functions.ts'
import { inParallel } from './acceptance/in-parallel.ts'
import { startWeir, type WeirServer } from './server.ts'

let weir: WeirServer
beforeAll(async () => {
  weir = await startWeir()
})
afterAll(() => weir[Symbol.asyncDispose]())

interface State {
  readonly calls: number
  readonly born: number
}

test('a caller that goes away leaves the function running, and its isolate for the next caller', async () => {
  const lambda = lambdaAt(weir.url)
  await createFunction(
    lambda,
    'left',
    zip({
      'index.js': `
        let calls = 0
        const born = Math.random()
        exports.handler = async event => {
          await new Promise(resolve => setTimeout(resolve, event.ms ?? 0))
          return { calls: ++calls, born }
        }`,
    }),
  )
  const before = await invoke<State>(lambda, 'left')
  for (let caller = 0; caller < 3; caller++) {
    const leaving = lambda.send(new InvokeCommand({ FunctionName: 'left', Payload: '{"ms":400}' }), {
      abortSignal: AbortSignal.timeout(150),
    })
    await expect(leaving).rejects.toThrow()
    await delay(600)
  }
  const after = await invoke<State>(lambda, 'left')
  expect(after.payload).toEqual({ calls: 5, born: before.payload.born })
})

test('a batch of events of as many functions is served, each function by its own isolate', async () => {
  const heard: string[] = []
  const listener = createServer((request, response) => {
    heard.push(request.url!)
    response.end()
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  const lambda = lambdaAt(weir.url)
  const names = Array.from({ length: 8 }, (_, index) => `event-${index}`)
  for (const name of names) {
    await createFunction(
      lambda,
      name,
      zip({
        'index.js': `exports.handler = async (event, context) => {
          await fetch('http://127.0.0.1:${port}/' + context.functionName + '/' + event.id)
        }`,
      }),
    )
  }
  await Promise.all(
    names.map(FunctionName =>
      lambda.send(new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload: '{"id":"only"}' })),
    ),
  )
  for (let waited = 0; heard.length < names.length && waited < 100; waited++) await delay(100)
  listener.close()
  expect(heard.sort()).toEqual(names.map(name => `/${name}/only`))
})

test('a reset forgets fifty functions, ten APIs and twenty keys in a moment', async () => {
  const lambda = lambdaAt(weir.url)
  const apigateway = apiGatewayAt(weir.url)
  const took: number[] = []
  for (let round = 0; round < 3; round++) {
    await inParallel(4, 50, number =>
      lambda.send(
        new CreateFunctionCommand({
          FunctionName: `many-${number}`,
          Runtime: 'nodejs22.x',
          Handler: 'index.handler',
          Role: 'arn:aws:iam::000000000000:role/acceptance',
          Code: { ZipFile: zip({ 'index.js': 'exports.handler = async () => 1' }) },
        }),
      ),
    )
    await inParallel(4, 10, async number => {
      const id = await createApi(apigateway, `api-${number}`, [{ path: 'a', target: 'many-1', keyed: true }])
      await deploy(apigateway, id, 'prod')
    })
    await inParallel(4, 20, number =>
      apigateway.send(new CreateApiKeyCommand({ name: `key-${number}`, enabled: true })),
    )
    const started = performance.now()
    expect((await fetch(`${weir.url}/_weir/reset`, { method: 'POST' })).status).toBe(200)
    took.push(performance.now() - started)
  }
  console.log(`reset: ${took.map(ms => ms.toFixed(0)).join(', ')} ms`)
  // 200 ms on a machine that has nothing else to do.
  expect(Math.min(...took)).toBeLessThan(600)
}, 120_000)
