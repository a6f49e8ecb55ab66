import {
  InvalidParameterValueException,
  paginateListLayers,
  paginateListLayerVersions,
  ResourceNotFoundException,
} from '@aws-sdk/client-lambda'
import { strToU8, zipSync } from 'fflate'
import { beforeEach, describe, expect, it } from 'vitest'
import { serveCode } from '../../../../src/aws/services/lambda/serve-code.ts'
import { LIMITS } from '../../../../src/functions/control/limits.ts'
import { toBase64 } from '../../../../src/lib/base64.ts'
import { hex, sha256 } from '../../../../src/lib/hash.ts'
import { failure, type Harness, lambdaHarness, settings, zipOf } from './lambda-harness.ts'

let weir: Harness
const LayerName = 'tools'
const zip = zipSync({ 'data.txt': strToU8('shared data') }, { mtime: '2026-01-01T00:00:00' })

beforeEach(async () => {
  weir = await lambdaHarness()
})

const publish = (input: object = {}) =>
  weir.client.publishLayerVersion({ LayerName, Content: { ZipFile: zip }, ...input })
const layerArn = (version?: number, name = LayerName) =>
  `arn:aws:lambda:eu-central-1:${weir.account.id}:layer:${name}${version ? `:${version}` : ''}`
const refusal = async (call: Promise<unknown>) => {
  const { name, message } = await failure(call)
  return `${name}: ${message}`
}
const NOT_THERE = 'ResourceNotFoundException: The resource you requested does not exist.'

describe('PublishLayerVersion', () => {
  it('gives versions numbers, and answers what was given', async () => {
    const published = await publish({
      Description: 'what we share',
      CompatibleRuntimes: ['nodejs22.x', 'nodejs20.x'],
      CompatibleArchitectures: ['x86_64'],
      LicenseInfo: 'MIT',
    })
    expect(published.$metadata.httpStatusCode).toBe(201)
    expect(published).toMatchObject({
      LayerArn: layerArn(),
      LayerVersionArn: layerArn(1),
      Version: 1,
      Description: 'what we share',
      CompatibleRuntimes: ['nodejs22.x', 'nodejs20.x'],
      CompatibleArchitectures: ['x86_64'],
      LicenseInfo: 'MIT',
      CreatedDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/),
      Content: { CodeSize: zip.length, CodeSha256: toBase64(await sha256(zip)) },
    })
    const second = await publish()
    expect(second.LayerVersionArn).toBe(layerArn(2))
    const members = JSON.parse(await weir.responses.at(-1)!.text())
    expect(Object.keys(members).sort()).toEqual([
      'Content',
      'CreatedDate',
      'Description',
      'LayerArn',
      'LayerVersionArn',
      'Version',
    ])
    expect(members.Description).toBe('')
  })

  it('never uses a number twice', async () => {
    await publish()
    await publish()
    for (const VersionNumber of [1, 2]) await weir.client.deleteLayerVersion({ LayerName, VersionNumber })
    expect((await publish()).Version).toBe(3)
  })

  it('numbers versions that are published at the same time one after the other', async () => {
    const published = await Promise.all([1, 2, 3, 4, 5, 6].map(() => publish()))
    expect(published.map(({ Version }) => Version).sort()).toEqual([1, 2, 3, 4, 5, 6])
  })

  it('takes the layer by its ARN, and is refused for another account', async () => {
    expect((await publish({ LayerName: layerArn() })).LayerVersionArn).toBe(layerArn(1))
    const foreign = 'arn:aws:lambda:eu-central-1:111122223333:layer:tools'
    expect(await refusal(publish({ LayerName: foreign }))).toBe(
      `AccessDeniedException: User: arn:aws:iam::${weir.account.id}:root is not authorized to perform: lambda:PublishLayerVersion on resource: ${foreign} because no resource-based policy allows the lambda:PublishLayerVersion action`,
    )
  })

  it('refuses what is no package', async () => {
    expect(await refusal(publish({ Content: { ZipFile: strToU8('no zip') } }))).toBe(
      'InvalidParameterValueException: Could not unzip uploaded file. Please check your file, then try to upload again.',
    )
    expect(await refusal(publish({ Content: {} }))).toBe(
      'InvalidParameterValueException: Please provide a source for layer content.',
    )
    expect(await refusal(publish({ CompatibleArchitectures: ['mips'] }))).toMatch(
      /^ValidationException: 1 valid/,
    )
    expect(await refusal(publish({ Content: { ZipFile: new Uint8Array(28_500_000) } }))).toMatch(
      /^RequestEntityTooLargeException: Request must be smaller than \d+ bytes for the PublishLayerVersion operation$/,
    )
  })

  it('counts as stored code', async () => {
    await publish()
    await publish()
    await weir.client.deleteLayerVersion({ LayerName, VersionNumber: 1 })
    const { AccountUsage } = await weir.client.getAccountSettings({})
    expect(AccountUsage?.TotalCodeSize).toBe(zip.length)
  })
})

