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

const PET = JSON.stringify({ title: 'Pet', type: 'object', properties: { name: { type: 'string' } } })
const create = (name: string, schema: string | object | undefined = PET, contentType = 'application/json') =>
  plane.api.createModel({
    restApiId,
    name,
    contentType,
    schema: typeof schema === 'object' ? JSON.stringify(schema) : schema,
  })
const get = (modelName: string, flatten?: boolean) => plane.api.getModel({ restApiId, modelName, flatten })
const remove = (modelName: string) => plane.api.deleteModel({ restApiId, modelName })
const url = (name: string) => `https://apigateway.amazonaws.com/restapis/${restApiId}/models/${name}`
const invalid = (errors: string) =>
  `400 BadRequestException: Invalid model specified: Validation Result: warnings : [], errors : [${errors}]`

describe('models', () => {
  it('are created, got, listed and deleted', async () => {
    const { $metadata, ...model } = await plane.api.createModel({
      restApiId,
      name: 'Pet',
      description: 'A pet',
      contentType: 'application/json',
      schema: PET,
    })
    expect($metadata.httpStatusCode).toBe(201)
    expect(model).toEqual({
      id: expect.stringMatching(/^[a-z0-9]{6}$/),
      name: 'Pet',
      description: 'A pet',
      contentType: 'application/json',
      schema: PET,
    })
    expect(await get('Pet')).toMatchObject(model)
    const { items } = await plane.api.getModels({ restApiId })
    expect(items?.map(({ name }) => name)).toEqual(['Empty', 'Error', 'Pet'])
    expect((await remove('Pet')).$metadata.httpStatusCode).toBe(202)
    for (const call of [get, remove]) {
      expect(await refusal(call('Pet'))).toBe('404 NotFoundException: Invalid model name specified: Pet')
    }
  })

  it('of a new API are Empty and Error, which can be changed and deleted', async () => {
    const { schema, ...empty } = await get('Empty')
    expect(empty).toMatchObject({
      description: 'This is a default empty schema model',
      contentType: 'application/json',
    })
    expect(JSON.parse(schema!)).toEqual({
      $schema: 'http://json-schema.org/draft-04/schema#',
      title: 'Empty Schema',
      type: 'object',
    })
    await remove('Error')
    await plane.api.updateModel({
      restApiId,
      modelName: 'Empty',
      patchOperations: [{ op: 'replace', path: '/schema', value: PET }],
    })
    const { items } = await plane.api.getModels({ restApiId })
    expect(items?.map(({ name, schema }) => [name, schema])).toEqual([['Empty', PET]])
  })

  it('are listed in pages', async () => {
    const first = await plane.api.getModels({ restApiId, limit: 1 })
    expect(first.items?.map(({ name }) => name)).toEqual(['Empty'])
    const second = await plane.api.getModels({ restApiId, limit: 1, position: first.position })
    expect([second.items?.[0]?.name, second.position]).toEqual(['Error', undefined])
  })

  it('have names that differ, of letters and digits', async () => {
    await create('Pet')
    expect(await refusal(create('Pet'))).toBe(
      '409 ConflictException: Model name already exists for this REST API',
    )
    expect(await refusal(create(''))).toBe('400 BadRequestException: Model name must be non-empty')
    expect(await refusal(create('my-pet'))).toBe(
      '400 BadRequestException: Model name must be alphanumeric: my-pet',
    )
  })

  it('belong to an API that there is', async () => {
    const missing = `404 NotFoundException: Invalid API identifier specified ${plane.account}:abcde0`
    expect(await refusal(plane.api.getModels({ restApiId: 'abcde0' }))).toBe(missing)
    restApiId = 'abcde0'
    expect(await refusal(create('Pet'))).toBe(missing)
    expect(await refusal(get('Pet'))).toBe('404 NotFoundException: Invalid model name specified: Pet')
  })

  it('have a schema', async () => {
    const none = '400 BadRequestException: Model schema must have at least 1 property or array items defined'
    expect(await refusal(create('Pet', ''))).toBe(none)
    for (const contentType of ['application/json', 'application/xml']) {
      expect(await refusal(plane.api.createModel({ restApiId, name: 'Pet', contentType }))).toBe(none)
    }
    expect(await refusal(create('Pet', PET, 'json'))).toContain('Invalid content type specified: json')
  })

  it.each<[schema: string | object, errors: string]>([
    ['{', 'Invalid model schema specified'],
    ['[]', 'Invalid model schema specified'],
    [{ type: 'pet' }, 'Invalid model schema specified'],
    [{ required: [] }, 'Invalid model schema specified'],
    [{ properties: { a: { maxLength: '35' } } }, 'Invalid model schema specified'],
    [{ enum: ['A', 'A'] }, 'Invalid model schema specified'],
    [{ exclusiveMinimum: true }, 'Invalid model schema specified'],
    [{ pattern: '(' }, 'Invalid model schema specified'],
    [{ patternProperties: { '[': {} } }, 'Invalid model schema specified'],
    [
      { $id: 'x', properties: { a: { example: 1 }, nullable: { type: 'string' } }, items: { example: 2 } },
      'Invalid model schema specified. Unsupported keyword(s): ["$id","example"]',
    ],
    [{ $ref: 'http://example.com/pet.json' }, 'Model reference must be in canonical form'],
    [{ items: { $ref: '#/components/schemas/Pet' } }, 'Model reference must be in canonical form'],
    [
      { allOf: [{ $ref: 'Pet' }], readOnly: true },
      'Invalid model schema specified. Unsupported keyword(s): ["readOnly"], Model reference must be in canonical form',
    ],
  ])('with the schema %j are refused', async (schema, errors) => {
    expect(await refusal(create('Pet', schema))).toBe(invalid(errors))
  })

  it('with schemas of hostile shapes are refused', async () => {
    const deep = `${'{"not":'.repeat(5_000)}{}${'}'.repeat(5_000)}`
    expect(await refusal(create('Deep', deep))).toBe(invalid('Invalid model schema specified'))
    expect(await refusal(create('Large', JSON.stringify({ title: 'x'.repeat(410_000) })))).toBe(
      '400 BadRequestException: Model schema must not be larger than 409600 bytes',
    )
  })

  it('may be no JSON Schema where their content is no JSON', async () => {
    expect(await create('Xml', '<schema/>', 'application/xml')).toMatchObject({ schema: '<schema/>' })
  })

  it('are patched: description and schema, and nothing else', async () => {
    await create('Pet')
    const update = (op: 'add' | 'replace', path: string, value: string) =>
      plane.api.updateModel({ restApiId, modelName: 'Pet', patchOperations: [{ op, path, value }] })
    expect(await update('replace', '/description', 'new')).toMatchObject({ description: 'new', schema: PET })
    expect((await update('replace', '/description', '')).description).toBeUndefined()
    expect(await update('replace', '/schema', '{"type":"array"}')).toMatchObject({
      schema: '{"type":"array"}',
    })
    expect(await refusal(update('add', '/wrong-path', 'x'))).toBe(
      "400 BadRequestException: Invalid patch path  '/wrong-path' specified for op 'add'. Please choose supported operations",
    )
    expect(await refusal(update('replace', '/name', 'x'))).toBe(
      "400 BadRequestException: Invalid patch path  '/name' specified for op 'replace'. Must be one of: [/description, /schema]",
    )
    expect(await refusal(update('replace', '/schema', ''))).toBe(
      '400 BadRequestException: Model schema must have at least 1 property or array items defined',
    )
    expect(await refusal(update('replace', '/schema', '{"required":[]}'))).toBe(
      invalid('Invalid model schema specified'),
    )
  })
})

