import { Lambda } from '@aws-sdk/client-lambda'
import { beforeAll, describe, expect, test } from 'vitest'
import { type HowToSign, signedCall, type Unsigned } from '../../sign-call.ts'
import { clientOptions, ORIGIN, send } from '../../whole-weir.ts'
import { zipOf } from '../runtime/load-function.ts'

const REGION = 'eu-central-1'

const lambda = new Lambda(clientOptions(REGION))

/** Creates a function with a URL; gives the URL's address. */
async function reachable(
  FunctionName: string,
  source: string,
  settings: {
    AuthType?: 'NONE' | 'AWS_IAM'
    InvokeMode?: 'BUFFERED' | 'RESPONSE_STREAM'
    open?: boolean
  } = {},
): Promise<string> {
  await lambda.createFunction({
    FunctionName,
    Runtime: 'nodejs22.x',
    Role: 'arn:aws:iam::000000000000:role/service',
    Handler: 'index.handler',
    Code: { ZipFile: zipOf({ 'index.js': source }) },
  })
  const { AuthType = 'NONE', InvokeMode, open = AuthType === 'NONE' } = settings
  const { FunctionUrl } = await lambda.createFunctionUrlConfig({ FunctionName, AuthType, InvokeMode })
  if (open) await letEverybodyIn(FunctionName)
  return FunctionUrl!
}

async function letEverybodyIn(FunctionName: string): Promise<void> {
  await lambda.addPermission({
    FunctionName,
    StatementId: 'url',
    Action: 'lambda:InvokeFunctionUrl',
    Principal: '*',
    FunctionUrlAuthType: 'NONE',
  })
  await lambda.addPermission({
    FunctionName,
    StatementId: 'call',
    Action: 'lambda:InvokeFunction',
    Principal: '*',
    InvokedViaFunctionUrl: true,
  })
}

const ECHO = 'exports.handler = async event => ({ statusCode: 201, body: JSON.stringify(event) })'

describe('a function URL', () => {
  test('is reached by its host and by its path', async () => {
    const byHost = await reachable('echo', ECHO)
    expect(byHost).toMatch(/^http:\/\/[a-z0-9]{32}\.lambda-url\.localhost:8787\/$/)
    const id = new URL(byHost).hostname.split('.')[0]!
    for (const address of [byHost, `${ORIGIN}/_aws/lambda-url/${id}/`]) {
      const response = await send(new Request(`${address}a//b%2Fc?x=1&x=2`, { method: 'PATCH', body: 'é' }))
      expect(response.status).toBe(201)
      expect(await response.json()).toMatchObject({
        rawPath: '/a//b%2Fc',
        queryStringParameters: { x: '1,2' },
        requestContext: { accountId: 'anonymous', apiId: id, http: { method: 'PATCH' } },
        body: 'é',
      })
    }
    for (const path of ['_weir/health', '_aws/execute-api/x/y', '2015-03-31/functions']) {
      const { rawPath } = (await (await send(new Request(byHost + path))).json()) as { rawPath: string }
      expect(rawPath).toBe(`/${path}`)
    }
  })

  test('lets in whom the policy lets in, at once and no longer', async () => {
    const url = await reachable('guarded', ECHO, { open: false })
    const statusOf = async () => (await send(new Request(url))).status
    expect(await statusOf()).toBe(403)
    await letEverybodyIn('guarded')
    expect(await statusOf()).toBe(201)
    await lambda.removePermission({ FunctionName: 'guarded', StatementId: 'call' })
    expect(await statusOf()).toBe(403)
    await lambda.addPermission({
      FunctionName: 'guarded',
      StatementId: 'call',
      Action: 'lambda:InvokeFunction',
      Principal: '*',
    })
    expect(await statusOf()).toBe(201)
    await lambda.deleteFunctionUrlConfig({ FunctionName: 'guarded' })
    const gone = await send(new Request(url))
    expect([gone.status, await gone.text()]).toEqual([403, '{"Message":null}'])
  })

  test('leads to the alias it was made for', async () => {
    const FunctionName = 'aliased'
    await reachable(FunctionName, 'exports.handler = async () => "one"')
    await lambda.publishVersion({ FunctionName })
    await lambda.updateFunctionCode({
      FunctionName,
      ZipFile: zipOf({ 'index.js': 'exports.handler = async (_, context) => context.invokedFunctionArn' }),
    })
    await lambda.publishVersion({ FunctionName })
    await lambda.createAlias({ FunctionName, Name: 'prod', FunctionVersion: '1' })
    const { FunctionUrl } = await lambda.createFunctionUrlConfig({
      FunctionName,
      Qualifier: 'prod',
      AuthType: 'NONE',
    })
    const read = async () => (await send(new Request(FunctionUrl!))).text()
    expect(await read()).toContain('Forbidden')
    for (const [Action, more] of [
      ['lambda:InvokeFunctionUrl', { FunctionUrlAuthType: 'NONE' }],
      ['lambda:InvokeFunction', { InvokedViaFunctionUrl: true }],
    ] as const) {
      const StatementId = Action.replace(':', '')
      await lambda.addPermission({
        FunctionName,
        Qualifier: 'prod',
        StatementId,
        Action,
        Principal: '*',
        ...more,
      })
    }
    expect(await read()).toBe('one')
    await lambda.updateAlias({ FunctionName, Name: 'prod', FunctionVersion: '2' })
    expect(await read()).toBe(`arn:aws:lambda:${REGION}:000000000000:function:aliased:prod`)
  })

  test('streams what its function writes, with the status and headers it began with', async () => {
    const url = await reachable(
      'streamed',
      `exports.handler = awslambda.streamifyResponse(async (event, stream) => {
        if (event.rawPath === '/fails') throw new Error('early')
        const head = { statusCode: 202, headers: { 'X-A': 'b' }, cookies: ['c=1', 'd=2'] }
        if (event.rawPath === '/headed') stream = awslambda.HttpResponseStream.from(stream, head)
        stream.write('one ')
        stream.write(Buffer.from([0, 255]))
        stream.end()
      })`,
      { InvokeMode: 'RESPONSE_STREAM' },
    )
    const plain = await send(new Request(url))
    expect([plain.status, plain.headers.get('content-type')]).toEqual([200, 'application/octet-stream'])
    const bytes = [...new TextEncoder().encode('one '), 0, 255]
    expect([...new Uint8Array(await plain.arrayBuffer())]).toEqual(bytes)
    const headed = async () => {
      const response = await send(new Request(`${url}headed`))
      expect([response.status, response.headers.get('x-a')]).toEqual([202, 'b'])
      expect(response.headers.getSetCookie()).toEqual(['c=1', 'd=2'])
      expect([...new Uint8Array(await response.arrayBuffer())]).toEqual(bytes)
    }
    await headed()
    const failed = await send(new Request(`${url}fails`))
    expect([failed.status, await failed.text()]).toEqual([502, 'Internal Server Error'])
    await lambda.updateFunctionUrlConfig({ FunctionName: 'streamed', InvokeMode: 'BUFFERED' })
    await headed()
  })
})

