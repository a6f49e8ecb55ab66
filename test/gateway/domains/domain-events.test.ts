import { expect, test } from 'vitest'
import type { ApiAddress } from '../../../src/gateway/address.ts'
import { serveApi } from '../../../src/gateway/pipeline.ts'
import { API_ID, fakeApi, resource, snapshot } from '../fake-gateway.ts'

/**
 * The event of a proxy integration has the base path in its `path`, as the documentation of what runs behind such
 * domains says (https://docs.aws.amazon.com/powertools/python/latest/core/event_handler/api_gateway/#custom-domain-api-mappings).
 */
test.each<[string, Partial<ApiAddress>, string, string]>([
  ['/v1/pets/4', { rawPath: '/pets/4', basePath: '/v1' }, '/v1/pets/4', '/v1/pets/4'],
  ['/a/b/pets', { rawPath: '/pets', basePath: '/a/b' }, '/a/b/pets', '/a/b/pets'],
  ['/v1', { rawPath: '', basePath: '/v1' }, '/v1', '/v1'],
  ['/v1/', { rawPath: '/', basePath: '/v1' }, '/v1/', '/v1/'],
  ['/pets', { rawPath: '/pets', basePath: '' }, '/pets', '/pets'],
  ['', { rawPath: '', basePath: '' }, '/', '/'],
  ['/v1/prod/pets', { rawPath: '/pets', basePath: '/v1' }, '/v1/pets', '/v1/prod/pets'],
])('an event of %s on a custom domain has the base path', async (path, address, eventPath, contextPath) => {
  const api = fakeApi({
    snapshot: snapshot([resource('/'), resource('/{proxy+}')], { disableExecuteApiEndpoint: true }),
  })
  const request = new Request(`https://api.tampr.com${path}`)
  const whole: ApiAddress = { apiId: API_ID, stage: 'prod', rawPath: '', ...address }
  expect((await serveApi(request, whole, api.gateway)).status).toBe(200)
  const event = api.event()
  expect(event.path).toBe(eventPath)
  expect(event.requestContext).toMatchObject({
    path: contextPath,
    stage: 'prod',
    domainName: 'api.tampr.com',
    domainPrefix: 'api',
    apiId: API_ID,
  })
})
