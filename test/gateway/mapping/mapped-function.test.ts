import { describe, expect, test } from 'vitest'
import type { Invocation, InvocationResult } from '../../../src/functions/invocation.ts'
import type { Gateway } from '../../../src/gateway/gateway.ts'
import type { SnapshotIntegration } from '../../../src/gateway/snapshot.ts'
import { ACCOUNT, answered, fakeApi, functionUri, method, resource, snapshot } from '../fake-gateway.ts'

const JSON_TYPE = 'application/json'
const ROLE = `arn:aws:iam::${ACCOUNT.id}:role/invoker`

const variable = (name: string) => `\${stageVariables.${name}}`

const aws = (over: Partial<SnapshotIntegration> = {}): SnapshotIntegration => ({
  type: 'AWS',
  httpMethod: 'POST',
  uri: functionUri('echo'),
  passthroughBehavior: 'WHEN_NO_MATCH',
  timeoutMs: 29_000,
  responses: [{ statusCode: '200' }],
  ...over,
})

interface Options {
  readonly invoke?: (invocation: Invocation) => InvocationResult | Promise<InvocationResult>
  readonly parts?: Partial<Gateway>
  readonly binaryMediaTypes?: string[]
  readonly variables?: Record<string, string>
}

const apiOf = (integration: SnapshotIntegration, options: Options = {}) =>
  fakeApi({
    snapshot: snapshot([resource('/x/{id}', { ANY: method({ integration }) })], {
      binaryMediaTypes: options.binaryMediaTypes ?? [],
    }),
    stages: { prod: options.variables ?? {} },
    invoke: options.invoke ?? (() => answered({ ok: true })),
    ...(options.parts && { parts: options.parts }),
  })

const failed = (payload: unknown): InvocationResult => ({
  kind: 'answered',
  executedVersion: '1',
  functionError: 'Unhandled',
  payload: JSON.stringify(payload),
  logs: '',
  durationMs: 1,
})

const post = (body: BodyInit, headers: Record<string, string> = { 'content-type': JSON_TYPE }) => ({
  method: 'POST',
  body,
  headers,
})

describe('the event', () => {
  test('is what the template makes', async () => {
    const api = apiOf(
      aws({
        requestTemplates: {
          [JSON_TYPE]: `{"id": "$input.params('id')", "first": $input.json('$.pets[0]'), "names": [#foreach($p in $input.path('$.pets'))"$p.name"#if($foreach.hasNext),#end#end], "stage": "$context.stage"}`,
        },
      }),
    )
    const response = await api.send('/prod/x/7', post('{"pets": [{"name": "Rex"}, {"name": "Tom"}]}'))
    expect(api.event()).toEqual({ id: '7', first: { name: 'Rex' }, names: ['Rex', 'Tom'], stage: 'prod' })
    expect([response.status, await response.json()]).toEqual([200, { ok: true }])
    expect(response.headers.get('content-type')).toBe(JSON_TYPE)
    expect(api.invocations[0]!.principal).toEqual({
      service: 'apigateway.amazonaws.com',
      sourceArn: `arn:aws:execute-api:us-east-1:${ACCOUNT.id}:a1b2c3d4e5/prod/POST/x/{id}`,
      sourceAccount: ACCOUNT.id,
    })
  })

  test('is the body where no template is for it', async () => {
    const api = apiOf(aws())
    await api.send('/prod/x/1', post('{"a": 12345678901234567890}'))
    expect(api.invocations[0]!.payload).toBe('{"a": 12345678901234567890}')
  })

  test('is an empty object without any', async () => {
    const api = apiOf(aws())
    await api.send('/prod/x/1')
    expect(api.event()).toEqual({})
  })

  test('has to be JSON', async () => {
    const api = apiOf(aws({ requestTemplates: { [JSON_TYPE]: '{"a": $input.json("$.none")}' } }))
    const response = await api.send('/prod/x/1', post('{}'))
    expect([response.status, await response.json()]).toEqual([
      400,
      { message: 'Could not parse request body into json' },
    ])
    expect(api.invocations).toEqual([])
  })

  test('may be the base64 of binary data', async () => {
    const integration = aws({
      contentHandling: 'CONVERT_TO_TEXT',
      requestTemplates: { 'image/png': '{"image": "$input.body"}' },
    })
    const api = apiOf(integration, { binaryMediaTypes: ['image/png'] })
    const bytes = new Uint8Array([0, 255, 1])
    await api.send('/prod/x/1', post(bytes, { 'content-type': 'image/png' }))
    expect(api.event()).toEqual({ image: 'AP8B' })
    const unconverted = apiOf(
      { ...integration, contentHandling: undefined },
      { binaryMediaTypes: ['image/png'] },
    )
    const refused = await unconverted.send('/prod/x/1', post(bytes, { 'content-type': 'image/png' }))
    expect(refused.status).toBe(500)
  })
})

