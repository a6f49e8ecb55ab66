import { describe, expect, test } from 'vitest'
import { failure, iamHarness, policyOf, TRUST } from './iam-harness.ts'

const { client: iam, account, published } = await iamHarness()

let names = 0
const newRole = async (): Promise<string> => {
  const RoleName = `role-${++names}`
  await iam.createRole({ RoleName, AssumeRolePolicyDocument: TRUST })
  return RoleName
}

const BASIC = 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'

describe('a managed policy', () => {
  test('is created, read and deleted', async () => {
    const PolicyDocument = policyOf('s3:GetObject', 'arn:aws:s3:::bucket/*')
    const { Policy } = await iam.createPolicy({
      PolicyName: 'Reader',
      Path: '/team/',
      Description: 'reads',
      PolicyDocument,
      Tags: [{ Key: 'a', Value: 'b' }],
    })
    const PolicyArn = `arn:aws:iam::${account}:policy/team/Reader`
    expect(Policy).toMatchObject({
      PolicyName: 'Reader',
      PolicyId: expect.stringMatching(/^ANPA[A-Z2-7]{17}$/),
      Arn: PolicyArn,
      Path: '/team/',
      DefaultVersionId: 'v1',
      AttachmentCount: 0,
      IsAttachable: true,
    })
    expect((await iam.getPolicy({ PolicyArn })).Policy).toMatchObject({
      Description: 'reads',
      PolicyName: 'Reader',
      Tags: [{ Key: 'a', Value: 'b' }],
    })
    await iam.untagPolicy({ PolicyArn, TagKeys: ['a'] })
    expect((await iam.getPolicy({ PolicyArn })).Policy?.Tags).toEqual([])
    const { PolicyVersion } = await iam.getPolicyVersion({ PolicyArn, VersionId: 'v1' })
    expect(decodeURIComponent(PolicyVersion!.Document!)).toBe(PolicyDocument)
    expect(PolicyVersion?.IsDefaultVersion).toBe(true)
    expect((await iam.listPolicyVersions({ PolicyArn })).Versions).toMatchObject([{ VersionId: 'v1' }])
    expect(await failure(iam.getPolicyVersion({ PolicyArn, VersionId: 'v2' }))).toBe(
      `NoSuchEntityException 404: Policy ${PolicyArn} version v2 does not exist or is not attachable.`,
    )
    expect(await failure(iam.createPolicy({ PolicyName: 'reader', PolicyDocument }))).toBe(
      'EntityAlreadyExistsException 409: A policy called reader already exists. Duplicate names are not allowed.',
    )
    await iam.deletePolicy({ PolicyArn })
    expect(await failure(iam.getPolicy({ PolicyArn }))).toBe(
      `NoSuchEntityException 404: Policy ${PolicyArn} was not found.`,
    )
  })

  test('has up to five versions, one of which is in force', async () => {
    const { Policy } = await iam.createPolicy({ PolicyName: 'Versions', PolicyDocument: policyOf('s3:*') })
    const PolicyArn = Policy!.Arn!
    const create = (more: object = {}) =>
      iam.createPolicyVersion({ PolicyArn, PolicyDocument: policyOf('sqs:*'), ...more })
    expect((await create()).PolicyVersion).toMatchObject({ VersionId: 'v2', IsDefaultVersion: false })
    expect((await create({ SetAsDefault: true })).PolicyVersion).toMatchObject({
      VersionId: 'v3',
      IsDefaultVersion: true,
    })
    expect((await iam.getPolicy({ PolicyArn })).Policy?.DefaultVersionId).toBe('v3')
    expect(await failure(iam.deletePolicyVersion({ PolicyArn, VersionId: 'v3' }))).toBe(
      'DeleteConflictException 409: Cannot delete the default version of a policy.',
    )
    await iam.setDefaultPolicyVersion({ PolicyArn, VersionId: 'v1' })
    await iam.deletePolicyVersion({ PolicyArn, VersionId: 'v3' })
    expect((await create()).PolicyVersion?.VersionId).toBe('v4')
    expect(await failure(iam.deletePolicy({ PolicyArn }))).toContain('This policy has more than one version.')
    await create()
    await create()
    expect(await failure(create())).toContain(
      'LimitExceededException 409: A managed policy can have up to 5 versions.',
    )
    const { Versions } = await iam.listPolicyVersions({ PolicyArn })
    expect(Versions?.map(({ VersionId }) => VersionId)).toEqual(['v1', 'v2', 'v4', 'v5', 'v6'])
    expect(await failure(iam.setDefaultPolicyVersion({ PolicyArn, VersionId: 'v3' }))).toBe(
      `NoSuchEntityException 404: Policy ${PolicyArn} version v3 does not exist or is not attachable.`,
    )
  })

  test('tells which roles it is attached to, and which it bounds', async () => {
    const { Policy } = await iam.createPolicy({ PolicyName: 'Used', PolicyDocument: policyOf('s3:*') })
    const PolicyArn = Policy!.Arn!
    const [attached, bounded] = [await newRole(), await newRole()]
    await iam.attachRolePolicy({ RoleName: attached, PolicyArn })
    await iam.putRolePermissionsBoundary({ RoleName: bounded, PermissionsBoundary: PolicyArn })
    const roles = async (more: object = {}) =>
      (await iam.listEntitiesForPolicy({ PolicyArn, ...more })).PolicyRoles!.map(({ RoleName }) => RoleName)
    expect(await roles()).toEqual([attached, bounded])
    expect(await roles({ PolicyUsageFilter: 'PermissionsPolicy' })).toEqual([attached])
    expect(await roles({ PolicyUsageFilter: 'PermissionsBoundary' })).toEqual([bounded])
    expect(await roles({ EntityFilter: 'User' })).toEqual([])
    await iam.detachRolePolicy({ RoleName: attached, PolicyArn })
    expect(await failure(iam.deletePolicy({ PolicyArn }))).toContain('DeleteConflict')
    await iam.deleteRolePermissionsBoundary({ RoleName: bounded })
    await iam.deletePolicy({ PolicyArn })
  })

  test('is attached and detached, and not deleted meanwhile', async () => {
    const RoleName = await newRole()
    const { Policy } = await iam.createPolicy({ PolicyName: 'Attached', PolicyDocument: policyOf('s3:*') })
    const PolicyArn = Policy!.Arn!
    await iam.attachRolePolicy({ RoleName, PolicyArn })
    await iam.attachRolePolicy({ RoleName, PolicyArn })
    await iam.attachRolePolicy({ RoleName, PolicyArn: BASIC })
    expect((await iam.listAttachedRolePolicies({ RoleName })).AttachedPolicies).toEqual([
      { PolicyName: 'AWSLambdaBasicExecutionRole', PolicyArn: BASIC },
      { PolicyName: 'Attached', PolicyArn },
    ])
    expect(
      (await iam.listAttachedRolePolicies({ RoleName, PathPrefix: '/service-role/' })).AttachedPolicies,
    ).toHaveLength(1)
    expect((await iam.getPolicy({ PolicyArn })).Policy?.AttachmentCount).toBe(1)
    expect(await failure(iam.deletePolicy({ PolicyArn }))).toBe(
      'DeleteConflictException 409: Cannot delete a policy attached to entities.',
    )
    await iam.detachRolePolicy({ RoleName, PolicyArn })
    expect(await failure(iam.detachRolePolicy({ RoleName, PolicyArn }))).toBe(
      `NoSuchEntityException 404: Policy ${PolicyArn} was not found.`,
    )
    await iam.deletePolicy({ PolicyArn })
  })

  test('is attached ten times to a role at most, and only where there is one', async () => {
    const RoleName = await newRole()
    for (let n = 0; n < 10; n++) {
      const { Policy } = await iam.createPolicy({ PolicyName: `P${n}`, PolicyDocument: policyOf('s3:*') })
      await iam.attachRolePolicy({ RoleName, PolicyArn: Policy!.Arn! })
    }
    expect(await failure(iam.attachRolePolicy({ RoleName, PolicyArn: BASIC }))).toBe(
      'LimitExceededException 409: Cannot exceed quota for PoliciesPerRole: 10',
    )
    const none = `arn:aws:iam::${account}:policy/None`
    expect(await failure(iam.attachRolePolicy({ RoleName: await newRole(), PolicyArn: none }))).toBe(
      `NoSuchEntityException 404: Policy ${none} does not exist or is not attachable.`,
    )
    expect(await failure(iam.attachRolePolicy({ RoleName, PolicyArn: 'arn:aws:s3:::bucket/policy' }))).toBe(
      'InvalidInputException 400: ARN arn:aws:s3:::bucket/policy is not valid.',
    )
  })

  test('of AWS’s own is there from the beginning', async () => {
    const PolicyArn = 'arn:aws:iam::aws:policy/service-role/AWSLambdaRole'
    const { Policy } = await iam.getPolicy({ PolicyArn })
    expect(Policy).toMatchObject({
      PolicyName: 'AWSLambdaRole',
      Path: '/service-role/',
      DefaultVersionId: 'v1',
    })
    const { PolicyVersion } = await iam.getPolicyVersion({ PolicyArn, VersionId: 'v1' })
    expect(JSON.parse(decodeURIComponent(PolicyVersion!.Document!))).toEqual({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: ['lambda:InvokeFunction'], Resource: ['*'] }],
    })
    expect(await failure(iam.deletePolicy({ PolicyArn }))).toContain('NoSuchEntity')
  })

  test('is listed by scope, path and use', async () => {
    const RoleName = await newRole()
    const { Policy } = await iam.createPolicy({
      PolicyName: 'Listed',
      Path: '/l/',
      PolicyDocument: policyOf('s3:*'),
    })
    const listed = async (input: object) =>
      (await iam.listPolicies(input)).Policies!.map(each => each.PolicyName)
    expect(await listed({ Scope: 'Local', PathPrefix: '/l/' })).toEqual(['Listed'])
    expect(await listed({ Scope: 'AWS' })).toContain('AWSLambda_FullAccess')
    expect(await listed({ Scope: 'AWS' })).not.toContain('Listed')
    expect(await listed({ PathPrefix: '/l/', OnlyAttached: true })).toEqual([])
    await iam.attachRolePolicy({ RoleName, PolicyArn: Policy!.Arn! })
    expect(await listed({ PathPrefix: '/l/', OnlyAttached: true })).toEqual(['Listed'])
    expect(await listed({ PathPrefix: '/l/', PolicyUsageFilter: 'PermissionsPolicy' })).toEqual(['Listed'])
    expect(await listed({ PathPrefix: '/l/', PolicyUsageFilter: 'PermissionsBoundary' })).toEqual([])
    await iam.putRolePermissionsBoundary({ RoleName, PermissionsBoundary: Policy!.Arn! })
    expect(await listed({ PathPrefix: '/l/', PolicyUsageFilter: 'PermissionsBoundary' })).toEqual(['Listed'])
  })
})

