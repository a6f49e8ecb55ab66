import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import {
  InvokeCommand,
  type InvokeCommandOutput,
  InvokeWithResponseStreamCommand,
  LambdaServiceException,
} from '@aws-sdk/client-lambda'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApi, deploy } from './acceptance/apis.ts'
import { apiGatewayAt, lambdaAt } from './acceptance/clients.ts'
import { createFunction, letGatewayCall, zip } from './acceptance/functions.ts'
import { startWeir, type WeirServer } from './server.ts'

// Functions that never yield or take memory without end. Beside each of them another function is called all the time,
// through the Lambda API and through a route.

/** What the functions have that need no more: long enough to be on their way when it is over. */
const SECONDS = 2

let weir: WeirServer
let lambda: ReturnType<typeof lambdaAt>
let route: string

beforeAll(async () => {
  weir = await startWeir()
  lambda = lambdaAt(weir.url)
  await create(
    'hello',
    'exports.handler = async event => event.path ? { statusCode: 200, body: "hello" } : "hello"',
    SECONDS + 1,
  )
  await letGatewayCall(lambda, 'hello')
  const apigateway = apiGatewayAt(weir.url)
  const id = await createApi(apigateway, 'beside', [{ path: 'hello', target: 'hello', keyed: false }])
  await deploy(apigateway, id, 'prod')
  route = `${weir.url}/_aws/execute-api/${id}/prod/hello`
})
afterAll(() => weir[Symbol.asyncDispose]())

const create = (name: string, code: string, Timeout = SECONDS) =>
  createFunction(lambda, name, zip({ 'index.js': code }), { Timeout })

const invoke = (FunctionName: string, event: unknown = {}) =>
  lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event), LogType: 'Tail' }))

const text = ({ Payload }: InvokeCommandOutput) => Buffer.from(Payload!).toString()

interface Beside {
  /** Milliseconds of the slowest call. */
  readonly slowest: number
  readonly calls: number
  /** What did not answer as it should, and how it could. */
  readonly failures: ReadonlyArray<string>
}

/** Calls the other function without pause until `work` is done and for a second more. */
async function besides<T>(work: Promise<T>): Promise<[T, Beside]> {
  let isOver = false
  const failures: string[] = []
  let slowest = 0
  let calls = 0
  const call = async (one: () => Promise<string>) => {
    while (!isOver) {
      const started = performance.now()
      const answer = await one().catch(error => `${error.name}: ${error.message}`)
      slowest = Math.max(slowest, performance.now() - started)
      calls++
      if (answer !== 'hello') failures.push(answer)
      await delay(20)
    }
  }
  const calling = [
    call(async () => JSON.parse(text(await invoke('hello')))),
    call(async () => {
      const response = await fetch(route)
      const body = await response.text()
      return response.ok ? body : `${response.status} ${body}`
    }),
  ]
  try {
    const result = await work
    await delay(1000)
    return [result, { slowest, calls, failures }]
  } finally {
    isOver = true
    await Promise.all(calling)
  }
}

/** One call of each kind may be under way in the same process: it is told to try again within 3 s of the time-out. */
function expectHeldUpAtMostBriefly({ slowest, failures }: Beside): void {
  for (const failure of failures) expect(failure).toMatch(/^(ServiceException: |50[03] )/)
  expect(failures.length).toBeLessThanOrEqual(2)
  expect(slowest).toBeLessThan(6000)
}

const TIMED_OUT = (seconds: number) => ({
  errorType: 'Sandbox.Timedout',
  errorMessage: expect.stringMatching(
    new RegExp(`^RequestId: [0-9a-f-]{36} Error: Task timed out after ${seconds}\\.00 seconds$`),
  ),
})

const KILLED = {
  errorType: 'Runtime.ExitError',
  errorMessage: expect.stringMatching(
    /^RequestId: [0-9a-f-]{36} Error: Runtime exited with error: signal: killed$/,
  ),
}