describe('which function is called', () => {
  test.each([
    [functionUri('echo:live'), 'echo', 'live', 'us-east-1'],
    [functionUri(`${variable('fn')}:${variable('alias')}`), 'thumbs', 'prod', 'us-east-1'],
    [
      `arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${variable('fn')}/invocations`,
      'thumbs',
      undefined,
      'eu-west-1',
    ],
    ['arn:aws:apigateway:us-east-1:lambda:path//2015-03-31/functions/a:1/invocations', 'a', '1', 'us-east-1'],
  ])('%s', async (uri, name, qualifier, region) => {
    const api = apiOf(aws({ uri }), { variables: { fn: 'thumbs', alias: 'prod' } })
    await api.send('/prod/x/1')
    expect(api.invocations[0]).toMatchObject({ name, account: { id: ACCOUNT.id, region } })
    expect(api.invocations[0]!.qualifier).toBe(qualifier)
  })

  test('none, where the variable is missing', async () => {
    const response = await apiOf(aws({ uri: functionUri(variable('fn')) })).send('/prod/x/1')
    expect([response.status, await response.json()]).toEqual([500, { message: 'Internal server error' }])
  })
})

describe('the response', () => {
  const responses = [
    {
      statusCode: '400',
      selectionPattern: '.*Bad.*',
      templates: { [JSON_TYPE]: '{"why": $input.json("$.errorMessage")}' },
    },
    { statusCode: '404', selectionPattern: '\\[NotFound\\] \\p{Alpha}+' },
    { statusCode: '504', selectionPattern: '(?s)Task timed out.*' },
    { statusCode: '500', selectionPattern: '(\\n|.)+' },
    { statusCode: '200', templates: { [JSON_TYPE]: '{"made": $input.json("$.value")}' } },
  ]

  test.each([
    [answered({ value: [1] }), 200, { made: [1] }],
    [failed({ errorMessage: 'Bad id' }), 400, { why: 'Bad id' }],
    [failed({ errorMessage: '[NotFound] pet' }), 404, { errorMessage: '[NotFound] pet' }],
    [failed({ errorMessage: 'Task timed out\nafter 3.00 seconds' }), 504, undefined],
    [failed({ errorMessage: 'other\nlines' }), 500, undefined],
    // A pattern for everything is one for errors: an answer is none.
    [answered('""'), 200, undefined],
  ])('is chosen by the message of the error (%j)', async (result, status, body) => {
    const response = await apiOf(aws({ responses }), { invoke: () => result }).send('/prod/x/1')
    expect(response.status).toBe(status)
    if (body) expect(await response.json()).toEqual(body)
  })

  test('is 500 when there is none for an error', async () => {
    const only = [{ statusCode: '400', selectionPattern: 'Bad' }]
    const api = apiOf(aws({ responses: only }), { invoke: () => failed({ errorMessage: 'Worse' }) })
    const response = await api.send('/prod/x/1')
    expect([response.status, await response.json()]).toEqual([500, { message: 'Internal server error' }])
  })

  test('is the default one for an error without a message', async () => {
    const api = apiOf(aws({ responses: [{ statusCode: '202' }] }), {
      invoke: () => failed({ errorType: 'X' }),
    })
    expect((await api.send('/prod/x/1')).status).toBe(202)
  })

  test('takes headers out of the answer', async () => {
    const header = 'method.response.header.'
    const api = apiOf(
      aws({
        responses: [
          {
            statusCode: '201',
            parameters: {
              [`${header}Location`]: 'integration.response.body.links[0].href',
              [`${header}X-Version`]: 'integration.response.header.X-Amz-Executed-Version',
              [`${header}X-Whole`]: 'integration.response.body',
              [`${header}Set-Cookie`]: 'integration.response.multivalueheader.none',
              [`${header}X-None`]: 'integration.response.body.none.at.all',
            },
          },
        ],
      }),
      { invoke: () => answered({ links: [{ href: '/x/2' }] }) },
    )
    const { headers, status } = await api.send('/prod/x/1')
    expect(status).toBe(201)
    expect([headers.get('location'), headers.get('x-version'), headers.get('x-whole')]).toEqual([
      '/x/2',
      '1',
      '{"links":[{"href":"/x/2"}]}',
    ])
    expect([headers.has('set-cookie'), headers.has('x-none')]).toEqual([false, false])
  })

  test('may become binary', async () => {
    const api = apiOf(aws({ responses: [{ statusCode: '200', contentHandling: 'CONVERT_TO_BINARY' }] }), {
      invoke: () => answered('"AP8B"'),
    })
    const response = await api.send('/prod/x/1')
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(new Uint8Array([0, 255, 1]))
    const text = apiOf(aws({ responses: [{ statusCode: '200', contentHandling: 'CONVERT_TO_BINARY' }] }), {
      invoke: () => answered({ no: 'base64' }),
    })
    expect((await text.send('/prod/x/1')).status).toBe(500)
  })

  test('of a function that is late or may not be called', async () => {
    const late = apiOf(aws({ timeoutMs: 50 }), { invoke: () => new Promise(() => {}) })
    const response = await late.send('/prod/x/1')
    expect([response.status, await response.json()]).toEqual([504, { message: 'Endpoint request timed out' }])
    for (const reason of ['not-permitted', 'not-found', 'throttled'] as const) {
      const refused = apiOf(aws(), { invoke: () => ({ kind: 'refused', reason, message: '' }) })
      expect((await refused.send('/prod/x/1')).status).toBe(500)
    }
  })
})

