import { describe, expect, it } from 'vitest'
import type { SnapshotMethod } from '../../src/gateway/snapshot.ts'
import { fakeApi, method, resource, snapshot } from './fake-gateway.ts'

const PET = JSON.stringify({
  type: 'object',
  required: ['name'],
  properties: { name: { type: 'string' } },
})

const api = (over: Partial<SnapshotMethod>, binaryMediaTypes: string[] = []) =>
  fakeApi({
    snapshot: snapshot([resource('/pets/{id}', { ANY: method(over) })], {
      binaryMediaTypes,
      models: { Pet: PET, List: '{"type":"array"}', Broken: '{"$ref":"#/definitions/gone"}' },
      gatewayResponses: {
        BAD_REQUEST_BODY: {
          templates: {
            'application/json': '{"error":"$context.error.validationErrorString"}',
          },
        },
      },
    }),
  })

const sent = async (response: Promise<Response>) => {
  const { status, headers } = await response
  return [status, await (await response).json(), headers.get('x-amzn-errortype')]
}

describe('required parameters', () => {
  const REQUIRED = {
    validator: { body: false, parameters: true },
    requestParameters: {
      'method.request.querystring.page': true,
      'method.request.path.id': true,
      'method.request.path.other': true,
      'method.request.header.X-Token': true,
      'method.request.header.X-Optional': false,
    },
  }

  it('that are missing are listed: headers, path variables, then the query', async () => {
    expect(await sent(api(REQUIRED).send('/prod/pets/1'))).toEqual([
      400,
      { message: 'Missing required request parameters: [X-Token, other, page]' },
      'BadRequestException',
    ])
  })

  it('that are blank are missing', async () => {
    const { 'method.request.path.other': _, ...requestParameters } = REQUIRED.requestParameters
    const pets = api({ ...REQUIRED, requestParameters })
    const headers = { 'x-token': 't' }
    for (const [target, missing] of [
      ['/prod/pets/1?page=', 'page'],
      ['/prod/pets/1?page', 'page'],
      ['/prod/pets/1?page=+%20', 'page'],
      ['/prod/pets/1?Page=1', 'page'],
    ] as const) {
      const [status, body] = await sent(pets.send(target, { headers }))
      expect([status, body]).toEqual([400, { message: `Missing required request parameters: [${missing}]` }])
    }
    for (const target of ['/prod/pets/1?page=1', '/prod/pets/1?page=&page=1']) {
      expect((await pets.send(target, { headers })).status).toBe(200)
    }
    expect(pets.invocations).toHaveLength(2)
  })

  it('are not asked for where the validator does not', async () => {
    for (const validator of [undefined, { body: true, parameters: false }]) {
      expect((await api({ ...REQUIRED, validator }).send('/prod/pets/1')).status).toBe(200)
    }
  })
})

describe('bodies', () => {
  const VALIDATED = {
    validator: { body: true, parameters: false },
    requestModels: { 'application/json': 'Pet' },
  }
  const post = (pets: ReturnType<typeof api>, body: BodyInit, contentType = 'application/json') =>
    pets.send('/prod/pets/1', {
      method: 'POST',
      body,
      headers: { 'content-type': contentType },
    })

  it('that are what the model says reach the back end as they were sent', async () => {
    const pets = api(VALIDATED)
    const body = '{ "name": "Tom" }'
    expect((await post(pets, body, 'application/json; charset=utf-8')).status).toBe(200)
    expect(pets.event().body).toBe(body)
  })

  it('that are not are refused, and why can be told', async () => {
    const pets = api(VALIDATED)
    expect(await sent(post(pets, '{"title":"Tom"}', 'application/json'))).toEqual([
      400,
      { error: '[object has missing required properties (["name"])]' },
      'BadRequestException',
    ])
    expect(await sent(post(pets, 'Tom', 'application/json'))).toEqual([
      400,
      { error: '[Unknown error parsing request body]' },
      'BadRequestException',
    ])
    expect(pets.invocations).toEqual([])
  })

  it('are refused with a fixed sentence where the API has no response of its own', async () => {
    const pets = fakeApi({
      snapshot: snapshot([resource('/', { POST: method(VALIDATED) })], { models: { Pet: PET } }),
    })
    const refused = await pets.send('/prod/', {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    })
    expect([refused.status, await refused.json()]).toEqual([400, { message: 'Invalid request body' }])
  })

  it('that are missing count as an empty object, also of a GET', async () => {
    const pets = api(VALIDATED)
    expect((await pets.send('/prod/pets/1')).status).toBe(400)
    expect((await post(pets, '')).status).toBe(400)
    expect(
      (await api({ ...VALIDATED, requestModels: { 'application/json': 'Empty' } }).send('/prod/pets/1'))
        .status,
    ).toBe(200)
    expect(
      (await api({ ...VALIDATED, requestModels: { 'application/json': 'List' } }).send('/prod/pets/1'))
        .status,
    ).toBe(400)
  })

  it('of a content type without a model are not looked at', async () => {
    const pets = api(VALIDATED)
    expect((await post(pets, 'anything', 'text/plain')).status).toBe(200)
    // One that is not named counts as JSON.
    const unnamed = await pets.send('/prod/pets/1', { method: 'POST', body: new Uint8Array([1, 2]) })
    expect(unnamed.status).toBe(400)
  })

  it('of all other content types have the model of $default', async () => {
    const pets = api({ ...VALIDATED, requestModels: { 'application/json': 'Pet', $default: 'List' } })
    expect((await post(pets, '[]', 'text/plain')).status).toBe(200)
    expect((await post(pets, '{"name":"Tom"}', 'text/plain')).status).toBe(400)
    expect((await post(pets, '{"name":"Tom"}', 'application/json')).status).toBe(200)
  })

  it('are looked at in binary APIs, too, and stay binary for the back end', async () => {
    const pets = api(VALIDATED, ['*/*'])
    expect((await post(pets, '{"name":"Tom"}', 'application/json')).status).toBe(200)
    expect(pets.event()).toMatchObject({ isBase64Encoded: true, body: btoa('{"name":"Tom"}') })
    expect((await post(pets, '{}', 'application/json')).status).toBe(400)
  })

  it('are not to be compared with a model that leads nowhere: a mistake of the API', async () => {
    const pets = api({ ...VALIDATED, requestModels: { 'application/json': 'Broken' } })
    const [status, body] = await sent(post(pets, '{}'))
    expect([status, body]).toEqual([500, { message: 'Internal server error' }])
    expect(pets.reported).toHaveLength(1)
  })

  it('come after parameters', async () => {
    const pets = api({
      ...VALIDATED,
      validator: { body: true, parameters: true },
      requestParameters: { 'method.request.header.x-token': true },
    })
    const [status, body] = await sent(post(pets, '{}'))
    expect([status, body]).toEqual([400, { message: 'Missing required request parameters: [x-token]' }])
  })
})
