import { expect, test } from 'vitest'
import { cognitoNeeds } from '../../../../src/aws/services/cognito-idp/needs.ts'
import { ORIGIN } from '../../../whole-weir.ts'
import { newPool, platform } from './cognito-harness.ts'

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
