import { expect, test } from 'vitest'
import { cognitoNeeds } from '../../../../src/aws/services/cognito-idp/needs.ts'
import { ORIGIN } from '../../../whole-weir.ts'
import { cognito, newPool, platform } from './cognito-harness.ts'

const call = (operation: string) =>
  ({
    operation,
    account: '000000000000',
    region: 'us-east-1',
    platform: { ...platform(), origin: ORIGIN },
  }) as never

test('operations ask for permissions of their names, on their pools, with the tags of both', async () => {
  const { UserPoolId } = await newPool({ UserPoolTags: { team: 'a' } })
  const resource = `arn:aws:cognito-idp:us-east-1:000000000000:userpool/${UserPoolId}`
  expect(await cognitoNeeds({ UserPoolId }, call('AdminGetUser'))).toEqual([
    { action: 'cognito-idp:AdminGetUser', resource, context: { 'aws:ResourceTag/team': 'a' } },
  ])
  expect(await cognitoNeeds({ ResourceArn: resource, Tags: { x: '1' } }, call('TagResource'))).toEqual([
    {
      action: 'cognito-idp:TagResource',
      resource,
      context: { 'aws:RequestTag/x': '1', 'aws:ResourceTag/team': 'a', 'aws:TagKeys': ['x'] },
    },
  ])
  expect(await cognitoNeeds({ ResourceArn: resource, TagKeys: ['x'] }, call('UntagResource'))).toMatchObject([
    { context: { 'aws:TagKeys': ['x'] } },
  ])
})

test('what is about no one pool asks for it on all', async () => {
  expect(await cognitoNeeds({ UserPoolTags: { x: '1' } }, call('CreateUserPool'))).toEqual([
    {
      action: 'cognito-idp:CreateUserPool',
      resource: '*',
      context: { 'aws:RequestTag/x': '1', 'aws:TagKeys': ['x'] },
    },
  ])
  expect(await cognitoNeeds({}, call('DescribeUserPoolDomain'))).toEqual([
    { action: 'cognito-idp:DescribeUserPoolDomain', resource: '*', context: {} },
  ])
})

test('no other spelling of an ARN reaches a pool whose permission was not asked', async () => {
  const victim = await newPool({})
  const mine = await newPool({ UserPoolTags: { owner: 'me' } })
  const prefix = 'cognito-idp:us-east-1:000000000000:userpool'
  for (const ResourceArn of [
    `arn:aws:${prefix}/${victim.UserPoolId}/${mine.UserPoolId}`,
    `arn:aws-cn:${prefix}/${victim.UserPoolId}`,
    `arn:aws:${prefix}/${victim.UserPoolId}/`,
  ]) {
    await expect(cognito().tagResource({ ResourceArn, Tags: { owner: 'me' } })).rejects.toThrow()
  }
  const { Tags = {} } = await cognito().listTagsForResource({
    ResourceArn: `arn:aws:${prefix}/${victim.UserPoolId}`,
  })
  expect(Tags).toEqual({})
})
