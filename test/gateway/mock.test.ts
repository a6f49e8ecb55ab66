import { describe, expect, test } from 'vitest'
import { mockStatus } from '../../src/gateway/integrations/mock.ts'
import type { SnapshotIntegration, SnapshotIntegrationResponse } from '../../src/gateway/snapshot.ts'
import { API_ID, fakeApi, method, resource, snapshot } from './fake-gateway.ts'

const JSON_TYPE = 'application/json'
const mock = (over: Partial<SnapshotIntegration>): SnapshotIntegration => ({
  type: 'MOCK',
  passthroughBehavior: 'WHEN_NO_MATCH',
  timeoutMs: 29_000,
  responses: [{ statusCode: '200' }],
  ...over,
})
const apiOf = (integration: SnapshotIntegration, stages?: Record<string, Record<string, string>>) =>
  fakeApi({
    snapshot: snapshot([resource('/x/{id}', { ANY: method({ integration }) })]),
    ...(stages && { stages }),
  })
const templates = (text: string) => ({ requestTemplates: { [JSON_TYPE]: text } })

test('answers a browser asking whether it may call from another origin', async () => {
  // What the API Gateway console and `enable CORS` of other tools make of an OPTIONS method.
  const api = apiOf(
    mock({
      ...templates('{"statusCode": 200}'),
      responses: [
        {
          statusCode: '200',
          parameters: {
            'method.response.header.Access-Control-Allow-Headers':
              "'Content-Type,X-Amz-Date,Authorization,X-Api-Key,X-Amz-Security-Token'",
            'method.response.header.Access-Control-Allow-Methods': "'GET,OPTIONS'",
            'method.response.header.Access-Control-Allow-Origin': "'*'",
          },
          templates: { [JSON_TYPE]: '' },
        },
      ],
    }),
  )
  const response = await api.send('/prod/x/1', {
    method: 'OPTIONS',
    headers: { origin: 'https://example.com', 'access-control-request-method': 'GET' },
  })
  expect(response.status).toBe(200)
  expect(Object.fromEntries(response.headers)).toEqual({
    'access-control-allow-headers': 'Content-Type,X-Amz-Date,Authorization,X-Api-Key,X-Amz-Security-Token',
    'access-control-allow-methods': 'GET,OPTIONS',
    'access-control-allow-origin': '*',
    'content-type': JSON_TYPE,
    'x-amz-apigw-id': 'AQEBAQEBAQEBAQE=',
    'x-amzn-requestid': '01010101-0101-4101-8101-010101010101',
  })
  expect(await response.text()).toBe('')
  expect(api.invocations).toEqual([])
})

describe('the response is chosen by the status code that the request template makes', () => {
  const responses: SnapshotIntegrationResponse[] = [
    { statusCode: '500', selectionPattern: '5\\d{2}', templates: { [JSON_TYPE]: 'failed' } },
    { statusCode: '404', selectionPattern: '404', templates: { [JSON_TYPE]: 'absent' } },
    { statusCode: '200', templates: { [JSON_TYPE]: 'default' } },
  ]
  const choose = `{ #if( $input.params('scope') == "internal" ) "statusCode": 200 #elseif($input.params('scope') == 'none') "statusCode": 404 #else "statusCode": 503 #end }`

  test.each([
    ['?scope=internal', 200, 'default'],
    ['?scope=none', 404, 'absent'],
    ['', 500, 'failed'],
  ])('%s', async (query, status, text) => {
    const response = await apiOf(mock({ ...templates(choose), responses })).send(`/prod/x/1${query}`)
    expect([response.status, await response.text()]).toEqual([status, text])
  })

  test('a pattern matches all of it', async () => {
    const api = apiOf(
      mock({
        ...templates('{"statusCode": 2000}'),
        responses: [{ statusCode: '201', selectionPattern: '200' }],
      }),
    )
    expect((await api.send('/prod/x/1')).status).toBe(500)
  })

  test('without a choice for it the API is misconfigured', async () => {
    const api = apiOf(mock({ ...templates('{"statusCode": 200}'), responses: [] }))
    expect((await api.send('/prod/x/1')).status).toBe(500)
  })
})

