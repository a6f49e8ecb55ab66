import { beforeEach, describe, expect, it } from 'vitest'
import { type ControlPlane, controlPlane, refusal } from './control-plane.ts'

let plane: ControlPlane
let restApiId: string
let root: string
beforeEach(async () => {
  plane = await controlPlane()
  const api = await plane.api.createRestApi({ name: 'api' })
  restApiId = api.id!
  root = api.rootResourceId!
})

const create = (parentId: string, pathPart: string) =>
  plane.api.createResource({ restApiId, parentId, pathPart })
const add = async (parentId: string, pathPart: string) => (await create(parentId, pathPart)).id!
const paths = async () =>
  (await plane.api.getResources({ restApiId, limit: 500 })).items!.map(item => item.path!).sort()
const update = (resourceId: string, path: string, value?: string, op = 'replace') =>
  plane.api.updateResource({ restApiId, resourceId, patchOperations: [{ op: op as 'replace', path, value }] })

describe('resources', () => {
  it('are created below each other and answer their paths', async () => {
    const { $metadata, ...pets } = await create(root, 'pets')
    expect($metadata.httpStatusCode).toBe(201)
    expect(pets).toEqual({ id: expect.any(String), parentId: root, pathPart: 'pets', path: '/pets' })
    await create(await add(pets.id!, '{petId}'), 'toys')
    expect(await paths()).toEqual(['/', '/pets', '/pets/{petId}', '/pets/{petId}/toys'])
    expect(await plane.api.getResource({ restApiId, resourceId: pets.id })).toMatchObject(pets)
  })

  it('move with everything below them', async () => {
    const pets = await add(root, 'pets')
    const deep = await add(await add(pets, '{id}'), 'toys')
    expect(await update(pets, '/pathPart', 'dogs')).toMatchObject({ path: '/dogs', pathPart: 'dogs' })
    const archive = await add(root, 'archive')
    expect(await update(pets, '/parentId', archive)).toMatchObject({
      path: '/archive/dogs',
      parentId: archive,
    })
    expect(await paths()).toEqual([
      '/',
      '/archive',
      '/archive/dogs',
      '/archive/dogs/{id}',
      '/archive/dogs/{id}/toys',
    ])
    expect((await plane.api.getResource({ restApiId, resourceId: deep })).path).toBe(
      '/archive/dogs/{id}/toys',
    )
    await create(root, 'dogs')
  })

  it('are deleted with everything below them', async () => {
    const pets = await add(root, 'pets')
    const child = await add(pets, '{id}')
    await add(root, 'petshop')
    const { $metadata } = await plane.api.deleteResource({ restApiId, resourceId: pets })
    expect($metadata.httpStatusCode).toBe(202)
    expect(await paths()).toEqual(['/', '/petshop'])
    expect(await refusal(plane.api.deleteResource({ restApiId, resourceId: child }))).toBe(
      '404 NotFoundException: Invalid Resource identifier specified',
    )
    await create(root, 'pets')
  })

  it('have one variable part among siblings, and nothing below a greedy one', async () => {
    const proxy = await add(root, '{proxy+}')
    await create(await add(root, 'parent'), '{child+}')
    expect(await refusal(create(root, '{id}'))).toBe(
      '400 BadRequestException: A sibling ({proxy+}) of this resource already has a variable path part -- only one is allowed',
    )
    for (const part of ['static', '{dynamic}']) {
      expect(await refusal(create(proxy, part))).toBe(
        '400 BadRequestException: Cannot create a child of a resource with a greedy path variable: {proxy+}',
      )
    }
  })

  it('refuse parts that are no path parts', async () => {
    for (const part of ['', 'a/b', 'a b', '{a', 'a}', '{}', '{a}b', '{+}', '{a+b}', 'ä', '%20', 'a{b}']) {
      expect(await refusal(create(root, part))).toBe(
        "400 BadRequestException: Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end.",
      )
    }
    for (const part of ['a.b_c-D:1', '{a.b_c-D}']) await create(root, part)
  })

  it('refuse to move where they cannot stand', async () => {
    const pets = await add(root, 'pets')
    const sub = await add(pets, 'subpets')
    const below = await add(sub, 'pets')
    const named = '409 ConflictException: Another resource with the same parent already has this name: pets'
    expect(await refusal(create(root, 'pets'))).toBe(named)
    expect(await refusal(update(below, '/parentId', root))).toBe(named)
    for (const into of [pets, sub, below]) {
      expect(await refusal(update(pets, '/parentId', into))).toBe(
        '400 BadRequestException: Resources cannot be cyclical.',
      )
    }
    expect(await refusal(update(pets, '/parentId', 'fake'))).toBe(
      '404 NotFoundException: Invalid Resource identifier specified',
    )
    expect(await refusal(update(pets, '/pathPart', '{proxy+}'))).toBe(
      '400 BadRequestException: Cannot create a child of a resource with a greedy path variable: {proxy+}',
    )
    expect(await refusal(update(pets, '/invalid', 'x'))).toBe(
      "400 BadRequestException: Invalid patch path  '/invalid' specified for op 'replace'. Must be one of: [/parentId, /pathPart]",
    )
    expect(await refusal(update(pets, '/pathPart', 'x', 'add'))).toBe(
      "400 BadRequestException: Invalid patch path  '/pathPart' specified for op 'add'. Please choose supported operations",
    )
    expect(await refusal(update(root, '/pathPart', 'x'))).toBe(
      '400 BadRequestException: Root resource cannot update its pathPart.',
    )
    expect(await refusal(update(root, '/parentId', pets))).toBe(
      '400 BadRequestException: Root resource cannot update its parentId.',
    )
    expect(await refusal(plane.api.deleteResource({ restApiId, resourceId: root }))).toContain('400')
    expect(await refusal(create('fake', 'x'))).toBe(
      '404 NotFoundException: Invalid Resource identifier specified',
    )
  })

  it('show their methods by name, or whole when asked to embed them', async () => {
    await plane.api.putMethod({ restApiId, resourceId: root, httpMethod: 'GET', authorizationType: 'NONE' })
    const plain = await plane.api.getResource({ restApiId, resourceId: root })
    expect(plain.resourceMethods).toEqual({ GET: {} })
    const embedded = await plane.api.getResource({ restApiId, resourceId: root, embed: ['methods'] })
    expect(embedded.resourceMethods).toEqual({
      GET: { httpMethod: 'GET', authorizationType: 'NONE', apiKeyRequired: false },
    })
    expect(await refusal(plane.api.getResources({ restApiId, embed: ['bodies'] }))).toContain('400')
    expect(await refusal(plane.api.getResources({ restApiId: 'nope' }))).toContain('404')
  })

  it('are 300 at most', async () => {
    const { DB } = plane.env
    // What another 298 calls would leave behind.
    await DB.batch(
      Array.from({ length: 298 }, (_, i) =>
        DB.prepare(
          `INSERT INTO resources (account, region, kind, parent, id, revision, alias, doc)
           VALUES (?, 'eu-central-1', 'apigateway.resource', ?, ?, 1, ?, ?)`,
        ).bind(
          plane.account,
          restApiId,
          `r${i}`,
          `${restApiId}/${root}/p${i}`,
          JSON.stringify({ parentId: root, pathPart: `p${i}`, path: `/p${i}`, methods: {} }),
        ),
      ),
    )
    await create(root, 'last')
    expect(await refusal(create(root, 'one-too-many'))).toBe(
      '429 LimitExceededException: Maximum number of resources for this API has been reached: 300',
    )
    expect(await paths()).toHaveLength(300)
  })
})