describe('a model that is referred to', () => {
  it('by a method stays', async () => {
    await create('Pet')
    const method = { restApiId, resourceId, httpMethod: 'ANY' }
    await plane.api.putMethod({
      ...method,
      authorizationType: 'NONE',
      requestModels: { 'application/json': 'Pet' },
    })
    expect(await refusal(remove('Pet'))).toBe(
      "409 ConflictException: Cannot delete model 'Pet', is referenced in method request: //ANY",
    )
    const child = await plane.api.createResource({ restApiId, parentId: resourceId, pathPart: 'test' })
    await plane.api.putMethod({
      ...method,
      resourceId: child.id!,
      authorizationType: 'NONE',
      requestModels: { 'application/json': 'Pet' },
    })
    expect(await refusal(remove('Pet'))).toContain('is referenced in method request: /test/ANY')
    await plane.api.deleteResource({ restApiId, resourceId: child.id! })
    await plane.api.updateMethod({
      ...method,
      patchOperations: [{ op: 'remove', path: '/requestModels/application~1json' }],
    })
    await plane.api.putMethodResponse({
      ...method,
      statusCode: '200',
      responseModels: { 'application/json': 'Pet' },
    })
    expect(await refusal(remove('Pet'))).toContain('is referenced in method response: //ANY')
    await plane.api.deleteMethod(method)
    await remove('Pet')
  })

  it('by another model stays, and can be had as a part of it', async () => {
    await create('Name', { definitions: { word: { type: 'string' } }, $ref: '#/definitions/word' })
    await create('Pet', {
      properties: { name: { $ref: url('Name') }, tag: { $ref: `${url('Name')}#/definitions/word` } },
    })
    await create('Pets', { type: 'array', items: { $ref: url('Pet') } })
    expect(await refusal(remove('Name'))).toBe(
      "409 ConflictException: Cannot delete model 'Name', is referenced in model: Pet",
    )
    expect(JSON.parse((await get('Pets', true)).schema!)).toEqual({
      type: 'array',
      items: { $ref: '#/definitions/Pet' },
      definitions: {
        Pet: {
          properties: {
            name: { $ref: '#/definitions/Name' },
            tag: { $ref: '#/definitions/Name/definitions/word' },
          },
        },
        Name: {
          definitions: { word: { type: 'string' } },
          $ref: '#/definitions/Name/definitions/word',
        },
      },
    })
    expect(JSON.parse((await get('Pets')).schema!).items).toEqual({ $ref: url('Pet') })
  })

  it('has to be there', async () => {
    expect(await refusal(create('Pets', { items: { $ref: url('Gone') } }))).toBe(
      invalid('Model reference must be in canonical form'),
    )
    expect(await create('Tree', { items: { $ref: url('Tree') } })).toMatchObject({ name: 'Tree' })
  })

  it('leads to the copy in a copy of the API', async () => {
    await create('Pet')
    await create('Pets', { items: { $ref: url('Pet') } })
    const copy = await plane.api.createRestApi({ name: 'copy', cloneFrom: restApiId })
    const { items } = await plane.api.getModels({ restApiId: copy.id! })
    expect(items?.map(({ name }) => name)).toEqual(['Empty', 'Error', 'Pet', 'Pets'])
    restApiId = copy.id!
    expect(JSON.parse((await get('Pets')).schema!)).toEqual({ items: { $ref: url('Pet') } })
  })
})

describe('a sample template', () => {
  it('makes the structure of a model', async () => {
    await create('Pet', {
      type: 'object',
      properties: { name: { type: 'string' }, age: { type: 'integer' }, kind: { enum: ['cat'] } },
    })
    await create('Pets', { type: 'array', items: { $ref: url('Pet') } })
    expect((await plane.api.getModelTemplate({ restApiId, modelName: 'Pets' })).value).toBe(
      `#set($inputRoot = $input.path('$'))
[
##TODO: Update this foreach loop to reference array from input json
#foreach($elem in $inputRoot)
  {
    "name" : "foo",
    "age" : 42,
    "kind" : "cat"
  }#if($foreach.hasNext),#end
#end
]`,
    )
    await create('Tree', { properties: { below: { $ref: url('Tree') } } })
    expect((await plane.api.getModelTemplate({ restApiId, modelName: 'Tree' })).value).toContain(
      '"below" : {',
    )
  })
})
