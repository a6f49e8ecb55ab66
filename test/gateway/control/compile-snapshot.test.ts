import { expect, test } from 'vitest'
import { compileSnapshot } from '../../../src/gateway/control/compile-snapshot.ts'
import type { MethodRecord } from '../../../src/gateway/control/rest-api-records.ts'

const compiled = (method: Partial<MethodRecord>) => {
  const GET: MethodRecord = {
    authorizationType: 'NONE',
    apiKeyRequired: false,
    integration: {
      type: 'MOCK',
      passthroughBehavior: 'WHEN_NO_MATCH',
      timeoutInMillis: 29_000,
      cacheNamespace: 'root00',
      cacheKeyParameters: [],
    },
    ...method,
  }
  const snapshot = compileSnapshot({
    account: { id: '123456789012', region: 'us-east-1' },
    apiId: 'a1b2c3d4e5',
    api: { name: 'api', createdDate: 0, apiKeySource: 'HEADER' } as never,
    resources: [{ id: 'root00', doc: { path: '/', methods: { GET } } } as never],
    models: [
      { id: 'Pet', doc: { id: 'abc123', schema: '{"type":"object"}', contentType: 'application/json' } },
    ] as never,
    requestValidators: [
      { id: 'params', doc: { validateRequestBody: false, validateRequestParameters: true } },
    ] as never,
  })
  if (typeof snapshot === 'string') throw new Error(snapshot)
  return { validator: snapshot.resources[0]!.methods.GET!.validator, models: snapshot.models }
}

test('a method validates what its validator says', () => {
  expect(compiled({})).toEqual({ validator: undefined, models: undefined })
  expect(compiled({ requestValidatorId: 'params', requestModels: { 'application/json': 'Pet' } })).toEqual({
    validator: { body: false, parameters: true },
    models: undefined,
  })
})

test('a method whose validator is gone validates everything, and not nothing', () => {
  expect(compiled({ requestValidatorId: 'gone00', requestModels: { 'application/json': 'Pet' } })).toEqual({
    validator: { body: true, parameters: true },
    models: { Pet: '{"type":"object"}' },
  })
})
