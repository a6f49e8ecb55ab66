import {
  InvalidParameterValueException,
  PreconditionFailedException,
  ResourceConflictException,
  ResourceNotFoundException,
} from '@aws-sdk/client-lambda'
import { beforeEach, describe, expect, it } from 'vitest'
import { failure, type Harness, lambdaHarness, settings } from './lambda-harness.ts'

let weir: Harness
const FunctionName = 'aliased'

beforeEach(async () => {
  weir = await lambdaHarness()
  await weir.client.createFunction(settings(FunctionName))
  for (const Description of ['1', '2', '3']) {
    await weir.client.updateFunctionConfiguration({ FunctionName, Description })
    await weir.client.publishVersion({ FunctionName })
  }
})

const create = (input: object = {}) =>
  weir.client.createAlias({ FunctionName, Name: 'prod', FunctionVersion: '1', ...input })
const update = (input: object) => weir.client.updateAlias({ FunctionName, Name: 'prod', ...input })
const weights = (AdditionalVersionWeights: Record<string, number>) => ({
  RoutingConfig: { AdditionalVersionWeights },
})
const refused = async (call: Promise<unknown>) => {
  const { name, message } = await failure(call)
  return `${name}: ${message}`
}

describe('an alias', () => {
  it('points at a version, for callers and for the data plane', async () => {
    const { $metadata, ...alias } = await create({ Description: 'live' })
    expect($metadata.httpStatusCode).toBe(201)
    expect(alias).toEqual({
      AliasArn: weir.arn(FunctionName, 'prod'),
      Name: 'prod',
      FunctionVersion: '1',
      Description: 'live',
      RevisionId: expect.any(String),
    })
    const { $metadata: _, ...read } = await weir.client.getAlias({ FunctionName, Name: 'prod' })
    expect(read).toEqual(alias)
    expect((await weir.pointer(FunctionName))!.aliases).toEqual({ prod: { version: '1' } })
    const selected = await weir.client.getFunctionConfiguration({ FunctionName, Qualifier: 'prod' })
    expect(selected).toMatchObject({
      Version: '1',
      FunctionArn: weir.arn(FunctionName, 'prod'),
      Description: '1',
    })
  })

  it('sends a share of its calls to one further version', async () => {
    await create()
    const shifted = await update(weights({ 3: 0.05 }))
    expect(shifted.RoutingConfig).toEqual({ AdditionalVersionWeights: { 3: 0.05 } })
    expect((await weir.pointer(FunctionName))!.aliases.prod).toEqual({ version: '1', weights: { 3: 0.05 } })
    await update({ Description: 'weights stay' })
    expect((await weir.client.getAlias({ FunctionName, Name: 'prod' })).RoutingConfig).toEqual({
      AdditionalVersionWeights: { 3: 0.05 },
    })
    const finished = await update({ FunctionVersion: '3', ...weights({}) })
    expect(finished.FunctionVersion).toBe('3')
    expect(finished.RoutingConfig).toBeUndefined()
    expect((await weir.pointer(FunctionName))!.aliases.prod).toEqual({ version: '3' })
  })

  it('may point at $LATEST', async () => {
    await create({ FunctionVersion: '$LATEST' })
    expect((await weir.pointer(FunctionName))!.aliases.prod).toEqual({ version: '$LATEST' })
  })

  it('is refused what Lambda refuses', async () => {
    const missing = (version: string) =>
      `ResourceNotFoundException: Function not found: ${weir.arn(FunctionName, version)}`
    expect(await refused(create(weights({ 2: 0.1, 3: 0.1 })))).toBe(
      'InvalidParameterValueException: Number of items in AdditionalVersionWeights cannot be greater than 1',
    )
    expect(await refused(create(weights({ 1: 0.1 })))).toBe(
      'InvalidParameterValueException: Invalid function version 1. Function version 1 is already included in routing configuration.',
    )
    expect(await refused(create({ FunctionVersion: '$LATEST', ...weights({ 1: 0.1 }) }))).toBe(
      'InvalidParameterValueException: $LATEST is not supported for an alias pointing to more than 1 version',
    )
    expect(await refused(create({ FunctionVersion: '10' }))).toBe(missing('10'))
    expect(await refused(create({ FunctionVersion: '0' }))).toBe(missing('0'))
    expect(await refused(create(weights({ 10: 0.1 })))).toBe(missing('10'))
    expect(await refused(create(weights({ 2: 2 })))).toBe(
      "ValidationException: 1 validation error detected: Value '{2=2.0}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be null]",
    )
    expect(await refused(create(weights({ 2: -1 })))).toMatch(/^ValidationException: .*Value '\{2=-1\.0\}'/)
    expect(await refused(create(weights({ $LATEST: 0.5 })))).toMatch(
      /^ValidationException: .*Map keys must satisfy constraint: .*regular expression pattern: \[0-9\]\+\]$/,
    )
    expect(await refused(create({ Name: '2024' }))).toBe(
      "ValidationException: 1 validation error detected: Value '2024' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)",
    )
    expect(await refused(create({ FunctionName: 'nobody' }))).toBe(
      `ResourceNotFoundException: Function not found: ${weir.arn('nobody', '1')}`,
    )
    await create()
    expect(await failure(create())).toBeInstanceOf(ResourceConflictException)
    expect(await refused(create())).toBe(
      `ResourceConflictException: Alias already exists: ${weir.arn(FunctionName, 'prod')}`,
    )
    expect(await refused(update(weights({ 1: 0.5 })))).toMatch(
      /^InvalidParameterValueException: Invalid function/,
    )
    expect(await refused(update({ FunctionVersion: '4' }))).toBe(missing('4'))
  })

  it('is not found in the words that each operation has for it', async () => {
    const arn = weir.arn(FunctionName, 'prod')
    const get = weir.client.getAlias({ FunctionName, Name: 'prod' })
    expect(await failure(get)).toBeInstanceOf(ResourceNotFoundException)
    await expect(get).rejects.toThrow(`Cannot find alias arn: ${arn}`)
    await expect(update({ Description: 'x' })).rejects.toThrow(`Alias not found: ${arn}`)
    const { $metadata } = await weir.client.deleteAlias({ FunctionName, Name: 'prod' })
    expect($metadata.httpStatusCode).toBe(204)
  })

  it('changes only from the revision that the caller knows', async () => {
    const { RevisionId } = await create()
    await update({ FunctionVersion: '2', RevisionId })
    const error = await failure(update({ FunctionVersion: '3', RevisionId }))
    expect(error).toBeInstanceOf(PreconditionFailedException)
    expect(error.message).toBe(
      'The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id',
    )
  })

  it('goes with its policy when it is deleted', async () => {
    await create()
    const permission = {
      FunctionName,
      Qualifier: 'prod',
      StatementId: 's',
      Action: 'lambda:InvokeFunction',
      Principal: 'apigateway.amazonaws.com',
    }
    await weir.client.addPermission(permission)
    await weir.client.deleteAlias({ FunctionName, Name: 'prod' })
    expect(await weir.pointer(FunctionName)).toMatchObject({ aliases: {}, policies: {} })
    await create()
    expect(await failure(weir.client.getPolicy({ FunctionName, Qualifier: 'prod' }))).toBeInstanceOf(
      ResourceNotFoundException,
    )
  })
})