describe('changes of one tree at the same moment', () => {
  it('create all of ten siblings, and one of ten with the same name', async () => {
    const parts = Array.from({ length: 10 }, (_, i) => `p${i}`)
    await Promise.all(parts.map(part => create(root, part)))
    expect(await paths()).toEqual(['/', ...parts.map(part => `/${part}`)])

    const twins = await Promise.allSettled(parts.map(() => create(root, 'twin')))
    expect(twins.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const variables = await Promise.allSettled(parts.map(part => create(root, `{${part}}`)))
    expect(variables.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('leave no child without its parent', async () => {
    const parent = await add(root, 'parent')
    plane.beforeNextCommit(() => create(parent, 'child'))
    await plane.api.deleteResource({ restApiId, resourceId: parent })
    expect(await paths()).toEqual(['/'])

    const other = await add(root, 'other')
    plane.beforeNextCommit(() => plane.api.deleteResource({ restApiId, resourceId: other }))
    expect(await refusal(create(other, 'child'))).toBe(
      '404 NotFoundException: Invalid Resource identifier specified',
    )
    expect(await paths()).toEqual(['/'])
  })

  it('give a child that comes to a moving parent its new path', async () => {
    const parent = await add(root, 'parent')
    plane.beforeNextCommit(() => create(parent, 'child'))
    await update(parent, '/pathPart', 'moved')
    expect(await paths()).toEqual(['/', '/moved', '/moved/child'])
  })

  it('make no circle of two moves', async () => {
    const [a, b] = [await add(root, 'a'), await add(root, 'b')]
    plane.beforeNextCommit(() => update(b, '/parentId', a))
    expect(await refusal(update(a, '/parentId', b))).toBe(
      '400 BadRequestException: Resources cannot be cyclical.',
    )
    expect(await paths()).toEqual(['/', '/a', '/a/b'])
  })

  it('end in a conflict when others are always faster', async () => {
    const resource = await add(root, 'a')
    let part = 0
    const interfere = async () => {
      await update(resource, '/pathPart', `p${part++}`)
      plane.beforeNextCommit(interfere)
    }
    plane.beforeNextCommit(interfere)
    expect(await refusal(update(resource, '/pathPart', 'mine'))).toBe(
      '409 ConflictException: Unable to complete operation due to concurrent modification. Please try again later.',
    )
  })
})