describe('a policy inside a role', () => {
  test('is written, read, replaced and deleted', async () => {
    const RoleName = await newRole()
    await iam.putRolePolicy({ RoleName, PolicyName: 'p', PolicyDocument: policyOf('s3:*') })
    const PolicyDocument = policyOf('sqs:*', ['arn:aws:sqs:*:*:a b(c)'])
    await iam.putRolePolicy({ RoleName, PolicyName: 'p', PolicyDocument })
    const read = await iam.getRolePolicy({ RoleName, PolicyName: 'p' })
    expect(decodeURIComponent(read.PolicyDocument!)).toBe(PolicyDocument)
    expect(read.PolicyDocument).toMatch(/^[A-Za-z0-9%._~-]+$/)
    expect((await iam.listRolePolicies({ RoleName })).PolicyNames).toEqual(['p'])
    await iam.deleteRolePolicy({ RoleName, PolicyName: 'p' })
    const none = 'NoSuchEntityException 404: The role policy with name p cannot be found.'
    expect(await failure(iam.getRolePolicy({ RoleName, PolicyName: 'p' }))).toBe(none)
    expect(await failure(iam.deleteRolePolicy({ RoleName, PolicyName: 'p' }))).toBe(none)
    expect(await failure(iam.getRolePolicy({ RoleName, PolicyName: 'constructor' }))).toContain(
      'NoSuchEntity',
    )
  })

  test('counts with the others of the role, without its whitespace', async () => {
    const RoleName = await newRole()
    const long = (size: number) => policyOf('s3:*', `arn:aws:s3:::${'b'.repeat(size)}`)
    await iam.putRolePolicy({
      RoleName,
      PolicyName: 'spread',
      PolicyDocument: JSON.stringify(JSON.parse(long(5_000)), undefined, 200),
    })
    expect(await failure(iam.putRolePolicy({ RoleName, PolicyName: 'q', PolicyDocument: long(6_000) }))).toBe(
      `LimitExceededException 409: Maximum policy size of 10240 bytes exceeded for role ${RoleName}`,
    )
    // What stands within a text is no whitespace between texts.
    const PolicyDocument = policyOf('s3:*', `arn:aws:s3:::b${' '.repeat(11_000)}`)
    expect(await failure(iam.putRolePolicy({ RoleName, PolicyName: 'q', PolicyDocument }))).toMatch(
      /^LimitExceededException/,
    )
  })

  test('reaches the data plane without it', async () => {
    const RoleName = await newRole()
    const PolicyDocument = JSON.stringify(JSON.parse(policyOf('s3:*', '*')), undefined, 200)
    await iam.putRolePolicy({ RoleName, PolicyName: 'p', PolicyDocument })
    expect(decodeURIComponent((await iam.getRolePolicy({ RoleName, PolicyName: 'p' })).PolicyDocument!)).toBe(
      PolicyDocument,
    )
    expect((await published('role', RoleName))?.inline).toEqual({ p: policyOf('s3:*', '*') })
  })
})

test('a document that is no policy is refused, and the reason told', async () => {
  const RoleName = await newRole()
  expect(await failure(iam.putRolePolicy({ RoleName, PolicyName: 'p', PolicyDocument: '{}' }))).toBe(
    'MalformedPolicyDocumentException 400: Syntax errors in policy.',
  )
  expect(await failure(iam.updateAssumeRolePolicy({ RoleName, PolicyDocument: policyOf('s3:*') }))).toBe(
    'MalformedPolicyDocumentException 400: Has prohibited field Resource',
  )
})
