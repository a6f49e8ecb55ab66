import * as dynamodb from '@aws-sdk/client-dynamodb'
import * as lambda from '@aws-sdk/client-lambda'
import * as sns from '@aws-sdk/client-sns'
import { Sha256 } from '@smithy/core/checksum'
import { HttpRequest } from '@smithy/core/protocols'
import { SignatureV4 } from '@smithy/signature-v4'
import { describe, expect, it } from 'vitest'
import { awsEndpoint } from '../../../src/aws/wire/endpoint.ts'
import { type Handler, service } from '../../../src/aws/wire/service.ts'
import { provideDigestStream } from './digest-stream.ts'
import { codes, factsOf } from './service-facts.ts'

provideDigestStream()

const NOW = Date.UTC(2026, 10, 22, 12)
const credentials = { accessKeyId: 'AKIDENDPOINT', secretAccessKey: 'secret' }
let received: unknown
let output: unknown = {}
const echo: Handler<null> = async input => {
  received = input
  return output
}

const all = (names: readonly string[]) => Object.fromEntries(names.map(name => [name, echo]))
const REST = ['CreateFunction', 'Invoke', 'ListFunctions', 'TagResource', 'DeleteFunction', 'PublishVersion']
const JSON_RPC = ['PutItem', 'ListTables', 'CreateTable']
const QUERY = ['Publish', 'CreateTopic', 'Subscribe', 'DeleteTopic', 'PublishBatch']

const endpoint = awsEndpoint<null>({
  services: [
    service({
      signingName: 'lambda',
      schemas: lambda as never,
      facts: factsOf('rest-json', 'lambda', REST),
      handlers: all(REST),
      codes,
      bodyLimits: { Invoke: { bytes: 2000, code: 'RequestTooLargeException', message: 'too large' } },
    }),
    service({
      signingName: 'dynamodb',
      schemas: dynamodb as never,
      facts: factsOf('json', 'dynamodb', JSON_RPC, { targetPrefix: 'DynamoDB_20120810', jsonVersion: '1.0' }),
      handlers: all(JSON_RPC),
      codes,
    }),
    service({
      signingName: 'sns',
      schemas: sns as never,
      facts: factsOf('query', 'sns', QUERY),
      handlers: all(QUERY),
      codes,
    }),
  ],
  lookUp: async id =>
    id === credentials.accessKeyId
      ? { ...credentials, account: '000000000000', arn: 'arn:aws:iam::000000000000:root' }
      : undefined,
  clock: () => NOW,
})

interface Draft {
  readonly service?: string
  readonly method?: string
  readonly path?: string
  readonly query?: Record<string, string>
  readonly headers?: Record<string, string>
  readonly body?: string | Uint8Array | ReadableStream<Uint8Array>
  readonly accessKeyId?: string
  readonly signedAt?: number
  readonly unsigned?: boolean
}

async function send(draft: Draft) {
  const { method = 'POST', path = '/', query = {}, body } = draft
  const isStream = body instanceof ReadableStream
  const request = new HttpRequest({
    method,
    protocol: 'http:',
    hostname: 'weir.test',
    path,
    query,
    headers: {
      host: 'weir.test',
      ...(isStream && { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }),
      ...draft.headers,
    },
    body: isStream ? undefined : body,
  })
  const signer = new SignatureV4({
    service: draft.service ?? 'lambda',
    region: 'eu-central-1',
    sha256: Sha256,
    credentials: { ...credentials, accessKeyId: draft.accessKeyId ?? credentials.accessKeyId },
  })
  const signed = draft.unsigned
    ? request
    : await signer.sign(request, { signingDate: new Date(draft.signedAt ?? NOW) })
  const search = new URLSearchParams(query).toString().replaceAll('+', '%20')
  received = undefined
  const init = { method, headers: signed.headers, body: body as BodyInit, duplex: 'half' }
  const response = await endpoint(
    new Request(`http://weir.test${path}${search && `?${search}`}`, init as RequestInit),
    null,
  )
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    text,
    type: response.headers.get('x-amzn-errortype'),
  }
}