describe('a function that never yields', () => {
  it.each([
    ['in its handler', 'exports.handler = async () => { while (true) {} }'],
    ['at the top level of its module', 'while (true) {}'],
    ['in a getter of its result', 'exports.handler = async () => ({ get value() { while (true) {} } })'],
    ['in promises alone', 'exports.handler = async () => { while (true) await null }'],
    [
      'after it has waited',
      'exports.handler = async () => { await new Promise(resolve => setTimeout(resolve, 500)); while (true) {} }',
    ],
    [
      'in the midst of its stream',
      `exports.handler = awslambda.streamifyResponse(async (event, stream) => {
        stream.write('beginning')
        await new Promise(resolve => setTimeout(resolve, 300))
        while (true) {}
      })`,
    ],
  ])('%s is told that its time is over, and holds up nobody else', async (where, code) => {
    const name = `spins-${where.replaceAll(' ', '-')}`
    await create(name, code)
    const started = performance.now()
    const [answer, beside] = await besides(invoke(name))
    expect(answer.FunctionError).toBe('Unhandled')
    expect(JSON.parse(text(answer))).toEqual(TIMED_OUT(SECONDS))
    expect(Buffer.from(answer.LogResult!, 'base64').toString()).toMatch(
      /END RequestId: [\s\S]*REPORT RequestId: /,
    )
    console.log(
      `${where}: answered after ${(performance.now() - started - 1000).toFixed(0)} ms; beside it ${beside.calls} calls, ` +
        `the slowest ${beside.slowest.toFixed(0)} ms; failed: ${JSON.stringify(beside.failures)}`,
    )
    expectHeldUpAtMostBriefly(beside)
    expect(weir.output()).toMatch(
      new RegExp(`Function ${name} never let go of the processor and was stopped after ${SECONDS} s\\. .+`),
    )
  })

  it('in a stream that is being read ends it, saying so after what was written', async () => {
    await create(
      'streams',
      `exports.handler = awslambda.streamifyResponse(async (event, stream) => {
        stream.write('beginning')
        await new Promise(resolve => setTimeout(resolve, 300))
        while (true) {}
      })`,
    )
    const read = async () => {
      const { EventStream } = await lambda.send(
        new InvokeWithResponseStreamCommand({ FunctionName: 'streams', LogType: 'Tail' }),
      )
      let written = ''
      for await (const { PayloadChunk, InvokeComplete } of EventStream!) {
        written += Buffer.from(PayloadChunk?.Payload ?? []).toString()
        if (InvokeComplete) return { written, ...InvokeComplete }
      }
      throw new Error('the stream has no end')
    }
    const [answer, beside] = await besides(read())
    expect(answer.written).toBe('beginning')
    expect(answer.ErrorCode).toBe('Unhandled')
    expect(JSON.parse(answer.ErrorDetails!)).toEqual(TIMED_OUT(SECONDS))
    expectHeldUpAtMostBriefly(beside)
  })

  it('after its answer does so in vain', async () => {
    await create(
      'later',
      'exports.handler = async () => { setTimeout(() => { while (true) {} }, 50); return "done" }',
    )
    const [answer, beside] = await besides(invoke('later'))
    expect(text(answer)).toBe('"done"')
    expectHeldUpAtMostBriefly(beside)
  })

  it('leaves its processor to others while its own time goes on', async () => {
    await create('patient', 'exports.handler = async () => { while (true) {} }', 8)
    const [answer, beside] = await besides(invoke('patient'))
    expect(JSON.parse(text(answer))).toEqual(TIMED_OUT(8))
    expectHeldUpAtMostBriefly(beside)
  })

  it('has callers in its process that are told to try again', async () => {
    await create(
      'sleeps',
      'exports.handler = async () => { await new Promise(r => setTimeout(r, 20_000)); return 1 }',
      30,
    )
    await create('spins', 'exports.handler = async () => { while (true) {} }')
    const sleeping = invoke('sleeps').catch(error => error)
    await delay(1000)
    expect(JSON.parse(text(await invoke('spins')))).toEqual(TIMED_OUT(SECONDS))
    const error = await sleeping
    expect(error).toBeInstanceOf(LambdaServiceException)
    expect(error.name).toBe('ServiceException')
    expect(error.$metadata.httpStatusCode).toBe(500)
    await expect
      .poll(() => weir.output())
      .toContain(
        `Function spins never let go of the processor and was stopped after ${SECONDS} s. One other call was cut off`,
      )
  })
})

describe('a function that takes memory without end', () => {
  it.each([
    [
      'arrays',
      'exports.handler = async () => { const all = []; while (true) all.push(new Array(1e5).fill(1.5)) }',
    ],
    [
      'buffers',
      'exports.handler = async () => { const all = []; while (true) all.push(Buffer.alloc(1e6, 1)) }',
    ],
    [
      'arrays, in pauses',
      `exports.handler = async () => {
        const all = []
        while (true) {
          for (let i = 0; i < 20; i++) all.push(new Array(1e5).fill(1.5))
          await new Promise(resolve => setTimeout(resolve, 5))
        }
      }`,
    ],
  ])('%s ends as Lambda ends it, and takes nobody with it', async (what, code) => {
    const name = `takes-${what.replaceAll(/\W+/g, '-')}`
    await create(name, code, 30)
    const [answer, beside] = await besides(invokeUntilAnswered(name))
    expect(answer.FunctionError).toBe('Unhandled')
    expect(JSON.parse(text(answer))).toEqual(KILLED)
    console.log(
      `${what}: beside it ${beside.calls} calls, the slowest ${beside.slowest.toFixed(0)} ms`,
      beside.failures,
    )
    expectHeldUpAtMostBriefly(beside)
    expect(weir.output()).toMatch(
      new RegExp(`Function ${name} was stopped: its process took \\d+ MB of memory`),
    )
  })
})

/** As clients do that try again when they are told to. */
async function invokeUntilAnswered(name: string): Promise<InvokeCommandOutput> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await invoke(name)
    } catch (error) {
      if (attempt === 3 || !(error instanceof LambdaServiceException) || error.$fault !== 'server')
        throw error
    }
  }
}

it('loses no asynchronous call to a process that was stopped', async () => {
  const heard: string[] = []
  const listener = createServer((request, response) => {
    heard.push(request.url!.slice(1))
    response.end()
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  await create(
    'counts',
    `exports.handler = async event => {
      await new Promise(resolve => setTimeout(resolve, 3000))
      await fetch('http://127.0.0.1:${port}/' + event.id)
    }`,
    20,
  )
  await create('spins-beside', 'exports.handler = async () => { while (true) {} }', 1)
  const ids = Array.from({ length: 12 }, (_, index) => String(index))
  for (const id of ids) {
    await lambda.send(
      new InvokeCommand({ FunctionName: 'counts', InvocationType: 'Event', Payload: JSON.stringify({ id }) }),
    )
  }
  for (let round = 0; round < 3; round++) {
    await delay(600)
    await invoke('spins-beside')
  }
  for (let waited = 0; new Set(heard).size < ids.length && waited < 400; waited++) await delay(100)
  listener.close()
  expect([...new Set(heard)].sort()).toEqual(ids.toSorted())
})
