import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GATEWAY_RESPONSES } from '../../src/gateway/gateway-responses.ts'
import { VariableTemplate } from '../../src/gateway/responses/variable-template.ts'
import type { Snapshot } from '../../src/gateway/snapshot.ts'
import { API_ID, fakeApi, functionProxy, method, resource, snapshot } from './fake-gateway.ts'

const RESOURCES = [
  resource('/pets/{petId}', {
    GET: method({ apiKeyRequired: true }),
    POST: method({
      validator: { body: false, parameters: true },
      requestParameters: { 'method.request.header.x': true },
    }),
    PUT: method(),
    PATCH: method({ integration: functionProxy({ uri: 'nonsense' }) }),
  }),
]

const api = (gatewayResponses: Snapshot['gatewayResponses'], invoke?: () => never) =>
  fakeApi({
    snapshot: snapshot(RESOURCES, { gatewayResponses }),
    stages: { prod: { a: 'variable' } },
    ...(invoke && { invoke }),
  })

describe('a refusal without a definition', () => {
  it('is worded by the gateway', async () => {
    const response = await api(undefined).send('/prod/nowhere')
    expect(response.status).toBe(403)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/json',
      'x-amzn-errortype': 'MissingAuthenticationTokenException',
    })
    expect(await response.text()).toBe('{"message":"Missing Authentication Token"}')
  })
})