describe('GetLayerVersion', () => {
  it('finds a version by name, by the ARN of its layer and by its own', async () => {
    const { $metadata, ...published } = await publish({ LicenseInfo: 'MIT' })
    const asked = [
      weir.client.getLayerVersion({ LayerName, VersionNumber: 1 }),
      weir.client.getLayerVersion({ LayerName: layerArn(), VersionNumber: 1 }),
      weir.client.getLayerVersionByArn({ Arn: layerArn(1) }),
    ]
    for (const { $metadata, Content, ...found } of await Promise.all(asked)) {
      expect({ ...found, Content: { ...Content, Location: '' } }).toEqual({
        ...published,
        Content: { ...published.Content, Location: '' },
      })
    }
  })

  it('gives a link to the content', async () => {
    await publish()
    const { Content } = await weir.client.getLayerVersion({ LayerName, VersionNumber: 1 })
    const response = await serveCode(new Request(Content!.Location!), weir.env)
    expect(response.headers.get('content-type')).toBe('application/zip')
    expect(hex(new Uint8Array(await response.arrayBuffer()))).toBe(hex(zip))
  })

  it('refuses versions that do not exist', async () => {
    await publish()
    const get = (VersionNumber: number, name = LayerName) =>
      refusal(weir.client.getLayerVersion({ LayerName: name, VersionNumber }))
    expect(await get(2)).toBe(NOT_THERE)
    expect(await get(1, 'nothing')).toBe(NOT_THERE)
    expect(await get(0)).toBe('InvalidParameterValueException: Layer Version Cannot be less than 1')
    expect(await get(-1)).toBe('InvalidParameterValueException: Layer Version Cannot be less than 1')
    expect(await refusal(weir.client.getLayerVersionByArn({ Arn: layerArn(7) }))).toBe(NOT_THERE)
    expect(await refusal(weir.client.getLayerVersionByArn({ Arn: layerArn() }))).toMatch(
      /^ValidationException: /,
    )
  })
})

describe('DeleteLayerVersion', () => {
  it('takes a version away, and does nothing the second time', async () => {
    await publish()
    for (let time = 0; time < 2; time++) {
      const { $metadata } = await weir.client.deleteLayerVersion({ LayerName, VersionNumber: 1 })
      expect($metadata.httpStatusCode).toBe(204)
    }
    await weir.client.deleteLayerVersion({ LayerName: 'nothing', VersionNumber: 1 })
    expect(await refusal(weir.client.getLayerVersion({ LayerName, VersionNumber: 1 }))).toBe(NOT_THERE)
    expect((await weir.client.listLayers({})).Layers).toEqual([])
    expect(await refusal(weir.client.deleteLayerVersion({ LayerName, VersionNumber: -1 }))).toBe(
      'InvalidParameterValueException: Layer Version Cannot be less than 1',
    )
  })
})

