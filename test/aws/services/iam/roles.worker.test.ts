import { describe, expect, test } from 'vitest'
import { failure, iamHarness, policyOf, TRUST } from './iam-harness.ts'

const { client: iam, account, published } = await iamHarness()

let names = 0
const newRole = async (more: object = {}): Promise<string> => {
  const RoleName = `role-${++names}`
  await iam.createRole({ RoleName, AssumeRolePolicyDocument: TRUST, ...more })
  return RoleName
}

describe('a role', () => {
  test('is created, and answered as it was created', async () => {
    const { Role: created } = await iam.createRole({
      RoleName: 'Worker',
      Path: '/service-role/',
      Description: 'does the work',
      AssumeRolePolicyDocument: TRUST,
      MaxSessionDuration: 7200,
      Tags: [{ Key: 'team', Value: 'blue' }],
    })
    expect(created).toMatchObject({
      RoleName: 'Worker',
      Path: '/service-role/',
      Arn: `arn:aws:iam::${account}:role/service-role/Worker`,
      RoleId: expect.stringMatching(/^AROA[A-Z2-7]{17}$/),
      Description: 'does the work',
      MaxSessionDuration: 7200,
      CreateDate: expect.any(Date),
      Tags: [{ Key: 'team', Value: 'blue' }],
    })
    expect(decodeURIComponent(created!.AssumeRolePolicyDocument!)).toBe(TRUST)
    const { Role: read } = await iam.getRole({ RoleName: 'worker' })
    expect(read).toMatchObject(created!)
  })

  test('has a name that is taken in every case of its letters', async () => {
    await iam.createRole({ RoleName: 'Taken', AssumeRolePolicyDocument: TRUST })
    expect(await failure(iam.createRole({ RoleName: 'taken', AssumeRolePolicyDocument: TRUST }))).toBe(
      'EntityAlreadyExistsException 409: Role with name taken already exists.',
    )
  })

  test('that does not exist is not found', async () => {
    const RoleName = 'nobody'
    const expected = 'NoSuchEntityException 404: The role with name nobody cannot be found.'
    for (const call of [
      iam.getRole({ RoleName }),
      iam.deleteRole({ RoleName }),
      iam.updateRole({ RoleName }),
      iam.listRoleTags({ RoleName }),
      iam.listAttachedRolePolicies({ RoleName }),
      iam.putRolePolicy({ RoleName, PolicyName: 'p', PolicyDocument: policyOf('s3:*') }),
      iam.updateAssumeRolePolicy({ RoleName, PolicyDocument: TRUST }),
      iam.listInstanceProfilesForRole({ RoleName }),
    ]) {
      expect(await failure(call)).toBe(expected)
    }
  })

  test('is checked against the model', async () => {
    expect(await failure(iam.createRole({ RoleName: 'a b', AssumeRolePolicyDocument: TRUST }))).toBe(
      "ValidationError 400: 1 validation error detected: Value 'a b' at 'roleName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]+",
    )
  })

  test('is updated, part by part', async () => {
    const RoleName = await newRole({ Description: 'before' })
    await iam.updateRole({ RoleName, MaxSessionDuration: 4000 })
    await iam.updateAssumeRolePolicy({ RoleName, PolicyDocument: TRUST.replace('lambda', 'ec2') })
    const { Role } = await iam.getRole({ RoleName })
    expect(Role).toMatchObject({ Description: 'before', MaxSessionDuration: 4000 })
    expect(decodeURIComponent(Role!.AssumeRolePolicyDocument!)).toContain('ec2.amazonaws.com')
    const { Role: described } = await iam.updateRoleDescription({ RoleName, Description: 'after' })
    expect(described?.Description).toBe('after')
  })

  test('is tagged, with keys that case does not tell apart', async () => {
    const RoleName = await newRole()
    await iam.tagRole({
      RoleName,
      Tags: [
        { Key: 'Team', Value: 'blue' },
        { Key: 'cost', Value: '' },
      ],
    })
    await iam.tagRole({ RoleName, Tags: [{ Key: 'TEAM', Value: 'red' }] })
    await iam.untagRole({ RoleName, TagKeys: ['Cost'] })
    expect((await iam.listRoleTags({ RoleName })).Tags).toEqual([{ Key: 'TEAM', Value: 'red' }])
    expect(
      await failure(
        iam.tagRole({
          RoleName,
          Tags: [
            { Key: 'a', Value: '1' },
            { Key: 'A', Value: '2' },
          ],
        }),
      ),
    ).toBe(
      'InvalidInputException 400: Duplicate tag keys found. Please note that Tag keys are case insensitive.',
    )
  })

  test('is not deleted with policies in it or on it', async () => {
    const RoleName = await newRole()
    const PolicyArn = 'arn:aws:iam::aws:policy/AdministratorAccess'
    await iam.attachRolePolicy({ RoleName, PolicyArn })
    expect(await failure(iam.deleteRole({ RoleName }))).toBe(
      'DeleteConflictException 409: Cannot delete entity, must detach all policies first.',
    )
    await iam.detachRolePolicy({ RoleName, PolicyArn })
    await iam.putRolePolicy({ RoleName, PolicyName: 'p', PolicyDocument: policyOf('s3:*') })
    expect(await failure(iam.deleteRole({ RoleName }))).toBe(
      'DeleteConflictException 409: Cannot delete entity, must delete policies first.',
    )
    await iam.deleteRolePolicy({ RoleName, PolicyName: 'p' })
    await iam.deleteRole({ RoleName })
    expect(await failure(iam.getRole({ RoleName }))).toContain('NoSuchEntity')
  })

  test('has a boundary while one is set', async () => {
    const PermissionsBoundary = 'arn:aws:iam::aws:policy/service-role/AWSLambdaRole'
    const RoleName = await newRole({ PermissionsBoundary })
    const boundary = async () =>
      (await iam.getRole({ RoleName })).Role?.PermissionsBoundary?.PermissionsBoundaryArn
    expect(await boundary()).toBe(PermissionsBoundary)
    await iam.deleteRolePermissionsBoundary({ RoleName })
    expect(await boundary()).toBeUndefined()
    expect(
      await failure(
        iam.putRolePermissionsBoundary({ RoleName, PermissionsBoundary: 'arn:aws:iam::aws:policy/None' }),
      ),
    ).toBe(
      'NoSuchEntityException 404: Scope ARN: arn:aws:iam::aws:policy/None does not exist or is not attachable.',
    )
  })

  test('is changed by several at a time without losing a change', async () => {
    const RoleName = await newRole()
    await Promise.all(
      Array.from({ length: 6 }, (_, n) =>
        iam.putRolePolicy({ RoleName, PolicyName: `p${n}`, PolicyDocument: policyOf('s3:*') }),
      ),
    )
    expect((await iam.listRolePolicies({ RoleName })).PolicyNames).toHaveLength(6)
  })
})