describe('calls that are not waited for', () => {
  const header = 'integration.request.header.X-Amz-Invocation-Type'

  const async = (value: string) => {
    const accepted: Invocation[] = []
    const api = apiOf(
      aws({
        requestParameters: { [header]: value },
        responses: [{ statusCode: '202' }],
        requestTemplates: { [JSON_TYPE]: '{"job": $input.json("$.job")}' },
      }),
      {
        parts: {
          acceptEvent: async invocation => {
            accepted.push(invocation)
            return undefined
          },
        },
      },
    )
    return { api, accepted }
  }

  test('are accepted, and answered with what the default response says', async () => {
    const { api, accepted } = async("'Event'")
    const response = await api.send('/prod/x/1', post('{"job": 5}'))
    expect([response.status, await response.text()]).toEqual([202, ''])
    expect(accepted).toHaveLength(1)
    expect(accepted[0]).toMatchObject({ name: 'echo', payload: '{"job": 5}' })
    expect(api.invocations).toEqual([])
  })

  test('are the client’s choice where the owner leaves it', async () => {
    const { api, accepted } = async('method.request.header.InvocationType')
    await api.send('/prod/x/1', post('{"job": 1}', { 'content-type': JSON_TYPE, InvocationType: 'Event' }))
    await api.send('/prod/x/1', post('{"job": 2}'))
    expect([accepted.length, api.invocations.length]).toEqual([1, 1])
    const odd = { 'content-type': JSON_TYPE, InvocationType: 'Sometimes' }
    expect((await api.send('/prod/x/1', post('{"job": 3}', odd))).status).toBe(500)
  })

  test('may be chosen by the template', async () => {
    const accepted: Invocation[] = []
    const api = apiOf(
      aws({
        requestTemplates: {
          [JSON_TYPE]: '#set($context.requestOverride.header.X-Amz-Invocation-Type = "Event"){}',
        },
      }),
      { parts: { acceptEvent: async invocation => void accepted.push(invocation) } },
    )
    await api.send('/prod/x/1', post('{}'))
    expect(accepted).toHaveLength(1)
  })

  test('are refused like others', async () => {
    const api = apiOf(aws({ requestParameters: { [header]: "'Event'" } }), {
      parts: { acceptEvent: async () => ({ kind: 'refused', reason: 'not-permitted', message: '' }) },
    })
    expect((await api.send('/prod/x/1', post('{}'))).status).toBe(500)
  })
})

describe.each(['AWS', 'AWS_PROXY'] as const)('an %s integration with credentials', type => {
  const call = async (permitted: boolean, credentials = ROLE) => {
    const asked: unknown[] = []
    const api = apiOf(aws({ type, credentials }), {
      variables: { role: ROLE },
      invoke: () => answered({ statusCode: 200 }),
      parts: {
        roleMay: async (acting, what) => {
          asked.push({ ...acting, ...what })
          return permitted
        },
      },
    })
    const { status } = await api.send('/prod/x/1')
    return { status, asked, invocations: api.invocations }
  }

  test('calls as the role, without asking the function’s policy', async () => {
    const { status, asked, invocations } = await call(true)
    expect(status).toBe(200)
    expect(asked).toEqual([
      {
        role: ROLE,
        account: ACCOUNT,
        action: 'lambda:InvokeFunction',
        resource: `arn:aws:lambda:us-east-1:${ACCOUNT.id}:function:echo`,
      },
    ])
    expect(invocations[0]!.principal).toBeUndefined()
  })

  test('takes the role from a stage variable', async () => {
    const { asked } = await call(true, variable('role'))
    expect(asked[0]).toMatchObject({ role: ROLE })
  })

  test('calls nothing where the role may not', async () => {
    const { status, invocations } = await call(false)
    expect([status, invocations]).toEqual([500, []])
  })
})
