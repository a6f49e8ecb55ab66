import {
  InvalidParameterValueException,
  ResourceConflictException,
  ResourceNotFoundException,
} from '@aws-sdk/client-lambda'
import { strToU8 } from 'fflate'
import { beforeEach, describe, expect, it } from 'vitest'
import { failure, type Harness, lambdaHarness, REGION, ROLE, settings, zipOf } from './lambda-harness.ts'

let weir: Harness

beforeEach(async () => {
  weir = await lambdaHarness()
})

const sha256 = async (bytes: Uint8Array) =>
  btoa(
    String.fromCharCode(
      ...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)),
    ),
  )

describe('CreateFunction', () => {
  it('answers the whole configuration, with Lambda’s defaults', async () => {
    const zip = zipOf('hello')
    const { $metadata, ...created } = await weir.client.createFunction(settings('greeter'))
    expect($metadata.httpStatusCode).toBe(201)
    expect(created).toEqual({
      FunctionName: 'greeter',
      FunctionArn: weir.arn('greeter'),
      Runtime: 'nodejs22.x',
      Role: ROLE,
      Handler: 'index.handler',
      CodeSize: zip.length,
      CodeSha256: await sha256(zip),
      Description: '',
      Timeout: 3,
      MemorySize: 128,
      LastModified: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/),
      Version: '$LATEST',
      TracingConfig: { Mode: 'PassThrough' },
      RevisionId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/),
      State: 'Active',
      LastUpdateStatus: 'Successful',
      PackageType: 'Zip',
      Architectures: ['x86_64'],
      EphemeralStorage: { Size: 512 },
      SnapStart: { ApplyOn: 'None', OptimizationStatus: 'Off' },
      RuntimeVersionConfig: { RuntimeVersionArn: `arn:aws:lambda:${REGION}::runtime:nodejs22.x` },
      LoggingConfig: { LogFormat: 'Text', LogGroup: '/aws/lambda/greeter' },
    })
  })

  it('keeps every setting it is given', async () => {
    const given = {
      Description: 'says hello',
      Timeout: 900,
      MemorySize: 10_240,
      Environment: { Variables: { STAGE: 'prod', EMPTY: '' } },
      Architectures: ['arm64' as const],
      EphemeralStorage: { Size: 1024 },
      TracingConfig: { Mode: 'Active' as const },
      KMSKeyArn: `arn:aws:kms:${REGION}:${weir.account.id}:alias/aws/lambda`,
    }
    await weir.client.createFunction({
      ...settings('all'),
      ...given,
      LoggingConfig: { LogFormat: 'JSON', ApplicationLogLevel: 'DEBUG', LogGroup: 'mine' },
      Tags: { team: 'blue' },
    })
    const { Configuration, Tags } = await weir.client.getFunction({ FunctionName: 'all' })
    expect(Configuration).toMatchObject(given)
    expect(Configuration?.LoggingConfig).toEqual({
      LogFormat: 'JSON',
      ApplicationLogLevel: 'DEBUG',
      SystemLogLevel: 'INFO',
      LogGroup: 'mine',
    })
    expect(Tags).toEqual({ team: 'blue' })
  })

  it('publishes version 1 when asked to', async () => {
    const created = await weir.client.createFunction({ ...settings('published'), Publish: true })
    expect(created).toMatchObject({ Version: '1', FunctionArn: weir.arn('published') })
    const version = await weir.client.getFunctionConfiguration({ FunctionName: 'published', Qualifier: '1' })
    expect(version).toMatchObject({ Version: '1', FunctionArn: weir.arn('published', '1') })
    expect(await weir.pointer('published')).toMatchObject({ newest: 1 })
  })

  it('refuses a name that is taken, and leaves what is there alone', async () => {
    await weir.client.createFunction(settings('taken', 'first'))
    const error = await failure(weir.client.createFunction(settings('taken', 'second')))
    expect(error).toBeInstanceOf(ResourceConflictException)
    expect(error).toMatchObject({ message: 'Function already exist: taken', Type: 'User' })
    expect((await weir.client.getFunctionConfiguration({ FunctionName: 'taken' })).CodeSha256).toBe(
      await sha256(zipOf('first')),
    )
  })

  it('lets one of several simultaneous creators win', async () => {
    const results = await Promise.allSettled(
      ['a', 'b', 'c', 'd'].map(answer => weir.client.createFunction(settings('race', answer))),
    )
    const won = results.filter(result => result.status === 'fulfilled')
    expect(won).toHaveLength(1)
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(ResourceConflictException)
    }
    const { CodeSha256 } = await weir.client.getFunctionConfiguration({ FunctionName: 'race' })
    expect(CodeSha256).toBe(won[0]?.value.CodeSha256)
  })

  const refusals: [string, object, typeof InvalidParameterValueException | string, string | RegExp][] = [
    [
      'a runtime that Weir does not run',
      { Runtime: 'python3.12' },
      InvalidParameterValueException,
      "Value python3.12 at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [nodejs24.x, nodejs22.x, nodejs20.x, nodejs18.x] or be a valid ARN",
    ],
    [
      'a runtime that nobody has',
      { Runtime: 'NODEJS22.X' },
      InvalidParameterValueException,
      "Value NODEJS22.X at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [nodejs24.x, nodejs22.x, nodejs20.x, nodejs18.x] or be a valid ARN",
    ],
    [
      'a package without a handler',
      { Handler: undefined },
      InvalidParameterValueException,
      'Runtime and Handler are mandatory parameters for functions created with deployment packages.',
    ],
    [
      'a role that is no ARN',
      { Role: 'r1' },
      'ValidationException',
      /^1 validation error detected: Value 'r1' at 'role' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:/,
    ],
    [
      'a time-out above fifteen minutes',
      { Timeout: 901 },
      'ValidationException',
      "1 validation error detected: Value '901' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 900",
    ],
    [
      'more memory than ten gigabytes',
      { MemorySize: 10_241 },
      InvalidParameterValueException,
      "'MemorySize' value failed to satisfy constraint: Member must have value less than or equal to 10240",
    ],
    [
      'a name of 65 characters',
      { FunctionName: 'a'.repeat(65) },
      InvalidParameterValueException,
      `1 validation error detected: Value '${'a'.repeat(65)}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 64`,
    ],
    [
      'variables that Lambda sets itself',
      { Environment: { Variables: { AWS_REGION: 'x', OWN: 'y', LAMBDA_TASK_ROOT: 'z' } } },
      InvalidParameterValueException,
      'Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: AWS_REGION, LAMBDA_TASK_ROOT',
    ],
    [
      'variables of more than 4 KB',
      { Environment: { Variables: { LARGE: 'x'.repeat(4096) } } },
      InvalidParameterValueException,
      `Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. String measured: {"LARGE":"${'x'.repeat(4096)}"}`,
    ],
    [
      'levels for logs that are plain text',
      { LoggingConfig: { ApplicationLogLevel: 'DEBUG' } },
      InvalidParameterValueException,
      'LogLevel is not supported when LogFormat is set to "Text". Remove LogLevel from your request or change the LogFormat to "JSON" and try again.',
    ],
    [
      'SnapStart',
      { SnapStart: { ApplyOn: 'PublishedVersions' } },
      InvalidParameterValueException,
      'nodejs22.x is not supported for SnapStart enabled functions.',
    ],
    [
      'code from a bucket',
      { Code: { S3Bucket: 'bucket', S3Key: 'code.zip' } },
      InvalidParameterValueException,
      'Weir does not support code from S3 buckets yet; send the package itself as ZipFile.',
    ],
    [
      'no code at all',
      { Code: {} },
      InvalidParameterValueException,
      'Please provide a source for function code.',
    ],
    [
      'an empty package',
      { Code: { ZipFile: new Uint8Array() } },
      InvalidParameterValueException,
      'Uploaded file must be a non-empty zip',
    ],
    [
      'a package that is no zip',
      { Code: { ZipFile: strToU8('not a zip at all, whatever it is called') } },
      InvalidParameterValueException,
      'Could not unzip uploaded file. Please check your file, then try to upload again.',
    ],
    [
      'a container image',
      { PackageType: 'Image', Code: { ImageUri: 'x' } },
      InvalidParameterValueException,
      'Weir does not support container images.',
    ],
    [
      'a network of its own',
      { VpcConfig: { SubnetIds: ['subnet-1'], SecurityGroupIds: ['sg-1'] } },
      InvalidParameterValueException,
      'Weir does not support functions inside a VPC.',
    ],
    [
      'more than fifty tags',
      { Tags: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`key${i}`, ''])) },
      InvalidParameterValueException,
      'Number of tags exceeds resource tag limit.',
    ],
  ]
  it.each(refusals)('refuses %s', async (_, given, expected, message) => {
    const error = await failure(weir.client.createFunction({ ...settings('refused'), ...given } as never))
    if (typeof expected === 'string') expect(error.name).toBe(expected)
    else expect(error).toBeInstanceOf(expected)
    if (typeof message === 'string') expect(error.message).toBe(message)
    else expect(error.message).toMatch(message)
    expect(await failure(weir.client.getFunction({ FunctionName: 'refused' }))).toBeInstanceOf(
      ResourceNotFoundException,
    )
  })

  it('accepts variables of exactly 4 KB', async () => {
    const Variables = { LARGE: 'x'.repeat(4096 - '{"LARGE":""}'.length) }
    const created = await weir.client.createFunction({ ...settings('full'), Environment: { Variables } })
    expect(created.Environment).toEqual({ Variables })
  })

  it('refuses a package above 20 MB with the limit that holds here', async () => {
    const noise = crypto.getRandomValues(new Uint8Array(65_536))
    const large = new Uint8Array(20 * 1024 * 1024 + 1)
    for (let i = 0; i < large.length; i += noise.length) large.set(noise.subarray(0, large.length - i), i)
    const error = await failure(
      weir.client.createFunction({ ...settings('large'), Code: { ZipFile: large } }),
    )
    expect(error.name).toBe('RequestEntityTooLargeException')
    expect(error.message).toBe('Zipped size must be smaller than 20971520 bytes')
    expect(error.$metadata.httpStatusCode).toBe(413)
  })
})