describe('a definition', () => {
  const DOCUMENTED = {
    MISSING_AUTHENTICATION_TOKEN: {
      statusCode: '404',
      parameters: {
        'gatewayresponse.header.x-request-path': 'method.request.path.petId',
        'gatewayresponse.header.Access-Control-Allow-Origin': "'a.b.c'",
        'gatewayresponse.header.x-request-query': 'method.request.querystring.q',
        'gatewayresponse.header.x-request-header': 'method.request.header.Accept',
      },
      templates: {
        'application/json':
          '{\n     "message": $context.error.messageString,\n     "type":  "$context.error.responseType",\n     "stage":  "$context.stage",\n     "resourcePath":  "$context.resourcePath",\n     "stageVariables.a":  "$stageVariables.a",\n     "statusCode": "\'404\'"\n}',
      },
    },
  }

  it('gives status, headers and body, also where no method serves the request', async () => {
    const response = await api(DOCUMENTED).send('/prod/nowhere?q=b&q=c', { headers: { accept: 'text/x' } })
    expect(response.status).toBe(404)
    expect(await response.text()).toBe(
      '{\n     "message": "Missing Authentication Token",\n     "type":  "MISSING_AUTHENTICATION_TOKEN",\n     "stage":  "prod",\n     "resourcePath":  "",\n     "stageVariables.a":  "variable",\n     "statusCode": "\'404\'"\n}',
    )
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': 'a.b.c',
      'content-type': 'application/json',
      'x-amzn-errortype': 'MissingAuthenticationTokenException',
      'x-amzn-requestid': expect.any(String),
      'x-request-header': 'text/x',
      'x-request-query': 'c',
    })
    // A source that has nothing leaves the header out.
    expect(response.headers.has('x-request-path')).toBe(false)
  })

  it('can say only some of it', async () => {
    const headersOnly = api({
      INVALID_API_KEY: { parameters: { 'gatewayresponse.header.x': 'context.apiId' } },
    })
    const response = await headersOnly.send('/prod/pets/7')
    expect([response.status, response.headers.get('x')]).toEqual([403, API_ID])
    expect(await response.text()).toBe('{"message":"Forbidden"}')
    const statusOnly = await api({ INVALID_API_KEY: { statusCode: '456' } }).send('/prod/pets/7')
    expect([statusOnly.status, await statusOnly.text()]).toEqual([456, '{"message":"Forbidden"}'])
  })

  it('of a class of statuses stands for the types of it that have none', async () => {
    const pets = api({
      DEFAULT_4XX: {
        statusCode: '418',
        templates: { 'application/json': '{"4xx":"$context.error.responseType"}' },
      },
      DEFAULT_5XX: { parameters: { 'gatewayresponse.header.x': "'5xx'" } },
      INVALID_API_KEY: { templates: { 'application/json': '{"own":true}' } },
    })
    const sent = async (target: string, verb: string) => {
      const response = await pets.send(target, { method: verb })
      return [response.status, response.headers.get('x'), await response.json()]
    }
    expect(await sent('/prod/pets/7', 'POST')).toEqual([418, null, { '4xx': 'BAD_REQUEST_PARAMETERS' }])
    expect(await sent('/prod/nowhere', 'GET')).toEqual([418, null, { '4xx': 'MISSING_AUTHENTICATION_TOKEN' }])
    expect(await sent('/prod/pets/7', 'GET')).toEqual([403, null, { own: true }])
    expect(await sent('/prod/pets/7', 'PATCH')).toEqual([500, '5xx', { message: 'Internal server error' }])
  })

  it('holds for what goes wrong unforeseen, and tells nothing of it', async () => {
    const pets = api(
      { DEFAULT_5XX: { templates: { 'application/json': '{"e":$context.error.messageString}' } } },
      () => {
        throw new Error('a secret')
      },
    )
    const response = await pets.send('/prod/pets/7', { method: 'PUT' })
    expect([response.status, await response.json()]).toEqual([500, { e: 'Internal server error' }])
    expect(pets.reported).toHaveLength(1)
  })

  it('holds for requests that are too large, too', async () => {
    const pets = api({ REQUEST_TOO_LARGE: { statusCode: '414' } })
    const response = await pets.send('/prod/pets/7', {
      method: 'PUT',
      body: 'x',
      headers: { 'content-length': '10485761' },
    })
    expect([response.status, await response.json()]).toEqual([414, { message: 'Request Too Long' }])
  })

  it('is not to be had for a stage that there is not', async () => {
    const response = await api({ DEFAULT_4XX: { statusCode: '418' } }).send('/gone/pets/7')
    expect([response.status, await response.json()]).toEqual([403, { message: 'Forbidden' }])
  })

  it('has templates by what the client accepts first, else JSON, else the first', async () => {
    const both = {
      INVALID_API_KEY: {
        templates: { 'application/xml': '<m>$context.error.message</m>', 'application/json': '{}' },
      },
    }
    const sent = async (definitions: Snapshot['gatewayResponses'], accept?: string) => {
      const response = await api(definitions).send('/prod/pets/7', { headers: accept ? { accept } : {} })
      return [response.headers.get('content-type'), await response.text()]
    }
    expect(await sent(both, 'application/xml, application/json')).toEqual([
      'application/xml',
      '<m>Forbidden</m>',
    ])
    expect(await sent(both, 'text/html')).toEqual(['application/json', '{}'])
    expect(await sent(both)).toEqual(['application/json', '{}'])
    const html = { INVALID_API_KEY: { templates: { 'text/html': '<b>no</b>' } } }
    expect(await sent(html, 'application/json')).toEqual(['text/html', '<b>no</b>'])
  })

  it('may replace the usual headers, and cannot replace the ids of the request', async () => {
    const response = await api({
      INVALID_API_KEY: {
        parameters: {
          'gatewayresponse.header.content-type': "'text/plain'",
          'gatewayresponse.header.x-amzn-requestid': "'mine'",
          'gatewayresponse.header.x-amzn-ErrorType': "'Mine'",
        },
      },
    }).send('/prod/pets/7')
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/plain',
      'x-amzn-errortype': 'Mine',
      'x-amzn-remapped-x-amzn-requestid': 'mine',
    })
    expect(response.headers.get('x-amzn-requestid')).not.toBe('mine')
  })

  it('cannot send what no response can have, and answers all the same', async () => {
    const response = await api({
      INVALID_API_KEY: {
        statusCode: '199',
        parameters: {
          'gatewayresponse.header.bad name': "'x'",
          'gatewayresponse.header.lines': "'a\nb'",
          'gatewayresponse.header.good': 'method.request.querystring.good',
        },
      },
    }).send('/prod/pets/7?good=yes')
    expect([response.status, response.headers.get('good')]).toEqual([403, 'yes'])
  })
})