test.each([
  ['{"statusCode": 200}', '200'],
  ['{"statusCode": 0}', '0'],
  ['{ statusCode: 200 }', '200'],
  ["{'statusCode': 200, '': ''}", '200'],
  ['{"statusCode": 200 , }', '200'],
  ['{"statusCode": 200 ,, }', '200'],
  ['{"a": {}, "statusCode": 404}', '404'],
  ['{"statusCode": "200"}', undefined],
  ['{"statusCode": 200', undefined],
  ['{"statusCode\': 200 }', undefined],
  ['{\'statusCode": 200 }', undefined],
  ["{'statusCode: 200 }", undefined],
  ['statusCode: 200', undefined],
  ['{"other": 1}', undefined],
  ['null', undefined],
  ['', undefined],
])('%j makes the status %s', (text, status) => {
  expect(mockStatus(text)).toBe(status)
})

describe('which template a payload goes through', () => {
  const sendWith = async (
    passthroughBehavior: SnapshotIntegration['passthroughBehavior'],
    contentType: string | undefined,
    requestTemplates: Record<string, string>,
  ) => {
    const api = apiOf(
      mock({
        passthroughBehavior,
        requestTemplates,
        responses: [
          { statusCode: '201', selectionPattern: '201' },
          { statusCode: '202', selectionPattern: '202' },
          { statusCode: '200' },
        ],
      }),
    )
    const response = await api.send('/prod/x/1', {
      method: 'POST',
      body: '{"statusCode": 202}',
      headers: contentType ? { 'content-type': contentType } : { 'content-type': '' },
    })
    return response.status
  }
  const json = { [JSON_TYPE]: '{"statusCode": 201}' }
  const xml = { 'application/xml': '{"statusCode": 201}' }

  // The two examples of https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-passthrough-behaviors.html
  test.each([
    [undefined, json, [201, 201, 201]],
    [JSON_TYPE, json, [201, 201, 201]],
    ['application/xml', json, [202, 415, 415]],
    [undefined, xml, [202, 415, 415]],
    [JSON_TYPE, xml, [202, 415, 415]],
    ['application/xml', xml, [201, 201, 201]],
    ['application/xml; charset=utf-8', xml, [201, 201, 201]],
    [JSON_TYPE, {}, [202, 202, 415]],
    ['text/plain', { $default: '{"statusCode": 201}' }, [201, 201, 201]],
  ] as Array<[string | undefined, Record<string, string>, number[]]>)(
    '%s with templates %j',
    async (contentType, requestTemplates, statuses) => {
      const behaviors = ['WHEN_NO_MATCH', 'WHEN_NO_TEMPLATES', 'NEVER'] as const
      for (const [i, behavior] of behaviors.entries())
        expect(await sendWith(behavior, contentType, requestTemplates)).toBe(statuses[i])
    },
  )

  test('without a template and without a payload the default response answers', async () => {
    const responses = [{ statusCode: '500', selectionPattern: '5..' }, { statusCode: '200' }]
    expect((await apiOf(mock({ responses })).send('/prod/x/1')).status).toBe(200)
  })

  test('415 is worded as API Gateway does', async () => {
    const api = apiOf(mock({ passthroughBehavior: 'NEVER' }))
    const response = await api.send('/prod/x/1')
    expect(response.headers.get('x-amzn-errortype')).toBe('BadRequestException')
    expect(await response.json()).toEqual({ message: 'Unsupported Media Type' })
  })
})

