import { expect } from 'vitest'
import { ask, deploy, expectAnswer, nameOf, STAGE, type Steps, soon } from './world.ts'

/** Deployments and what their stages do with requests. */
export const stages: Steps = {
  async CreateDeployment(world) {
    world.made.first = await deploy(world)
  },
  async GetDeployment({ gateway, made }) {
    const deployment = await gateway.getDeployment({
      restApiId: made.api,
      deploymentId: made.first,
      embed: ['apisummary'],
    })
    expect(Object.keys(deployment.apiSummary!)).toEqual(['/animals/{id}'])
  },
  async UpdateDeployment({ gateway, made }) {
    await gateway.updateDeployment({
      restApiId: made.api,
      deploymentId: made.first,
      patchOperations: [{ op: 'replace', path: '/description', value: 'the first' }],
    })
  },
  async GetDeployments({ gateway, made }) {
    const { items } = await gateway.getDeployments({ restApiId: made.api, limit: 500 })
    expect(items!.find(({ id }) => id === made.first)?.description).toBe('the first')
  },
  async UpdateStage(world) {
    const { gateway, made } = world
    await gateway.updateStage({
      restApiId: made.api,
      stageName: STAGE,
      patchOperations: [{ op: 'replace', path: '/variables/word', value: 'set' }],
    })
    await expectAnswer(world, '/animals/rex', { status: 200, text: '{"is": "set"}' })
  },
  async CreateStage({ weir, gateway, made }) {
    await gateway.createStage({
      restApiId: made.api,
      stageName: 'other',
      deploymentId: made.first,
      variables: { word: 'other' },
    })
    await soon(async () => {
      const answer = await fetch(`${weir.url}/_aws/execute-api/${made.api}/other/animals/rex`)
      expect(await answer.text()).toBe('{"is": "other"}')
    })
  },
  async GetStage({ gateway, made }) {
    const { variables } = await gateway.getStage({ restApiId: made.api, stageName: 'other' })
    expect(variables).toEqual({ word: 'other' })
  },
  async GetStages({ gateway, made }) {
    const { item } = await gateway.getStages({ restApiId: made.api })
    expect(item!.map(({ stageName }) => stageName).sort()).toEqual(['other', STAGE])
  },
  async DeleteStage({ gateway, made }) {
    await gateway.deleteStage({ restApiId: made.api, stageName: 'other' })
    expect(await nameOf(gateway.getStage({ restApiId: made.api, stageName: 'other' }))).toBe(
      'NotFoundException',
    )
  },
  async DeleteDeployment({ gateway, made }) {
    const { id } = await gateway.createDeployment({ restApiId: made.api })
    await gateway.deleteDeployment({ restApiId: made.api, deploymentId: id })
    expect(await nameOf(gateway.getDeployment({ restApiId: made.api, deploymentId: id }))).toBe(
      'NotFoundException',
    )
  },
  async FlushStageCache(world) {
    const { gateway, made } = world
    const stage = { restApiId: made.api, stageName: STAGE }
    await gateway.updateStage({
      ...stage,
      patchOperations: [
        { op: 'replace', path: '/cacheClusterEnabled', value: 'true' },
        { op: 'replace', path: '/cacheClusterSize', value: '0.5' },
        { op: 'replace', path: '/*/*/caching/enabled', value: 'true' },
      ],
    })
    const word = (value: string) =>
      gateway.updateStage({
        ...stage,
        patchOperations: [{ op: 'replace', path: '/variables/word', value }],
      })
    await word('cached')
    await expectAnswer(world, '/animals/tom', { status: 200, text: '{"is": "cached"}' })
    await word('fresh')
    // Another isolate may have kept it a moment later, but once it is kept it stays.
    await soon(async () => {
      const texts = new Set<string>()
      for (let i = 0; i < 5; i++) texts.add((await ask(world, '/animals/tom')).text)
      expect([...texts]).toEqual(['{"is": "cached"}'])
    })
    await gateway.flushStageCache(stage)
    await expectAnswer(world, '/animals/tom', { status: 200, text: '{"is": "fresh"}' })
    await gateway.updateStage({
      ...stage,
      patchOperations: [{ op: 'replace', path: '/cacheClusterEnabled', value: 'false' }],
    })
  },
  async PutGatewayResponse(world) {
    const { gateway, made } = world
    await gateway.putGatewayResponse({
      restApiId: made.api,
      responseType: 'MISSING_AUTHENTICATION_TOKEN',
      statusCode: '404',
      responseParameters: { 'gatewayresponse.header.X-Own': "'words'" },
      responseTemplates: { 'application/json': '{"sorry": $context.error.messageString}' },
    })
    await deploy(world)
    await soon(async () => {
      const { status, headers, text } = await ask(world, '/nowhere')
      expect([status, headers.get('x-own'), text]).toEqual([
        404,
        'words',
        '{"sorry": "Missing Authentication Token"}',
      ])
    })
  },
  async GetGatewayResponse({ gateway, made }) {
    const response = { restApiId: made.api, responseType: 'MISSING_AUTHENTICATION_TOKEN' as const }
    expect(await gateway.getGatewayResponse(response)).toMatchObject({
      statusCode: '404',
      defaultResponse: false,
    })
  },
  async UpdateGatewayResponse(world) {
    const { gateway, made } = world
    await gateway.updateGatewayResponse({
      restApiId: made.api,
      responseType: 'MISSING_AUTHENTICATION_TOKEN',
      patchOperations: [{ op: 'replace', path: '/statusCode', value: '410' }],
    })
    await deploy(world)
    await expectAnswer(world, '/nowhere', { status: 410 })
  },
  async GetGatewayResponses({ gateway, made }) {
    const { items } = await gateway.getGatewayResponses({ restApiId: made.api, limit: 100 })
    const own = items!.filter(({ defaultResponse }) => !defaultResponse)
    expect(own.map(({ responseType }) => responseType)).toEqual(['MISSING_AUTHENTICATION_TOKEN'])
    expect(items!.length).toBeGreaterThan(15)
  },
  async DeleteGatewayResponse(world) {
    const { gateway, made } = world
    await gateway.deleteGatewayResponse({
      restApiId: made.api,
      responseType: 'MISSING_AUTHENTICATION_TOKEN',
    })
    await deploy(world)
    await expectAnswer(world, '/nowhere', { status: 403, text: '{"message":"Missing Authentication Token"}' })
  },
  async CreateModel({ gateway, made }) {
    const schema = {
      $schema: 'http://json-schema.org/draft-04/schema#',
      type: 'object',
      properties: { name: { type: 'string' } },
      required: ['name'],
    }
    await gateway.createModel({
      restApiId: made.api,
      name: 'Pet',
      contentType: 'application/json',
      schema: JSON.stringify(schema),
    })
  },
  async GetModel({ gateway, made }) {
    const { schema } = await gateway.getModel({ restApiId: made.api, modelName: 'Pet' })
    expect(JSON.parse(schema!).required).toEqual(['name'])
  },
  async GetModelTemplate({ gateway, made }) {
    const { value } = await gateway.getModelTemplate({ restApiId: made.api, modelName: 'Pet' })
    expect(value).toContain('name')
  },
  async CreateRequestValidator(world) {
    const { gateway, made } = world
    const { id } = await gateway.createRequestValidator({
      restApiId: made.api,
      name: 'bodies',
      validateRequestBody: true,
    })
    made.validator = id!
    await gateway.updateMethod({
      restApiId: made.api,
      resourceId: made.pet,
      httpMethod: 'POST',
      patchOperations: [
        { op: 'replace', path: '/requestValidatorId', value: id },
        { op: 'add', path: '/requestModels/application~1json', value: 'Pet' },
      ],
    })
    await deploy(world)
    const post = (body: string): RequestInit => ({
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
    const refused = { status: 400, text: '{"message":"Invalid request body"}' }
    await expectAnswer(world, '/animals/rex', refused, post('{"nom": "rex"}'))
    await expectAnswer(world, '/animals/rex', { status: 200, text: 'proxied rex' }, post('{"name": "rex"}'))
  },
  async GetRequestValidator({ gateway, made }) {
    const validator = { restApiId: made.api, requestValidatorId: made.validator }
    expect((await gateway.getRequestValidator(validator)).validateRequestBody).toBe(true)
  },
  async GetRequestValidators({ gateway, made }) {
    const { items } = await gateway.getRequestValidators({ restApiId: made.api })
    expect(items!.map(({ name }) => name)).toEqual(['bodies'])
  },
  async UpdateRequestValidator(world) {
    const { gateway, made } = world
    await gateway.updateRequestValidator({
      restApiId: made.api,
      requestValidatorId: made.validator,
      patchOperations: [{ op: 'replace', path: '/validateRequestBody', value: 'false' }],
    })
    await deploy(world)
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }
    await expectAnswer(world, '/animals/rex', { status: 200 }, init)
  },
  async UpdateModel({ gateway, made }) {
    const model = { restApiId: made.api, modelName: 'Pet' }
    await gateway.updateModel({
      ...model,
      patchOperations: [{ op: 'replace', path: '/description', value: 'an animal' }],
    })
    expect((await gateway.getModel(model)).description).toBe('an animal')
  },
  async GetModels({ gateway, made }) {
    const { items } = await gateway.getModels({ restApiId: made.api })
    expect(items!.map(({ name }) => name).sort()).toEqual(['Empty', 'Error', 'Pet'])
  },
  async DeleteRequestValidator({ gateway, made }) {
    await gateway.updateMethod({
      restApiId: made.api,
      resourceId: made.pet,
      httpMethod: 'POST',
      patchOperations: [
        { op: 'replace', path: '/requestValidatorId', value: '' },
        { op: 'remove', path: '/requestModels/application~1json' },
      ],
    })
    const validator = { restApiId: made.api, requestValidatorId: made.validator }
    await gateway.deleteRequestValidator(validator)
    expect(await nameOf(gateway.getRequestValidator(validator))).toBe('NotFoundException')
  },
  async DeleteModel({ gateway, made }) {
    const model = { restApiId: made.api, modelName: 'Pet' }
    await gateway.deleteModel(model)
    expect(await nameOf(gateway.getModel(model))).toBe('NotFoundException')
  },
}
