import { beforeEach, describe, expect, it } from 'vitest'
import orders from '../../../gateway/openapi/documents/orders.yaml?raw'
import { type ControlPlane, controlPlane, refusal } from './control-plane.ts'

let plane: ControlPlane
let restApiId: string
beforeEach(async () => {
  plane = await controlPlane()
  const body = new TextEncoder().encode(orders)
  restApiId = (await plane.api.importRestApi({ body, parameters: { ignore: 'documentation' } })).id!
})

const create = (location: object, properties: object | string = { description: 'text' }) =>
  plane.api.createDocumentationPart({
    restApiId,
    location: location as { type: 'API' },
    properties: typeof properties === 'string' ? properties : JSON.stringify(properties),
  })

const parts = async (input: object = {}) => {
  const { items = [], position } = await plane.api.getDocumentationParts({ restApiId, limit: 500, ...input })
  return { items, position }
}

describe('documentation parts', () => {
  it('are created, got, updated and deleted', async () => {
    const { $metadata, ...part } = await create({ type: 'METHOD', path: '/orders', method: 'GET' })
    expect($metadata.httpStatusCode).toBe(201)
    expect(part).toEqual({
      id: expect.stringMatching(/^[a-z0-9]{6}$/),
      location: { type: 'METHOD', path: '/orders', method: 'GET' },
      properties: '{"description":"text"}',
    })
    const at = { restApiId, documentationPartId: part.id! }
    const update = (path: string, value: string) =>
      plane.api.updateDocumentationPart({ ...at, patchOperations: [{ op: 'replace', path, value }] })
    expect(await update('/properties', '{"summary":"short"}')).toMatchObject({
      properties: '{"summary":"short"}',
    })
    expect(await plane.api.getDocumentationPart(at)).toMatchObject({ properties: '{"summary":"short"}' })
    expect(await refusal(update('/properties', 'text'))).toBe(
      '400 BadRequestException: Invalid properties specified: they must be a JSON object',
    )
    expect(await refusal(update('/location', '{}'))).toBe(
      '400 BadRequestException: Invalid patch path /location',
    )
    expect((await plane.api.deleteDocumentationPart(at)).$metadata.httpStatusCode).toBe(202)
    expect(await refusal(plane.api.getDocumentationPart(at))).toBe(
      '404 NotFoundException: Invalid Documentation part identifier specified',
    )
  })

  it('have one place each, with what is not said of it filled in', async () => {
    const { location } = await create({ type: 'RESPONSE', path: '/orders' })
    expect(location).toEqual({ type: 'RESPONSE', path: '/orders', method: '*', statusCode: '*' })
    expect(await refusal(create({ type: 'RESPONSE', path: '/orders', method: '*' }))).toBe(
      "409 ConflictException: Documentation part already exists for the specified location: type 'RESPONSE', path '/orders', method '*', statusCode '*'.",
    )
    expect(await refusal(create({ type: 'MODEL' }))).toBe(
      "400 BadRequestException: The field 'name' is required for the documentation part type 'MODEL'",
    )
    expect(await refusal(create({ type: 'API', path: '/' }))).toBe(
      "400 BadRequestException: The field 'path' is not valid for the documentation part type 'API'",
    )
  })

  it('are listed by type, path and name, and so is what has none', async () => {
    await create({ type: 'API' })
    await create({ type: 'MODEL', name: 'Order' })
    await create({ type: 'METHOD', path: '/orders', method: 'GET' })
    expect((await parts({ type: 'MODEL' })).items.map(({ location }) => location)).toEqual([
      { type: 'MODEL', name: 'Order' },
    ])
    expect((await parts({ path: '/orders' })).items).toHaveLength(1)
    expect((await parts({ nameQuery: 'Order' })).items).toHaveLength(1)
    const undocumented = { locationStatus: 'UNDOCUMENTED' }
    expect((await parts({ ...undocumented, type: 'METHOD' })).items).toEqual(
      [
        ['/files/{path+}', 'GET'],
        ['/healthy', 'GET'],
        ['/orders', 'POST'],
        ['/orders/{orderId}', '*'],
      ].map(([path, method]) => ({ location: { type: 'METHOD', path, method } })),
    )
    const first = await parts({ ...undocumented, limit: 3 })
    const second = await parts({ ...undocumented, limit: 3, position: first.position })
    const all = await parts(undocumented)
    expect([...first.items, ...second.items]).toEqual(all.items.slice(0, 6))
  })

  it('are imported from a definition, merged or instead of those that are there', async () => {
    await create({ type: 'AUTHORIZER', name: 'token' })
    await create({ type: 'METHOD', path: '/orders', method: 'GET' }, { summary: 'before' })
    const body = new TextEncoder().encode(orders)
    const merged = await plane.api.importDocumentationParts({ restApiId, body })
    expect(merged.$metadata.httpStatusCode).toBe(200)
    const after = await parts()
    expect(after.items).toHaveLength(merged.ids!.length + 1)
    const summary = after.items.find(
      ({ location }) => location?.path === '/orders' && location.type === 'METHOD',
    )
    expect(JSON.parse(summary!.properties!)).toEqual({ summary: 'The orders of a tenant' })
    expect((await parts({ type: 'METHOD', path: '/orders/{orderId}' })).items).toMatchObject([
      { properties: '{"summary":"One order","notes":{"owner":"orders"}}' },
    ])
    const overwritten = await plane.api.importDocumentationParts({ restApiId, body, mode: 'overwrite' })
    expect(overwritten.ids!.toSorted()).toEqual(merged.ids!.toSorted())
    expect((await parts()).items).toHaveLength(merged.ids!.length)
  })
})

