import { describe, expect, test } from 'vitest'
import { failure, iamHarness, policyOf, TRUST } from './iam-harness.ts'

const { client: iam, account } = await iamHarness()
const { client: elsewhere } = await iamHarness()

const BASIC = 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'

test('an account has one alias, which no other has', async () => {
  const AccountAlias = `alias-${account}`
  await iam.createAccountAlias({ AccountAlias })
  await iam.createAccountAlias({ AccountAlias })
  expect(await failure(elsewhere.createAccountAlias({ AccountAlias }))).toBe(
    `EntityAlreadyExistsException 409: The account alias ${AccountAlias} already exists.`,
  )
  await iam.createAccountAlias({ AccountAlias: `other-${account}` })
  expect((await iam.listAccountAliases({})).AccountAliases).toEqual([`other-${account}`])
  await elsewhere.createAccountAlias({ AccountAlias })
  await iam.deleteAccountAlias({ AccountAlias: `other-${account}` })
  expect((await iam.listAccountAliases({})).AccountAliases).toEqual([])
  expect(await failure(iam.deleteAccountAlias({ AccountAlias }))).toContain('NoSuchEntity')
})

describe('all of an account', () => {
  test('is counted, and told in detail', async () => {
    await iam.createUser({ UserName: 'u', Tags: [{ Key: 'a', Value: 'b' }] })
    await iam.createGroup({ GroupName: 'g' })
    await iam.addUserToGroup({ UserName: 'u', GroupName: 'g' })
    await iam.createRole({ RoleName: 'r', AssumeRolePolicyDocument: TRUST })
    const document = policyOf('s3:*')
    const { Policy } = await iam.createPolicy({ PolicyName: 'p', PolicyDocument: document })
    await iam.createPolicyVersion({ PolicyArn: Policy!.Arn, PolicyDocument: policyOf('sqs:*') })
    await iam.attachRolePolicy({ RoleName: 'r', PolicyArn: BASIC })
    await iam.attachGroupPolicy({ GroupName: 'g', PolicyArn: Policy!.Arn })
    await iam.putUserPolicy({ UserName: 'u', PolicyName: 'inline', PolicyDocument: document })
    await iam.createAccessKey({})

    const { SummaryMap } = await iam.getAccountSummary({})
    expect(SummaryMap).toMatchObject({
      Users: 1,
      Groups: 1,
      Roles: 1,
      Policies: 1,
      PolicyVersionsInUse: 2,
      AccountAccessKeysPresent: 1,
      AccessKeysPerUserQuota: 2,
      MFADevices: 0,
    })

    const details = await iam.getAccountAuthorizationDetails({})
    expect(details).toMatchObject({
      UserDetailList: [
        {
          UserName: 'u',
          GroupList: ['g'],
          UserPolicyList: [
            { PolicyName: 'inline', PolicyDocument: encodeURIComponent(document).replaceAll('*', '%2A') },
          ],
          AttachedManagedPolicies: [],
          Tags: [{ Key: 'a', Value: 'b' }],
        },
      ],
      GroupDetailList: [
        { GroupName: 'g', AttachedManagedPolicies: [{ PolicyName: 'p', PolicyArn: Policy!.Arn }] },
      ],
      RoleDetailList: [{ RoleName: 'r', AttachedManagedPolicies: [{ PolicyArn: BASIC }] }],
      IsTruncated: false,
    })
    expect(details.Policies!.map(({ Arn }) => Arn).sort()).toEqual([BASIC, Policy!.Arn].sort())
    const own = details.Policies!.find(({ Arn }) => Arn === Policy!.Arn)!
    expect(own.PolicyVersionList!.map(({ VersionId }) => VersionId)).toEqual(['v1', 'v2'])
  })

  test('is told in pages, and by kinds', async () => {
    const found: string[] = []
    let Marker: string | undefined
    do {
      const page = await iam.getAccountAuthorizationDetails({ MaxItems: 1, Marker })
      found.push(
        ...page.UserDetailList!.map(each => each.Arn!),
        ...page.GroupDetailList!.map(each => each.Arn!),
        ...page.RoleDetailList!.map(each => each.Arn!),
        ...page.Policies!.map(each => each.Arn!),
      )
      Marker = page.Marker
    } while (Marker)
    expect([found.length, new Set(found).size]).toEqual([5, 5])
    const roles = await iam.getAccountAuthorizationDetails({ Filter: ['Role'] })
    expect([roles.RoleDetailList!.length, roles.UserDetailList!.length, roles.Policies!.length]).toEqual([
      1, 0, 0,
    ])
  })
})

