import { describe, expect, test } from 'vitest'
import { iamNeeds } from '../../../../src/aws/services/iam/needs.ts'
import type { Call, Identity, Need } from '../../../../src/aws/wire/service.ts'
import type { Platform } from '../../../../src/platform.ts'
import { iamHarness, TRUST } from './iam-harness.ts'

const { client: iam, account, platform } = await iamHarness()

const BOUNDARY = 'arn:aws:iam::aws:policy/AdministratorAccess'

const arn = (resource: string) => `arn:aws:iam::${account}:${resource}`

await iam.createUser({ UserName: 'Ann', Path: '/team/', Tags: [{ Key: 'cost', Value: '7' }] })
await iam.createUser({ UserName: 'bound', PermissionsBoundary: BOUNDARY })
await iam.createGroup({ GroupName: 'Readers', Path: '/g/' })
await iam.createRole({ RoleName: 'Worker', Path: '/r/', AssumeRolePolicyDocument: TRUST })
const { AccessKey } = await iam.createAccessKey({ UserName: 'Ann' })

/** What an operation asks for: by Ann, unless somebody else calls. */
async function needs(
  operation: string,
  input: object = {},
  caller: Partial<Identity> = { user: arn('user/team/Ann') },
): Promise<readonly Need[]> {
  const identity = { account, arn: arn('anybody'), accessKeyId: 'AKIA', ...caller }
  const call: Call<Platform> = {
    operation,
    account,
    region: 'us-east-1',
    identity,
    requestId: 'request',
    platform,
  }
  return iamNeeds(input, call)
}

const asked = async (...call: Parameters<typeof needs>): Promise<string[]> =>
  (await needs(...call)).map(({ action, resource }) => `${action} ${resource}`)

describe('an operation of IAM asks for permission', () => {
  test.each([
    ['GetUser', { UserName: 'ann' }, 'user/team/Ann'],
    ['GetUser', { UserName: 'nobody' }, 'user/nobody'],
    ['CreateUser', { UserName: 'new', Path: '/p/' }, 'user/p/new'],
    ['PutUserPolicy', { UserName: 'Ann', PolicyName: 'p' }, 'user/team/Ann'],
    ['GetGroup', { GroupName: 'readers' }, 'group/g/Readers'],
    ['AddUserToGroup', { GroupName: 'Readers', UserName: 'Ann' }, 'group/g/Readers'],
    ['ListGroupsForUser', { UserName: 'Ann' }, 'user/team/Ann'],
    ['GetRole', { RoleName: 'worker' }, 'role/r/Worker'],
    ['CreateRole', { RoleName: 'worker', Path: '/q/' }, 'role/q/worker'],
    ['CreatePolicy', { PolicyName: 'P', Path: '/p/' }, 'policy/p/P'],
    ['GetPolicy', { PolicyArn: arn('policy/p/P') }, 'policy/p/P'],
    ['ListUsers', {}, 'user/'],
    ['ListRoles', { PathPrefix: '/r/' }, 'role/r/'],
    ['GetInstanceProfile', { InstanceProfileName: 'I' }, 'instance-profile/I'],
    ['CreateOpenIDConnectProvider', { Url: 'https://a.example/b' }, 'oidc-provider/a.example/b'],
    [
      'GetOpenIDConnectProvider',
      { OpenIDConnectProviderArn: arn('oidc-provider/a.example') },
      'oidc-provider/a.example',
    ],
    ['SimulatePrincipalPolicy', { PolicySourceArn: arn('user/team/Ann') }, 'user/team/Ann'],
  ])('to %s %j on what it names', async (operation, input, resource) => {
    expect(await asked(operation, input)).toEqual([`iam:${operation} ${arn(resource)}`])
  })

  test('on everything, when it is about nothing in particular', async () => {
    expect(await asked('GetAccountSummary')).toEqual(['iam:GetAccountSummary *'])
  })

  test('on the caller’s own user, when it names none', async () => {
    expect(await asked('GetUser')).toEqual([`iam:GetUser ${arn('user/team/Ann')}`])
    expect(await asked('CreateAccessKey')).toEqual([`iam:CreateAccessKey ${arn('user/team/Ann')}`])
    expect(await asked('GetUser', {}, { role: arn('role/r/Worker') })).toEqual(['iam:GetUser *'])
  })

  test('on the user whose key is asked about', async () => {
    expect(await asked('GetAccessKeyLastUsed', { AccessKeyId: AccessKey!.AccessKeyId })).toEqual([
      `iam:GetAccessKeyLastUsed ${arn('user/team/Ann')}`,
    ])
  })

  test('on both names of what it renames', async () => {
    expect(await asked('UpdateUser', { UserName: 'Ann', NewUserName: 'Bea' })).toEqual([
      `iam:UpdateUser ${arn('user/team/Ann')}`,
      `iam:UpdateUser ${arn('user/team/Bea')}`,
    ])
    expect(await asked('UpdateGroup', { GroupName: 'Readers', NewPath: '/' })).toEqual([
      `iam:UpdateGroup ${arn('group/g/Readers')}`,
      `iam:UpdateGroup ${arn('group/Readers')}`,
    ])
  })

  test('to tag, when it creates something with tags', async () => {
    expect(await asked('CreateUser', { UserName: 'new', Tags: [{ Key: 'a', Value: 'b' }] })).toEqual([
      `iam:CreateUser ${arn('user/new')}`,
      `iam:TagUser ${arn('user/new')}`,
    ])
  })

  test('to pass the role that it puts into an instance profile', async () => {
    expect(await asked('AddRoleToInstanceProfile', { InstanceProfileName: 'I', RoleName: 'Worker' })).toEqual(
      [`iam:AddRoleToInstanceProfile ${arn('instance-profile/I')}`, `iam:PassRole ${arn('role/r/Worker')}`],
    )
  })
})

describe('conditions may ask', () => {
  const keys = async (...call: Parameters<typeof needs>) => (await needs(...call))[0]!.context

  test('which boundary is set, or will be', async () => {
    expect(await keys('CreateUser', { UserName: 'n', PermissionsBoundary: BOUNDARY })).toEqual({
      'iam:PermissionsBoundary': BOUNDARY,
    })
    expect(await keys('DeleteUserPolicy', { UserName: 'bound', PolicyName: 'p' })).toEqual({
      'iam:PermissionsBoundary': BOUNDARY,
    })
    expect(await keys('GetUser', { UserName: 'bound' })).toEqual({})
  })

  test('which policy is attached', async () => {
    const PolicyArn = arn('policy/P')
    expect(await keys('AttachRolePolicy', { RoleName: 'Worker', PolicyArn })).toEqual({
      'iam:PolicyARN': PolicyArn,
    })
    expect(await keys('GetPolicy', { PolicyArn })).toEqual({})
  })

  test('how the resource is tagged', async () => {
    const [need] = await needs('DeleteUser', { UserName: 'Ann' })
    expect(await need!.tags!()).toEqual({ cost: '7' })
  })
})
