import { expect, test } from 'vitest'
import { answered, fakeApi, method, resource, snapshot } from './fake-gateway.ts'

// What Node would not send; test/gateway/gateway-responses.test.ts has the cases.

const RESOURCES = [resource('/x', { GET: method({ apiKeyRequired: true }), PUT: method() })]

test('headers may have characters beyond Latin-1, the owner’s as well as a function’s', async () => {
  const api = fakeApi({
    snapshot: snapshot(RESOURCES, {
      gatewayResponses: {
        INVALID_API_KEY: { statusCode: '418', parameters: { "gatewayresponse.header.'x'": "'Ā" } },
      },
    }),
    invoke: () => answered({ headers: { 'x-name': 'Ā' } }),
  })
  const refused = await api.send('/prod/x')
  expect([refused.status, refused.headers.get("'x'")]).toEqual([418, 'Ā'])
  const called = await api.send('/prod/x', { method: 'PUT' })
  expect([called.status, called.headers.get('x-name')]).toEqual([200, 'Ā'])
  expect(api.reported).toEqual([])
})