describe('an instance profile', () => {
  test('holds one role, which is not deleted meanwhile', async () => {
    const RoleName = 'in-a-profile'
    const InstanceProfileName = 'Profile'
    await iam.createRole({ RoleName, AssumeRolePolicyDocument: TRUST })
    const { InstanceProfile } = await iam.createInstanceProfile({ InstanceProfileName, Path: '/p/' })
    expect(InstanceProfile).toMatchObject({
      Arn: `arn:aws:iam::${account}:instance-profile/p/Profile`,
      InstanceProfileId: expect.stringMatching(/^AIPA[A-Z2-7]{17}$/),
      Roles: [],
    })
    await iam.addRoleToInstanceProfile({ InstanceProfileName, RoleName })
    expect(
      (await iam.getInstanceProfile({ InstanceProfileName: 'profile' })).InstanceProfile?.Roles,
    ).toMatchObject([{ RoleName }])
    expect((await iam.listInstanceProfilesForRole({ RoleName })).InstanceProfiles).toMatchObject([
      { InstanceProfileName },
    ])
    expect((await iam.listInstanceProfiles({ PathPrefix: '/p/' })).InstanceProfiles).toHaveLength(1)
    expect(await failure(iam.addRoleToInstanceProfile({ InstanceProfileName, RoleName }))).toBe(
      'LimitExceededException 409: Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1',
    )
    const conflict =
      'DeleteConflictException 409: Cannot delete entity, must remove roles from instance profile first.'
    expect(await failure(iam.deleteRole({ RoleName }))).toBe(conflict)
    expect(await failure(iam.deleteInstanceProfile({ InstanceProfileName }))).toBe(conflict)
    await iam.removeRoleFromInstanceProfile({ InstanceProfileName, RoleName })
    await iam.deleteRole({ RoleName })
    await iam.tagInstanceProfile({ InstanceProfileName, Tags: [{ Key: 'a', Value: 'b' }] })
    expect((await iam.listInstanceProfileTags({ InstanceProfileName })).Tags).toHaveLength(1)
    await iam.untagInstanceProfile({ InstanceProfileName, TagKeys: ['a'] })
    await iam.deleteInstanceProfile({ InstanceProfileName })
    expect(await failure(iam.getInstanceProfile({ InstanceProfileName }))).toBe(
      'NoSuchEntityException 404: Instance Profile Profile cannot be found.',
    )
  })
})

test('credentials that nobody has are told to be none', async () => {
  const UserName = 'bare'
  await iam.createUser({ UserName })
  expect((await iam.listMFADevices({ UserName })).MFADevices).toEqual([])
  expect((await iam.listSSHPublicKeys({ UserName })).SSHPublicKeys).toEqual([])
  expect((await iam.listSigningCertificates({ UserName })).Certificates).toEqual([])
  expect((await iam.listServiceSpecificCredentials({ UserName })).ServiceSpecificCredentials).toEqual([])
  expect((await iam.listVirtualMFADevices({})).VirtualMFADevices).toEqual([])
  expect((await iam.listServerCertificates({})).ServerCertificateMetadataList).toEqual([])
  expect((await iam.listSAMLProviders({})).SAMLProviderList).toEqual([])
  const none = 'NoSuchEntityException 404: Login Profile for User bare cannot be found.'
  expect(await failure(iam.getLoginProfile({ UserName }))).toBe(none)
  expect(await failure(iam.deleteLoginProfile({ UserName }))).toBe(none)
  expect(await failure(iam.getAccountPasswordPolicy({}))).toBe(
    `NoSuchEntityException 404: The Password Policy with domain name ${account} cannot be found.`,
  )
  expect(await failure(iam.listMFADevices({ UserName: 'nobody' }))).toContain('NoSuchEntity')
})
