import { describe, expect, test } from 'vitest'
import type { ServiceCall } from '../../../src/gateway/gateway.ts'
import type { SnapshotIntegration } from '../../../src/gateway/snapshot.ts'
import { ACCOUNT, fakeApi, HOST, method, resource, snapshot } from '../fake-gateway.ts'

const ROLE = `arn:aws:iam::${ACCOUNT.id}:role/gateway`
const variable = (name: string) => `\${stageVariables.${name}}`
const service = (api: string) => `arn:aws:apigateway:eu-west-1:${api}`

interface Sent extends ServiceCall {
  readonly method: string
  readonly url: string
  readonly headers: Record<string, string>
  readonly body: string
}

async function call(
  over: Partial<SnapshotIntegration>,
  init: RequestInit = {},
  answer = () => new Response('{"done": true}', { status: 200 }),
): Promise<{ response: Response; sent: Sent | undefined }> {
  let sent: Sent | undefined
  const integration: SnapshotIntegration = {
    type: 'AWS',
    httpMethod: 'POST',
    credentials: ROLE,
    passthroughBehavior: 'WHEN_NO_MATCH',
    timeoutMs: 29_000,
    responses: [{ statusCode: '200' }, { statusCode: '403', selectionPattern: '403' }],
    ...over,
  }
  const api = fakeApi({
    snapshot: snapshot([resource('/x/{id}', { ANY: method({ integration }) })]),
    stages: { prod: { table: 'pets' } },
    parts: {
      callService: async (request, as) => {
        const headers = Object.fromEntries(request.headers)
        sent = { ...as, method: request.method, url: request.url, headers, body: await request.text() }
        return answer()
      },
    },
  })
  return { response: await api.send('/prod/x/a%2Fb?q=1', init), sent }
}

test('an action of a service that reads forms', async () => {
  const { response, sent } = await call({
    uri: service('sts:action/GetCallerIdentity'),
    requestParameters: { 'integration.request.querystring.Version': "'2011-06-15'" },
  })
  expect(sent).toMatchObject({
    method: 'POST',
    url: 'https://sts.eu-west-1.amazonaws.com/?Version=2011-06-15&Action=GetCallerIdentity',
    account: ACCOUNT,
    role: ROLE,
    service: 'sts',
    region: 'eu-west-1',
    origin: `http://${HOST}`,
  })
  expect(await response.json()).toEqual({ done: true })
})

test('an action of a service that reads JSON', async () => {
  const { sent } = await call(
    {
      uri: service('dynamodb:action/GetItem'),
      requestTemplates: {
        'application/json':
          '{"TableName": "$stageVariables.table", "Key": {"id": {"S": "$input.params(\'id\')"}}}',
      },
    },
    { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } },
  )
  expect(sent).toMatchObject({ service: 'dynamodb', url: 'https://dynamodb.eu-west-1.amazonaws.com/' })
  expect(sent!.headers).toMatchObject({
    'x-amz-target': 'DynamoDB_20120810.GetItem',
    'content-type': 'application/x-amz-json-1.0',
  })
  expect(JSON.parse(sent!.body)).toEqual({ TableName: 'pets', Key: { id: { S: 'a/b' } } })
})

test('a path, with variables in it', async () => {
  const { sent } = await call({
    httpMethod: 'GET',
    uri: service('lambda:path/2015-03-31/functions/{name}/aliases?MaxItems=5'),
    requestParameters: {
      'integration.request.path.name': 'method.request.path.id',
      'integration.request.querystring.Marker': 'method.request.querystring.q',
      'integration.request.header.X-Thing': "'yes'",
    },
  })
  expect(sent).toMatchObject({
    method: 'GET',
    url: 'https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/a%2Fb/aliases?MaxItems=5&Marker=1',
    service: 'lambda',
    body: '',
  })
  expect(sent!.headers['x-thing']).toBe('yes')
})

test('a part of the host, and a method that is the client’s', async () => {
  const { sent } = await call(
    {
      httpMethod: 'ANY',
      uri: service(`{bucket}.s3:path/${variable('table')}/{key}`),
      requestParameters: {
        'integration.request.path.bucket': "'photos'",
        'integration.request.path.key': 'method.request.path.id',
      },
    },
    { method: 'PUT', body: 'bytes', headers: { 'content-type': 'text/plain' } },
  )
  expect(sent).toMatchObject({
    method: 'PUT',
    url: 'https://photos.s3.eu-west-1.amazonaws.com/pets/a%2Fb',
    service: 's3',
    body: 'bytes',
  })
  expect(sent!.headers['content-type']).toBe('text/plain')
})

describe('the answer', () => {
  test('is chosen by its status', async () => {
    const denied = () => new Response('<Error>no</Error>', { status: 403, headers: { 'x-why': 'policy' } })
    const { response } = await call(
      {
        uri: service('sts:action/GetCallerIdentity'),
        responses: [
          { statusCode: '200' },
          {
            statusCode: '401',
            selectionPattern: '4\\d{2}',
            parameters: { 'method.response.header.X-Why': 'integration.response.header.x-why' },
          },
        ],
      },
      {},
      denied,
    )
    expect([response.status, response.headers.get('x-why'), await response.text()]).toEqual([
      401,
      'policy',
      '<Error>no</Error>',
    ])
  })

  test.each([
    [
      'a header with a line end',
      { 'integration.request.header.X-Q': 'method.request.header.x-q' },
      'a%0D%0Ab: c',
    ],
    ['a path to elsewhere', { 'integration.request.path.key': 'method.request.header.x-q' }, '..'],
    ['another host', { 'integration.request.path.bucket': 'method.request.header.x-q' }, 'evil.example/x?'],
  ])('is 400 for what the client makes %s of', async (_, requestParameters, value) => {
    const mappings = Object.entries(requestParameters).map(([target]) => [
      target.replace('integration.request.', '$context.requestOverride.'),
      "$util.urlDecode($input.params('x-q'))",
    ])
    const { response, sent } = await call(
      {
        uri: service('{bucket}.s3:path/public/{key}'),
        requestParameters: {
          'integration.request.path.bucket': "'b'",
          'integration.request.path.key': "'k'",
        },
        requestTemplates: {
          'application/json': mappings
            .map(([target, from]) => `#set(${target!.replace('X-Q', 'x_q')} = ${from})`)
            .join(''),
        },
      },
      { headers: { 'x-q': value } },
    )
    expect([response.status, sent]).toEqual([400, undefined])
  })

  test('is 500 where the role cannot be taken, or the URI names no service', async () => {
    for (const over of [
      { uri: service('sts:action/GetCallerIdentity'), credentials: undefined },
      { uri: service(variable('none')) },
      { uri: 'nonsense' },
    ]) {
      const { response, sent } = await call(over)
      expect([response.status, sent]).toEqual([500, undefined])
    }
  })
})
