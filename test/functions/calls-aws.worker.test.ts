import { exports as workerExports } from 'cloudflare:workers'
import { Lambda } from '@aws-sdk/client-lambda'
import { STS } from '@aws-sdk/client-sts'
import { describe, expect, test } from 'vitest'
import { provideDomParser } from '../dom-parser.ts'
import { requestHandlerTo } from '../sdk-request-handler.ts'
import { zipOf } from './runtime/load-function.ts'

provideDomParser()

const ORIGIN = 'http://localhost:8787'
const ACCOUNT = '000000000000'

/** The Worker itself, with the bindings that its entrypoints have too. */
const send = (request: Request): Promise<Response> =>
  (workerExports as unknown as { default: Fetcher }).default.fetch(request)

const clientOf = (region: string) =>
  new Lambda({
    region,
    endpoint: ORIGIN,
    maxAttempts: 1,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    requestHandler: requestHandlerTo(ORIGIN, send),
  })

const lambda = clientOf('eu-central-1')

/** Sends what an SDK would send with the credentials of the environment; of the signature only the scope is right. */
const CALLER = `
  exports.handler = async ({ url, service, method = 'POST', headers = {}, body }) => {
    const { AWS_ACCESS_KEY_ID: key, AWS_REGION: region, AWS_SESSION_TOKEN: token } = process.env
    const response = await fetch(url.replace('{region}', region), {
      method,
      body,
      headers: {
        ...headers,
        'x-amz-date': '20200101T000000Z',
        'x-amz-security-token': token,
        authorization: 'AWS4-HMAC-SHA256 Credential=' + key + '/20200101/' + region + '/' + service +
          '/aws4_request, SignedHeaders=host;x-amz-date, Signature=' + '0'.repeat(64),
      },
    })
    return { status: response.status, body: await response.text() }
  }`

async function deploy(
  name: string,
  code: string,
  role = `arn:aws:iam::${ACCOUNT}:role/made-up`,
): Promise<void> {
  await lambda.createFunction({
    FunctionName: name,
    Runtime: 'nodejs22.x',
    Handler: 'index.handler',
    Role: role,
    Code: { ZipFile: zipOf({ 'index.js': code }) },
  })
}

interface Answer {
  readonly status: number
  readonly body: string
}

async function callAs(name: string, event: object): Promise<Answer> {
  const { Payload } = await lambda.invoke({ FunctionName: name, Payload: JSON.stringify(event) })
  return JSON.parse(new TextDecoder().decode(Payload))
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const identityAt = (url: string) => ({
  url,
  service: 'sts',
  headers: FORM,
  body: 'Action=GetCallerIdentity&Version=2011-06-15',
})

describe('a function that calls AWS', () => {
  test('is its role, in a session that has its name', async () => {
    await deploy('who-am-i', CALLER)
    for (const url of ['https://sts.{region}.amazonaws.com/', 'https://sts.amazonaws.com/', `${ORIGIN}/`]) {
      const { status, body } = await callAs('who-am-i', identityAt(url))
      expect([url, status, body]).toEqual([url, 200, expect.anything()])
      expect(body).toContain(`<Arn>arn:aws:sts::${ACCOUNT}:assumed-role/made-up/who-am-i</Arn>`)
      expect(body).toMatch(/<UserId>AROA[A-Z2-7]{17}:who-am-i<\/UserId>/)
    }
  })

  test('is told which services are not there, and never reaches the real ones', async () => {
    await deploy('asks-polly', CALLER)
    const { status, body } = await callAs('asks-polly', {
      url: 'https://polly.{region}.amazonaws.com/v1/voices',
      service: 'polly',
      method: 'GET',
    })
    expect([status, JSON.parse(body)]).toEqual([404, { message: "Weir does not speak the service 'polly'" }])
  })
})

test('the placeholders of functions are worth nothing to anybody else', async () => {
  const sts = new STS({
    region: 'eu-central-1',
    endpoint: ORIGIN,
    maxAttempts: 1,
    credentials: {
      accessKeyId: 'ASIAWEIRPLACEHOLDER0',
      secretAccessKey: 'placeholder',
      sessionToken: 'placeholder',
    },
    requestHandler: requestHandlerTo(ORIGIN, send),
  })
  await expect(sts.getCallerIdentity({})).rejects.toMatchObject({
    name: 'InvalidClientTokenId',
    $metadata: { httpStatusCode: 403 },
  })
})
