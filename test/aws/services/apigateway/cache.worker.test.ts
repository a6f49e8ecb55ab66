import { APIGateway, type PatchOperation } from '@aws-sdk/client-api-gateway'
import { describe, expect, test, vi } from 'vitest'
import { clientOptions, send } from '../../../whole-weir.ts'
import { controlPlane, refusal } from './control-plane.ts'

const api = new APIGateway(clientOptions())

/** Answers are kept beside their being sent: how many have been by now. */
let kept = 0
const open = caches.open.bind(caches)
vi.spyOn(caches, 'open').mockImplementation(async name => {
  const cache = await open(name)
  const put: Cache['put'] = async (key, response) => {
    await cache.put(key, response)
    kept += 1
  }
  return { match: (key: string) => cache.match(key), put } as unknown as Cache
})

/** A stage whose only method answers with the id of the request that its back end was asked for. */
async function stage(...patchOperations: PatchOperation[]) {
  const { id: restApiId = '', rootResourceId: resourceId } = await api.createRestApi({ name: 'cached' })
  const method = { restApiId, resourceId, httpMethod: 'GET' }
  await api.putMethod({ ...method, authorizationType: 'NONE' })
  await api.putMethodResponse({ ...method, statusCode: '200' })
  const requestTemplates = { 'application/json': '{"statusCode": 200}' }
  const cacheKeyParameters = ['method.request.querystring.q']
  await api.putIntegration({ ...method, type: 'MOCK', requestTemplates, cacheKeyParameters })
  const responseTemplates = { 'application/json': '"$context.requestId"' }
  await api.putIntegrationResponse({ ...method, statusCode: '200', responseTemplates })
  const deploy = () => api.createDeployment({ restApiId, stageName: 'prod' })
  const update = (...operations: PatchOperation[]) =>
    api.updateStage({ restApiId, stageName: 'prod', patchOperations: operations })
  await deploy()
  if (patchOperations.length > 0) await update(...patchOperations)
  return {
    restApiId,
    deploy,
    update,
    /** The answer, once it is kept where it was not before. */
    async ask(query = '', headers: Record<string, string> = {}) {
      const before = kept
      const response = await send(`http://${restApiId}.execute-api.localhost:8787/prod?${query}`, { headers })
      expect(response.status).toBe(200)
      const text = await response.text()
      const isNew = text.includes(response.headers.get('x-amzn-requestid')!)
      if (isNew && patchOperations.includes(CACHE)) await vi.waitUntil(() => kept > before, 10_000)
      return text
    },
  }
}

const replace = (path: string, value: string): PatchOperation => ({ op: 'replace', path, value })
const CACHE = replace('/cacheClusterEnabled', 'true')
const CACHED = [CACHE, replace('/*/*/caching/enabled', 'true')]
const FRESH = { 'cache-control': 'max-age=0' }

describe('a stage with a cache', () => {
  test('keeps answers in the data centre’s cache until they are flushed', async () => {
    const { restApiId, ask, deploy } = await stage(...CACHED)
    const first = await ask()
    expect([await ask(), await ask('x=1')]).toEqual([first, first])
    expect(await ask('q=1')).not.toBe(first)
    await deploy()
    expect(await ask()).toBe(first)
    const flushed = await api.flushStageCache({ restApiId, stageName: 'prod' })
    expect(flushed.$metadata.httpStatusCode).toBe(202)
    const second = await ask()
    expect(second).not.toBe(first)
    expect(await ask()).toBe(second)
  })

  test('forgets what it kept when its cache is replaced', async () => {
    const { ask, update } = await stage(...CACHED)
    const first = await ask()
    await update(replace('/cacheClusterSize', '1.6'))
    const second = await ask()
    expect(second).not.toBe(first)
    await update(replace('/description', 'the same cache'))
    expect(await ask()).toBe(second)
  })

  test('keeps nothing without one', async () => {
    const { ask } = await stage(replace('/*/*/caching/enabled', 'true'))
    expect(await ask()).not.toBe(await ask())
  })

  test('gives a fresh answer to whom it may', async () => {
    const { ask, update } = await stage(...CACHED)
    const first = await ask()
    expect(await ask('', FRESH)).toBe(first)
    await update(replace('/*/*/caching/requireAuthorizationForCacheControl', 'false'))
    const second = await ask('', FRESH)
    expect(second).not.toBe(first)
    expect(await ask()).toBe(second)
  })
})

test('a cache is flushed of a stage that there is', async () => {
  const plane = await controlPlane()
  const { id: restApiId } = await plane.api.createRestApi({ name: 'x' })
  expect(await refusal(plane.api.flushStageCache({ restApiId, stageName: 'prod' }))).toBe(
    '404 NotFoundException: Invalid stage identifier specified',
  )
})
