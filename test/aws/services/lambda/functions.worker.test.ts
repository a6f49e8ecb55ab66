import {
  InvalidParameterValueException,
  ResourceNotFoundException,
  waitUntilFunctionActiveV2,
  waitUntilFunctionExists,
  waitUntilFunctionUpdatedV2,
} from '@aws-sdk/client-lambda'
import { beforeEach, describe, expect, it } from 'vitest'
import { serveCode } from '../../../../src/aws/services/lambda/serve-code.ts'
import { failure, type Harness, lambdaHarness, REGION, settings, zipOf } from './lambda-harness.ts'

let weir: Harness

beforeEach(async () => {
  weir = await lambdaHarness()
})

describe('GetFunction', () => {
  it('reads a function by every form of its name', async () => {
    await weir.client.createFunction({ ...settings('forms'), Publish: true })
    const { id } = weir.account
    const unqualified = [
      `forms`,
      `function:forms`,
      `${id}:function:forms`,
      weir.arn('forms'),
      `${REGION}:${id}:function:forms`,
    ]
    for (const FunctionName of unqualified) {
      const found = await weir.client.getFunctionConfiguration({ FunctionName })
      expect([FunctionName, found.FunctionArn, found.Version]).toEqual([
        FunctionName,
        weir.arn('forms'),
        '$LATEST',
      ])
    }
    for (const FunctionName of ['forms:1', `${id}:function:forms:1`, weir.arn('forms', '1')]) {
      const found = await weir.client.getFunctionConfiguration({ FunctionName })
      expect([FunctionName, found.FunctionArn, found.Version]).toEqual([
        FunctionName,
        weir.arn('forms', '1'),
        '1',
      ])
    }
    const latest = await weir.client.getFunctionConfiguration({ FunctionName: 'forms', Qualifier: '$LATEST' })
    expect(latest).toMatchObject({ FunctionArn: weir.arn('forms', '$LATEST'), Version: '$LATEST' })
  })

  it('names what it does not find', async () => {
    await weir.client.createFunction(settings('known'))
    const cases: [object, string][] = [
      [{ FunctionName: 'unknown' }, weir.arn('unknown')],
      [{ FunctionName: 'unknown', Qualifier: '$LATEST' }, weir.arn('unknown', '$LATEST')],
      [{ FunctionName: 'known', Qualifier: '7' }, weir.arn('known', '7')],
      [{ FunctionName: 'known', Qualifier: '01' }, weir.arn('known', '01')],
      [{ FunctionName: 'known:prod' }, weir.arn('known', 'prod')],
    ]
    for (const [input, arn] of cases) {
      const error = await failure(weir.client.getFunction(input as never))
      expect(error).toBeInstanceOf(ResourceNotFoundException)
      expect(error).toMatchObject({ message: `Function not found: ${arn}`, Type: 'User' })
      expect(error.$metadata.httpStatusCode).toBe(404)
    }
  })

  it('refuses two qualifiers that differ, other regions and other accounts', async () => {
    const mismatch = await failure(weir.client.getFunction({ FunctionName: 'x:1', Qualifier: '2' }))
    expect(mismatch).toBeInstanceOf(InvalidParameterValueException)
    expect(mismatch.message).toBe(
      'The derived qualifier from the function name does not match the specified qualifier.',
    )
    const region = await failure(
      weir.client.getFunction({ FunctionName: `arn:aws:lambda:us-west-2:${weir.account.id}:function:x` }),
    )
    expect(region).toBeInstanceOf(ResourceNotFoundException)
    expect(region.message).toBe(`Functions from 'us-west-2' are not reachable in this region ('${REGION}')`)
    const account = await failure(weir.client.getFunction({ FunctionName: '999999999999:function:x' }))
    expect(account.name).toBe('AccessDeniedException')
    expect(account.$metadata.httpStatusCode).toBe(403)
    expect(account.message).toContain(
      `is not authorized to perform: lambda:GetFunction on resource: arn:aws:lambda:${REGION}:999999999999:function:x`,
    )
  })

  it('keeps functions of other accounts and regions apart', async () => {
    await weir.client.createFunction(settings('mine'))
    for (const other of [weir.clientIn('us-east-1'), weir.clientIn(REGION, '222222222222')]) {
      expect(await failure(other.getFunction({ FunctionName: 'mine' }))).toBeInstanceOf(
        ResourceNotFoundException,
      )
      expect((await other.listFunctions({})).Functions).toEqual([])
    }
  })

  it('gives a link to the very package that was uploaded', async () => {
    await weir.client.createFunction(settings('package'))
    const { Code } = await weir.client.getFunction({ FunctionName: 'package' })
    expect(Code?.RepositoryType).toBe('S3')
    const response = await serveCode(new Request(Code!.Location!), weir.env)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/zip')
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(zipOf('hello'))
  })

  it('gives links that expire and cannot be made up', async () => {
    await weir.client.createFunction(settings('package'))
    const { Code } = await weir.client.getFunction({ FunctionName: 'package' })
    const link = Code!.Location!
    const inElevenMinutes = () => Date.now() + 11 * 60_000
    expect((await serveCode(new Request(link), weir.env, inElevenMinutes)).status).toBe(403)
    const [, hash, expires] = /code\/([0-9a-f]{64})-(\d+)-/.exec(link)!
    const altered = [
      link.replace(expires!, String(Number(expires) + 3600)),
      link.replace(
        hash!,
        hash!.replace(/./, c => (c === 'a' ? 'b' : 'a')),
      ),
      link.replace(/-[A-Za-z0-9_-]{43}\.zip$/, `-${'A'.repeat(43)}.zip`),
      `${new URL(link).origin}/_weir/code/nonsense.zip`,
    ]
    for (const url of altered) expect((await serveCode(new Request(url), weir.env)).status).toBe(403)
    const otherSecret = { ...weir.env, WEIR_ENCRYPTION_KEY: btoa('x'.repeat(32)) }
    expect((await serveCode(new Request(link), otherSecret)).status).toBe(403)
  })
})

