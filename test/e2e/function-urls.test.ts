import { createHash } from 'node:crypto'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import {
  AddPermissionCommand,
  CreateFunctionUrlConfigCommand,
  type InvokeMode,
  InvokeWithResponseStreamCommand,
  LambdaClient,
} from '@aws-sdk/client-lambda'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createFunction, invoke, zip } from './acceptance/functions.ts'
import { borrowWeir, type Weir } from './server.ts'

/** Writes `pieces` pieces of 64 KB, `pause` ms apart, and does what the path says in between. */
const WRITER = `
const { createHash } = require('node:crypto')
exports.handler = awslambda.streamifyResponse(async (event, stream) => {
  const { pieces = 3, pause = 0, fail } = event.queryStringParameters ?? event
  const hash = createHash('sha256')
  for (let n = 0; n < Number(pieces); n++) {
    const piece = Buffer.alloc(65536, n)
    hash.update(piece)
    if (!stream.write(piece)) await new Promise(resolve => stream.once('drain', resolve))
    if (Number(pause) > 0) await new Promise(resolve => setTimeout(resolve, Number(pause)))
  }
  console.log('wrote', hash.digest('hex'))
  if (fail) throw new Error('on purpose')
  stream.end()
})`

const ECHO = `exports.handler = async event => ({
  statusCode: 203,
  headers: { 'X-Path': event.rawPath },
  cookies: ['a=1', 'b=2'],
  body: Buffer.from(JSON.stringify(event)).toString('base64'),
  isBase64Encoded: true,
})`

/** Signs with what is in its environment, as an SDK would. */
const CALLER = `
const { SignatureV4 } = require('@smithy/signature-v4')
const { Hash } = require('@smithy/hash-node')
const { AWS_REGION: region, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = process.env
exports.handler = async event => {
  const { host, hostname, port, pathname: path } = new URL(event.url)
  const signer = new SignatureV4({
    service: 'lambda',
    region,
    sha256: Hash.bind(null, 'sha256'),
    credentials: { accessKeyId, secretAccessKey },
  })
  const { headers } = await signer.sign({
    method: 'GET', protocol: 'http:', hostname, port, path, headers: { host },
  })
  const [signed, unsigned] = await Promise.all([fetch(event.url, { headers }), fetch(event.url)])
  return { signed: signed.status, event: await signed.json(), unsigned: unsigned.status }
}`

let weir: Weir
let lambda: LambdaClient

async function reachable(FunctionName: string, source: string, InvokeMode?: InvokeMode): Promise<string> {
  await createFunction(lambda, FunctionName, zip({ 'index.js': source }), { Timeout: 30 })
  for (const [Action, more] of [
    ['lambda:InvokeFunctionUrl', { FunctionUrlAuthType: 'NONE' as const }],
    ['lambda:InvokeFunction', { InvokedViaFunctionUrl: true }],
  ] as const) {
    const StatementId = Action.replace(':', '')
    await lambda.send(
      new AddPermissionCommand({ FunctionName, StatementId, Action, Principal: '*', ...more }),
    )
  }
  const { FunctionUrl } = await lambda.send(
    new CreateFunctionUrlConfigCommand({ FunctionName, AuthType: 'NONE', InvokeMode }),
  )
  return FunctionUrl!
}

/** As a client does whose resolver knows the host: over TCP to this machine, with the host's name in the request. */
function open(
  url: string,
  path = '',
  init: { method?: string; body?: string } = {},
): Promise<IncomingMessage> {
  const { host } = new URL(url)
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        host: '127.0.0.1',
        port: weir.port,
        path: `/${path}`,
        method: init.method,
        headers: { host },
        agent: false,
      },
      resolve,
    )
    request.on('error', reject)
    request.end(init.body)
  })
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

beforeAll(async () => {
  weir = await borrowWeir()
  lambda = new LambdaClient(weir.sdk)
})
afterAll(() => weir[Symbol.asyncDispose]())

