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

test('operations ask for permissions of their names, on their pools, with the tags of these', async () => {
  const { UserPoolId } = await newPool({ UserPoolTags: { team: 'a' } })
  const resource = `arn:aws:cognito-idp:us-east-1:000000000000:userpool/${UserPoolId}`
  const [byId] = cognitoNeeds({ UserPoolId }, call('AdminGetUser'))
  expect(byId).toMatchObject({ action: 'cognito-idp:AdminGetUser', resource })
  expect(await byId!.tags!()).toEqual({ team: 'a' })
  const [byArn] = cognitoNeeds({ ResourceArn: resource }, call('TagResource'))
  expect(byArn).toMatchObject({ action: 'cognito-idp:TagResource', resource })
  expect(await byArn!.tags!()).toEqual({ team: 'a' })
})

test('what is about no one pool asks for it on all', async () => {
  for (const operation of ['CreateUserPool', 'DescribeUserPoolDomain']) {
    const [need] = cognitoNeeds({}, call(operation))
    expect(need).toMatchObject({ action: `cognito-idp:${operation}`, resource: '*' })
    expect(await need!.tags!()).toBeUndefined()
  }
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
