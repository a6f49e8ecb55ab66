import {
  InvalidParameterValueException,
  PreconditionFailedException,
  ResourceNotFoundException,
} from '@aws-sdk/client-lambda'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Manifest } from '../../../../src/functions/manifest.ts'
import { failure, type Harness, lambdaHarness, settings, zipOf } from './lambda-harness.ts'

let weir: Harness
const FunctionName = 'subject'

beforeEach(async () => {
  weir = await lambdaHarness()
  await weir.client.createFunction({ ...settings(FunctionName), Environment: { Variables: { AA: 'one' } } })
})

/** The manifest of `$LATEST` that the data plane would read now. */
async function latest(): Promise<Manifest & { key: string }> {
  const { latest: key } = (await weir.pointer(FunctionName))!
  return { key, ...(await (await weir.env.STORE.get(key))!.json<Manifest>()) }
}

const STALE =
  'The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id'

describe('UpdateFunctionCode', () => {
  it('replaces the code for callers and for the data plane, and nothing else', async () => {
    const before = await weir.client.getFunctionConfiguration({ FunctionName })
    const manifest = await latest()
    const { $metadata, ...after } = await weir.client.updateFunctionCode({
      FunctionName,
      ZipFile: zipOf('new'),
    })
    expect($metadata.httpStatusCode).toBe(200)
    expect(after.CodeSha256).not.toBe(before.CodeSha256)
    expect(after.RevisionId).not.toBe(before.RevisionId)
    const changed = { CodeSha256: '', CodeSize: 0, RevisionId: '', LastModified: '', $metadata: {} }
    expect({ ...after, ...changed }).toEqual({ ...before, ...changed })
    const { code, key } = await latest()
    expect(code).not.toBe(manifest.code)
    expect(btoa(code.replace(/../g, pair => String.fromCharCode(Number.parseInt(pair, 16))))).toBe(
      after.CodeSha256,
    )
    expect(key).not.toBe(manifest.key)
    // Isolates may serve what they know for two seconds more.
    expect(await weir.env.STORE.head(manifest.key)).not.toBeNull()
  })

  it('checks a package and changes nothing in a dry run', async () => {
    const before = await weir.client.getFunctionConfiguration({ FunctionName })
    const dry = await weir.client.updateFunctionCode({ FunctionName, ZipFile: zipOf('dry'), DryRun: true })
    expect(dry.CodeSha256).not.toBe(before.CodeSha256)
    expect(await weir.client.getFunctionConfiguration({ FunctionName })).toMatchObject({
      CodeSha256: before.CodeSha256,
      RevisionId: before.RevisionId,
    })
    const broken = weir.client.updateFunctionCode({
      FunctionName,
      ZipFile: new Uint8Array(100),
      DryRun: true,
    })
    expect(await failure(broken)).toBeInstanceOf(InvalidParameterValueException)
  })

  it('publishes what it uploaded when asked to', async () => {
    const published = await weir.client.updateFunctionCode({
      FunctionName,
      ZipFile: zipOf('new'),
      Publish: true,
    })
    expect(published).toMatchObject({ Version: '1', FunctionArn: weir.arn(FunctionName, '1') })
    const version = await weir.client.getFunctionConfiguration({ FunctionName, Qualifier: '1' })
    expect(version).toMatchObject({ CodeSha256: published.CodeSha256, RevisionId: published.RevisionId })
    const again = await weir.client.updateFunctionCode({ FunctionName, ZipFile: zipOf('new'), Publish: true })
    expect(again.Version).toBe('1')
  })

  it('holds only for the revision that the caller knows', async () => {
    const { RevisionId } = await weir.client.getFunctionConfiguration({ FunctionName })
    await weir.client.updateFunctionCode({ FunctionName, ZipFile: zipOf('a'), RevisionId })
    const error = await failure(
      weir.client.updateFunctionCode({ FunctionName, ZipFile: zipOf('b'), RevisionId }),
    )
    expect(error).toBeInstanceOf(PreconditionFailedException)
    expect(error).toMatchObject({ message: STALE, Type: 'User' })
    expect(error.$metadata.httpStatusCode).toBe(412)
  })

  it('refuses images, buckets, versions and functions that are not there', async () => {
    const refused = async (input: object) => {
      const error = await failure(weir.client.updateFunctionCode({ FunctionName, ...input }))
      return `${error.name}: ${error.message}`
    }
    expect(await refused({ ImageUri: 'x' })).toBe(
      "InvalidParameterValueException: Please don't provide ImageUri when updating a function with packageType Zip.",
    )
    expect(await refused({ S3Bucket: 'bucket', S3Key: 'key' })).toMatch(
      /^InvalidParameterValueException: Weir does/,
    )
    expect(await refused({ ZipFile: zipOf('x'), S3Bucket: 'bucket', S3Key: 'key' })).toBe(
      'InvalidParameterValueException: Please do not provide other FunctionCode parameters when providing a ZipFile.',
    )
    expect(await refused({})).toBe(
      'InvalidParameterValueException: Please provide a source for function code.',
    )
    expect(await refused({ FunctionName: `${FunctionName}:1`, ZipFile: zipOf('x') })).toMatch(
      /^InvalidParameterValueException: This operation is permitted on Lambda functions only\./,
    )
    expect(await refused({ FunctionName: 'nobody', ZipFile: zipOf('x') })).toBe(
      `ResourceNotFoundException: Function not found: ${weir.arn('nobody')}`,
    )
  })
})

