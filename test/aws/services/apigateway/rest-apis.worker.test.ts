import { beforeAll, describe, expect, it } from 'vitest'
import { type ControlPlane, controlPlane, refusal } from './control-plane.ts'

let plane: ControlPlane
beforeAll(async () => {
  plane = await controlPlane()
})

const create = (input: object = {}) => plane.api.createRestApi({ name: 'api', ...input })
type Operation = [op: string, path: string, value?: string]
const update = (restApiId: string, ...operations: Operation[]) =>
  plane.api.updateRestApi({
    restApiId,
    patchOperations: operations.map(([op, path, value]) => ({ op: op as 'add', path, value })),
  })

describe('a REST API', () => {
  it("is created with a root resource and AWS's defaults", async () => {
    const { $metadata, ...api } = await create({
      name: 'pets',
      description: 'of a shop',
      tags: { team: 'a' },
    })
    expect($metadata.httpStatusCode).toBe(201)
    expect(api).toEqual({
      id: expect.stringMatching(/^[a-z0-9]{10}$/),
      name: 'pets',
      description: 'of a shop',
      createdDate: new Date(Math.floor(plane.now / 1000) * 1000),
      apiKeySource: 'HEADER',
      endpointConfiguration: { types: ['EDGE'], ipAddressType: 'ipv4' },
      disableExecuteApiEndpoint: false,
      rootResourceId: expect.stringMatching(/^[a-z0-9]{10}$/),
      tags: { team: 'a' },
    })
    const { items } = await plane.api.getResources({ restApiId: api.id })
    expect(items).toEqual([{ id: api.rootResourceId, path: '/' }])
    expect(await plane.api.getRestApi({ restApiId: api.id })).toMatchObject(api)
  })

  it.each([
    [{ description: '' }, 'BadRequestException: Description cannot be an empty string'],
    [{ name: ' ' }, 'BadRequestException: Name cannot be empty'],
    [
      { minimumCompressionSize: 10_485_761 },
      'BadRequestException: Invalid minimum compression size, must be between 0 and 10485760',
    ],
    [
      { endpointConfiguration: { types: [] } },
      'BadRequestException: REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.',
    ],
    [
      { endpointConfiguration: { types: ['EDGE', 'REGIONAL'] } },
      'BadRequestException: Cannot create an api with multiple Endpoint Types.',
    ],
    [
      { endpointConfiguration: { types: ['wrong'] } },
      "ValidationException: 1 validation error detected: Value '[wrong]' at 'createRestApiInput.endpointConfiguration.types' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [PRIVATE, EDGE, REGIONAL]]",
    ],
    [
      { policy: '{}' },
      'BadRequestException: Invalid policy document. Please check the policy syntax and ensure that Principals are valid.',
    ],
  ])('is refused: %j', async (input, message) => {
    expect(await refusal(create(input))).toBe(`400 ${message}`)
  })

  it('patches binary media types like a map', async () => {
    const { id = '' } = await create()
    const first = await update(
      id,
      ['add', '/binaryMediaTypes/image~1png'],
      ['add', '/binaryMediaTypes/image~1jpeg'],
    )
    expect(first.binaryMediaTypes).toEqual(['image/png', 'image/jpeg'])
    expect(first.tags).toEqual({})
    const second = await update(id, ['replace', '/binaryMediaTypes/image~1png', 'image/gif'])
    expect(second.binaryMediaTypes).toEqual(['image/jpeg', 'image/gif'])
    const third = await update(id, ['remove', '/binaryMediaTypes/image~1gif'], ['remove', '/description'])
    expect(third.binaryMediaTypes).toEqual(['image/jpeg'])
    expect(await refusal(update(id, ['add', '/binaryMediaTypes', 'image/gif']))).toBe(
      '400 BadRequestException: Invalid patch path /binaryMediaTypes',
    )
  })

  it('turns compression on, off and to zero', async () => {
    const { id = '' } = await create()
    const path = '/minimumCompressionSize'
    expect(await update(id, ['replace', path, '10'])).toMatchObject({ minimumCompressionSize: 10 })
    expect((await update(id, ['replace', path, ''])).minimumCompressionSize).toBeUndefined()
    expect(await update(id, ['replace', path, '0'])).toMatchObject({ minimumCompressionSize: 0 })
    for (const bad of ['-1', 'test', '10485761']) {
      expect(await refusal(update(id, ['replace', path, bad]))).toBe(
        '400 BadRequestException: Invalid minimum compression size, must be between 0 and 10485760',
      )
    }
    expect(await refusal(update(id, ['add', path, '10']))).toBe(
      '400 BadRequestException: Invalid patch operation specified. Must be one of: [replace]',
    )
  })

  it('changes its endpoint type, name and key source', async () => {
    const { id = '' } = await create()
    const after = await update(
      id,
      ['replace', '/endpointConfiguration/types/EDGE', 'REGIONAL'],
      ['replace', '/name', 'other'],
      ['replace', '/apiKeySource', 'AUTHORIZER'],
    )
    expect(after).toMatchObject({
      name: 'other',
      apiKeySource: 'AUTHORIZER',
      endpointConfiguration: { types: ['REGIONAL'] },
    })
    expect(await refusal(update(id, ['replace', '/endpointConfiguration/types/0', 'wrong']))).toBe(
      '400 BadRequestException: Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE',
    )
    expect(await refusal(update(id, ['replace', '/endpointConfiguration/ipAddressType', 'wrong']))).toBe(
      '400 BadRequestException: ipAddressType must be either ipv4 or dualstack.',
    )
    expect(await refusal(update(id, ['replace', '/name']))).toBe(
      '400 BadRequestException: Name cannot be empty',
    )
  })

  it('is found by its exact id only, and only by its owner', async () => {
    const { id = '' } = await create()
    const wrong = id.toUpperCase() === id ? 'x' : id.toUpperCase()
    expect(await refusal(plane.api.getRestApi({ restApiId: wrong }))).toBe(
      `404 NotFoundException: Invalid API identifier specified ${plane.account}:${wrong}`,
    )
    const stranger = await controlPlane()
    expect(await refusal(stranger.api.getRestApi({ restApiId: id }))).toBe(
      `404 NotFoundException: Invalid API identifier specified ${stranger.account}:${id}`,
    )
    expect(await refusal(stranger.api.deleteRestApi({ restApiId: id }))).toContain('404 NotFoundException')
  })

  it('is cloned with its resources', async () => {
    const source = await create({ name: 'source' })
    const pets = await plane.api.createResource({
      restApiId: source.id,
      parentId: source.rootResourceId,
      pathPart: 'pets',
    })
    await plane.api.putMethod({
      restApiId: source.id,
      resourceId: pets.id,
      httpMethod: 'GET',
      authorizationType: 'NONE',
    })
    const clone = await create({ cloneFrom: source.id })
    const { items } = await plane.api.getResources({ restApiId: clone.id, embed: ['methods'] })
    expect(items?.map(item => [item.path, Object.keys(item.resourceMethods ?? {})])).toEqual(
      expect.arrayContaining([
        ['/', []],
        ['/pets', ['GET']],
      ]),
    )
    const input = { restApiId: clone.id, parentId: clone.rootResourceId, pathPart: 'pets' }
    expect(await refusal(plane.api.createResource(input))).toContain('409 ConflictException')
  })

  it('goes with all that belongs to it', async () => {
    const { id, rootResourceId } = await create()
    await plane.api.createResource({ restApiId: id, parentId: rootResourceId, pathPart: 'a' })
    const { $metadata } = await plane.api.deleteRestApi({ restApiId: id })
    expect($metadata.httpStatusCode).toBe(202)
    expect(plane.pointer(id!)).toBeNull()
    expect(await refusal(plane.api.getResource({ restApiId: id, resourceId: rootResourceId }))).toContain(
      '404',
    )
  })
})

