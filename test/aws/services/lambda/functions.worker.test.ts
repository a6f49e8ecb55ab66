import {
  InvalidParameterValueException,
  ResourceConflictException,
  ResourceNotFoundException,
  waitUntilFunctionActiveV2,
  waitUntilFunctionExists,
  waitUntilFunctionUpdatedV2,
} from '@aws-sdk/client-lambda'
import { strToU8, zipSync } from 'fflate'
import { beforeEach, describe, expect, it } from 'vitest'
import { serveCode } from '../../../../src/aws/services/lambda/serve-code.ts'
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
      KMSKeyArn: `arn:aws:kms:${REGION}:000000000000:key/1`,
      DeadLetterConfig: { TargetArn: `arn:aws:sqs:${REGION}:000000000000:failed` },
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

describe('what is stored', () => {
  it('has no variable’s value in the clear, neither in the database nor in the store', async () => {
    const secret = `hunter2-${crypto.randomUUID()}`
    await weir.client.createFunction({
      ...settings('sealed'),
      Publish: true,
      Environment: { Variables: { PASSWORD: secret } },
    })
    await weir.client.updateFunctionConfiguration({
      FunctionName: 'sealed',
      Environment: { Variables: { PASSWORD: secret, MORE: secret } },
    })
    await weir.client.publishVersion({ FunctionName: 'sealed' })
    const rows = await weir.env.DB.prepare('SELECT * FROM resources WHERE account = ?')
      .bind(weir.account.id)
      .all()
    expect(rows.results.length).toBeGreaterThan(2)
    expect(JSON.stringify(rows.results)).not.toContain(secret)
    const manifests = (await weir.env.STORE.list({ prefix: 'functions/' })).objects
    expect(manifests.length).toBeGreaterThan(2)
    for (const { key } of manifests) {
      expect(await (await weir.env.STORE.get(key))!.text()).not.toContain(secret)
    }
    const { Environment } = await weir.client.getFunctionConfiguration({ FunctionName: 'sealed:2' })
    expect(Environment?.Variables).toEqual({ PASSWORD: secret, MORE: secret })
  })

  it('is refused rather than left open when a deployed Weir has no key, and read without the variables then', async () => {
    const Environment = { Variables: { A_NAME: 'value' } }
    await weir.client.createFunction({ ...settings('open'), Environment })
    const keyless = await lambdaHarness({ WEIR_LOCAL: undefined, WEIR_ENCRYPTION_KEY: undefined })
    const client = keyless.clientIn(REGION, weir.account.id)
    const error = await failure(client.createFunction({ ...settings('other'), Environment }))
    expect(error).toBeInstanceOf(InvalidParameterValueException)
    expect(error.message).toContain('npx wrangler secret put WEIR_ENCRYPTION_KEY')
    const { Configuration, Code } = await client.getFunction({ FunctionName: 'open' })
    expect(Configuration).toMatchObject({
      State: 'Active',
      Environment: { Error: { ErrorCode: 'DecryptionFailure' } },
    })
    expect(Code).toMatchObject({ Error: { Message: expect.stringContaining('WEIR_ENCRYPTION_KEY') } })
    await client.createFunction(settings('without'))
  })

  it('prepares equal packages once', async () => {
    const zip = zipSync({ 'index.js': strToU8(`exports.handler = () => ${Math.random()}`) })
    const Code = { ZipFile: zip }
    const one = await weir.client.createFunction({ ...settings('one'), Code })
    const other = await weir.client.createFunction({ ...settings('other'), Code })
    expect(other.CodeSha256).toBe(one.CodeSha256)
    const hash = [...atob(one.CodeSha256!)].map(c => c.charCodeAt(0).toString(16).padStart(2, '0')).join('')
    const { objects } = await weir.env.STORE.list({ prefix: `code/${hash}` })
    expect(objects).toHaveLength(3)
  })
})