const create = (body: string | Uint8Array) => send({ path: '/2015-03-31/functions', body })
const target = (name: string, body = '{}') =>
  send({
    service: 'dynamodb',
    headers: { 'x-amz-target': name, 'content-type': 'application/x-amz-json-1.0' },
    body,
  })
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const form = (body: string) => send({ service: 'sns', headers: FORM, body })

/** A body that says whether anybody read of it. */
function watchedBody(chunks: number) {
  const state = { reads: 0 }
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (state.reads++ < chunks) controller.enqueue(new Uint8Array(1000).fill(0x20))
        else controller.close()
      },
    },
    { highWaterMark: 0 },
  )
  return { state, body }
}

describe('who may have a request read', () => {
  const invoke = { path: '/2015-03-31/functions/f/invocations' }

  it('refuses an unsigned request', async () => {
    const rest = await send({ ...invoke, body: '{}', unsigned: true })
    expect([rest.status, rest.type]).toEqual([403, 'MissingAuthenticationTokenException'])
    const query = await send({ headers: FORM, body: 'Action=Publish', unsigned: true })
    expect(query.status).toBe(403)
    expect(query.text).toContain('<Code>MissingAuthenticationToken</Code>')
  })

  const strangers: [string, Partial<Draft>, string][] = [
    ['an unknown access key', { accessKeyId: 'AKIDSTRANGER' }, 'UnrecognizedClientException'],
    ['a signature of an hour ago', { signedAt: NOW - 3_600_000 }, 'InvalidSignatureException'],
    [
      'a header that was not signed so',
      { headers: { authorization: '' } },
      'MissingAuthenticationTokenException',
    ],
  ]
  it.each(strangers)('refuses %s before it reads any of the body', async (_name, draft, code) => {
    const { state, body } = watchedBody(1000)
    const unsigned = draft.headers !== undefined
    const answer = await send({ ...invoke, ...draft, unsigned, body })
    expect(answer.type).toBe(code)
    expect(state.reads).toBe(0)
  })

  it('refuses a wrong signature over a declared hash before it reads any of the body', async () => {
    const { state, body } = watchedBody(1000)
    const headers = { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD', authorization: '' }
    const scope = 'AKIDENDPOINT/20261122/eu-central-1/lambda/aws4_request'
    headers.authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=${'0'.repeat(64)}`
    const answer = await send({
      ...invoke,
      headers: { ...headers, 'x-amz-date': '20261122T120000Z' },
      unsigned: true,
      body,
    })
    expect(answer.type).toBe('InvalidSignatureException')
    expect(state.reads).toBe(0)
  })

  it('reads a body that is too large to its end and says so', async () => {
    const { state, body } = watchedBody(50)
    const answer = await send({ ...invoke, body })
    expect([answer.status, answer.type]).toEqual([413, 'RequestTooLargeException'])
    expect(state.reads).toBe(51)
  })
})

describe('which operation a request is for', () => {
  it('answers unknown operations in the protocol of the request', async () => {
    const rest = await send({ method: 'GET', path: '/2015-03-31/nothing' })
    expect([rest.status, rest.type]).toEqual([404, 'UnknownOperationException'])
    for (const name of [
      'DynamoDB_20120810.Nothing',
      'Other_20120810.PutItem',
      'PutItem',
      '',
      'constructor',
    ]) {
      const json = await target(name)
      expect([json.status, JSON.parse(json.text).__type]).toEqual([404, 'UnknownOperationException'])
    }
    const query = await form('Action=Nothing<&Version=2010-03-31')
    expect(query.status).toBe(400)
    expect(query.text).toContain('<Code>InvalidAction</Code>')
    expect((await form('Version=2010-03-31')).text).toContain('<Code>MissingAction</Code>')
  })

  it('names an operation that is not built', async () => {
    const answer = await send({ method: 'GET', path: '/2015-03-31/event-source-mappings' })
    expect([answer.status, answer.type]).toEqual([501, 'NotImplementedException'])
    expect(answer.text).toContain('ListEventSourceMappings')
  })

  it('answers for a service it does not speak', async () => {
    const answer = await send({ service: 'braket', method: 'GET', path: '/' })
    expect([answer.status, answer.type]).toEqual([404, 'UnknownOperationException'])
  })

  it('takes a REST request as one, whatever its content type and target are', async () => {
    const headers = { ...FORM, 'x-amz-target': 'AWSLambda.Invoke' }
    const body = '{"key":1}'
    const answer = await send({ path: '/2015-03-31/functions/f/invocations', headers, body })
    expect(answer.status).toBe(200)
    expect(received).toMatchObject({ FunctionName: 'f', Payload: new TextEncoder().encode(body) })
  })

  it('reads a query request from the query string, too', async () => {
    const query = { Action: 'CreateTopic', Version: '2010-03-31', Name: 'orders' }
    expect((await send({ service: 'sns', method: 'GET', query })).status).toBe(200)
    expect(received).toEqual({ Name: 'orders' })
  })

  it('has no body in an answer to HEAD', async () => {
    const answer = await send({ method: 'HEAD', path: '/nothing' })
    expect([answer.status, answer.text, answer.type]).toEqual([404, '', 'UnknownOperationException'])
  })
})

describe('hostile JSON', () => {
  const bad: [string, string | Uint8Array][] = [
    ['no JSON', '{"FunctionName":'],
    ['a list', '[]'],
    ['null', 'null'],
    ['invalid UTF-8', Uint8Array.of(0x22, 0xff, 0x22)],
    ['100,000 levels', '{"Tags":'.repeat(100_000)],
    ['lists without end', `{"Layers":${'['.repeat(100_000)}`],
    ['half a surrogate pair', '{"Description":"\\ud800"}'],
    ['half a surrogate pair in a key', '{"Tags":{"\\udfff":"x"}}'],
    ['bytes that are not base64', '{"Code":{"ZipFile":"####"}}'],
    ['bytes without their padding', '{"Code":{"ZipFile":"QUI"}}'],
    ['large bytes that are not base64', `{"Code":{"ZipFile":"${'A'.repeat(9000)}#"}}`],
  ]
  it.each(bad)('%s is a SerializationException', async (_name, body) => {
    const answer = await create(body)
    expect([answer.status, answer.type]).toEqual([400, 'SerializationException'])
    expect(received).toBeUndefined()
  })

  it('is read without its strange members', async () => {
    await create(
      '\ufeff{"__proto__":{"Role":"x"},"__type":"a","Extra":1,"constructor":2,"Role":"r","Role":"s"}',
    )
    expect(received).toEqual({ Role: 's' })
    expect(Object.keys(received as object)).toEqual(['Role'])
  })

  it("keeps a map's key that is the name of the prototype", async () => {
    await create('{"Tags":{"__proto__":"x","toString":"y"}}')
    const { Tags } = received as { Tags: object }
    expect(Object.entries(Tags)).toEqual([
      ['__proto__', 'x'],
      ['toString', 'y'],
    ])
    expect(Object.getPrototypeOf(Tags)).toBe(Object.prototype)
  })

  it('keeps nulls in maps for the constraints to judge, and lets none stand for a member', async () => {
    await create('{"Tags":{"a":null},"Role":null}')
    expect(received).toEqual({ Tags: { a: null } })
  })

  it('leaves a list where a structure belongs for the check of types', async () => {
    await create('{"Code":[]}')
    expect(received).toEqual({ Code: [] })
  })

  it('has exactly one member in a union', async () => {
    const item = (value: string) =>
      target('DynamoDB_20120810.PutItem', `{"TableName":"t","Item":{"k":${value}}}`)
    expect((await item('{"S":"a"}')).status).toBe(200)
    for (const value of ['{}', '{"S":"a","N":"1"}', '{"X":"a"}', '{"S":null}']) {
      expect(JSON.parse((await item(value)).text).__type).toBe('SerializationException')
    }
  })

  it('reads huge numbers as what a double makes of them', async () => {
    await create('{"Timeout":1e400,"MemorySize":123456789012345678901234567890}')
    expect(received).toEqual({
      Timeout: Number.POSITIVE_INFINITY,
      MemorySize: Number('123456789012345678901234567890'),
    })
  })
})

describe('hostile paths, queries and forms', () => {
  it('refuses labels and values that are not of their type', async () => {
    const label = await send({ method: 'DELETE', path: '/2015-03-31/functions/%ff' })
    expect([label.status, label.type]).toEqual([400, 'SerializationException'])
    for (const MaxItems of ['0x10', ' 5', '', '5five', '1e']) {
      const answer = await send({ method: 'GET', path: '/2015-03-31/functions', query: { MaxItems } })
      expect(answer.type).toBe('SerializationException')
    }
  })

  it('reads a form of 10,000 keys and refuses names without end, quickly', async () => {
    const start = performance.now()
    const keys = Array.from(
      { length: 10_000 },
      (_, i) => `Attributes.entry.${i + 1}.key=k${i}&Attributes.entry.${i + 1}.value=v`,
    )
    expect((await form(`Action=CreateTopic&Name=n&${keys.join('&')}`)).status).toBe(200)
    expect(Object.keys((received as { Attributes: object }).Attributes)).toHaveLength(10_000)
    for (const name of ['a.'.repeat(400_000), 'a.'.repeat(100), 'a'.repeat(900_000)]) {
      const answer = await form(`Action=CreateTopic&${name}=1`)
      expect(answer.text).toContain('<Code>SerializationException</Code>')
    }
    expect(performance.now() - start).toBeLessThan(5000)
  })

  it('answers with XML that can be read, whatever it repeats', async () => {
    output = { TopicArn: 'a\u0000b\u0007<&>\ud800' }
    expect((await form('Action=CreateTopic&Name=n')).text).toContain(
      '<TopicArn>a?b?&lt;&amp;&gt;\ufffd</TopicArn>',
    )
    output = {}
    const answer = await form(
      'Action=PublishBatch&PublishBatchRequestEntries.member.1.MessageAttributes.entry.1.Name=%00%3C',
    )
    expect(answer.text).toMatch(/^<ErrorResponse [^\0]*<Code>SerializationException</)
  })
})

describe('answers', () => {
  it('stream a payload as it comes', async () => {
    const { body } = watchedBody(3)
    output = { StatusCode: 200, Payload: body, FunctionError: 'Unhandled' }
    const answer = await send({ path: '/2015-03-31/functions/f/invocations', body: '{}' })
    expect(answer.text).toBe(' '.repeat(3000))
    expect(answer.headers.get('x-amz-function-error')).toBe('Unhandled')
    output = {}
  })

  it('have an empty body for a payload that is not there', async () => {
    output = { StatusCode: 202 }
    const answer = await send({ path: '/2015-03-31/functions/f/invocations', body: '{}' })
    expect([answer.status, answer.text]).toEqual([202, ''])
    output = {}
  })

  it('have neither body nor type where the operation has no output', async () => {
    const answer = await send({ path: '/2017-03-31/tags/arn', body: '{"Tags":{"a":"b"}}' })
    expect([answer.status, answer.text, answer.headers.get('content-type')]).toEqual([204, '', null])
    expect((await form('Action=DeleteTopic&TopicArn=a')).text).not.toContain('Result')
  })

  it('carry a request id in every protocol', async () => {
    for (const answer of [
      await create('{}'),
      await form('Action=CreateTopic&Name=n'),
      await target('DynamoDB_20120810.ListTables'),
    ]) {
      expect(answer.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/)
    }
  })
})