describe('ListAliases', () => {
  it('pages through aliases by name, of one version if asked', async () => {
    const versions: Record<string, string> = { a: '1', b: '2', c: '1', d: '3', e: '1' }
    for (const [Name, FunctionVersion] of Object.entries(versions)) await create({ Name, FunctionVersion })
    const list = async (input: object) => {
      const seen: string[][] = []
      let Marker: string | undefined
      do {
        const page = await weir.client.listAliases({ FunctionName, MaxItems: 2, Marker, ...input })
        seen.push(page.Aliases!.map(each => each.Name!))
        Marker = page.NextMarker
      } while (Marker)
      return seen
    }
    expect(await list({})).toEqual([['a', 'b'], ['c', 'd'], ['e']])
    expect(await list({ FunctionVersion: '1' })).toEqual([['a', 'c'], ['e']])
    expect(await list({ FunctionVersion: '$LATEST' })).toEqual([[]])
    expect(await failure(weir.client.listAliases({ FunctionName: 'nobody' }))).toBeInstanceOf(
      ResourceNotFoundException,
    )
  })
})

describe('simultaneous changes', () => {
  it('all hold: aliases, their updates and versions', async () => {
    await create()
    const names = ['blue', 'green', 'orange', 'pink']
    await Promise.all([
      ...names.map(Name => create({ Name, FunctionVersion: '2' })),
      update({ Description: 'described' }),
      update(weights({ 2: 0.25 })),
      weir.client.updateFunctionConfiguration({ FunctionName, Timeout: 42 }),
    ])
    const { Aliases } = await weir.client.listAliases({ FunctionName })
    expect(Aliases!.map(each => each.Name)).toEqual([...names, 'prod'])
    expect(Aliases!.find(each => each.Name === 'prod')).toMatchObject({
      Description: 'described',
      RoutingConfig: { AdditionalVersionWeights: { 2: 0.25 } },
    })
    expect(Object.keys((await weir.pointer(FunctionName))!.aliases).sort()).toEqual([...names, 'prod'])
    expect(await weir.client.getFunctionConfiguration({ FunctionName })).toMatchObject({ Timeout: 42 })
  })

  it('never leave an alias without its version', async () => {
    for (let round = 0; round < 4; round++) {
      await create({ Name: 'moving', FunctionVersion: '1' })
      const [moved, deleted] = await Promise.allSettled([
        weir.client.updateAlias({ FunctionName, Name: 'moving', FunctionVersion: '3' }),
        weir.client.deleteFunction({ FunctionName, Qualifier: '3' }),
      ])
      expect([moved.status, deleted.status].sort()).toEqual(['fulfilled', 'rejected'])
      const { aliases, deleted: gone } = (await weir.pointer(FunctionName))!
      expect(gone.map(String)).not.toContain(aliases.moving?.version)
      if (deleted.status === 'fulfilled') return
      expect(deleted.reason).toBeInstanceOf(ResourceConflictException)
      await weir.client.deleteAlias({ FunctionName, Name: 'moving' })
    }
  })

  it('are refused names of versions where a whole function is meant', async () => {
    expect(await failure(create({ FunctionName: `${FunctionName}:1` }))).toBeInstanceOf(
      InvalidParameterValueException,
    )
  })
})
