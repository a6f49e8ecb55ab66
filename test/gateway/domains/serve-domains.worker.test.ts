import { APIGateway } from '@aws-sdk/client-api-gateway'
import { describe, expect, test } from 'vitest'
import { clientOptions, ORIGIN, send } from '../../whole-weir.ts'

const api = new APIGateway(clientOptions())

const CONTEXT =
  '{"name": "NAME", "path": "$context.path", "stage": "$context.stage", "domain": "$context.domainName", "prefix": "$context.domainPrefix"}'

/** Answers `/pets` with its own name and what a template sees of the request. */
async function deploy(name: string, settings: object = {}, stageName = 'prod'): Promise<string> {
  const { id: restApiId = '', rootResourceId: parentId } = await api.createRestApi({ name, ...settings })
  const { id: resourceId } = await api.createResource({ restApiId, parentId, pathPart: 'pets' })
  const method = { restApiId, resourceId, httpMethod: 'GET' }
  await api.putMethod({ ...method, authorizationType: 'NONE' })
  await api.putMethodResponse({ ...method, statusCode: '200' })
  const requestTemplates = { 'application/json': '{"statusCode": 200}' }
  await api.putIntegration({ ...method, type: 'MOCK', requestTemplates })
  const responseTemplates = { 'application/json': CONTEXT.replace('NAME', name) }
  await api.putIntegrationResponse({ ...method, statusCode: '200', responseTemplates })
  await api.createDeployment({ restApiId, stageName })
  return restApiId
}

const seen = async (url: string) => {
  const response = await send(url)
  return response.status === 200 ? await response.json() : [response.status, await response.json()]
}

const FORBIDDEN = [403, { message: 'Forbidden' }]

describe('a custom domain', () => {
  test('leads to one API below one base path and to another below another', async () => {
    const domainName = 'api.tampr.com'
    await api.createDomainName({ domainName })
    expect(await seen(`http://${domainName}/v1/pets`)).toEqual(FORBIDDEN)
    const one = await deploy('one')
    const two = await deploy('two')
    await api.createBasePathMapping({ domainName, basePath: 'v1', restApiId: one, stage: 'prod' })
    await api.createBasePathMapping({ domainName, basePath: 'v2/all', restApiId: two })
    expect(await seen(`http://${domainName}/v1/pets`)).toEqual({
      name: 'one',
      path: '/v1/pets',
      stage: 'prod',
      domain: domainName,
      prefix: 'api',
    })
    expect(await seen(`http://${domainName}:8787/v2/all/prod/pets`)).toMatchObject({
      name: 'two',
      path: '/v2/all/prod/pets',
      stage: 'prod',
    })
    expect(await seen(`http://${domainName}/v2/all/pets`)).toEqual(FORBIDDEN)
    // Every path is the domain's: nothing of Weir itself is to be had there.
    for (const path of ['/', '/v2', '/_weir/health', `/_aws/execute-api/${one}/prod/pets`, '/restapis'])
      expect([path, await seen(`http://${domainName}${path}`)]).toEqual([path, FORBIDDEN])
    const reset = await send(`http://${domainName}/_weir/reset`, { method: 'POST' })
    expect(reset.status).toBe(403)

    await api.createBasePathMapping({ domainName, restApiId: two, stage: 'prod' })
    expect(await seen(`http://${domainName}/pets`)).toMatchObject({ name: 'two', path: '/pets' })
    await api.deleteBasePathMapping({ domainName, basePath: 'v1' })
    expect(await seen(`http://${domainName}/v1/pets`)).toEqual([
      403,
      { message: 'Missing Authentication Token' },
    ])
  })

  test('with a star covers every name below it that has nothing of its own', async () => {
    const restApiId = await deploy('tenants')
    await api.createDomainName({ domainName: '*.tenants.example.com' })
    await api.createBasePathMapping({ domainName: '*.tenants.example.com', restApiId, stage: 'prod' })
    expect(await seen('http://red.tenants.example.com/pets')).toMatchObject({
      domain: 'red.tenants.example.com',
      prefix: 'red',
    })
    await api.createDomainName({ domainName: 'blue.tenants.example.com' })
    expect(await seen('http://blue.tenants.example.com/pets')).toEqual(FORBIDDEN)
  })

  test('is the only way to an API whose default endpoint is switched off', async () => {
    const domainName = 'only.example.com'
    const restApiId = await deploy('only', { disableExecuteApiEndpoint: true })
    expect((await api.getRestApi({ restApiId })).disableExecuteApiEndpoint).toBe(true)
    await api.createDomainName({ domainName })
    await api.createBasePathMapping({ domainName, restApiId, stage: 'prod' })
    const default1 = `http://${restApiId}.execute-api.localhost:8787/prod/pets`
    const default2 = `${ORIGIN}/_aws/execute-api/${restApiId}/prod/pets`
    expect([await seen(default1), await seen(default2)]).toEqual([FORBIDDEN, FORBIDDEN])
    expect(await seen(`http://${domainName}/pets`)).toMatchObject({ name: 'only' })
    const patch = { op: 'replace', path: '/disableExecuteApiEndpoint', value: 'false' } as const
    await api.updateRestApi({ restApiId, patchOperations: [patch] })
    expect(await seen(default1)).toEqual(FORBIDDEN)
    await api.createDeployment({ restApiId, stageName: 'prod' })
    expect(await seen(default1)).toMatchObject({ name: 'only' })
  })

  test('is gone, and free, after a reset', async () => {
    const domainName = 'reset.example.com'
    const restApiId = await deploy('reset')
    await api.createDomainName({ domainName })
    await api.createBasePathMapping({ domainName, restApiId, stage: 'prod' })
    expect(await seen(`http://${domainName}/pets`)).toMatchObject({ name: 'reset' })
    expect((await send(`${ORIGIN}/_weir/reset`, { method: 'POST' })).status).toBe(200)
    // Nobody's host any more: the control plane answers, to which no page of another name may speak.
    expect((await send(`http://${domainName}/pets`)).status).not.toBe(200)
    await api.createDomainName({ domainName })
    expect(await seen(`http://${domainName}/pets`)).toEqual(FORBIDDEN)
    const again = await deploy('again')
    await api.createBasePathMapping({ domainName, restApiId: again, stage: 'prod' })
    expect(await seen(`http://${domainName}/pets`)).toMatchObject({ name: 'again' })
  })
})

describe('an API whose tags open it to pages of other origins', () => {
  test('is open from its next deployment on', async () => {
    const restApiId = await deploy('shop')
    const at = `http://${restApiId}.execute-api.localhost:8787/prod/pets`
    const page = { headers: { origin: 'https://shop.example.com' } }
    const allowed = async () => (await send(at, page)).headers.get('access-control-allow-origin')
    const resourceArn = `arn:aws:apigateway:us-east-1::/restapis/${restApiId}`
    const tags = { 'weir:cors-allow-origins': 'https://shop.example.com' }
    await api.tagResource({ resourceArn, tags })
    expect(await allowed()).toBeNull()
    await api.createDeployment({ restApiId, stageName: 'prod' })
    expect(await allowed()).toBe('https://shop.example.com')
    const wrong = { 'weir:cors-allow-origins': 'shop.example.com' }
    await expect(api.tagResource({ resourceArn, tags: wrong })).rejects.toThrow('has to be a list of origins')
    await expect(api.createRestApi({ name: 'x', tags: wrong })).rejects.toThrow('has to be a list of origins')
  })
})
