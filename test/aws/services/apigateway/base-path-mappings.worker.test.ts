import { describe, expect, test } from 'vitest'
import { type DomainDirectory, domainOf } from '../../../../src/gateway/domains/directory.ts'
import { type ControlPlane, controlPlane, refusal } from './control-plane.ts'

let names = 0

/** An account with a domain and an API that is deployed to the stage `prod`. */
async function shop() {
  const plane = await controlPlane()
  const { api } = plane
  const domainName = `mapped${++names}.example.com`
  await api.createDomainName({ domainName })
  return { ...plane, domainName, restApiId: await deployedApi(plane) }
}

async function deployedApi({ api }: Pick<ControlPlane, 'api'>): Promise<string> {
  const { id: restApiId, rootResourceId: resourceId } = await api.createRestApi({ name: 'shop' })
  await api.putMethod({ restApiId, resourceId, httpMethod: 'GET', authorizationType: 'NONE' })
  await api.putIntegration({ restApiId, resourceId, httpMethod: 'GET', type: 'MOCK' })
  await api.createDeployment({ restApiId, stageName: 'prod' })
  return restApiId!
}

async function published({ env, domainName }: Pick<ControlPlane, 'env'> & { domainName: string }) {
  const read = (await env.DOMAIN_ROUTER.getByName('domains').read(undefined)) as { doc: string }
  return domainOf(JSON.parse(read.doc) as DomainDirectory, domainName)?.mappings
}

describe('a base path mapping', () => {
  test('is created, listed, read, patched and deleted, and the data plane is told', async () => {
    const shopped = await shop()
    const { api, domainName, restApiId } = shopped
    const created = await api.createBasePathMapping({ domainName, restApiId, basePath: 'v1', stage: 'prod' })
    expect(created.$metadata.httpStatusCode).toBe(201)
    expect(created).toMatchObject({ basePath: 'v1', restApiId, stage: 'prod' })
    await api.createBasePathMapping({ domainName, restApiId, basePath: 'a/b', stage: '(none)' })
    await api.createBasePathMapping({ domainName, restApiId })
    expect((await api.getBasePathMappings({ domainName })).items).toEqual([
      { basePath: '(none)', restApiId },
      { basePath: 'a/b', restApiId },
      { basePath: 'v1', restApiId, stage: 'prod' },
    ])
    expect(await published(shopped)).toEqual([
      { basePath: '', apiId: restApiId },
      { basePath: 'a/b', apiId: restApiId },
      { basePath: 'v1', apiId: restApiId, stage: 'prod' },
    ])
    expect(await api.getBasePathMapping({ domainName, basePath: '(none)' })).toMatchObject({ restApiId })

    const other = await deployedApi(shopped)
    const moved = await api.updateBasePathMapping({
      domainName,
      basePath: 'a/b',
      patchOperations: [
        { op: 'replace', path: '/basePath', value: 'v2' },
        { op: 'replace', path: '/restapiId', value: other },
        { op: 'replace', path: '/stage', value: 'prod' },
      ],
    })
    expect(moved).toMatchObject({ basePath: 'v2', restApiId: other, stage: 'prod' })
    await api.deleteBasePathMapping({ domainName, basePath: 'v1' })
    expect(await published(shopped)).toEqual([
      { basePath: '', apiId: restApiId },
      { basePath: 'v2', apiId: other, stage: 'prod' },
    ])
    expect(await refusal(api.getBasePathMapping({ domainName, basePath: 'v1' }))).toBe(
      '404 NotFoundException: Invalid base path mapping identifier specified',
    )
    await api.deleteDomainName({ domainName })
    expect(await published(shopped)).toBeUndefined()
    await api.createDomainName({ domainName })
    expect((await api.getBasePathMappings({ domainName })).items).toEqual([])
    expect(await published(shopped)).toEqual([])
  })

  test('is the only one of its base path', async () => {
    const { api, domainName, restApiId } = await shop()
    const there = '409 ConflictException: Base path already exists for this domain name'
    await api.createBasePathMapping({ domainName, restApiId, stage: 'prod' })
    await api.createBasePathMapping({ domainName, restApiId, basePath: 'v1', stage: 'prod' })
    for (const basePath of [undefined, '(none)', 'v1'])
      expect(await refusal(api.createBasePathMapping({ domainName, restApiId, basePath }))).toBe(there)
    const renamed = api.updateBasePathMapping({
      domainName,
      basePath: 'v1',
      patchOperations: [{ op: 'replace', path: '/basePath', value: '(none)' }],
    })
    expect(await refusal(renamed)).toBe(there)
  })

  test('leads to what there is', async () => {
    const { api, domainName, restApiId } = await shop()
    const create = (over: object) =>
      refusal(api.createBasePathMapping({ domainName, restApiId, basePath: 'x', ...over }))
    expect(await create({ restApiId: 'nowhere000' })).toBe(
      '400 BadRequestException: Invalid REST API identifier specified',
    )
    expect(await create({ stage: 'beta' })).toBe(
      '400 BadRequestException: Invalid stage identifier specified',
    )
    expect(await create({ domainName: 'nobody.example.com' })).toBe(
      '404 NotFoundException: Invalid domain name identifier specified',
    )
    for (const basePath of ['/v1', 'v1/', 'a//b', 'a b', 'ü', '(none)/x y'])
      expect(await create({ basePath })).toContain('400 BadRequestException: Invalid base path specified')
  })

  test('keeps its API and its stage from being deleted', async () => {
    const { api, domainName, restApiId } = await shop()
    await api.createBasePathMapping({ domainName, restApiId, basePath: 'v1', stage: 'prod' })
    expect(await refusal(api.deleteStage({ restApiId, stageName: 'prod' }))).toBe(
      `400 BadRequestException: Deleting stage prod failed. Please remove all base path mappings related to the stage in your domains: ${domainName}`,
    )
    expect(await refusal(api.deleteRestApi({ restApiId }))).toBe(
      `400 BadRequestException: Deleting RestApi ${restApiId} failed. Please remove all base path mappings related to the RestApi in your domains: ${domainName}`,
    )
    await api.deleteBasePathMapping({ domainName, basePath: 'v1' })
    await api.deleteStage({ restApiId, stageName: 'prod' })
    await api.deleteRestApi({ restApiId })
  })

  test('that is made while its API is being deleted keeps the API', async () => {
    const { api, domainName, restApiId, beforeNextCommit } = await shop()
    beforeNextCommit(() => api.createBasePathMapping({ domainName, restApiId, basePath: 'v1' }))
    expect(await refusal(api.deleteRestApi({ restApiId }))).toContain('remove all base path mappings')
  })
})