describe('the response template', () => {
  const respond = async (
    response: Partial<SnapshotIntegrationResponse>,
    target: string,
    init: RequestInit = {},
  ) => {
    const api = apiOf(
      mock({ ...templates('{"statusCode": 200}'), responses: [{ statusCode: '200', ...response }] }),
      { prod: { color: 'blue' } },
    )
    return api.send(target, init)
  }

  test('sees the request, its context and the stage', async () => {
    const template = `{"id": "$input.params().path.id", "q": "$input.params('q')", "h": "$input.params('X-Thing')", "none": "$input.params('none')", "stage": "$context.stage", "api": "$context.apiId", "ip": "$context.identity.sourceIp", "color": "$stageVariables.color $!{stageVariables['color']}", "method": "$context.httpMethod", "un": "$unknown$context.nothing.at.all"}`
    const response = await respond({ templates: { [JSON_TYPE]: template } }, '/prod/x/a%20b?q=1&q=2', {
      headers: { 'x-thing': 'yes' },
    })
    expect(await response.json()).toEqual({
      id: 'a b',
      q: '2',
      h: 'yes',
      none: '',
      stage: 'prod',
      api: API_ID,
      ip: '127.0.0.1',
      color: 'blue blue',
      method: 'GET',
      un: '',
    })
  })

  test.each([
    [undefined, 'json', JSON_TYPE],
    ['application/xml', 'xml', 'application/xml'],
    ['text/plain, application/xml', 'json', JSON_TYPE],
  ])('is chosen by the first Accept (%s)', async (accept, text, contentType) => {
    const both = { 'application/xml': 'xml', [JSON_TYPE]: 'json' }
    const response = await respond({ templates: both }, '/prod/x/1', accept ? { headers: { accept } } : {})
    expect([await response.text(), response.headers.get('content-type')]).toEqual([text, contentType])
  })

  test('falls back to the first one there is', async () => {
    const response = await respond({ templates: { 'application/xml': 'xml' } }, '/prod/x/1')
    expect(await response.text()).toBe('xml')
  })

  test('may be overridden in status and headers, by the request template too', async () => {
    // Recorded from API Gateway: the request template's override holds, and the response template sees it.
    const api = apiOf(
      mock({
        ...templates(
          '#set($context.responseOverride.status = 444)#set($context.responseOverride.header.foo = "bar"){"statusCode": 200}',
        ),
        responses: [
          {
            statusCode: '200',
            parameters: { 'method.response.header.foo': "'mapped'" },
            templates: { [JSON_TYPE]: '{"was": "$context.responseOverride.status"}' },
          },
        ],
      }),
    )
    const response = await api.send('/prod/x/1')
    expect([response.status, response.headers.get('foo')]).toEqual([444, 'bar'])
    expect(await response.json()).toEqual({ was: '444' })
  })

  test('an override that is no status or no headers changes nothing', async () => {
    for (const override of [
      "responseOverride.status = 'teapot'",
      'responseOverride.status = 700',
      'responseOverride = 1',
    ]) {
      const response = await respond(
        { templates: { [JSON_TYPE]: `#set($context.${override})ok` } },
        '/prod/x/1',
      )
      expect([response.status, await response.text()]).toEqual([200, 'ok'])
    }
  })

  test('headers come from where their mapping says', async () => {
    const header = 'method.response.header.'
    const response = await respond(
      {
        parameters: {
          [`${header}X-Static`]: "'it''s'",
          [`${header}X-Stage`]: 'stageVariables.color',
          [`${header}X-Request`]: 'context.requestId',
          [`${header}X-Ip`]: 'context.identity.sourceIp',
          [`${header}X-Query`]: 'method.request.querystring.q',
          [`${header}X-Queries`]: 'method.request.multivaluequerystring.q',
          [`${header}X-Path`]: 'method.request.path.id',
          [`${header}X-Header`]: 'method.request.header.X-Thing',
          [`${header}X-Absent`]: 'integration.response.header.nothing',
          [`${header}Content-Type`]: "'text/plain'",
        },
      },
      '/prod/x/a%20b?q=1&q=2',
      { headers: { 'x-thing': 'yes' } },
    )
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'x-static': "it''s",
      'x-stage': 'blue',
      'x-request': '01010101-0101-4101-8101-010101010101',
      'x-ip': '127.0.0.1',
      'x-query': '2',
      'x-queries': '1, 2',
      'x-path': 'a b',
      'x-header': 'yes',
      'content-type': 'text/plain',
    })
    expect(response.headers.has('x-absent')).toBe(false)
  })
})

describe('a template of a body', () => {
  const post = async (template: string, body: string) => {
    const api = apiOf(mock(templates(template)))
    const response = await api.send('/prod/x/1', {
      method: 'POST',
      body,
      headers: { 'content-type': JSON_TYPE },
    })
    return [response.status, await response.text()]
  }

  test('reads it by JSONPath', async () => {
    expect(await post(`{"statusCode": $input.path('$.wanted')}`, '{"wanted": 200}')).toEqual([200, ''])
    expect(await post(`{"statusCode": $input.json("$.a['b'][1]")}`, '{"a":{"b":[1,200]}}')).toEqual([200, ''])
  })

  test('that is not JSON is the client’s mistake', async () => {
    expect(await post(`$input.json('$.a')`, '{text')).toEqual([
      400,
      '{"message":"Could not parse request body into json"}',
    ])
  })

  test('that is broken is the owner’s mistake', async () => {
    expect((await post('#if($x', '{}'))[0]).toBe(500)
    expect((await post(`$input.json('$.[')`, '{}'))[0]).toBe(500)
  })
})