describe('a function URL over HTTP', () => {
  test('hands the request to the function as it came, by host and by path', async () => {
    const url = await reachable('echo', ECHO)
    const id = new URL(url).hostname.split('.')[0]!
    const byHost = await open(url, 'a//b%2Fc?x=1&x=2', { method: 'POST', body: 'hi' })
    expect(byHost.statusCode).toBe(203)
    expect(byHost.headers['set-cookie']).toEqual(['a=1', 'b=2'])
    expect(byHost.headers['x-path']).toBe('/a//b%2Fc')
    expect(JSON.parse(await textOf(byHost))).toMatchObject({
      rawPath: '/a//b%2Fc',
      rawQueryString: 'x=1&x=2',
      body: Buffer.from('hi').toString('base64'),
      isBase64Encoded: true,
      requestContext: { apiId: id, domainName: `${id}.lambda-url.localhost:${weir.port}` },
    })
    const byPath = await fetch(`${weir.url}/_aws/lambda-url/${id}/x`)
    expect([byPath.status, byPath.headers.get('x-path')]).toEqual([203, '/x'])
    const unknown = await fetch(`${weir.url}/_aws/lambda-url/${'0'.repeat(32)}/`)
    expect([unknown.status, await unknown.text()]).toEqual([403, '{"Message":null}'])
  })

  test('sends the first byte before the last is written, and 20 MB whole', async () => {
    const url = await reachable('writer', WRITER, 'RESPONSE_STREAM')
    const early = await open(url, '?pieces=3&pause=1500')
    const arrivals: number[] = []
    for await (const _chunk of early) arrivals.push(performance.now())
    expect(arrivals.at(-1)! - arrivals[0]!).toBeGreaterThan(1000)
    const large = await open(url, '?pieces=320')
    const hash = createHash('sha256')
    let size = 0
    for await (const chunk of large) {
      size += (chunk as Buffer).length
      hash.update(chunk as Buffer)
    }
    expect(size).toBe(320 * 65_536)
    const expected = createHash('sha256')
    for (let n = 0; n < 320; n++) expected.update(Buffer.alloc(65_536, n))
    expect(hash.digest('hex')).toBe(expected.digest('hex'))
  })

  test('breaks the connection off where the function fails', async () => {
    const id = new URL(await reachable('breaks', WRITER, 'RESPONSE_STREAM')).hostname.split('.')[0]!
    const response = await fetch(`${weir.url}/_aws/lambda-url/${id}/?pieces=2&pause=50&fail=1`)
    expect(response.status).toBe(200)
    await expect(response.arrayBuffer()).rejects.toThrow()
  })
})

describe('a function URL for callers who sign', () => {
  test('lets in a function as its role, and not without its signature', async () => {
    await createFunction(lambda, 'signed', zip({ 'index.js': 'exports.handler = async event => event' }))
    await createFunction(lambda, 'caller', zip({ 'index.js': CALLER }))
    const { FunctionUrl } = await lambda.send(
      new CreateFunctionUrlConfigCommand({ FunctionName: 'signed', AuthType: 'AWS_IAM' }),
    )
    const id = new URL(FunctionUrl!).hostname.split('.')[0]!
    const { payload } = await invoke<Record<string, unknown>>(lambda, 'caller', {
      url: `${weir.url}/_aws/lambda-url/${id}/x`,
    })
    expect(payload).toMatchObject({
      signed: 200,
      unsigned: 403,
      event: {
        rawPath: '/x',
        requestContext: {
          authorizer: {
            iam: { userArn: 'arn:aws:sts::000000000000:assumed-role/acceptance/caller' },
          },
        },
      },
    })
  })
})

describe('InvokeWithResponseStream', () => {
  test('streams as the function writes, with its log and its failure at the end', async () => {
    await createFunction(lambda, 'invoked', zip({ 'index.js': WRITER }), { Timeout: 30 })
    const stream = async (event: object) => {
      const { EventStream } = await lambda.send(
        new InvokeWithResponseStreamCommand({
          FunctionName: 'invoked',
          Payload: JSON.stringify(event),
          LogType: 'Tail',
        }),
      )
      return EventStream!
    }
    const arrivals: number[] = []
    let complete: { LogResult?: string; ErrorCode?: string; ErrorDetails?: string } | undefined
    for await (const event of await stream({ pieces: 3, pause: 1000 })) {
      if (event.PayloadChunk) arrivals.push(performance.now())
      complete = event.InvokeComplete ?? complete
    }
    expect(arrivals.at(-1)! - arrivals[0]!).toBeGreaterThan(1000)
    expect(atob(complete!.LogResult!)).toContain('wrote')
    expect(complete!.ErrorCode).toBeUndefined()

    let size = 0
    for await (const event of await stream({ pieces: 400 })) size += event.PayloadChunk?.Payload?.length ?? 0
    expect(size).toBe(400 * 65_536)

    for await (const event of await stream({ pieces: 1, fail: 'x' })) complete = event.InvokeComplete
    expect(complete!.ErrorCode).toBe('Unhandled')
    expect(JSON.parse(complete!.ErrorDetails!)).toMatchObject({
      errorType: 'Error',
      errorMessage: 'on purpose',
    })
  })

  test('may be a dry run', async () => {
    await createFunction(lambda, 'dry', zip({ 'index.js': WRITER }))
    const answer = await lambda.send(
      new InvokeWithResponseStreamCommand({ FunctionName: 'dry', InvocationType: 'DryRun' }),
    )
    expect(answer).toMatchObject({ StatusCode: 204, ExecutedVersion: '$LATEST' })
  })
})