describe('ListLayerVersions', () => {
  it('shows the newest first, page by page, without their content', async () => {
    for (let version = 1; version <= 5; version++) await publish({ Description: `number ${version}` })
    await weir.client.deleteLayerVersion({ LayerName, VersionNumber: 4 })
    const pages: number[][] = []
    for await (const page of paginateListLayerVersions({ client: weir.client, pageSize: 2 }, { LayerName })) {
      pages.push(page.LayerVersions!.map(({ Version }) => Version!))
    }
    expect(pages).toEqual([
      [5, 3],
      [2, 1],
    ])
    const { LayerVersions } = await weir.client.listLayerVersions({ LayerName: layerArn() })
    expect(LayerVersions![0]).toEqual({
      LayerVersionArn: layerArn(5),
      Version: 5,
      Description: 'number 5',
      CreatedDate: expect.any(String),
    })
  })

  it('knows no unknown layer, and no foreign marker', async () => {
    expect((await weir.client.listLayerVersions({ LayerName: 'nothing' })).LayerVersions).toEqual([])
    await publish()
    await publish()
    const { NextMarker } = await weir.client.listLayerVersions({ LayerName, MaxItems: 1 })
    const other = weir.client.listLayerVersions({ LayerName: 'other', Marker: NextMarker })
    expect(await refusal(other)).toBe(
      'InvalidParameterValueException: The Marker is not one that this list gave.',
    )
  })

  it('leaves out what is not compatible, or does not say', async () => {
    await publish({ CompatibleRuntimes: ['nodejs22.x'], CompatibleArchitectures: ['arm64'] })
    await publish({ CompatibleRuntimes: ['nodejs22.x', 'python3.12'], CompatibleArchitectures: ['x86_64'] })
    await publish()
    const numbers = async (filter: object) =>
      (await weir.client.listLayerVersions({ LayerName, ...filter })).LayerVersions!.map(
        ({ Version }) => Version,
      )
    expect(await numbers({})).toEqual([3, 2, 1])
    expect(await numbers({ CompatibleRuntime: 'nodejs22.x' })).toEqual([2, 1])
    expect(await numbers({ CompatibleRuntime: 'python3.12' })).toEqual([2])
    expect(await numbers({ CompatibleArchitecture: 'arm64' })).toEqual([1])
    expect(await numbers({ CompatibleRuntime: 'python3.12', CompatibleArchitecture: 'arm64' })).toEqual([])
  })
})

describe('ListLayers', () => {
  it('shows every layer with its newest version that matches', async () => {
    for (const name of ['alpha', 'beta', 'gamma']) await publish({ LayerName: name })
    await publish({ LayerName: 'beta', CompatibleRuntimes: ['nodejs22.x'] })
    await publish({ LayerName: 'beta', CompatibleRuntimes: ['python3.12'] })
    await weir.client.deleteLayerVersion({ LayerName: 'alpha', VersionNumber: 1 })
    const found: unknown[] = []
    for await (const page of paginateListLayers({ client: weir.client, pageSize: 1 }, {})) {
      expect(page.Layers!.length).toBe(1)
      found.push(
        ...page.Layers!.map(({ LayerName, LatestMatchingVersion }) => [
          LayerName,
          LatestMatchingVersion?.Version,
        ]),
      )
    }
    expect(found).toEqual([
      ['beta', 3],
      ['gamma', 1],
    ])
    const { Layers } = await weir.client.listLayers({ CompatibleRuntime: 'nodejs22.x' })
    expect(Layers).toEqual([
      {
        LayerName: 'beta',
        LayerArn: layerArn(undefined, 'beta'),
        LatestMatchingVersion: expect.objectContaining({
          LayerVersionArn: layerArn(2, 'beta'),
          CompatibleRuntimes: ['nodejs22.x'],
        }),
      },
    ])
    expect(await refusal(weir.client.listLayers({ CompatibleRuntime: 'cobol' as 'nodejs' }))).toMatch(
      /^ValidationException: 1 validation error detected: Value 'cobol' at 'compatibleRuntime' failed/,
    )
  })
})

