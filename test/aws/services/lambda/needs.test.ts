import { describe, expect, test } from 'vitest'
import { lambdaNeeds } from '../../../../src/aws/services/lambda/needs.ts'
import type { Call } from '../../../../src/aws/wire/service.ts'
import type { Platform } from '../../../../src/platform.ts'

const ACCOUNT = '111122223333'
const PREFIX = `arn:aws:lambda:eu-west-1:${ACCOUNT}`

/** The only one there is. */
const mapping = { doc: { functionArn: `${PREFIX}:function:mapped`, tags: {} } }

/** As is this one. */
const alias = { doc: { target: '43c16805-4ff0-4d99-9c2f-6553061d9fed' } }

const needs = (operation: string, input: Parameters<typeof lambdaNeeds>[0]) =>
  lambdaNeeds(input, {
    operation,
    account: ACCOUNT,
    region: 'eu-west-1',
    identity: { account: ACCOUNT, arn: `arn:aws:sts::${ACCOUNT}:assumed-role/r/f`, accessKeyId: 'x' },
    requestId: 'r',
    platform: {
      records: () => ({
        get: async ({ name }: { name: string }) => (name === 'kms.alias' ? alias : mapping),
      }),
    } as unknown as Platform,
  } as Call<Platform>)

describe('the permission of an operation', () => {
  test.each<[string, Parameters<typeof lambdaNeeds>[0], string, string]>([
    ['Invoke', { FunctionName: 'f' }, 'InvokeFunction', `${PREFIX}:function:f`],
    ['Invoke', { FunctionName: 'f', Qualifier: 'prod' }, 'InvokeFunction', `${PREFIX}:function:f:prod`],
    ['Invoke', { FunctionName: `${PREFIX}:function:f:2` }, 'InvokeFunction', `${PREFIX}:function:f:2`],
    ['InvokeWithResponseStream', { FunctionName: 'f:prod' }, 'InvokeFunction', `${PREFIX}:function:f:prod`],
    ['GetFunction', { FunctionName: `${ACCOUNT}:function:f` }, 'GetFunction', `${PREFIX}:function:f`],
    ['UpdateAlias', { FunctionName: 'f' }, 'UpdateAlias', `${PREFIX}:function:f`],
    ['ListFunctions', {}, 'ListFunctions', '*'],
    ['ListTags', { Resource: `${PREFIX}:function:f` }, 'ListTags', `${PREFIX}:function:f`],
    ['PublishLayerVersion', { LayerName: 'l' }, 'PublishLayerVersion', `${PREFIX}:layer:l`],
    ['GetLayerVersion', { LayerName: 'l', VersionNumber: 3 }, 'GetLayerVersion', `${PREFIX}:layer:l:3`],
    [
      'ListTags',
      { Resource: `${PREFIX.replace('aws', 'aws-cn')}:function:f` },
      'ListTags',
      `${PREFIX}:function:f`,
    ],
    [
      'TagResource',
      { Resource: `${PREFIX.replace('aws', 'aws-cn')}:event-source-mapping:u` },
      'TagResource',
      `${PREFIX}:event-source-mapping:u`,
    ],
    [
      'DeleteLayerVersion',
      { LayerName: `${PREFIX.replace('aws', 'x')}:layer:l`, VersionNumber: 3 },
      'DeleteLayerVersion',
      `${PREFIX}:layer:l:3`,
    ],
    [
      'DeleteLayerVersion',
      { LayerName: `${PREFIX}:layer:l:7`, VersionNumber: 3 },
      'DeleteLayerVersion',
      `${PREFIX}:layer:l:3`,
    ],
    ['CreateEventSourceMapping', { FunctionName: 'f' }, 'CreateEventSourceMapping', '*'],
    ['GetEventSourceMapping', { UUID: 'u' }, 'GetEventSourceMapping', `${PREFIX}:event-source-mapping:u`],
  ])('%s of %j is %s on %s', async (operation, input, action, resource) => {
    const [first, ...others] = await needs(operation, input)
    expect(first).toMatchObject({ action: `lambda:${action}`, resource })
    expect(others).toEqual([])
  })

  test('is also that of the role which a function is given', async () => {
    const Role = `arn:aws:iam::${ACCOUNT}:role/admin`
    expect((await needs('CreateFunction', { FunctionName: 'f', Role }))[1]).toEqual({
      action: 'iam:PassRole',
      resource: Role,
      context: { 'iam:PassedToService': 'lambda.amazonaws.com' },
    })
  })

  test('is also that of the key that encrypts variables, by whatever name it is given', async () => {
    const kms = `arn:aws:kms:eu-west-1:${ACCOUNT}`
    const asked = async (KMSKeyArn: string) =>
      (await needs('UpdateFunctionConfiguration', { FunctionName: 'f', KMSKeyArn }))
        .slice(1)
        .map(({ action, resource }) => `${action} ${resource}`)
    const key = `${kms}:key/${alias.doc.target}`
    const both = (resource: string) => [`kms:CreateGrant ${resource}`, `kms:Encrypt ${resource}`]
    expect(await asked(key)).toEqual(both(key))
    expect(await asked(key.replace('aws', 'aws-cn'))).toEqual(both(key))
    expect(await asked(`${kms}:alias/mine`)).toEqual(both(key))
    expect(await asked(`${kms}:alias/aws/lambda`)).toEqual([])
    const foreign = `arn:aws:kms:eu-west-1:999999999999:alias/theirs`
    expect(await asked(foreign)).toEqual(both(foreign))
  })

  test('names the function of an event source mapping as a condition, the one that it has and the one that it is given', async () => {
    const asked = async (operation: string, input: object) =>
      (await needs(operation, input)).map(({ context }) => context?.['lambda:FunctionArn'])
    const given = `${PREFIX}:function:f:prod`
    const { functionArn } = mapping.doc
    expect(await asked('CreateEventSourceMapping', { FunctionName: 'f:prod' })).toEqual([given])
    expect(await asked('DeleteEventSourceMapping', { UUID: 'u' })).toEqual([functionArn])
    expect(await asked('UpdateEventSourceMapping', { UUID: 'u' })).toEqual([functionArn])
    expect(await asked('UpdateEventSourceMapping', { UUID: 'u', FunctionName: 'f:prod' })).toEqual([
      functionArn,
      given,
    ])
  })

  test('says to whom a function is opened', async () => {
    const context = async (operation: string, input: object) => (await needs(operation, input))[0]?.context
    const FunctionName = 'f'
    expect(
      await context('AddPermission', { FunctionName, Principal: '*', FunctionUrlAuthType: 'NONE' }),
    ).toEqual({ 'lambda:Principal': '*', 'lambda:FunctionUrlAuthType': 'NONE' })
    for (const operation of ['CreateFunctionUrlConfig', 'UpdateFunctionUrlConfig']) {
      expect(await context(operation, { FunctionName, AuthType: 'NONE' })).toEqual({
        'lambda:FunctionUrlAuthType': 'NONE',
      })
    }
  })

  test.each<[string, string]>([
    ['UpdateFunctionCode', 'function:f'],
    ['UpdateFunctionConfiguration', 'function:f'],
    ['PutFunctionConcurrency', 'function:f'],
    ['GetFunction', 'function:f:$LATEST'],
    ['Invoke', 'function:f:$LATEST'],
  ])('%s of the newest code is about %s', async (operation, resource) => {
    for (const input of [{ FunctionName: 'f:$LATEST' }, { FunctionName: 'f', Qualifier: '$LATEST' }]) {
      expect((await needs(operation, input))[0]?.resource).toBe(`${PREFIX}:${resource}`)
    }
  })
})