it('whatever is defined, an error is answered with its own status or the one defined', {
  timeout: 60_000,
}, async () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom("'x'", "''", '$context.error.message'),
  )
  // Node refuses header values that workerd sends as UTF-8: gateway-responses.worker.test.ts sends such a one.
  const sendableByNode = text.filter(value => !/^'.*[\u{100}-\u{10ffff}]/su.test(value))
  const source = fc.oneof(
    sendableByNode,
    fc.constantFrom(
      'method.request.header.accept',
      'method.request.multivaluequerystring.q',
      'method.request.body',
      'context.identity.sourceIp',
      'stageVariables.a',
    ),
  )
  const header = fc.tuple(fc.constant('gatewayresponse.header.'), text).map(parts => parts.join(''))
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(undefined, '100', '204', '304', '418', '599'),
      fc.dictionary(header, source, { maxKeys: 3 }),
      fc.dictionary(fc.oneof(text, fc.constant('application/json')), text, { maxKeys: 2 }),
      async (statusCode, parameters, templates) => {
        const pets = api({ INVALID_API_KEY: { statusCode, parameters, templates } })
        const response = await pets.send('/prod/pets/7?q=1&q=2')
        expect(response.status).toBe(statusCode && statusCode !== '100' ? Number(statusCode) : 403)
        expect(pets.reported).toEqual([])
      },
    ),
    { numRuns: 300 },
  )
})

describe('the template of a gateway response', () => {
  const render = (text: string, isJson = true) =>
    new VariableTemplate(text, isJson).render({
      context: { stage: 'prod', authorizer: { 'my-claim': 'c', quoted: 'a"b\n' }, nothing: null, list: [1] },
      stageVariables: { a: 'b' },
    })

  it.each([
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a template of API Gateway's
    ['$context.stage/${context.stage}x', 'prod/prodx'],
    ['$context.stage.', 'prod.'],
    ['$context.stage-$stageVariables.a', 'prod-b'],
    ['$context.authorizer.my-claim', 'c'],
    ['"$context.authorizer.quoted"', '"a\\"b\\n"'],
    ['[$context.nothing][$context.gone.more][$stageVariables.constructor]', '[][][]'],
    ['$context.list', '[1]'],
    ['#set($a = 1)$a $input.body $util.x $$context.stage', '#set($a = 1)$a $input.body $util.x $prod'],
  ])('%j makes %j', (text, made) => {
    expect(render(text)).toBe(made)
  })

  it('puts values as they are into what is no JSON', () => {
    expect(render('$context.authorizer.quoted', false)).toBe('a"b\n')
  })
})

it('every type has the status that is documented', () => {
  const statuses = Object.entries(GATEWAY_RESPONSES).map(([type, { status }]) => [type, status])
  expect(Object.fromEntries(statuses)).toEqual({
    ACCESS_DENIED: 403,
    API_CONFIGURATION_ERROR: 500,
    AUTHORIZER_CONFIGURATION_ERROR: 500,
    AUTHORIZER_FAILURE: 500,
    BAD_REQUEST_BODY: 400,
    BAD_REQUEST_PARAMETERS: 400,
    // None is documented for these two: they take the status of what they stand for.
    DEFAULT_4XX: 400,
    DEFAULT_5XX: 500,
    EXPIRED_TOKEN: 403,
    INTEGRATION_FAILURE: 504,
    INTEGRATION_TIMEOUT: 504,
    INVALID_API_KEY: 403,
    INVALID_SIGNATURE: 403,
    MISSING_AUTHENTICATION_TOKEN: 403,
    QUOTA_EXCEEDED: 429,
    REQUEST_TOO_LARGE: 413,
    RESOURCE_NOT_FOUND: 404,
    THROTTLED: 429,
    UNAUTHORIZED: 401,
    UNSUPPORTED_MEDIA_TYPE: 415,
    WAF_FILTERED: 403,
  })
})