describe('a layer version’s policy', () => {
  const add = (input: object = {}) =>
    weir.client.addLayerVersionPermission({
      LayerName,
      VersionNumber: 1,
      StatementId: 'everybody',
      Action: 'lambda:GetLayerVersion',
      Principal: '*',
      ...input,
    })
  const remove = (input: object = {}) =>
    weir.client.removeLayerVersionPermission({
      LayerName,
      VersionNumber: 1,
      StatementId: 'everybody',
      ...input,
    })
  const get = (input: object = {}) =>
    weir.client.getLayerVersionPolicy({ LayerName, VersionNumber: 1, ...input })

  beforeEach(() => publish())

  it('grows and shrinks by statements', async () => {
    const first = await add()
    expect(first.$metadata.httpStatusCode).toBe(201)
    const everybody = {
      Sid: 'everybody',
      Effect: 'Allow',
      Principal: '*',
      Action: 'lambda:GetLayerVersion',
      Resource: layerArn(1),
    }
    expect(first.Statement).toBe(JSON.stringify(everybody))
    const second = await add({ StatementId: 'one', Principal: '111122223333', RevisionId: first.RevisionId })
    const one = { ...everybody, Sid: 'one', Principal: { AWS: 'arn:aws:iam::111122223333:root' } }
    const third = await add({ StatementId: 'org', OrganizationId: 'o-1234567890' })
    const org = {
      ...everybody,
      Sid: 'org',
      Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1234567890' } },
    }
    expect(JSON.parse(third.Statement!)).toEqual(org)
    expect(second.RevisionId).not.toBe(first.RevisionId)
    expect(await get()).toMatchObject({
      Policy: JSON.stringify({ Version: '2012-10-17', Id: 'default', Statement: [everybody, one, org] }),
      RevisionId: third.RevisionId,
    })
    for (const StatementId of ['everybody', 'one']) await remove({ StatementId })
    expect(JSON.parse((await get()).Policy!).Statement).toEqual([org])
    await remove({ StatementId: 'org' })
    expect(await refusal(get())).toBe(
      'ResourceNotFoundException: No policy is associated with the given resource.',
    )
  })

  it('refuses what does not fit it', async () => {
    await add()
    const stale =
      'PreconditionFailedException: The Revision Id provided does not match the latest Revision Id. Call the GetLayerPolicy API to retrieve the latest Revision Id'
    expect(await refusal(add())).toBe(
      'ResourceConflictException: The statement id (everybody) provided already exists. Please provide a new statement id, or remove the existing statement.',
    )
    expect(await refusal(add({ StatementId: 'b', RevisionId: 'old' }))).toBe(stale)
    expect(await refusal(remove({ RevisionId: 'old' }))).toBe(stale)
    expect(await refusal(remove({ StatementId: 'b' }))).toBe(
      'ResourceNotFoundException: Statement b is not found in resource policy.',
    )
    expect(await refusal(add({ Action: '*' }))).toBe(
      "ValidationException: 1 validation error detected: Value '*' at 'action' failed to satisfy constraint: Member must satisfy regular expression pattern: lambda:GetLayerVersion",
    )
    const missing = `ResourceNotFoundException: Layer version ${layerArn(2)} does not exist.`
    expect(await refusal(add({ VersionNumber: 2 }))).toBe(missing)
    expect(await refusal(get({ VersionNumber: 2 }))).toBe(missing)
    expect(await refusal(remove({ VersionNumber: 2 }))).toBe(missing)
  })

  it('lets in the accounts that it names and nobody else', async () => {
    const friend = weir.clientIn('eu-central-1', '111122223333')
    const stranger = weir.clientIn('eu-central-1', '444455556666')
    await add({ StatementId: 'friend', Principal: '111122223333' })
    await add({ StatementId: 'org', OrganizationId: 'o-1234567890' })
    const Arn = layerArn(1)
    expect((await friend.getLayerVersionByArn({ Arn })).LayerVersionArn).toBe(Arn)
    await friend.createFunction({ ...settings(`borrows-${weir.account.id}`), Layers: [Arn] })
    const denied = `AccessDeniedException: User: arn:aws:iam::444455556666:root is not authorized to perform: lambda:GetLayerVersion on resource: ${Arn} because no resource-based policy allows the lambda:GetLayerVersion action`
    expect(await refusal(stranger.getLayerVersionByArn({ Arn }))).toBe(denied)
    expect(await refusal(stranger.createFunction({ ...settings('steals'), Layers: [Arn] }))).toBe(denied)
    expect(await refusal(friend.getLayerVersionByArn({ Arn: layerArn(2) }))).toMatch(
      /^AccessDeniedException: /,
    )
    const others = weir.clientIn('us-east-1').getLayerVersionByArn({ Arn })
    expect(await failure(others)).toBeInstanceOf(ResourceNotFoundException)
  })
})

