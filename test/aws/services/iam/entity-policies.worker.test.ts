import { describe, expect, test } from 'vitest'
import { groups, iamAccount, policies } from '../../../../src/identity/iam-records.ts'
import type { Kind } from '../../../../src/records/records.ts'
import { failure, iamHarness, policyOf, TRUST } from './iam-harness.ts'

const { client: iam, account, platform, published } = await iamHarness()

const ADMINISTRATOR = 'arn:aws:iam::aws:policy/AdministratorAccess'

let names = 0
const newName = () => `name-${++names}`

const newPolicy = async (): Promise<string> => {
  const { Policy } = await iam.createPolicy({ PolicyName: newName(), PolicyDocument: policyOf('s3:*') })
  return Policy!.Arn!
}

/** The same operations of the three kinds of entities, by what they are called there. */
const ENTITIES = {
  role: {
    quota: 10_240,
    create: (RoleName: string) => iam.createRole({ RoleName, AssumeRolePolicyDocument: TRUST }),
    put: (RoleName: string, PolicyName: string, PolicyDocument: string) =>
      iam.putRolePolicy({ RoleName, PolicyName, PolicyDocument }),
    get: (RoleName: string, PolicyName: string) => iam.getRolePolicy({ RoleName, PolicyName }),
    list: (RoleName: string, more: object = {}) => iam.listRolePolicies({ RoleName, ...more }),
    delete: (RoleName: string, PolicyName: string) => iam.deleteRolePolicy({ RoleName, PolicyName }),
    attach: (RoleName: string, PolicyArn: string) => iam.attachRolePolicy({ RoleName, PolicyArn }),
    detach: (RoleName: string, PolicyArn: string) => iam.detachRolePolicy({ RoleName, PolicyArn }),
    attached: (RoleName: string, more: object = {}) => iam.listAttachedRolePolicies({ RoleName, ...more }),
    published: (RoleName: string) => published('role', RoleName),
  },
  user: {
    quota: 2_048,
    create: (UserName: string) => iam.createUser({ UserName }),
    put: (UserName: string, PolicyName: string, PolicyDocument: string) =>
      iam.putUserPolicy({ UserName, PolicyName, PolicyDocument }),
    get: (UserName: string, PolicyName: string) => iam.getUserPolicy({ UserName, PolicyName }),
    list: (UserName: string, more: object = {}) => iam.listUserPolicies({ UserName, ...more }),
    delete: (UserName: string, PolicyName: string) => iam.deleteUserPolicy({ UserName, PolicyName }),
    attach: (UserName: string, PolicyArn: string) => iam.attachUserPolicy({ UserName, PolicyArn }),
    detach: (UserName: string, PolicyArn: string) => iam.detachUserPolicy({ UserName, PolicyArn }),
    attached: (UserName: string, more: object = {}) => iam.listAttachedUserPolicies({ UserName, ...more }),
    published: (UserName: string) => published('user', UserName),
  },
  group: {
    quota: 5_120,
    create: (GroupName: string) => iam.createGroup({ GroupName }),
    put: (GroupName: string, PolicyName: string, PolicyDocument: string) =>
      iam.putGroupPolicy({ GroupName, PolicyName, PolicyDocument }),
    get: (GroupName: string, PolicyName: string) => iam.getGroupPolicy({ GroupName, PolicyName }),
    list: (GroupName: string, more: object = {}) => iam.listGroupPolicies({ GroupName, ...more }),
    delete: (GroupName: string, PolicyName: string) => iam.deleteGroupPolicy({ GroupName, PolicyName }),
    attach: (GroupName: string, PolicyArn: string) => iam.attachGroupPolicy({ GroupName, PolicyArn }),
    detach: (GroupName: string, PolicyArn: string) => iam.detachGroupPolicy({ GroupName, PolicyArn }),
    attached: (GroupName: string, more: object = {}) => iam.listAttachedGroupPolicies({ GroupName, ...more }),
    published: async (GroupName: string) =>
      published('group', (await iam.getGroup({ GroupName })).Group!.GroupId!),
  },
} as const

