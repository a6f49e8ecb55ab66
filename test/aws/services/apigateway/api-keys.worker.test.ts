import { beforeEach, describe, expect, it } from 'vitest'
import { sha256Hex } from '../../../../src/lib/hash.ts'
import { keyMeterName } from '../../../../src/metering/key-record.ts'
import { readKeyRecord } from '../../../../src/metering/publish-key-record.ts'
import { type ControlPlane, controlPlane, REGION, refusal } from './control-plane.ts'

let plane: ControlPlane
beforeEach(async () => {
  plane = await controlPlane()
})

const create = (input: object = {}) => plane.api.createApiKey(input)
const record = async (value: string) =>
  readKeyRecord(plane.env.STORE, keyMeterName(plane.account, REGION, await sha256Hex(value)))
const update = (apiKey: string | undefined, path: string, value?: string, op = 'replace') =>
  plane.api.updateApiKey({ apiKey, patchOperations: [{ op: op as 'replace', path, value }] })

describe('an API key', () => {
  it('is generated, and shows its value when asked to', async () => {
    const { $metadata, ...key } = await create({ name: 'k' })
    expect($metadata.httpStatusCode).toBe(201)
    expect(key).toEqual({
      id: expect.stringMatching(/^[a-z0-9]{10}$/),
      value: expect.stringMatching(/^[a-zA-Z0-9]{40}$/),
      name: 'k',
      enabled: false,
      stageKeys: [],
      createdDate: expect.any(Date),
      lastUpdatedDate: expect.any(Date),
    })
    expect((await plane.api.getApiKey({ apiKey: key.id })).value).toBeUndefined()
    expect((await plane.api.getApiKey({ apiKey: key.id, includeValue: true })).value).toBe(key.value)
    expect((await plane.api.getApiKeys({})).items?.[0]?.value).toBeUndefined()
    expect((await plane.api.getApiKeys({ includeValues: true })).items?.[0]?.value).toBe(key.value)
    expect(await record(key.value!)).toMatchObject({ keyId: key.id, name: 'k', enabled: false })
  })

  it('has a value that nobody else has, also when two ask at once', async () => {
    const value = 'abcdefghijklmnopqrst'
    const both = await Promise.allSettled([create({ value }), create({ value })])
    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await refusal(create({ value }))).toBe('409 ConflictException: API Key already exists')
    const other = await controlPlane()
    await other.api.createApiKey({ value })
  })

  it.each([
    [{ value: 'short' }, 'API Key value should be at least 20 characters'],
    [{ value: 'x'.repeat(129) }, 'API Key value exceeds maximum size of 128 characters'],
    [{ value: 'with a blank in its middle' }, 'API Key value must consist of printable ASCII characters'],
    [{ name: 'x'.repeat(1025) }, 'Invalid API Key name, can be at most 1024 characters.'],
    [{ description: 'x'.repeat(1025) }, 'Invalid API Key description specified.'],
  ])('is refused with %j', async (input, message) => {
    expect(await refusal(create(input))).toBe(`400 BadRequestException: ${message}`)
  })

  it('is found by the beginning of its name, in its case, and by its customer', async () => {
    await create({ name: 'test-key-1', customerId: 'a' })
    await create({ name: 'test-key-2', customerId: 'b' })
    await create()
    const find = async (input: object) =>
      (await plane.api.getApiKeys(input)).items?.map(key => key.name ?? '').sort()
    expect(await find({})).toEqual(['', 'test-key-1', 'test-key-2'])
    expect(await find({ nameQuery: 'test-key' })).toEqual(['test-key-1', 'test-key-2'])
    for (const nameQuery of ['TEST-key', 'st-key', 'key-1']) expect(await find({ nameQuery })).toEqual([])
    expect(await find({ nameQuery: 'test', customerId: 'b' })).toEqual(['test-key-2'])
    const first = await plane.api.getApiKeys({ nameQuery: 'test', limit: 1 })
    const second = await plane.api.getApiKeys({ nameQuery: 'test', limit: 1, position: first.position })
    expect([first.items?.[0]?.name, second.items?.[0]?.name].sort()).toEqual(['test-key-1', 'test-key-2'])
    expect(second.position).toBeUndefined()
    expect(await refusal(plane.api.getApiKeys({ position: first.position }))).toContain('400')
  })

  it('is patched', async () => {
    const { id, value } = await create({ enabled: true })
    const before = await record(value!)
    plane.now += 5000
    const after = await update(id, '/enabled', 'false')
    expect(after).toMatchObject({ enabled: false, tags: {} })
    expect(Number(after.lastUpdatedDate) - Number(after.createdDate)).toBeGreaterThanOrEqual(5000)
    expect(await record(value!)).toMatchObject({ enabled: false, version: before!.version + 1 })
    expect((await update(id, '/enabled', 'wrong')).enabled).toBe(false)
    expect(await update(id, '/name', 'n')).toMatchObject({ name: 'n' })
    expect(await refusal(update(id, '/description', 'x'.repeat(1025)))).toBe(
      '400 BadRequestException: Invalid API Key description specified.',
    )
    expect(await refusal(update(id, '/id', 'x'))).toBe(
      "400 BadRequestException: Invalid patch path  '/id' specified for op 'replace'. Must be one of: [/description, /enabled, /name, /customerId]",
    )
    expect(await refusal(update('nope', '/name', 'x'))).toBe(
      '404 NotFoundException: Invalid API Key identifier specified',
    )
    expect(await refusal(update(id, '/stages', 'nope/dev', 'add'))).toBe(
      '404 NotFoundException: Invalid stage identifier specified',
    )
  })

  it('that is deleted is known to be gone, and its value may be used again', async () => {
    const value = 'abcdefghijklmnopqrst'
    const first = await create({ value })
    await plane.api.deleteApiKey({ apiKey: first.id })
    expect(await record(value)).toMatchObject({ deleted: true, enabled: false, plans: [] })
    expect(await refusal(plane.api.deleteApiKey({ apiKey: first.id }))).toContain('404')
    const second = await create({ value, enabled: true })
    expect(await record(value)).toMatchObject({ keyId: second.id, enabled: true })
    expect((await record(value))?.deleted).toBeUndefined()
  })

  it('that a caller uses already tells its meter', async () => {
    const value = 'abcdefghijklmnopqrst'
    const name = keyMeterName(plane.account, REGION, await sha256Hex(value))
    await plane.env.STORE.put(`${name}.born`, '')
    const { id } = await create({ value })
    expect(plane.configured.map(({ keyId }) => keyId)).toEqual([id])
  })
})