describe('a function with layers', () => {
  const FunctionName = 'layered'
  const used = { Arn: '', CodeSize: zip.length }

  beforeEach(async () => {
    used.Arn = layerArn(1)
    await publish()
  })

  const manifestOf = async (key: string) => (await weir.env.STORE.get(key))!.json<{ layers?: string[] }>()

  it('shows them wherever it is shown, and its versions keep them', async () => {
    const other = layerArn(1, 'more')
    await publish({ LayerName: 'more' })
    const created = await weir.client.createFunction({ ...settings(FunctionName), Layers: [used.Arn, other] })
    const both = [used, { Arn: other, CodeSize: zip.length }]
    expect(created.Layers).toEqual(both)
    const version = await weir.client.publishVersion({ FunctionName })
    expect(version.Layers).toEqual(both)
    await weir.client.updateFunctionConfiguration({ FunctionName, Layers: [used.Arn] })
    expect((await weir.client.getFunction({ FunctionName })).Configuration?.Layers).toEqual([used])
    expect((await weir.client.publishVersion({ FunctionName })).Version).toBe('2')
    await weir.client.updateFunctionConfiguration({ FunctionName, Layers: [] })
    expect((await weir.client.getFunctionConfiguration({ FunctionName })).Layers).toBeUndefined()
    const { Versions } = await weir.client.listVersionsByFunction({ FunctionName })
    expect(Versions!.map(({ Layers }) => Layers?.length)).toEqual([undefined, 2, 1])
    const { uid, latest } = (await weir.pointer(FunctionName))!
    const hash = hex(await sha256(zip))
    expect((await manifestOf(`functions/${uid}/1.json`)).layers).toEqual([hash, hash])
    expect((await manifestOf(latest)).layers).toBeUndefined()
  })

  it('keeps a layer version that is deleted, but cannot be given it again', async () => {
    await weir.client.createFunction({ ...settings(FunctionName), Layers: [used.Arn] })
    await weir.client.deleteLayerVersion({ LayerName, VersionNumber: 1 })
    await weir.client.updateFunctionConfiguration({ FunctionName, Timeout: 9 })
    expect((await weir.client.getFunctionConfiguration({ FunctionName })).Layers).toEqual([used])
    expect(await refusal(weir.client.updateFunctionConfiguration({ FunctionName, Layers: [used.Arn] }))).toBe(
      `InvalidParameterValueException: Layer version ${used.Arn} does not exist.`,
    )
  })

  it('leaves its layers behind when it is deleted', async () => {
    await weir.client.createFunction({ ...settings(FunctionName), Layers: [used.Arn] })
    await weir.client.deleteFunction({ FunctionName })
    expect((await weir.client.getLayerVersionByArn({ Arn: used.Arn })).Version).toBe(1)
  })

  it('may have any layer, whatever it says that it is made for', async () => {
    await publish({ CompatibleRuntimes: ['python3.12'], CompatibleArchitectures: ['arm64'] })
    const created = await weir.client.createFunction({ ...settings(FunctionName), Layers: [layerArn(2)] })
    expect(created.Layers?.[0]?.Arn).toBe(layerArn(2))
  })

  it('is refused layers that cannot be used', async () => {
    await publish()
    const create = (...Layers: string[]) =>
      refusal(weir.client.createFunction({ ...settings(FunctionName), Layers }))
    const invalid = 'InvalidParameterValueException'
    expect(await create(layerArn(9))).toBe(`${invalid}: Layer version ${layerArn(9)} does not exist.`)
    expect(await create(layerArn(1, 'nothing'))).toBe(
      `${invalid}: Layer version ${layerArn(1, 'nothing')} does not exist.`,
    )
    const twice =
      'Two different versions of the same layer are not allowed to be referenced in the same function.'
    expect(await create(layerArn(1), layerArn(2))).toBe(
      `${invalid}: ${twice} ${layerArn(1)} and ${layerArn(2)} are versions of the same layer.`,
    )
    expect(await create(layerArn(1), layerArn(1))).toBe(
      `${invalid}: ${twice} ${layerArn(1)} and ${layerArn(1)} are versions of the same layer.`,
    )
    expect(await create(...[1, 2, 3, 4, 5, 6].map(n => layerArn(1, `l${n}`)))).toBe(
      `${invalid}: Cannot reference more than 5 layers.`,
    )
    expect(await create(layerArn())).toMatch(
      /^ValidationException: 1 validation error detected: Value '\[arn/,
    )
    expect(await create('arn:aws:lambda:::awslayer:AmazonLinux2')).toBe(
      `${invalid}: Layer version arn:aws:lambda:::awslayer:AmazonLinux2 does not exist.`,
    )
    expect(await create(layerArn(1).replace('eu-central-1', 'us-east-1'))).toBe(
      `${invalid}: Layers are not in the same region as the function. Layers are expected to be in region eu-central-1.`,
    )
    expect(
      await refusal(weir.client.updateFunctionConfiguration({ FunctionName: 'nobody', Layers: [] })),
    ).toMatch(/^ResourceNotFoundException/)
  })

  it('is refused more than fits into an isolate with its code', async () => {
    const half = 31 * 1024 * 1024
    const large = zipSync({ 'large.bin': new Uint8Array(half) }, { level: 1 })
    await publish({ LayerName: 'large', Content: { ZipFile: large } })
    await weir.client.createFunction({ ...settings(FunctionName), Layers: [layerArn(1, 'large')] })
    const room = LIMITS.unzippedBytes - half
    const code = zipSync({ 'index.js': strToU8('exports.handler = 1'), 'large.bin': new Uint8Array(half) })
    const tooMuch = `InvalidParameterValueException: Unzipped size must be smaller than ${room} bytes`
    expect(await refusal(weir.client.updateFunctionCode({ FunctionName, ZipFile: code }))).toBe(tooMuch)
    await weir.client.updateFunctionConfiguration({ FunctionName, Layers: [] })
    await weir.client.updateFunctionCode({ FunctionName, ZipFile: code })
    const add = weir.client.updateFunctionConfiguration({ FunctionName, Layers: [layerArn(1, 'large')] })
    const error = await failure(add)
    expect(error).toBeInstanceOf(InvalidParameterValueException)
    expect(error.message).toBe(
      `Function code combined with layers exceeds the maximum allowed size of ${LIMITS.unzippedBytes} bytes. The actual size is ${half * 2 + 19} bytes.`,
    )
    await weir.client.updateFunctionCode({ FunctionName, ZipFile: zipOf('small') })
    await weir.client.updateFunctionConfiguration({ FunctionName, Layers: [layerArn(1, 'large')] })
  })
})