describe.each(Object.entries(ENTITIES))('policies of a %s', (noun, entity) => {
  const newEntity = async (): Promise<string> => {
    const name = newName()
    await entity.create(name)
    return name
  }

  test('are written into it, read, listed in pages and deleted', async () => {
    const name = await newEntity()
    const document = policyOf('sqs:*', 'arn:aws:sqs:*:*:a b(c)')
    for (const policy of ['a', 'b', 'c']) await entity.put(name, policy, document)
    const read = await entity.get(name, 'a')
    expect(read).toMatchObject({ PolicyName: 'a' })
    expect(decodeURIComponent(read.PolicyDocument!)).toBe(document)
    const first = await entity.list(name, { MaxItems: 2 })
    const second = await entity.list(name, { Marker: first.Marker })
    expect([first.PolicyNames, second.PolicyNames]).toEqual([['a', 'b'], ['c']])
    expect(await entity.published(name)).toMatchObject({ inline: { a: document, b: document, c: document } })
    await entity.delete(name, 'a')
    const none = `NoSuchEntityException 404: The ${noun} policy with name a cannot be found.`
    expect(await failure(entity.get(name, 'a'))).toBe(none)
    expect(await failure(entity.delete(name, 'a'))).toBe(none)
    expect(Object.keys((await entity.published(name))!.inline)).toEqual(['b', 'c'])
  })

  test('are counted together, up to its quota', async () => {
    const name = await newEntity()
    const long = (size: number) => policyOf('s3:*', `arn:aws:s3:::${'b'.repeat(size)}`)
    await entity.put(name, 'p', long(entity.quota / 2))
    expect(await failure(entity.put(name, 'q', long(entity.quota / 2)))).toBe(
      `LimitExceededException 409: Maximum policy size of ${entity.quota} bytes exceeded for ${noun} ${name}`,
    )
  })

  test('are attached to it and detached, and counted', async () => {
    const name = await newEntity()
    const PolicyArn = await newPolicy()
    await entity.attach(name, PolicyArn)
    await entity.attach(name, PolicyArn)
    await entity.attach(name, ADMINISTRATOR)
    expect((await entity.attached(name)).AttachedPolicies).toHaveLength(2)
    expect((await entity.attached(name, { PathPrefix: '/none/' })).AttachedPolicies).toEqual([])
    expect((await iam.getPolicy({ PolicyArn })).Policy?.AttachmentCount).toBe(1)
    expect((await entity.published(name))!.attached).toEqual([PolicyArn, ADMINISTRATOR])
    await entity.detach(name, PolicyArn)
    expect(await failure(entity.detach(name, PolicyArn))).toBe(
      `NoSuchEntityException 404: Policy ${PolicyArn} was not found.`,
    )
    expect((await iam.getPolicy({ PolicyArn })).Policy?.AttachmentCount).toBe(0)
    await iam.deletePolicy({ PolicyArn })
  })

  test('are attached ten at most', async () => {
    const name = await newEntity()
    for (let n = 0; n < 10; n++) await entity.attach(name, await newPolicy())
    const title = noun.charAt(0).toUpperCase() + noun.slice(1)
    expect(await failure(entity.attach(name, ADMINISTRATOR))).toBe(
      `LimitExceededException 409: Cannot exceed quota for PoliciesPer${title}: 10`,
    )
  })
})

test('a policy tells all whom it is attached to, and all whom it bounds', async () => {
  const PolicyArn = await newPolicy()
  const [RoleName, UserName, GroupName] = [newName(), newName(), newName()]
  await ENTITIES.role.create(RoleName)
  await ENTITIES.user.create(UserName)
  await ENTITIES.group.create(GroupName)
  await ENTITIES.role.attach(RoleName, PolicyArn)
  await ENTITIES.user.attach(UserName, PolicyArn)
  await ENTITIES.group.attach(GroupName, PolicyArn)
  const Bounded = newName()
  await iam.createUser({ UserName: Bounded, PermissionsBoundary: PolicyArn })
  expect((await iam.getPolicy({ PolicyArn })).Policy).toMatchObject({
    AttachmentCount: 3,
    PermissionsBoundaryUsageCount: 1,
  })
  const attached = { PolicyArn, PolicyUsageFilter: 'PermissionsPolicy' as const }
  expect(await iam.listEntitiesForPolicy(attached)).toMatchObject({
    PolicyRoles: [{ RoleName }],
    PolicyUsers: [{ UserName }],
    PolicyGroups: [{ GroupName }],
  })
  expect(await iam.listEntitiesForPolicy({ ...attached, EntityFilter: 'Group' })).toMatchObject({
    PolicyRoles: [],
    PolicyUsers: [],
    PolicyGroups: [{ GroupName }],
  })
  const found: unknown[] = []
  let Marker: string | undefined
  do {
    const page = await iam.listEntitiesForPolicy({ PolicyArn, MaxItems: 1, Marker })
    found.push(...page.PolicyRoles!, ...page.PolicyUsers!, ...page.PolicyGroups!)
    Marker = page.Marker
  } while (Marker)
  expect(found).toHaveLength(4)
})