describe('documentation versions', () => {
  const version = (documentationVersion: string, input: object = {}) =>
    plane.api.createDocumentationVersion({ restApiId, documentationVersion, ...input })

  it('are created, listed, described and deleted', async () => {
    const { $metadata, ...created } = await version('1', { description: 'first' })
    expect($metadata.httpStatusCode).toBe(201)
    expect(created).toEqual({ version: '1', description: 'first', createdDate: expect.any(Date) })
    expect(await refusal(version('1'))).toBe('409 ConflictException: Documentation version already exists: 1')
    await version('2')
    expect(
      (await plane.api.getDocumentationVersions({ restApiId })).items?.map(item => item.version),
    ).toEqual(['1', '2'])
    const at = { restApiId, documentationVersion: '1' }
    await plane.api.updateDocumentationVersion({
      ...at,
      patchOperations: [{ op: 'replace', path: '/description', value: 'other' }],
    })
    expect(await plane.api.getDocumentationVersion(at)).toMatchObject({ description: 'other' })
    expect((await plane.api.deleteDocumentationVersion(at)).$metadata.httpStatusCode).toBe(202)
    expect(await refusal(plane.api.getDocumentationVersion(at))).toBe(
      '404 NotFoundException: Invalid Documentation version specified',
    )
  })

  it('have to be there when a stage names one', async () => {
    const { id: deploymentId } = await plane.api.createDeployment({ restApiId })
    const stage = { restApiId, stageName: 'test', deploymentId: deploymentId! }
    const missing = '404 NotFoundException: Invalid Documentation version specified'
    expect(await refusal(plane.api.createStage({ ...stage, documentationVersion: '1' }))).toBe(missing)
    await version('1')
    expect(await plane.api.createStage({ ...stage, documentationVersion: '1' })).toMatchObject({
      documentationVersion: '1',
    })
    const update = (value: string) =>
      plane.api.updateStage({
        restApiId,
        stageName: 'test',
        patchOperations: [{ op: 'replace', path: '/documentationVersion', value }],
      })
    expect(await refusal(update('2'))).toBe(missing)
    await version('2')
    expect(await update('2')).toMatchObject({ documentationVersion: '2' })
  })

  it('are what the exports of a stage say, whatever becomes of the parts', async () => {
    await plane.api.createDeployment({ restApiId, stageName: 'prod' })
    const { id } = await create({ type: 'METHOD', path: '/orders', method: 'GET' }, { summary: 'as it was' })
    await create({ type: 'API' }, { info: { contact: { name: 'us' } } })
    await version('7', { stageName: 'prod', description: 'of seven' })
    await plane.api.deleteDocumentationPart({ restApiId, documentationPartId: id! })
    const exported = async (extensions?: string) => {
      const { body } = await plane.api.getExport({
        restApiId,
        stageName: 'prod',
        exportType: 'oas30',
        ...(extensions ? { parameters: { extensions } } : {}),
      })
      return JSON.parse(new TextDecoder().decode(body))
    }
    const bare = await exported()
    expect(bare.paths['/orders'].get.summary).toBe('as it was')
    expect(bare.info).toMatchObject({ title: 'Orders', contact: { name: 'us' } })
    expect(bare['x-amazon-apigateway-documentation']).toBeUndefined()
    expect((await exported('documentation'))['x-amazon-apigateway-documentation']).toEqual({
      version: '7',
      description: 'of seven',
      documentationParts: expect.arrayContaining([
        {
          location: { type: 'METHOD', path: '/orders', method: 'GET' },
          properties: { summary: 'as it was' },
        },
      ]),
    })
    expect(await plane.api.getStage({ restApiId, stageName: 'prod' })).toMatchObject({
      documentationVersion: '7',
    })
    expect(
      await refusal(plane.api.deleteDocumentationVersion({ restApiId, documentationVersion: '7' })),
    ).toBe(
      "400 BadRequestException: Cannot delete documentation version '7' because it is associated with the stages prod",
    )
  })
})