describe('UpdateFunctionConfiguration', () => {
  it('changes what is given and keeps the rest', async () => {
    const before = await weir.client.getFunctionConfiguration({ FunctionName })
    await weir.client.updateFunctionConfiguration({ FunctionName, Timeout: 10, Handler: 'other.handler' })
    const after = await weir.client.getFunctionConfiguration({ FunctionName })
    const changed = { RevisionId: '', LastModified: '', $metadata: {} }
    expect({ ...after, ...changed }).toEqual({ ...before, Timeout: 10, Handler: 'other.handler', ...changed })
    expect(await latest()).toMatchObject({ timeout: 10, handler: 'other.handler' })
  })

  it('replaces all variables together, and removes them', async () => {
    const replaced = await weir.client.updateFunctionConfiguration({
      FunctionName,
      Environment: { Variables: { BB: 'two' } },
    })
    expect(replaced.Environment).toEqual({ Variables: { BB: 'two' } })
    await weir.client.updateFunctionConfiguration({ FunctionName, Description: 'still there' })
    expect((await weir.client.getFunctionConfiguration({ FunctionName })).Environment?.Variables).toEqual({
      BB: 'two',
    })
    const removed = await weir.client.updateFunctionConfiguration({ FunctionName, Environment: {} })
    expect(removed.Environment).toEqual({ Variables: {} })
  })

  it('keeps the data plane’s manifest, and with it warm isolates, when nothing changed for calls', async () => {
    const before = await latest()
    await weir.client.updateFunctionConfiguration({
      FunctionName,
      Description: 'other words',
      Environment: { Variables: { AA: 'one' } },
    })
    await weir.client.tagResource({ Resource: weir.arn(FunctionName), Tags: { a: 'b' } })
    expect((await latest()).key).toBe(before.key)
  })

  it('removes optional ARNs with an empty string', async () => {
    const KMSKeyArn = `arn:aws:kms:${weir.account.region}:${weir.account.id}:alias/aws/lambda`
    const set = await weir.client.updateFunctionConfiguration({
      FunctionName,
      KMSKeyArn,
    })
    expect(set).toMatchObject({ KMSKeyArn })
    const cleared = await weir.client.updateFunctionConfiguration({
      FunctionName,
      DeadLetterConfig: { TargetArn: '' },
      KMSKeyArn: '',
    })
    expect(cleared.DeadLetterConfig).toBeUndefined()
    expect(cleared.KMSKeyArn).toBeUndefined()
  })

  it('switches logs to JSON and back, with the levels that belong to it', async () => {
    const logging = async (LoggingConfig: object) =>
      (await weir.client.updateFunctionConfiguration({ FunctionName, LoggingConfig })).LoggingConfig
    const LogGroup = `/aws/lambda/${FunctionName}`
    expect(await logging({ LogFormat: 'JSON', SystemLogLevel: 'DEBUG' })).toEqual({
      LogFormat: 'JSON',
      ApplicationLogLevel: 'INFO',
      SystemLogLevel: 'DEBUG',
      LogGroup,
    })
    expect(await logging({ LogGroup: 'mine' })).toMatchObject({ SystemLogLevel: 'DEBUG', LogGroup: 'mine' })
    expect(await logging({ LogFormat: 'Text' })).toEqual({ LogFormat: 'Text', LogGroup: 'mine' })
    expect(await latest()).toMatchObject({ logGroup: 'mine' })
  })

  it('holds only for the revision that the caller knows', async () => {
    const { RevisionId } = await weir.client.getFunctionConfiguration({ FunctionName })
    await weir.client.updateFunctionConfiguration({ FunctionName, Timeout: 4, RevisionId })
    const error = await failure(
      weir.client.updateFunctionConfiguration({ FunctionName, Timeout: 5, RevisionId }),
    )
    expect(error).toBeInstanceOf(PreconditionFailedException)
    expect(error.message).toBe(STALE)
  })

  it('loses none of several simultaneous updates', async () => {
    const updates = [
      { Timeout: 30 },
      { MemorySize: 512 },
      { Description: 'concurrent' },
      { Handler: 'a.b' },
      { EphemeralStorage: { Size: 777 } },
      { TracingConfig: { Mode: 'Active' as const } },
    ]
    await Promise.all([
      ...updates.map(update => weir.client.updateFunctionConfiguration({ FunctionName, ...update })),
      weir.client.updateFunctionCode({ FunctionName, ZipFile: zipOf('concurrent') }),
    ])
    const after = await weir.client.getFunctionConfiguration({ FunctionName })
    expect(after).toMatchObject(Object.assign({}, ...updates))
    expect(after.CodeSize).toBe(zipOf('concurrent').length)
    const manifest = await latest()
    expect(manifest).toMatchObject({ timeout: 30, memorySize: 512, handler: 'a.b' })
  })

  it('refuses what is not there and what Weir does not have', async () => {
    expect(
      await failure(weir.client.updateFunctionConfiguration({ FunctionName: 'nobody', Timeout: 4 })),
    ).toBeInstanceOf(ResourceNotFoundException)
    const image = weir.client.updateFunctionConfiguration({
      FunctionName,
      ImageConfig: { WorkingDirectory: '/' },
    })
    const error = await failure(image)
    expect(error).toBeInstanceOf(InvalidParameterValueException)
    expect(error.message).toBe('Weir does not support container images.')
    const runtime = await failure(
      weir.client.updateFunctionConfiguration({ FunctionName, Runtime: 'nodejs0.x' as 'nodejs' }),
    )
    expect(runtime).toBeInstanceOf(InvalidParameterValueException)
    expect(runtime.message).toMatch(/^Value nodejs0\.x at 'runtime' failed to satisfy constraint: /)
  })
})

