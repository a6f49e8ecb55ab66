import { paginateListProvisionedConcurrencyConfigs } from '@aws-sdk/client-lambda'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { warmProvisioned } from '../../../../src/functions/control/provisioned-concurrency.ts'
import { Records } from '../../../../src/records/records.ts'
import { type Harness, lambdaHarness, settings } from './lambda-harness.ts'

let harness: Harness
let made = 0

beforeAll(async () => {
  harness = await lambdaHarness()
})

const newFunction = async (of: Harness = harness) => {
  const name = `counted-${made++}`
  await of.client.createFunction(settings(name))
  return name
}

const withVersions = async (of: Harness, versions: number) => {
  const name = await newFunction(of)
  for (let version = 1; version <= versions; version++) {
    await of.client.updateFunctionConfiguration({ FunctionName: name, Description: String(version) })
    await of.client.publishVersion({ FunctionName: name })
  }
  return name
}

describe('reserved concurrency', () => {
  test('is put, told, and taken away again', async () => {
    const { client } = harness
    const FunctionName = await newFunction()
    expect(await client.getFunctionConcurrency({ FunctionName })).not.toHaveProperty(
      'ReservedConcurrentExecutions',
    )
    const put = await client.putFunctionConcurrency({ FunctionName, ReservedConcurrentExecutions: 7 })
    expect(put).toMatchObject({ ReservedConcurrentExecutions: 7 })
    expect(await client.getFunctionConcurrency({ FunctionName })).toMatchObject({
      ReservedConcurrentExecutions: 7,
    })
    expect(await client.getFunction({ FunctionName })).toMatchObject({
      Concurrency: { ReservedConcurrentExecutions: 7 },
    })
    const deleted = await client.deleteFunctionConcurrency({ FunctionName })
    expect(deleted.$metadata.httpStatusCode).toBe(204)
    expect(
      (await client.getFunctionConcurrency({ FunctionName })).ReservedConcurrentExecutions,
    ).toBeUndefined()
  })

  test('reaches the pointer that the data plane reads, with the generation that it holds from', async () => {
    const { client } = harness
    const FunctionName = await newFunction()
    await client.putFunctionConcurrency({ FunctionName, ReservedConcurrentExecutions: 3 })
    const first = await harness.pointer(FunctionName)
    expect(first!.reservedConcurrency).toMatchObject({ limit: 3, uid: first!.uid })
    await client.putFunctionConcurrency({ FunctionName, ReservedConcurrentExecutions: 0 })
    const second = await harness.pointer(FunctionName)
    expect(second!.reservedConcurrency!.limit).toBe(0)
    expect(second!.reservedConcurrency!.generation).toBeGreaterThan(first!.reservedConcurrency!.generation)
    await client.deleteFunctionConcurrency({ FunctionName })
    expect((await harness.pointer(FunctionName))!.reservedConcurrency).toBeUndefined()
  })

  test('leaves an account 100 executions that nobody has reserved', async () => {
    const own = await lambdaHarness()
    const one = await newFunction(own)
    const other = await newFunction(own)
    await own.client.putFunctionConcurrency({ FunctionName: one, ReservedConcurrentExecutions: 500 })
    await expect(
      own.client.putFunctionConcurrency({ FunctionName: other, ReservedConcurrentExecutions: 401 }),
    ).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message:
        "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].",
    })
    await own.client.putFunctionConcurrency({ FunctionName: other, ReservedConcurrentExecutions: 400 })
    expect((await own.client.getAccountSettings({})).AccountLimit).toMatchObject({
      ConcurrentExecutions: 1000,
      UnreservedConcurrentExecutions: 100,
    })
    // What a function has itself does not count against it.
    await own.client.putFunctionConcurrency({ FunctionName: one, ReservedConcurrentExecutions: 499 })
    await own.client.deleteFunction({ FunctionName: other })
    expect((await own.client.getAccountSettings({})).AccountLimit!.UnreservedConcurrentExecutions).toBe(501)
  })

  test('of two reservations at the same time that do not fit together one is refused', async () => {
    const own = await lambdaHarness()
    const names = [await newFunction(own), await newFunction(own), await newFunction(own)]
    const outcomes = await Promise.allSettled(
      names.map(FunctionName =>
        own.client.putFunctionConcurrency({ FunctionName, ReservedConcurrentExecutions: 400 }),
      ),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
    expect((await own.client.getAccountSettings({})).AccountLimit!.UnreservedConcurrentExecutions).toBe(200)
  })

  test('of a function that is not there is not found', async () => {
    const FunctionName = 'nobody'
    const { client } = harness
    const refused = {
      name: 'ResourceNotFoundException',
      message: `Function not found: ${harness.arn('nobody')}`,
    }
    await expect(client.getFunctionConcurrency({ FunctionName })).rejects.toMatchObject(refused)
    await expect(client.deleteFunctionConcurrency({ FunctionName })).rejects.toMatchObject(refused)
    await expect(
      client.putFunctionConcurrency({ FunctionName, ReservedConcurrentExecutions: 1 }),
    ).rejects.toMatchObject(refused)
  })
})