describe('waiters', () => {
  it('find a function existing, active and updated', async () => {
    await weir.client.createFunction(settings('waited'))
    const waiter = { client: weir.client, maxWaitTime: 5 }
    const input = { FunctionName: 'waited' }
    expect((await waitUntilFunctionExists(waiter, input)).state).toBe('SUCCESS')
    expect((await waitUntilFunctionActiveV2(waiter, input)).state).toBe('SUCCESS')
    expect((await waitUntilFunctionUpdatedV2(waiter, input)).state).toBe('SUCCESS')
  })
})

describe('ListFunctions', () => {
  it('pages through functions by name', async () => {
    const names = ['d', 'a', 'c', 'b', 'e']
    for (const name of names) await weir.client.createFunction(settings(name))
    const seen: string[][] = []
    let Marker: string | undefined
    do {
      const page = await weir.client.listFunctions({ MaxItems: 2, Marker })
      seen.push(page.Functions!.map(each => each.FunctionName!))
      Marker = page.NextMarker
    } while (Marker)
    expect(seen).toEqual([['a', 'b'], ['c', 'd'], ['e']])
    const [first] = (await weir.client.listFunctions({})).Functions!
    expect(first).toMatchObject({ FunctionArn: weir.arn('a'), Version: '$LATEST' })
    expect(first).not.toHaveProperty('State')
  })

  it('lists every version with FunctionVersion ALL, whatever the size of pages', async () => {
    await weir.client.createFunction({ ...settings('one'), Publish: true })
    await weir.client.createFunction(settings('two'))
    await weir.client.createFunction({ ...settings('zed'), Publish: true })
    for (const Description of ['x', 'y']) {
      await weir.client.updateFunctionConfiguration({ FunctionName: 'zed', Description })
      await weir.client.publishVersion({ FunctionName: 'zed' })
    }
    await weir.client.deleteFunction({ FunctionName: 'zed', Qualifier: '2' })
    const all = [
      weir.arn('one', '$LATEST'),
      weir.arn('one', '1'),
      weir.arn('two', '$LATEST'),
      weir.arn('zed', '$LATEST'),
      weir.arn('zed', '1'),
      weir.arn('zed', '3'),
    ]
    for (const MaxItems of [1, 2, 3, 4, 5, 6, 50]) {
      const seen: string[] = []
      let Marker: string | undefined
      do {
        const page = await weir.client.listFunctions({ FunctionVersion: 'ALL', MaxItems, Marker })
        expect(page.Functions!.length).toBeLessThanOrEqual(MaxItems)
        seen.push(...page.Functions!.map(each => each.FunctionArn!))
        Marker = page.NextMarker
      } while (Marker)
      expect(seen).toEqual(all)
    }
  })

  it('refuses a marker of another list', async () => {
    for (const name of ['a', 'b']) await weir.client.createFunction({ ...settings(name), Publish: true })
    const { NextMarker } = await weir.client.listVersionsByFunction({ FunctionName: 'a', MaxItems: 1 })
    expect(NextMarker).toBeTruthy()
    for (const Marker of [NextMarker, 'garbage', '%%%']) {
      const error = await failure(weir.client.listFunctions({ Marker }))
      expect(error).toBeInstanceOf(InvalidParameterValueException)
    }
  })
})

