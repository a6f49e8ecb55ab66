import { expect, test } from 'vitest'
import { apiAddress } from '../../../src/gateway/address.ts'
import { Exchange } from '../../../src/gateway/exchange.ts'
import type { MappedRequest } from '../../../src/gateway/mapping/map-request.ts'
import { prepareRequestMapping } from '../../../src/gateway/mapping/map-request.ts'
import { locate } from '../../../src/gateway/phases/locate.ts'
import type { SnapshotIntegration } from '../../../src/gateway/snapshot.ts'
import { fakeApi, HOST, method, resource, snapshot } from '../fake-gateway.ts'

async function mapped(
  over: Partial<SnapshotIntegration>,
  target: string,
  init: RequestInit = {},
  authorizer: Record<string, unknown> = {},
): Promise<MappedRequest> {
  const integration: SnapshotIntegration = {
    type: 'HTTP',
    passthroughBehavior: 'WHEN_NO_MATCH',
    timeoutMs: 1000,
    responses: [],
    ...over,
  }
  const api = fakeApi({
    snapshot: snapshot([resource('/x/{id}', { ANY: method({ integration }) })]),
    stages: { prod: { color: 'blue' } },
  })
  const request = new Request(`http://${HOST}${target}`, init)
  const exchange = new Exchange(request, apiAddress(request)!, api.gateway)
  await locate(exchange)
  exchange.authorization = { authorizer }
  const result = await prepareRequestMapping(integration)(exchange)
  if ('refusal' in result) throw new Error(result.refusal.type)
  return result
}

test('parameters come from wherever their mapping says', async () => {
  const { headers, query, path } = await mapped(
    {
      requestParameters: {
        'integration.request.header.X-Path': 'method.request.path.id',
        'integration.request.header.X-Body': 'method.request.body.a.b[0]',
        'integration.request.header.X-Whole': 'method.request.body',
        'integration.request.header.X-Static': "'is static'",
        'integration.request.header.X-Stage': 'stageVariables.color',
        'integration.request.header.X-Ip': 'context.identity.sourceIp',
        'integration.request.header.X-None': 'method.request.header.none',
        'integration.request.querystring.one': 'method.request.querystring.q',
        'integration.request.querystring.all': 'method.request.multivaluequerystring.q',
        'integration.request.path.name': 'method.request.header.x-name',
      },
    },
    '/prod/x/7%2F8?q=1&q=2',
    { method: 'POST', body: '{"a": {"b": ["c"]}}', headers: { 'x-name': 'n' } },
  )
  expect(headers).toEqual([
    ['X-Path', '7/8'],
    ['X-Body', 'c'],
    ['X-Whole', '{"a": {"b": ["c"]}}'],
    ['X-Static', 'is static'],
    ['X-Stage', 'blue'],
    ['X-Ip', '127.0.0.1'],
  ])
  expect(query).toEqual([
    ['one', '2'],
    ['all', '1'],
    ['all', '2'],
  ])
  expect(path).toEqual({ name: 'n' })
})

test('what the template overrides counts over what is mapped', async () => {
  const { headers, query, path, body } = await mapped(
    {
      requestParameters: {
        'integration.request.header.X-Mapped': "'mapped'",
        'integration.request.querystring.q': "'mapped'",
        'integration.request.path.p': "'mapped'",
      },
      requestTemplates: {
        $default:
          '#set($context.requestOverride.header.x-mapped = "made")#set($context.requestOverride.querystring.q = ["a", "b"])#set($context.requestOverride.path.p = "c")body',
      },
    },
    '/prod/x/1',
  )
  expect([headers, query, path, body]).toEqual([
    [['x-mapped', 'made']],
    [
      ['q', 'a'],
      ['q', 'b'],
    ],
    { p: 'c' },
    'body',
  ])
})

test('a template that is null leaves the payload as it is, whatever the behavior for others', async () => {
  const { body } = await mapped(
    { passthroughBehavior: 'NEVER', requestTemplates: { 'text/plain': null as unknown as string } },
    '/prod/x/1',
    { method: 'POST', body: 'as it is', headers: { 'content-type': 'text/plain' } },
  )
  expect(body).toBe('as it is')
})

test('a template sees a form as text', async () => {
  const { body } = await mapped(
    {
      requestTemplates: {
        'application/x-www-form-urlencoded': `{#foreach($pair in $input.path('$').split('&'))#set($kv = $pair.split('='))"$util.urlDecode($kv[0])": "$util.urlDecode($kv[1])"#if($foreach.hasNext), #end#end}`,
      },
    },
    '/prod/x/1',
    {
      method: 'POST',
      body: 'a=1&b%20c=d+e',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    },
  )
  expect(JSON.parse(body as string)).toEqual({ a: '1', 'b c': 'd e' })
})

test('lists of a payload are written as JSON, maps as Java does', async () => {
  const { body } = await mapped(
    {
      requestTemplates: {
        $default: "$input.path('$') $input.path('$.b') $input.path('$..c') #set($made = [1, 'x'])$made",
      },
    },
    '/prod/x/1',
    { method: 'POST', body: '{"a": 1, "b": [{"c": 5}], "id": 1234567890123456789}' },
  )
  expect(body).toBe('{a=1, b=[{"c":5}], id=1234567890123456789} [{"c":5}] [5] [1, x]')
})

test('what a template does to the context stays in its request', async () => {
  const authorizer = { principalId: 'me', nested: 'kept' }
  const template = '#set($context.authorizer.principalId = "x")$context.authorizer.principalId'
  const { body } = await mapped({ requestTemplates: { $default: template } }, '/prod/x/1', {}, authorizer)
  expect([body, authorizer.principalId]).toEqual(['x', 'me'])
})