describe('provisioned concurrency', () => {
  const ready = async (of: Harness, FunctionName: string, Qualifier: string) => {
    await vi.waitFor(async () => {
      const { Status } = await of.client.getProvisionedConcurrencyConfig({ FunctionName, Qualifier })
      expect(Status).not.toBe('IN_PROGRESS')
    })
    return of.client.getProvisionedConcurrencyConfig({ FunctionName, Qualifier })
  }

  test('loads that many isolates of the version, and says when it has', async () => {
    const own = await lambdaHarness()
    const FunctionName = await withVersions(own, 1)
    const { promise: loaded, resolve: load } = Promise.withResolvers<void>()
    const warmed: [string, number][] = []
    own.warm = (manifest, isolates) => {
      warmed.push([manifest, isolates])
      return loaded
    }
    const config = { FunctionName, Qualifier: '1' }
    const put = await own.client.putProvisionedConcurrencyConfig({
      ...config,
      ProvisionedConcurrentExecutions: 4,
    })
    expect(put.$metadata.httpStatusCode).toBe(202)
    expect(put).toMatchObject({
      Status: 'IN_PROGRESS',
      RequestedProvisionedConcurrentExecutions: 4,
      AvailableProvisionedConcurrentExecutions: 0,
      AllocatedProvisionedConcurrentExecutions: 0,
    })
    expect(put.LastModified).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$/)
    load()
    expect(await ready(own, FunctionName, '1')).toMatchObject({
      Status: 'READY',
      RequestedProvisionedConcurrentExecutions: 4,
      AvailableProvisionedConcurrentExecutions: 4,
      AllocatedProvisionedConcurrentExecutions: 4,
      LastModified: put.LastModified,
    })
    const { uid } = (await own.pointer(FunctionName))!
    expect(warmed).toEqual([[`functions/${uid}/1.json`, 4]])
  })

  test('that cannot be loaded has failed, and says why', async () => {
    const own = await lambdaHarness()
    const FunctionName = await withVersions(own, 1)
    own.warm = async () => {
      throw new Error('its code is gone')
    }
    const config = { FunctionName, Qualifier: '1' }
    await own.client.putProvisionedConcurrencyConfig({ ...config, ProvisionedConcurrentExecutions: 1 })
    expect(await ready(own, FunctionName, '1')).toMatchObject({
      Status: 'FAILED',
      StatusReason: 'The version could not be loaded: its code is gone',
      AllocatedProvisionedConcurrentExecutions: 0,
    })
  })

  test('of an alias follows its versions and their weights', async () => {
    const own = await lambdaHarness()
    const FunctionName = await withVersions(own, 2)
    const warmed: [string, number][] = []
    own.warm = async (manifest, isolates) => {
      warmed.push([manifest.split('/').at(-1)!, isolates])
    }
    await own.client.createAlias({
      FunctionName,
      Name: 'prod',
      FunctionVersion: '1',
      RoutingConfig: { AdditionalVersionWeights: { 2: 0.2 } },
    })
    await own.client.putProvisionedConcurrencyConfig({
      FunctionName,
      Qualifier: 'prod',
      ProvisionedConcurrentExecutions: 10,
    })
    expect(await ready(own, FunctionName, 'prod')).toMatchObject({ Status: 'READY' })
    expect(warmed).toEqual([
      ['1.json', 8],
      ['2.json', 2],
    ])

    // As publishing does after an alias was moved: what it points at now is loaded, once.
    await own.client.updateAlias({ FunctionName, Name: 'prod', FunctionVersion: '2', RoutingConfig: {} })
    const records = new Records(own.env.DB, own.account)
    const warming = { records, warm: own.warm, now: () => Date.now() }
    await warmProvisioned(warming, FunctionName)
    await warmProvisioned(warming, FunctionName)
    expect(warmed.slice(2)).toEqual([['2.json', 10]])
    expect(await ready(own, FunctionName, 'prod')).toMatchObject({ Status: 'READY' })
    await own.client.deleteAlias({ FunctionName, Name: 'prod' })
    const { ProvisionedConcurrencyConfigs } = await own.client.listProvisionedConcurrencyConfigs({
      FunctionName,
    })
    expect(ProvisionedConcurrencyConfigs).toEqual([])
  })

  test('is not for $LATEST, nor for what is not there', async () => {
    const { client } = harness
    const FunctionName = await withVersions(harness, 1)
    const put = (Qualifier: string) =>
      client.putProvisionedConcurrencyConfig({ FunctionName, Qualifier, ProvisionedConcurrentExecutions: 1 })
    await expect(put('$LATEST')).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message: 'Provisioned Concurrency Configs cannot be applied to unpublished function versions.',
    })
    await expect(put('7')).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: `Function not found: ${harness.arn(FunctionName, '7')}`,
    })
    await expect(put('nobody')).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: `Cannot find alias arn: ${harness.arn(FunctionName, 'nobody')}`,
    })
    await expect(
      client.getProvisionedConcurrencyConfig({ FunctionName, Qualifier: '1' }),
    ).rejects.toMatchObject({
      name: 'ProvisionedConcurrencyConfigNotFoundException',
      message: 'No Provisioned Concurrency Config found for this function',
    })
  })

  test('is not loaded twice for an alias and its version', async () => {
    const own = await lambdaHarness()
    own.warm = async () => {}
    const FunctionName = await withVersions(own, 2)
    for (const [Name, FunctionVersion] of [
      ['one', '1'],
      ['two', '2'],
    ] as const)
      await own.client.createAlias({ FunctionName, Name, FunctionVersion })
    const put = (Qualifier: string) =>
      own.client.putProvisionedConcurrencyConfig({
        FunctionName,
        Qualifier,
        ProvisionedConcurrentExecutions: 1,
      })
    await put('1')
    await expect(put('one')).rejects.toMatchObject({ name: 'ResourceConflictException' })
    await put('two')
    await expect(put('2')).rejects.toMatchObject({ name: 'ResourceConflictException' })
  })

  test("fits into the function's reservation, or into what the account has not reserved", async () => {
    const own = await lambdaHarness()
    own.warm = async () => {}
    const FunctionName = await withVersions(own, 2)
    const put = (Qualifier: string, ProvisionedConcurrentExecutions: number) =>
      own.client.putProvisionedConcurrencyConfig({ FunctionName, Qualifier, ProvisionedConcurrentExecutions })
    await own.client.putFunctionConcurrency({ FunctionName, ReservedConcurrentExecutions: 5 })
    await put('1', 3)
    await expect(put('2', 3)).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message:
        'Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function',
    })
    await expect(
      own.client.putFunctionConcurrency({ FunctionName, ReservedConcurrentExecutions: 2 }),
    ).rejects.toMatchObject({ name: 'InvalidParameterValueException' })
    await own.client.deleteFunctionConcurrency({ FunctionName })
    await expect(put('2', 898)).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message:
        "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].",
    })
    await put('2', 897)
  })

  test('is listed in pages, and deleted', async () => {
    const own = await lambdaHarness()
    own.warm = async () => {}
    const FunctionName = await withVersions(own, 3)
    for (const Qualifier of ['1', '2', '3'])
      await own.client.putProvisionedConcurrencyConfig({
        FunctionName,
        Qualifier,
        ProvisionedConcurrentExecutions: 1,
      })
    const arns: (string | undefined)[] = []
    let pages = 0
    const paginator = paginateListProvisionedConcurrencyConfigs(
      { client: own.client, pageSize: 2 },
      { FunctionName },
    )
    for await (const page of paginator) {
      pages += 1
      arns.push(...page.ProvisionedConcurrencyConfigs!.map(config => config.FunctionArn))
    }
    expect(pages).toBe(2)
    expect(arns).toEqual(['1', '2', '3'].map(version => own.arn(FunctionName, version)))
    await own.client.deleteFunctionConcurrency({ FunctionName })
    const deleted = await own.client.deleteProvisionedConcurrencyConfig({ FunctionName, Qualifier: '2' })
    expect(deleted.$metadata.httpStatusCode).toBe(204)
    await own.client.deleteFunction({ FunctionName, Qualifier: '3' })
    const left = await own.client.listProvisionedConcurrencyConfigs({ FunctionName })
    expect(left.ProvisionedConcurrencyConfigs!.map(config => config.FunctionArn)).toEqual([
      own.arn(FunctionName, '1'),
    ])
  })
})