describe('DeleteFunction', () => {
  it('removes the function with its versions, aliases and policies, for callers and for the data plane', async () => {
    await weir.client.createFunction({ ...settings('gone'), Publish: true })
    await weir.client.createAlias({ FunctionName: 'gone', Name: 'live', FunctionVersion: '1' })
    await weir.client.addPermission({
      FunctionName: 'gone',
      StatementId: 's',
      Action: 'lambda:InvokeFunction',
      Principal: 'apigateway.amazonaws.com',
    })
    const { $metadata } = await weir.client.deleteFunction({ FunctionName: 'gone' })
    expect($metadata.httpStatusCode).toBe(204)
    expect(await weir.pointer('gone')).toBeUndefined()
    expect(await failure(weir.client.deleteFunction({ FunctionName: 'gone' }))).toMatchObject({
      name: 'ResourceNotFoundException',
      message: `Function not found: ${weir.arn('gone')}`,
    })

    await weir.client.createFunction(settings('gone', 'again'))
    expect((await weir.client.listVersionsByFunction({ FunctionName: 'gone' })).Versions).toHaveLength(1)
    expect((await weir.client.listAliases({ FunctionName: 'gone' })).Aliases).toEqual([])
    expect(await failure(weir.client.getPolicy({ FunctionName: 'gone' }))).toBeInstanceOf(
      ResourceNotFoundException,
    )
    expect(await weir.pointer('gone')).toMatchObject({ newest: 0, aliases: {}, policies: {} })
  })

  it('deletes one version and never gives its number to another', async () => {
    await weir.client.createFunction({ ...settings('kept'), Publish: true })
    await weir.client.deleteFunction({ FunctionName: 'kept', Qualifier: '1' })
    await weir.client.deleteFunction({ FunctionName: 'kept', Qualifier: '1' })
    await weir.client.deleteFunction({ FunctionName: 'kept', Qualifier: '99' })
    expect(await failure(weir.client.getFunction({ FunctionName: 'kept:1' }))).toBeInstanceOf(
      ResourceNotFoundException,
    )
    expect((await weir.client.publishVersion({ FunctionName: 'kept' })).Version).toBe('2')
    expect(await weir.pointer('kept')).toMatchObject({ newest: 2, deleted: [1] })
  })

  it('refuses $LATEST, aliases, and versions that an alias uses', async () => {
    await weir.client.createFunction({ ...settings('used'), Publish: true })
    await weir.client.updateFunctionConfiguration({ FunctionName: 'used', Description: '2' })
    await weir.client.publishVersion({ FunctionName: 'used' })
    await weir.client.createAlias({
      FunctionName: 'used',
      Name: 'live',
      FunctionVersion: '1',
      RoutingConfig: { AdditionalVersionWeights: { 2: 0.1 } },
    })
    const refused = async (Qualifier: string) => {
      const { name, message } = await failure(weir.client.deleteFunction({ FunctionName: 'used', Qualifier }))
      return `${name}: ${message}`
    }
    expect(await refused('$LATEST')).toBe(
      'InvalidParameterValueException: $LATEST version cannot be deleted without deleting the function.',
    )
    expect(await refused('live')).toBe(
      'InvalidParameterValueException: Deletion of aliases is not currently supported.',
    )
    for (const version of ['1', '2']) {
      expect(await refused(version)).toBe(
        'ResourceConflictException: Unable to delete version because the following aliases reference it: [live]',
      )
    }
  })
})

describe('account settings', () => {
  it('counts functions and the bytes of all their versions', async () => {
    const zip = zipOf('hello').length
    expect((await weir.client.getAccountSettings({})).AccountUsage).toEqual({
      TotalCodeSize: 0,
      FunctionCount: 0,
    })
    await weir.client.createFunction({ ...settings('a'), Publish: true })
    await weir.client.createFunction(settings('b'))
    const { AccountLimit, AccountUsage } = await weir.client.getAccountSettings({})
    expect(AccountUsage).toEqual({ TotalCodeSize: 3 * zip, FunctionCount: 2 })
    expect(AccountLimit).toMatchObject({
      CodeSizeZipped: 20 * 1024 * 1024,
      CodeSizeUnzipped: 60 * 1024 * 1024,
    })
    await weir.client.deleteFunction({ FunctionName: 'a', Qualifier: '1' })
    expect((await weir.client.getAccountSettings({})).AccountUsage?.TotalCodeSize).toBe(2 * zip)
  })
})
