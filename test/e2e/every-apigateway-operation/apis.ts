import { expect } from 'vitest'
import { createFunction, deploy, expectAnswer, nameOf, type Steps } from './world.ts'

/** APIs, their resources, and what their methods do. */
export const apis: Steps = {
  async CreateRestApi({ gateway, made }) {
    const api = await gateway.createRestApi({ name: 'every', description: 'first' })
    made.api = api.id!
    made.root = api.rootResourceId!
  },
  async GetRestApi({ gateway, made }) {
    expect(await gateway.getRestApi({ restApiId: made.api })).toMatchObject({
      name: 'every',
      description: 'first',
    })
  },
  async UpdateRestApi({ gateway, made }) {
    const patchOperations = [{ op: 'replace' as const, path: '/description', value: 'second' }]
    await gateway.updateRestApi({ restApiId: made.api, patchOperations })
  },
  async GetRestApis({ gateway, made }) {
    const { items } = await gateway.getRestApis({})
    expect(items!.map(({ id, description }) => [id, description])).toEqual([[made.api, 'second']])
  },
  async CreateResource({ gateway, made }) {
    const at = { restApiId: made.api }
    const pets = await gateway.createResource({ ...at, parentId: made.root, pathPart: 'pets' })
    const pet = await gateway.createResource({ ...at, parentId: pets.id, pathPart: '{id}' })
    const spare = await gateway.createResource({ ...at, parentId: made.root, pathPart: 'spare' })
    Object.assign(made, { pets: pets.id, pet: pet.id, spare: spare.id })
  },
  async GetResource({ gateway, made }) {
    const { path } = await gateway.getResource({ restApiId: made.api, resourceId: made.pet })
    expect(path).toBe('/pets/{id}')
  },
  async UpdateResource({ gateway, made }) {
    const patchOperations = [{ op: 'replace' as const, path: '/pathPart', value: 'animals' }]
    await gateway.updateResource({ restApiId: made.api, resourceId: made.pets, patchOperations })
  },
  async DeleteResource({ gateway, made }) {
    await gateway.deleteResource({ restApiId: made.api, resourceId: made.spare })
  },
  async GetResources({ gateway, made }) {
    const { items } = await gateway.getResources({ restApiId: made.api })
    expect(items!.map(({ path }) => path).sort()).toEqual(['/', '/animals', '/animals/{id}'])
  },
  async PutMethod({ gateway, made }) {
    for (const httpMethod of ['GET', 'POST', 'DELETE']) {
      const method = { restApiId: made.api, resourceId: made.pet, httpMethod }
      await gateway.putMethod({
        ...method,
        authorizationType: 'NONE',
        requestParameters: { 'method.request.path.id': true, 'method.request.querystring.size': false },
      })
    }
  },
  async GetMethod({ gateway, made }) {
    const method = { restApiId: made.api, resourceId: made.pet, httpMethod: 'GET' }
    expect(await gateway.getMethod(method)).toMatchObject({
      authorizationType: 'NONE',
      apiKeyRequired: false,
      requestParameters: { 'method.request.path.id': true },
    })
  },
  async DeleteMethod({ gateway, made }) {
    const method = { restApiId: made.api, resourceId: made.pet, httpMethod: 'DELETE' }
    await gateway.deleteMethod(method)
    expect(await nameOf(gateway.getMethod(method))).toBe('NotFoundException')
  },
  async PutIntegration(world) {
    const { gateway, made } = world
    made.echo = await createFunction(
      world,
      'echo',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the function's own template
      'exports.handler = async event => ({ statusCode: 200, body: `proxied ${event.pathParameters.id}` })',
    )
    const method = { restApiId: made.api, resourceId: made.pet }
    await gateway.putIntegration({
      ...method,
      httpMethod: 'GET',
      type: 'MOCK',
      requestTemplates: { 'application/json': '{"statusCode": 200}' },
    })
    await gateway.putIntegration({
      ...method,
      httpMethod: 'POST',
      type: 'AWS_PROXY',
      integrationHttpMethod: 'POST',
      uri: made.echo,
    })
  },
  async PutMethodResponse({ gateway, made }) {
    const method = { restApiId: made.api, resourceId: made.pet, httpMethod: 'GET' }
    for (const statusCode of ['200', '404']) {
      await gateway.putMethodResponse({
        ...method,
        statusCode,
        responseParameters: { 'method.response.header.X-Kind': false },
      })
    }
  },
  async PutIntegrationResponse(world) {
    const { gateway, made } = world
    const method = { restApiId: made.api, resourceId: made.pet, httpMethod: 'GET' }
    await gateway.putIntegrationResponse({
      ...method,
      statusCode: '200',
      responseParameters: { 'method.response.header.X-Kind': "'mock'" },
      responseTemplates: { 'application/json': '{"pet": "$input.params(\'id\')"}' },
    })
    await gateway.putIntegrationResponse({
      ...method,
      statusCode: '404',
      selectionPattern: '404',
      responseTemplates: { 'application/json': 'gone' },
    })
    await deploy(world)
    await expectAnswer(world, '/animals/rex', { status: 200, text: '{"pet": "rex"}' })
    await expectAnswer(world, '/animals/rex', { status: 200, text: 'proxied rex' }, { method: 'POST' })
  },
  async GetIntegration({ gateway, made }) {
    const method = { restApiId: made.api, resourceId: made.pet, httpMethod: 'GET' }
    expect((await gateway.getIntegration(method)).requestTemplates).toEqual({
      'application/json': '{"statusCode": 200}',
    })
  },
  async GetIntegrationResponse({ gateway, made }) {
    const method = { restApiId: made.api, resourceId: made.pet, httpMethod: 'GET' }
    const response = await gateway.getIntegrationResponse({ ...method, statusCode: '404' })
    expect(response.selectionPattern).toBe('404')
  },
  async UpdateIntegration(world) {
    const { gateway, made } = world
    await gateway.updateIntegration({
      restApiId: made.api,
      resourceId: made.pet,
      httpMethod: 'GET',
      patchOperations: [
        {
          op: 'replace',
          path: '/requestTemplates/application~1json',
          value: '{"statusCode": #if($input.params("size") == "none")404#{else}200#end}',
        },
      ],
    })
    await deploy(world)
    await expectAnswer(world, '/animals/rex?size=none', { status: 404, text: 'gone' })
    await expectAnswer(world, '/animals/rex', { status: 200 })
  },
  async UpdateIntegrationResponse(world) {
    const { gateway, made } = world
    await gateway.updateIntegrationResponse({
      restApiId: made.api,
      resourceId: made.pet,
      httpMethod: 'GET',
      statusCode: '200',
      patchOperations: [
        {
          op: 'replace',
          path: '/responseTemplates/application~1json',
          value: '{"is": "$stageVariables.word"}',
        },
      ],
    })
    await deploy(world)
    await expectAnswer(world, '/animals/rex', { status: 200, text: '{"is": ""}' })
  },
  async GetMethodResponse({ gateway, made }) {
    const method = { restApiId: made.api, resourceId: made.pet, httpMethod: 'GET' }
    const response = await gateway.getMethodResponse({ ...method, statusCode: '200' })
    expect(response.responseParameters).toEqual({ 'method.response.header.X-Kind': false })
  },
  async UpdateMethodResponse({ gateway, made }) {
    const response = {
      restApiId: made.api,
      resourceId: made.pet,
      httpMethod: 'GET',
      statusCode: '200',
    }
    const path = '/responseParameters/method.response.header.X-Kind'
    await gateway.updateMethodResponse({
      ...response,
      patchOperations: [{ op: 'replace', path, value: 'true' }],
    })
    expect((await gateway.getMethodResponse(response)).responseParameters).toEqual({
      'method.response.header.X-Kind': true,
    })
  },
  async DeleteIntegrationResponse({ gateway, made }) {
    const response = {
      restApiId: made.api,
      resourceId: made.pet,
      httpMethod: 'GET',
      statusCode: '404',
    }
    await gateway.deleteIntegrationResponse(response)
    expect(await nameOf(gateway.getIntegrationResponse(response))).toBe('NotFoundException')
  },
  async DeleteMethodResponse({ gateway, made }) {
    const response = {
      restApiId: made.api,
      resourceId: made.pet,
      httpMethod: 'GET',
      statusCode: '404',
    }
    await gateway.deleteMethodResponse(response)
    expect(await nameOf(gateway.getMethodResponse(response))).toBe('NotFoundException')
  },
  async DeleteIntegration({ gateway, made }) {
    const method = { restApiId: made.api, resourceId: made.root, httpMethod: 'GET' }
    await gateway.putMethod({ ...method, authorizationType: 'NONE' })
    await gateway.putIntegration({ ...method, type: 'MOCK' })
    await gateway.deleteIntegration(method)
    expect(await nameOf(gateway.getIntegration(method))).toBe('NotFoundException')
    await gateway.deleteMethod(method)
  },
  async UpdateMethod({ gateway, made }) {
    const method = { restApiId: made.api, resourceId: made.pet, httpMethod: 'GET' }
    await gateway.updateMethod({
      ...method,
      patchOperations: [{ op: 'replace', path: '/operationName', value: 'getPet' }],
    })
    expect((await gateway.getMethod(method)).operationName).toBe('getPet')
  },
  async TestInvokeMethod({ gateway, made }) {
    const answer = await gateway.testInvokeMethod({
      restApiId: made.api,
      resourceId: made.pet,
      httpMethod: 'GET',
      pathWithQueryString: '/animals/rex',
      stageVariables: { word: 'tried' },
    })
    expect(answer).toMatchObject({ status: 200, body: '{"is": "tried"}', headers: { 'X-Kind': 'mock' } })
    expect(answer.log).toContain('Method completed with status: 200')
  },
}