test('AWS’s own policies count whom they are attached to when somebody asks', async () => {
  const PolicyArn = 'arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess'
  const [UserName, GroupName] = [newName(), newName()]
  await ENTITIES.user.create(UserName)
  await ENTITIES.group.create(GroupName)
  await ENTITIES.user.attach(UserName, PolicyArn)
  await ENTITIES.group.attach(GroupName, PolicyArn)
  await iam.putUserPermissionsBoundary({ UserName, PermissionsBoundary: PolicyArn })
  expect((await iam.getPolicy({ PolicyArn })).Policy).toMatchObject({
    AttachmentCount: 2,
    PermissionsBoundaryUsageCount: 1,
  })
})

test('a user has a boundary while one is set, which is counted and cannot be deleted', async () => {
  const UserName = newName()
  const [first, second] = [await newPolicy(), await newPolicy()]
  await iam.createUser({ UserName, PermissionsBoundary: first })
  const uses = async (PolicyArn: string) =>
    (await iam.getPolicy({ PolicyArn })).Policy?.PermissionsBoundaryUsageCount
  expect(await published('user', UserName)).toMatchObject({ boundary: first })
  await iam.putUserPermissionsBoundary({ UserName, PermissionsBoundary: second })
  await iam.putUserPermissionsBoundary({ UserName, PermissionsBoundary: second })
  expect([await uses(first), await uses(second)]).toEqual([0, 1])
  expect(await failure(iam.deletePolicy({ PolicyArn: second }))).toContain('DeleteConflict')
  await iam.deleteUserPermissionsBoundary({ UserName })
  expect(await uses(second)).toBe(0)
  expect(await published('user', UserName)).not.toHaveProperty('boundary')
  expect(await failure(iam.deleteUserPermissionsBoundary({ UserName }))).toContain('NoSuchEntity')
  await iam.putUserPermissionsBoundary({ UserName, PermissionsBoundary: first })
  await iam.deleteUser({ UserName })
  expect(await uses(first)).toBe(0)
  const none = `arn:aws:iam::${account}:policy/None`
  expect(await failure(iam.createUser({ UserName, PermissionsBoundary: none }))).toBe(
    `NoSuchEntityException 404: Scope ARN: ${none} does not exist or is not attachable.`,
  )
})

test('users and policies are tagged, with keys that case does not tell apart', async () => {
  const UserName = newName()
  await iam.createUser({ UserName })
  const PolicyArn = await newPolicy()
  const Tags = [
    { Key: 'Team', Value: 'blue' },
    { Key: 'cost', Value: '' },
  ]
  await iam.tagUser({ UserName, Tags })
  await iam.tagUser({ UserName, Tags: [{ Key: 'TEAM', Value: 'red' }] })
  await iam.untagUser({ UserName, TagKeys: ['Cost'] })
  expect((await iam.listUserTags({ UserName })).Tags).toEqual([{ Key: 'TEAM', Value: 'red' }])
  expect(await published('user', UserName)).toMatchObject({ tags: { TEAM: 'red' } })
  await iam.tagPolicy({ PolicyArn, Tags })
  await iam.untagPolicy({ PolicyArn, TagKeys: ['team'] })
  expect((await iam.listPolicyTags({ PolicyArn })).Tags).toEqual([{ Key: 'cost', Value: '' }])
  const many = Array.from({ length: 50 }, (_, n) => ({ Key: `k${n}`, Value: 'v' }))
  expect(await failure(iam.tagUser({ UserName, Tags: many }))).toBe(
    'LimitExceededException 409: Cannot exceed quota for TagsPerUser: 50',
  )
})

test('what an entity is given is published before it, also where a crash kept that from happening before', async () => {
  const [user, group, policy] = [newName(), newName(), newName()]
  await iam.createUser({ UserName: user })
  const uid = `AGPA${group}`
  await withoutPublishing(policies, await newPolicy(), doc => ({
    ...doc,
    name: policy,
    uid: `ANPA${policy}`,
  }))
  const { Group } = await iam.createGroup({ GroupName: newName() })
  await withoutPublishing(groups, Group!.Arn!, doc => ({ ...doc, name: group, uid }))
  await iam.attachUserPolicy({ UserName: user, PolicyArn: `arn:aws:iam::${account}:policy/${policy}` })
  await iam.addUserToGroup({ UserName: user, GroupName: group })
  expect(await published('policy', policy)).toMatchObject({ name: policy })
  expect(await published('group', uid)).toMatchObject({ name: group })
})

/** Another one like that of the ARN, as a crash leaves it right after the commit. */
async function withoutPublishing<T extends { readonly name: string; readonly uid: string }>(
  kind: Kind<T>,
  arn: string,
  edit: (doc: T) => T,
): Promise<void> {
  const records = platform.records(iamAccount(account))
  const { doc } = (await records.get(kind, '', arn.slice(arn.lastIndexOf('/') + 1)))!
  const copy = edit(doc)
  await records.change().create(kind, { parent: '', id: copy.name }, copy, copy.uid).commit()
}
