import { describe, expect, test } from 'vitest'
import { lambdaNeeds } from '../../../../src/aws/services/lambda/needs.ts'
import type { Call } from '../../../../src/aws/wire/service.ts'
import type { Platform } from '../../../../src/platform.ts'

const ACCOUNT = '111122223333'
const PREFIX = `arn:aws:lambda:eu-west-1:${ACCOUNT}`

const needs = (operation: string, input: Parameters<typeof lambdaNeeds>[0]) =>
  lambdaNeeds(input, {
    operation,
    account: ACCOUNT,
    region: 'eu-west-1',
    identity: { account: ACCOUNT, arn: `arn:aws:sts::${ACCOUNT}:assumed-role/r/f`, accessKeyId: 'x' },
    requestId: 'r',
    platform: { records: () => ({}) } as unknown as Platform,
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
  ])('%s of %j is %s on %s', (operation, input, action, resource) => {
    const [first, ...others] = needs(operation, input)
    expect(first).toMatchObject({ action: `lambda:${action}`, resource })
    expect(others).toEqual([])
  })

  test('is also that of the role which a function is given', () => {
    const Role = `arn:aws:iam::${ACCOUNT}:role/admin`
    expect(needs('CreateFunction', { FunctionName: 'f', Role })[1]).toEqual({
      action: 'iam:PassRole',
      resource: Role,
      context: { 'iam:PassedToService': 'lambda.amazonaws.com' },
    })
  })

  test('names the function of an event source mapping as a condition', () => {
    expect(needs('CreateEventSourceMapping', { FunctionName: 'f:prod' })[0]?.context).toEqual({
      'lambda:FunctionArn': `${PREFIX}:function:f:prod`,
    })
  })
})