describe('lists', () => {
  it('are paged, on the wire under the names that AWS uses', async () => {
    const own = await controlPlane()
    expect((await own.api.getRestApis({})).items).toEqual([])
    const ids: string[] = []
    for (let i = 0; i < 5; i++) ids.push((await own.api.createRestApi({ name: `n${i}` })).id!)
    const seen: string[] = []
    let position: string | undefined
    let pages = 0
    do {
      const page = await own.api.getRestApis({ limit: 2, position })
      seen.push(...page.items!.map(item => item.id!))
      position = page.position
      pages++
    } while (position)
    expect([pages, seen]).toEqual([3, ids.sort()])
    await own.api.getRestApis({ limit: 1 })
    expect(own.lastBody()).toMatchObject({ item: [{ id: seen[0] }], position: expect.any(String) })
    expect((await own.api.getRestApis({ limit: -1 })).items).toHaveLength(5)
  })

  it('refuse positions of other lists', async () => {
    const own = await controlPlane()
    for (let i = 0; i < 2; i++) await own.api.createApiKey({ name: 'k' })
    const { position } = await own.api.getApiKeys({ limit: 1 })
    expect(position).toBeDefined()
    for (const bad of [position, 'made-up']) {
      expect(await refusal(own.api.getRestApis({ position: bad }))).toBe(
        '400 BadRequestException: Invalid position parameter specified',
      )
    }
  })
})

describe('updates of one API at the same moment', () => {
  it('are all kept', async () => {
    const { id = '' } = await create()
    const types = Array.from({ length: 10 }, (_, i) => `image/t${i}`)
    await Promise.all(types.map(type => update(id, ['add', `/binaryMediaTypes/${type.replace('/', '~1')}`])))
    const { binaryMediaTypes } = await plane.api.getRestApi({ restApiId: id })
    expect(binaryMediaTypes?.toSorted()).toEqual(types)
  })
})