describe('importing keys', () => {
  const load = (text: string, failOnWarnings?: boolean) =>
    plane.api.importApiKeys({ format: 'csv', body: new TextEncoder().encode(text), failOnWarnings })

  it('creates them, puts them on plans, and warns of those it cannot create', async () => {
    const { id } = await plane.api.createUsagePlan({ name: 'p' })
    const lines = [
      'Name,key,description,Enabled,usageplanIds',
      `first,aaaaaaaaaaaaaaaaaaaaaaaa,a key,TRUE,"${id}"`,
      'second,short,,TRUE,',
      'third,bbbbbbbbbbbbbbbbbbbbbbbb,,false,',
    ]
    const { ids, warnings, $metadata } = await load(lines.join('\n'))
    expect($metadata.httpStatusCode).toBe(201)
    expect(ids).toHaveLength(2)
    expect(warnings).toEqual(['Line 3: API Key value should be at least 20 characters'])
    const { items = [] } = await plane.api.getApiKeys({ includeValues: true })
    expect(items.map(key => [key.name, key.value, key.enabled]).sort()).toEqual([
      ['first', 'a'.repeat(24), true],
      ['third', 'b'.repeat(24), false],
    ])
    expect((await plane.api.getUsagePlanKeys({ usagePlanId: id })).items?.[0]?.name).toBe('first')
  })

  it('fails on warnings when told to, and on files that are none', async () => {
    expect(await refusal(load('name,key\na,short', true))).toBe(
      '400 BadRequestException: Line 2: API Key value should be at least 20 characters',
    )
    for (const text of ['', 'name,key', 'name\na', '"']) expect(await refusal(load(text))).toContain('400')
  })
})