describe('settings that nobody has set', () => {
  it('have the values that Lambda has them at', async () => {
    const { client } = weir
    const { $metadata: _, ...concurrency } = await client.getFunctionConcurrency({ FunctionName })
    expect(concurrency).toEqual({})
    expect((await client.getFunctionCodeSigningConfig({ FunctionName })).CodeSigningConfigArn).toBeUndefined()
    expect((await client.getFunctionRecursionConfig({ FunctionName })).RecursiveLoop).toBe('Terminate')
    expect(await client.getRuntimeManagementConfig({ FunctionName })).toMatchObject({
      UpdateRuntimeOn: 'Auto',
    })
    const missing = await failure(client.getFunctionEventInvokeConfig({ FunctionName }))
    expect(missing).toBeInstanceOf(ResourceNotFoundException)
    expect(missing.message).toBe(
      `The function ${weir.arn(FunctionName, '$LATEST')} doesn't have an EventInvokeConfig`,
    )
    expect(await failure(client.getFunctionConcurrency({ FunctionName: 'nobody' }))).toBeInstanceOf(
      ResourceNotFoundException,
    )
  })

  it('answer one uniform fault where nothing is built', async () => {
    const error = await failure(weir.client.listCodeSigningConfigs())
    expect(error.name).toBe('NotImplementedException')
    expect(error.message).toContain('ListCodeSigningConfigs')
  })
})
