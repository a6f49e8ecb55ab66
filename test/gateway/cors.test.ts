import { describe, expect, test } from 'vitest'
import { corsOfTags, wrongCorsTag } from '../../src/gateway/cors-tags.ts'
import type { SnapshotIntegration } from '../../src/gateway/snapshot.ts'
import type { Cors } from '../../src/lib/cors.ts'
import { answered, fakeApi, method, resource, snapshot } from './fake-gateway.ts'

const PAGE = 'https://shop.example.com'
const CORS = corsOfTags({
  'weir:cors-allow-origins': `${PAGE} https://admin.example.com`,
  'weir:cors-expose-headers': 'X-Total',
  'weir:cors-max-age': '600',
})

const api = (cors: Cors | undefined = CORS, over: Partial<Parameters<typeof fakeApi>[0]> = {}) =>
  fakeApi({
    snapshot: snapshot(
      [resource('/pets', { GET: method(), POST: method({ authorizationType: 'CUSTOM' }) })],
      {
        cors,
      },
    ),
    ...over,
  })

const preflight = (origin = PAGE, asked = 'POST', headers?: string) => ({
  method: 'OPTIONS',
  headers: {
    origin,
    'access-control-request-method': asked,
    ...(headers !== undefined && { 'access-control-request-headers': headers }),
  },
})

const corsOf = (response: Response): Record<string, string> =>
  Object.fromEntries(
    [...response.headers].filter(([name]) => name.startsWith('access-control-') || name === 'vary'),
  )

const ORIGIN = { 'access-control-allow-origin': PAGE, vary: 'Origin' }

describe('an API that is open to pages of other origins', () => {
  test('answers preflights by itself, whatever guards its methods', async () => {
    const { send, invocations } = api()
    const response = await send('/prod/pets', preflight(PAGE, 'POST', 'content-type,x-api-key'))
    expect(response.status).toBe(204)
    expect(corsOf(response)).toEqual({
      ...ORIGIN,
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'content-type,x-api-key',
      'access-control-max-age': '600',
    })
    expect(invocations).toEqual([])
  })

  test('tells a page of another origin nothing', async () => {
    const { send } = api()
    expect(corsOf(await send('/prod/pets', preflight('https://evil.example')))).toEqual({ vary: 'Origin' })
    const response = await send('/prod/pets', { headers: { origin: 'https://evil.example' } })
    expect([response.status, corsOf(response)]).toEqual([200, { vary: 'Origin' }])
  })

  test('lets the page read answers, and errors too', async () => {
    const { send } = api()
    const shown = { ...ORIGIN, 'access-control-expose-headers': 'X-Total' }
    const read = await send('/prod/pets', { headers: { origin: PAGE } })
    expect([read.status, corsOf(read)]).toEqual([200, shown])
    const unguarded = await send('/prod/pets', { method: 'POST', headers: { origin: PAGE } })
    expect([unguarded.status, corsOf(unguarded)]).toEqual([500, shown])
    const unknown = await send('/prod/dogs', { headers: { origin: PAGE } })
    expect([unknown.status, corsOf(unknown)]).toEqual([403, shown])
  })

  test('says so once, whatever the back end says', async () => {
    const { send } = api(CORS, {
      invoke: () =>
        answered({
          statusCode: 200,
          headers: { 'Access-Control-Allow-Origin': '*', Vary: 'Accept-Encoding' },
        }),
    })
    const response = await send('/prod/pets', { headers: { origin: PAGE } })
    expect(response.headers.get('access-control-allow-origin')).toBe(PAGE)
    expect(response.headers.get('vary')).toBe('Accept-Encoding, Origin')
  })

  test('leaves a preflight to an OPTIONS method, and not to one for any', async () => {
    const answers = {
      invoke: () => answered({ statusCode: 200, headers: { 'Access-Control-Allow-Origin': 'x' } }),
    }
    const own = api(undefined, {
      snapshot: snapshot(
        [resource('/own', { GET: method(), OPTIONS: method() }), resource('/any', { ANY: method() })],
        { cors: CORS },
      ),
      ...answers,
    })
    const answer = await own.send('/prod/own', preflight())
    expect([answer.status, corsOf(answer)]).toEqual([200, { 'access-control-allow-origin': 'x' }])
    expect((await own.send('/prod/any', preflight())).status).toBe(204)
    expect(own.invocations.length).toBe(1)
    // What is no preflight is a request like others.
    expect((await own.send('/prod/any', { method: 'OPTIONS' })).status).toBe(200)
  })

  test('is none without the setting', async () => {
    const { send } = api(corsOfTags({}), { snapshot: snapshot([resource('/pets', { GET: method() })]) })
    expect((await send('/prod/pets', preflight())).status).toBe(403)
    expect(corsOf(await send('/prod/pets', { headers: { origin: PAGE } }))).toEqual({})
  })
})

