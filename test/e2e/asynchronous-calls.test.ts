import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { IAM } from '@aws-sdk/client-iam'
import {
  InvokeCommand,
  PutFunctionConcurrencyCommand,
  PutFunctionEventInvokeConfigCommand,
  type PutFunctionEventInvokeConfigCommandInput,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { lambdaAt, reset } from './acceptance/clients.ts'
import { createFunction, zip } from './acceptance/functions.ts'
import { startWeir, type WeirServer } from './server.ts'

const ARN = 'arn:aws:lambda:us-east-1:000000000000:function'
const MINUTE_MS = 1000

const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
})

/** A function that tells the test of each of its calls, and then does what its event says. */
const teller = (url: string) => `
exports.handler = async (event, context) => {
  await fetch('${url}', { method: 'POST', body: JSON.stringify({ name: context.functionName, event, requestId: context.awsRequestId }) })
  if (event.sleep) await new Promise(resolve => setTimeout(resolve, event.sleep))
  if (event.fail) throw new Error('as told')
  return { done: event.id }
}`

interface Told {
  readonly name: string
  // biome-ignore lint/suspicious/noExplicitAny: whatever the test sent
  readonly event: any
  readonly requestId: string
}

describe('asynchronous calls', () => {
  let weir: WeirServer
  let listener: Server
  let told: Told[]

  beforeAll(async () => {
    told = []
    listener = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request.setEncoding('utf8')) body += chunk
      told.push(JSON.parse(body))
      response.end()
    })
    await new Promise<void>(resolve => listener.listen(0, '127.0.0.1', resolve))
    weir = await startWeir({ vars: { WEIR_MINUTE_MS: String(MINUTE_MS) } })
  })
  afterAll(async () => {
    listener.close()
    await weir[Symbol.asyncDispose]()
  })
  beforeEach(async () => {
    await reset(weir.url)
    told = []
  })

  const lambda = () => lambdaAt(weir.url)
  const create = (name: string) =>
    createFunction(
      lambda(),
      name,
      zip({ 'index.js': teller(`http://127.0.0.1:${(listener.address() as AddressInfo).port}`) }),
      { Timeout: 20 },
    )
  const configure = (input: PutFunctionEventInvokeConfigCommandInput) =>
    lambda().send(new PutFunctionEventInvokeConfigCommand(input))
  async function send(FunctionName: string, event: object): Promise<string> {
    const { StatusCode, $metadata } = await lambda().send(
      new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload: JSON.stringify(event) }),
    )
    expect(StatusCode).toBe(202)
    return $metadata.requestId!
  }
  const tellsOf = (name: string) => told.filter(each => each.name === name)
  const until = (check: () => void) => vi.waitFor(check, { timeout: 30_000, interval: 50 })

  test('are made three times when the function fails, and the failure destination is told once', async () => {
    await create('worker')
    await create('mourner')
    await create('cheerer')
    const DestinationConfig = {
      OnFailure: { Destination: `${ARN}:mourner` },
      OnSuccess: { Destination: `${ARN}:cheerer` },
    }
    await configure({ FunctionName: 'worker', DestinationConfig })
    const failing = await send('worker', { id: 1, fail: true })
    const working = await send('worker', { id: 2 })
    await until(() => {
      expect(tellsOf('mourner')).toHaveLength(1)
      expect(tellsOf('cheerer')).toHaveLength(1)
    })
    expect(tellsOf('mourner')[0]!.event).toMatchObject({
      version: '1.0',
      requestContext: {
        requestId: failing,
        functionArn: `${ARN}:worker:$LATEST`,
        condition: 'RetriesExhausted',
        approximateInvokeCount: 3,
      },
      requestPayload: { id: 1, fail: true },
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      responsePayload: { errorType: 'Error', errorMessage: 'as told' },
    })
    expect(tellsOf('cheerer')[0]!.event).toMatchObject({
      requestContext: { requestId: working, condition: 'Success', approximateInvokeCount: 1 },
      responsePayload: { done: 2 },
    })
    expect(tellsOf('worker').map(each => each.event.id)).toEqual(expect.arrayContaining([1, 1, 1, 2]))
    expect(tellsOf('worker')).toHaveLength(4)
  })

  test('of a function that is switched off are told of at once, and not made', async () => {
    await create('worker')
    await create('mourner')
    const DestinationConfig = { OnFailure: { Destination: `${ARN}:mourner` } }
    await configure({ FunctionName: 'worker', DestinationConfig })
    await lambda().send(
      new PutFunctionConcurrencyCommand({ FunctionName: 'worker', ReservedConcurrentExecutions: 0 }),
    )
    await send('worker', { id: 1 })
    await until(() => expect(tellsOf('mourner')).toHaveLength(1))
    expect(tellsOf('mourner')[0]!.event).toMatchObject({
      requestContext: { condition: 'ZeroReservedConcurrency', approximateInvokeCount: 0 },
      requestPayload: { id: 1 },
    })
    expect(tellsOf('worker')).toEqual([])
  })

  test('are told of where the execution role may tell of them', async () => {
    const iam = new IAM(weir.sdk)
    const { Role } = await iam.createRole({ RoleName: 'worker', AssumeRolePolicyDocument: TRUST })
    await create('worker')
    await create('listener')
    await lambda().send(new UpdateFunctionConfigurationCommand({ FunctionName: 'worker', Role: Role!.Arn! }))
    const DestinationConfig = { OnSuccess: { Destination: `${ARN}:listener` } }
    await expect(configure({ FunctionName: 'worker', DestinationConfig })).rejects.toThrow(
      `The function execution role does not have permissions to call InvokeFunction on ${ARN}:listener`,
    )
    const permission = { RoleName: 'worker', PolicyName: 'tell' }
    await iam.putRolePolicy({
      ...permission,
      PolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: `${ARN}:listener` }],
      }),
    })
    await configure({ FunctionName: 'worker', DestinationConfig })
    await send('worker', { id: 'heard' })
    await until(() => expect(tellsOf('listener')).toHaveLength(1))
    await iam.deleteRolePolicy(permission)
    await send('worker', { id: 'unheard' })
    const why = `could not be told ${ARN}:listener: the execution role may not lambda:InvokeFunction`
    await until(() => expect(weir.output()).toContain(why))
    expect(tellsOf('listener').map(({ event }) => event.requestPayload)).toEqual([{ id: 'heard' }])
  })

  test('that form a loop through destinations are cut off', async () => {
    await create('one')
    await create('other')
    for (const [FunctionName, target] of [
      ['one', 'other'],
      ['other', 'one'],
    ] as const) {
      const DestinationConfig = { OnSuccess: { Destination: `${ARN}:${target}` } }
      await configure({ FunctionName, DestinationConfig })
    }
    await send('one', { id: 'loop' })
    await until(() => expect(weir.output()).toContain('was dropped: RecursiveInvocation'))
    expect(tellsOf('one')).toHaveLength(16)
    expect(tellsOf('other')).toHaveLength(16)
  })

  test('of a slow function do not hold up others', async () => {
    await create('slow')
    await create('quick')
    await send('slow', { id: 'slow', sleep: 10_000 })
    await until(() => expect(tellsOf('slow')).toHaveLength(1))
    const asked = Date.now()
    await send('quick', { id: 'quick' })
    await until(() => expect(tellsOf('quick')).toHaveLength(1))
    expect(Date.now() - asked).toBeLessThan(8_000)
  })

  test('with events of 1 MB arrive whole', async () => {
    await create('large')
    const fitting = { id: 'large', text: 'ä'.repeat(500_000) }
    await send('large', fitting)
    await until(() => expect(tellsOf('large')).toHaveLength(1))
    expect(tellsOf('large')[0]!.event).toEqual(fitting)
    await expect(send('large', { text: 'x'.repeat(1024 * 1024) })).rejects.toThrow(
      'is too large for the Event invocation type',
    )
  })

  test('that were accepted before the server was killed are all made afterwards', async () => {
    await create('worker')
    await create('listener')
    const DestinationConfig = { OnSuccess: { Destination: `${ARN}:listener` } }
    await configure({ FunctionName: 'worker', DestinationConfig })
    const accepted = new Set<number>()
    for (let round = 0; round < 2; round++) {
      let isKilled = false
      const senders = [0, 1, 2].map(async sender => {
        for (let number = 0; !isKilled; number++) {
          const id = round * 10_000 + sender * 1000 + number
          try {
            await send('worker', { id, sleep: (number % 4) * 150 })
            accepted.add(id)
          } catch (error) {
            if (!isKilled) throw error
          }
        }
      })
      await new Promise(resolve => setTimeout(resolve, 1500))
      isKilled = true
      await weir.kill9()
      await Promise.all(senders)
      await weir.restart()
    }
    expect(accepted.size).toBeGreaterThan(20)
    await until(() => {
      const made = new Set(tellsOf('listener').map(({ event }) => event.requestPayload.id))
      expect([...accepted].filter(id => !made.has(id))).toEqual([])
    })
    const made = new Set(tellsOf('worker').map(({ event }) => event.id))
    expect([...accepted].filter(id => !made.has(id))).toEqual([])
  }, 120_000)
})
