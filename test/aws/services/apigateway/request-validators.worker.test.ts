import { beforeEach, describe, expect, it } from 'vitest'
import { type ControlPlane, controlPlane, refusal } from './control-plane.ts'

let plane: ControlPlane
let restApiId: string
let resourceId: string
beforeEach(async () => {
  plane = await controlPlane()
  const api = await plane.api.createRestApi({ name: 'api' })
  restApiId = api.id!
  resourceId = api.rootResourceId!
})

const GONE = '404 NotFoundException: Invalid Request Validator identifier specified'

describe('request validators', () => {
  it('are created, got, listed and deleted', async () => {
    const { $metadata, ...validator } = await plane.api.createRequestValidator({ restApiId, name: 'all' })
    expect($metadata.httpStatusCode).toBe(201)
    expect(validator).toEqual({
      id: expect.stringMatching(/^[a-z0-9]{6}$/),
      name: 'all',
      validateRequestBody: false,
      validateRequestParameters: false,
    })
    const at = { restApiId, requestValidatorId: validator.id! }
    expect(await plane.api.getRequestValidator(at)).toMatchObject(validator)
    expect((await plane.api.getRequestValidators({ restApiId })).items).toEqual([validator])
    expect((await plane.api.deleteRequestValidator(at)).$metadata.httpStatusCode).toBe(202)
    expect((await plane.api.getRequestValidators({ restApiId })).items).toEqual([])
    expect(await refusal(plane.api.getRequestValidator(at))).toBe(GONE)
    expect(await refusal(plane.api.deleteRequestValidator(at))).toBe(GONE)
  })

  it('are patched', async () => {
    const { id } = await plane.api.createRequestValidator({ restApiId, name: 'all' })
    const update = (op: 'add' | 'remove' | 'replace', path: string, value?: string) =>
      plane.api.updateRequestValidator({
        restApiId,
        requestValidatorId: id,
        patchOperations: [{ op, path, value }],
      })
    expect(await update('replace', '/validateRequestBody', 'true')).toMatchObject({
      validateRequestBody: true,
    })
    expect(await update('replace', '/validateRequestBody')).toMatchObject({ validateRequestBody: false })
    expect(await update('replace', '/name', 'other')).toMatchObject({ name: 'other' })
    for (const op of ['add', 'remove'] as const) {
      expect(await refusal(update(op, '/validateRequestBody', 'true'))).toBe(
        `400 BadRequestException: Invalid patch path  '/validateRequestBody' specified for op '${op}'. Please choose supported operations`,
      )
    }
    expect(await refusal(update('replace', '/invalidPath', 'x'))).toBe(
      "400 BadRequestException: Invalid patch path  '/invalidPath' specified for op 'replace'. Must be one of: [/name, /validateRequestParameters, /validateRequestBody]",
    )
    expect(await refusal(update('replace', '/name', ''))).toBe(
      '400 BadRequestException: Request Validator name cannot be blank',
    )
  })

  it('belong to an API that there is', async () => {
    expect(await refusal(plane.api.createRequestValidator({ restApiId: 'api_id', name: 'x' }))).toBe(
      '400 BadRequestException: Invalid REST API identifier specified',
    )
    expect(await refusal(plane.api.getRequestValidators({ restApiId: 'api_id' }))).toBe(
      `404 NotFoundException: Invalid API identifier specified ${plane.account}:api_id`,
    )
    const { id } = await plane.api.createRequestValidator({ restApiId, name: 'x' })
    expect(
      await refusal(plane.api.getRequestValidator({ restApiId: 'api_id', requestValidatorId: id })),
    ).toBe(GONE)
  })

  it('stay while a method has them', async () => {
    const { id } = await plane.api.createRequestValidator({ restApiId, name: 'x' })
    const method = { restApiId, resourceId, httpMethod: 'POST' }
    expect(
      await plane.api.putMethod({ ...method, authorizationType: 'NONE', requestValidatorId: id }),
    ).toMatchObject({ requestValidatorId: id })
    const remove = () => plane.api.deleteRequestValidator({ restApiId, requestValidatorId: id })
    expect(await refusal(remove())).toMatch(/^409 ConflictException: .* is referenced in method: \/\/POST$/)
    await plane.api.deleteMethod(method)
    await remove()
  })
})

describe('a deployment', () => {
  it('has what its methods validate, and no models where none does', async () => {
    const { id } = await plane.api.createRequestValidator({ restApiId, name: 'x', validateRequestBody: true })
    const method = { restApiId, resourceId, httpMethod: 'POST' }
    await plane.api.putMethod({
      ...method,
      authorizationType: 'NONE',
      requestModels: { 'application/json': 'Error' },
    })
    await plane.api.putIntegration({ ...method, type: 'MOCK' })
    const deployed = async () => {
      await plane.api.createDeployment({ restApiId, stageName: 'prod' })
      const key = plane.pointer(restApiId)!.stages.prod!.snapshot
      return JSON.parse(await (await plane.env.STORE.get(key))!.text())
    }
    expect((await deployed()).models).toBeUndefined()
    await plane.api.updateMethod({
      ...method,
      patchOperations: [{ op: 'replace', path: '/requestValidatorId', value: id }],
    })
    const snapshot = await deployed()
    expect(Object.keys(snapshot.models)).toEqual(['Empty', 'Error'])
    expect(snapshot.resources[0].methods.POST).toMatchObject({
      validator: { body: true, parameters: false },
      requestModels: { 'application/json': 'Error' },
    })
  })
})