describe('the tags', () => {
  test('are lists with blanks, where any stands for all', () => {
    expect(
      corsOfTags({
        'weir:cors-allow-origins': 'any',
        'weir:cors-allow-methods': 'GET  PUT',
        'weir:cors-allow-headers': 'Content-Type',
        'weir:cors-expose-headers': 'any',
        'weir:cors-max-age': '5',
        'weir:cors-allow-credentials': 'false',
        team: 'shop',
      }),
    ).toEqual({
      allowOrigins: ['*'],
      allowMethods: ['GET', 'PUT'],
      allowHeaders: ['Content-Type'],
      exposeHeaders: ['*'],
      maxAge: 5,
      allowCredentials: false,
    })
    expect(corsOfTags({ 'weir:cors-max-age': '5' })).toBeUndefined()
    expect(corsOfTags(undefined)).toBeUndefined()
  })

  test.each([
    [{ 'weir:cors-allow-origins': '' }, 'has to be a list of origins'],
    [{ 'weir:cors-allow-origins': 'example.com' }, 'has to be a list of origins'],
    [{ 'weir:cors-allow-origins': 'https://a.example/path' }, 'has to be a list of origins'],
    [{ 'weir:cors-allow-origins': 'https://a.example,https://b.example' }, 'has to be a list of origins'],
    [{ 'weir:cors-allow-methods': 'GET, PUT' }, 'has to be a list of methods'],
    [{ 'weir:cors-allow-headers': 'a:b' }, 'has to be a list of names of headers'],
    [{ 'weir:cors-max-age': '-1' }, 'has to be a number of seconds'],
    [{ 'weir:cors-max-age': '86401' }, 'has to be a number of seconds'],
    [{ 'weir:cors-allow-credentials': 'yes' }, 'has to be true or false'],
    [{ 'weir:cors-origins': 'any' }, 'There is no setting weir:cors-origins'],
    [{ 'weir:cors-toString': 'any' }, 'There is no setting'],
    [
      { 'weir:cors-allow-origins': '*', 'weir:cors-allow-credentials': 'true' },
      'cannot be true where any origin is let in',
    ],
  ])('%j are refused', (tags, sentence) => {
    expect(wrongCorsTag(tags)).toContain(sentence)
    expect(corsOfTags(tags)).toBeUndefined()
  })

  test('of all the rest say nothing of origins', () => {
    expect(wrongCorsTag({ team: 'x', 'weir:other': '*' })).toBeUndefined()
  })
})

/** What the console's "Enable CORS" makes of a resource with a GET method. */
describe('a resource that the console has opened', () => {
  const headers = {
    'method.response.header.Access-Control-Allow-Headers': false,
    'method.response.header.Access-Control-Allow-Methods': false,
    'method.response.header.Access-Control-Allow-Origin': false,
  }
  const preflightMock: SnapshotIntegration = {
    type: 'MOCK',
    passthroughBehavior: 'WHEN_NO_MATCH',
    timeoutMs: 29_000,
    requestTemplates: { 'application/json': '{"statusCode": 200}' },
    responses: [
      {
        statusCode: '200',
        parameters: {
          'method.response.header.Access-Control-Allow-Headers':
            "'Content-Type,X-Amz-Date,Authorization,X-Api-Key,X-Amz-Security-Token'",
          'method.response.header.Access-Control-Allow-Methods': "'GET,OPTIONS'",
          'method.response.header.Access-Control-Allow-Origin': "'*'",
        },
      },
    ],
  }
  const opened = snapshot(
    [
      resource('/pets', {
        GET: method(),
        OPTIONS: method({ integration: preflightMock, responses: { 200: { parameters: headers } } }),
      }),
    ],
    {
      gatewayResponses: Object.fromEntries(
        ['DEFAULT_4XX', 'DEFAULT_5XX'].map(type => [
          type,
          {
            parameters: {
              'gatewayresponse.header.Access-Control-Allow-Origin': "'*'",
              'gatewayresponse.header.Access-Control-Allow-Methods': "'GET,OPTIONS'",
              'gatewayresponse.header.Access-Control-Allow-Headers': "'Content-Type'",
            },
          },
        ]),
      ),
    },
  )

  test('answers preflights as it says there', async () => {
    const { send } = fakeApi({ snapshot: opened })
    const response = await send('/prod/pets', preflight(PAGE, 'GET'))
    expect(response.status).toBe(200)
    expect(corsOf(response)).toEqual({
      'access-control-allow-headers': 'Content-Type,X-Amz-Date,Authorization,X-Api-Key,X-Amz-Security-Token',
      'access-control-allow-methods': 'GET,OPTIONS',
      'access-control-allow-origin': '*',
    })
  })

  test('lets pages read the gateway’s own errors', async () => {
    const { send } = fakeApi({ snapshot: opened })
    const response = await send('/prod/dogs', { headers: { origin: PAGE } })
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([403, '*'])
  })
})