test('roles are listed in pages, by path', async () => {
  for (const n of [1, 2, 3, 4, 5]) await newRole({ Path: n === 5 ? '/listed/other/' : '/listed/' })
  const names: string[] = []
  let Marker: string | undefined
  let pages = 0
  do {
    const page = await iam.listRoles({ PathPrefix: '/listed/', MaxItems: 2, Marker })
    names.push(...page.Roles!.map(({ RoleName }) => RoleName!))
    expect(page.IsTruncated).toBe(page.Marker !== undefined)
    Marker = page.Marker
    pages++
  } while (Marker)
  expect([names.length, new Set(names).size, pages]).toEqual([5, 5, 3])
  const first = await iam.listRoles({ PathPrefix: '/listed/', MaxItems: 2 })
  expect(await failure(iam.listRoles({ PathPrefix: '/other/', Marker: first.Marker }))).toContain(
    'ValidationError',
  )
})

test('a role and its policies are known to the data plane', async () => {
  const RoleName = await newRole({ Tags: [{ Key: 'a', Value: 'b' }] })
  await iam.attachRolePolicy({ RoleName, PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' })
  expect(await published('role', RoleName)).toMatchObject({
    name: RoleName,
    trust: TRUST,
    tags: { a: 'b' },
    attached: ['arn:aws:iam::aws:policy/AdministratorAccess'],
  })
  const document = policyOf('s3:*')
  const { Policy } = await iam.createPolicy({ PolicyName: 'Known', PolicyDocument: document })
  expect(await published('policy', 'Known')).toMatchObject({ name: 'Known', document })
  const other = policyOf('sqs:*')
  await iam.createPolicyVersion({ PolicyArn: Policy!.Arn, PolicyDocument: other })
  expect(await published('policy', 'Known')).toMatchObject({ document })
  await iam.setDefaultPolicyVersion({ PolicyArn: Policy!.Arn, VersionId: 'v2' })
  expect(await published('policy', 'Known')).toMatchObject({ document: other })
  await iam.deletePolicyVersion({ PolicyArn: Policy!.Arn, VersionId: 'v1' })
  await iam.deletePolicy({ PolicyArn: Policy!.Arn })
  expect(await published('policy', 'Known')).toBeUndefined()
})