test('a reset forgets every URL, and their addresses are not given again', async () => {
  const before = await reachable('forgotten', ECHO)
  expect((await send(new Request(before))).status).toBe(201)
  expect((await send(new Request(`${ORIGIN}/_weir/reset`, { method: 'POST' }))).status).toBe(200)
  expect(await (await send(new Request(before))).text()).toBe('{"Message":null}')
  const after = await reachable('forgotten', ECHO)
  expect(after).not.toBe(before)
  expect((await send(new Request(after))).status).toBe(201)
  expect(await (await send(new Request(before))).text()).toBe('{"Message":null}')
})

describe('a URL for callers who sign', () => {
  const signed = (url: string, init?: Unsigned, how?: HowToSign): Promise<Request> =>
    signedCall(url, init, { service: 'lambda', region: REGION, ...how })

  let url: string
  beforeAll(async () => {
    url = await reachable('signed', ECHO, { AuthType: 'AWS_IAM' })
  })

  test('lets in the account’s owner, and tells the function who it is', async () => {
    const init = { method: 'POST', body: '{"a":1}', headers: { 'content-type': 'application/json' } }
    const response = await send(await signed(`${url}a/b?c=d e`, init))
    expect(response.status).toBe(201)
    const event = (await response.json()) as { headers: object }
    expect(event).toMatchObject({
      body: '{"a":1}',
      requestContext: {
        accountId: '000000000000',
        authorizer: { iam: { accessKey: 'test', userArn: 'arn:aws:iam::000000000000:root' } },
      },
    })
    expect(event.headers).not.toHaveProperty('authorization')
    const id = new URL(url).hostname.split('.')[0]
    expect((await send(await signed(`${ORIGIN}/_aws/lambda-url/${id}/x`))).status).toBe(201)
    expect((await send(await signed(url, {}, { presigned: true }))).status).toBe(201)
  })

  test('lets in nobody else', async () => {
    const refusal = async (request: Request) => {
      const response = await send(request)
      expect(response.status).toBe(403)
      return [response.headers.get('x-amzn-errortype'), await response.text()].join(' ')
    }
    expect(await refusal(new Request(url))).toContain('AccessDeniedException {"Message":"Forbidden')
    const strangers = { accessKeyId: 'nobody', secretAccessKey: 'x' }
    expect(await refusal(await signed(url, {}, { credentials: strangers }))).toContain(
      'UnrecognizedClientException',
    )
    const wrong = { accessKeyId: 'test', secretAccessKey: 'x' }
    expect(await refusal(await signed(url, {}, { credentials: wrong }))).toMatch(
      /^InvalidSignatureException \{"message":"The request signature we calculated does not match/,
    )
    expect(await refusal(await signed(url, {}, { service: 'execute-api' }))).toContain('correct service')
    expect(await refusal(await signed(url, {}, { region: 'us-east-1' }))).toContain('valid region')
    const request = await signed(url, { method: 'POST', body: 'a' })
    expect(await refusal(new Request(request, { body: 'b' }))).toContain('InvalidSignatureException')
    expect(await refusal(new Request(`${url}other`, await signed(url)))).toContain(
      'InvalidSignatureException',
    )
  })
})
