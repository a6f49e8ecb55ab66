import { describe, expect, test } from 'vitest'
import { failure, iamHarness, policyOf } from './iam-harness.ts'

const { client: iam, account, published, secretOf, as } = await iamHarness()

const BOUNDARY = 'arn:aws:iam::aws:policy/AdministratorAccess'

let names = 0
const newUser = async (more: object = {}): Promise<string> => {
  const UserName = `user-${++names}`
  await iam.createUser({ UserName, ...more })
  return UserName
}

describe('a user', () => {
  test('is created, and answered as it was created', async () => {
    const { User: created } = await iam.createUser({
      UserName: 'Ann',
      Path: '/team/',
      PermissionsBoundary: BOUNDARY,
      Tags: [{ Key: 'team', Value: 'blue' }],
    })
    expect(created).toMatchObject({
      UserName: 'Ann',
      Path: '/team/',
      Arn: `arn:aws:iam::${account}:user/team/Ann`,
      UserId: expect.stringMatching(/^AIDA[A-Z2-7]{17}$/),
      CreateDate: expect.any(Date),
      PermissionsBoundary: { PermissionsBoundaryArn: BOUNDARY },
      Tags: [{ Key: 'team', Value: 'blue' }],
    })
    expect((await iam.getUser({ UserName: 'ann' })).User).toEqual(created)
    expect(await failure(iam.createUser({ UserName: 'ANN' }))).toBe(
      'EntityAlreadyExistsException 409: User with name ANN already exists.',
    )
  })

  test('is known to the data plane from its creation to its deletion', async () => {
    const UserName = await newUser()
    expect(await published('user', UserName)).toMatchObject({ name: UserName, inline: {}, groups: [] })
    const PolicyDocument = policyOf('s3:*')
    await iam.putUserPolicy({ UserName, PolicyName: 'p', PolicyDocument })
    expect(await published('user', UserName)).toMatchObject({ inline: { p: PolicyDocument } })
    await iam.deleteUserPolicy({ UserName, PolicyName: 'p' })
    await iam.deleteUser({ UserName })
    expect(await published('user', UserName)).toBeUndefined()
  })

  test('that does not exist is not found', async () => {
    const UserName = 'nobody'
    for (const call of [
      iam.getUser({ UserName }),
      iam.updateUser({ UserName, NewPath: '/x/' }),
      iam.deleteUser({ UserName }),
      iam.listAccessKeys({ UserName }),
      iam.createAccessKey({ UserName }),
      iam.tagUser({ UserName, Tags: [] }),
      iam.listGroupsForUser({ UserName }),
      iam.attachUserPolicy({ UserName, PolicyArn: BOUNDARY }),
    ]) {
      expect(await failure(call)).toBe(
        'NoSuchEntityException 404: The user with name nobody cannot be found.',
      )
    }
  })

  test('is renamed, with all that belongs to it', async () => {
    const UserName = await newUser()
    const { AccessKey } = await iam.createAccessKey({ UserName })
    await iam.createAccessKey({ UserName })
    await iam.createGroup({ GroupName: 'renamed-members' })
    await iam.addUserToGroup({ UserName, GroupName: 'renamed-members' })
    const before = (await iam.getUser({ UserName })).User!
    await iam.updateUser({ UserName, NewUserName: 'Renamed', NewPath: '/new/' })
    expect(await failure(iam.getUser({ UserName }))).toContain('NoSuchEntity')
    const after = (await iam.getUser({ UserName: 'Renamed' })).User!
    expect(after).toMatchObject({ UserId: before.UserId, Arn: `arn:aws:iam::${account}:user/new/Renamed` })
    expect((await iam.listAccessKeys({ UserName: 'Renamed' })).AccessKeyMetadata).toMatchObject([
      { UserName: 'Renamed' },
      { UserName: 'Renamed' },
    ])
    expect(await failure(iam.createAccessKey({ UserName: 'Renamed' }))).toContain('LimitExceeded')
    expect((await iam.listGroupsForUser({ UserName: 'Renamed' })).Groups).toHaveLength(1)
    expect(await published('user', UserName)).toBeUndefined()
    expect(await published('user', 'renamed')).toMatchObject({ name: 'Renamed', path: '/new/' })
    expect(await published('key', AccessKey!.AccessKeyId!)).toMatchObject({ account, user: 'Renamed' })
  })

  test('is renamed to a name that differs in case alone, and to none that is taken', async () => {
    const UserName = await newUser()
    await iam.createAccessKey({ UserName })
    await iam.updateUser({ UserName, NewUserName: UserName.toUpperCase() })
    expect((await iam.listUsers({})).Users!.map(each => each.UserName)).toContain(UserName.toUpperCase())
    expect((await iam.listAccessKeys({ UserName })).AccessKeyMetadata![0]!.UserName).toBe(
      UserName.toUpperCase(),
    )
    const other = await newUser()
    expect(await failure(iam.updateUser({ UserName: other, NewUserName: UserName }))).toBe(
      `EntityAlreadyExistsException 409: User with name ${UserName} already exists.`,
    )
  })

  test('is not deleted while anything belongs to it', async () => {
    const UserName = await newUser({ PermissionsBoundary: BOUNDARY })
    const GroupName = 'keeps-its-user'
    await iam.createGroup({ GroupName })
    await iam.addUserToGroup({ UserName, GroupName })
    const { AccessKey } = await iam.createAccessKey({ UserName })
    await iam.attachUserPolicy({ UserName, PolicyArn: BOUNDARY })
    await iam.putUserPolicy({ UserName, PolicyName: 'p', PolicyDocument: policyOf('s3:*') })
    const conflict = (sentence: string) =>
      `DeleteConflictException 409: Cannot delete entity, must ${sentence}.`
    expect(await failure(iam.deleteUser({ UserName }))).toBe(conflict('remove users from group first'))
    await iam.removeUserFromGroup({ UserName, GroupName })
    expect(await failure(iam.deleteUser({ UserName }))).toBe(conflict('delete access keys first'))
    await iam.deleteAccessKey({ UserName, AccessKeyId: AccessKey!.AccessKeyId })
    expect(await failure(iam.deleteUser({ UserName }))).toBe(conflict('detach all policies first'))
    await iam.detachUserPolicy({ UserName, PolicyArn: BOUNDARY })
    expect(await failure(iam.deleteUser({ UserName }))).toBe(conflict('delete policies first'))
    await iam.deleteUserPolicy({ UserName, PolicyName: 'p' })
    await iam.deleteUser({ UserName })
  })

  test('is listed in pages, by path', async () => {
    for (let n = 0; n < 5; n++) await newUser({ Path: n === 4 ? '/listed/other/' : '/listed/' })
    const found: string[] = []
    let Marker: string | undefined
    do {
      const page = await iam.listUsers({ PathPrefix: '/listed/', MaxItems: 2, Marker })
      found.push(...page.Users!.map(({ UserName }) => UserName!))
      Marker = page.Marker
    } while (Marker)
    expect([found.length, new Set(found).size]).toEqual([5, 5])
  })

  test('is asked for without a name by itself', async () => {
    const UserName = await newUser({ Path: '/own/' })
    const arn = `arn:aws:iam::${account}:user/own/${UserName}`
    expect((await as({ user: arn }).getUser({})).User).toMatchObject({ UserName, Arn: arn })
    const { AccessKey } = await as({ user: arn }).createAccessKey({})
    expect(AccessKey?.UserName).toBe(UserName)
    expect((await as({ user: arn }).listAccessKeys({})).AccessKeyMetadata).toHaveLength(1)
    expect((await iam.getUser({})).User).toMatchObject({
      UserId: account,
      Arn: `arn:aws:iam::${account}:root`,
    })
    const role = `arn:aws:iam::${account}:role/any`
    expect(await failure(as({ role }).getUser({}))).toBe(
      'ValidationError 400: Must specify userName when calling with non-User credentials',
    )
  })
})

describe('an access key', () => {
  test('is made with a secret that is told once and kept sealed', async () => {
    const UserName = await newUser()
    const { AccessKey } = await iam.createAccessKey({ UserName })
    expect(AccessKey).toMatchObject({
      UserName,
      AccessKeyId: expect.stringMatching(/^AKIA[A-Z2-7]{16}$/),
      SecretAccessKey: expect.stringMatching(/^[A-Za-z0-9+/]{40}$/),
      Status: 'Active',
      CreateDate: expect.any(Date),
    })
    const known = await published('key', AccessKey!.AccessKeyId!)
    expect(known).toMatchObject({ account, user: UserName, active: true })
    expect(JSON.stringify(known)).not.toContain(AccessKey!.SecretAccessKey)
    expect(await secretOf(AccessKey!.AccessKeyId!)).toBe(AccessKey!.SecretAccessKey)
    const { AccessKeyMetadata } = await iam.listAccessKeys({ UserName })
    expect(AccessKeyMetadata).toEqual([
      { UserName, AccessKeyId: AccessKey!.AccessKeyId, Status: 'Active', CreateDate: AccessKey!.CreateDate },
    ])
  })

  test('is switched off and on, and deleted', async () => {
    const UserName = await newUser()
    const AccessKeyId = (await iam.createAccessKey({ UserName })).AccessKey!.AccessKeyId!
    await iam.updateAccessKey({ UserName, AccessKeyId, Status: 'Inactive' })
    expect(await published('key', AccessKeyId)).toMatchObject({ active: false })
    expect((await iam.listAccessKeys({ UserName })).AccessKeyMetadata![0]!.Status).toBe('Inactive')
    await iam.updateAccessKey({ UserName, AccessKeyId, Status: 'Active' })
    expect(await published('key', AccessKeyId)).toMatchObject({ active: true })
    expect(await iam.getAccessKeyLastUsed({ AccessKeyId })).toMatchObject({
      UserName,
      AccessKeyLastUsed: { ServiceName: 'N/A', Region: 'N/A' },
    })
    await iam.deleteAccessKey({ UserName, AccessKeyId })
    expect(await published('key', AccessKeyId)).toBeUndefined()
    const none = `NoSuchEntityException 404: The Access Key with id ${AccessKeyId} cannot be found.`
    expect(await failure(iam.deleteAccessKey({ UserName, AccessKeyId }))).toBe(none)
    expect(await failure(iam.getAccessKeyLastUsed({ AccessKeyId }))).toBe(none)
  })

  test('is one of two at most, also when several are asked for at a time', async () => {
    const UserName = await newUser()
    const made = await Promise.all(
      Array.from({ length: 5 }, () => failure(iam.createAccessKey({ UserName }))),
    )
    expect(made.filter(each => each === 'the call succeeded')).toHaveLength(2)
    expect(new Set(made)).toEqual(
      new Set([
        'the call succeeded',
        'LimitExceededException 409: Cannot exceed quota for AccessKeysPerUser: 2',
      ]),
    )
    const [first] = (await iam.listAccessKeys({ UserName })).AccessKeyMetadata!
    await iam.deleteAccessKey({ UserName, AccessKeyId: first!.AccessKeyId })
    await iam.createAccessKey({ UserName })
  })

  test('of one user is none of another’s', async () => {
    const [mine, other] = [await newUser(), await newUser()]
    const AccessKeyId = (await iam.createAccessKey({ UserName: mine })).AccessKey!.AccessKeyId!
    expect(await failure(iam.deleteAccessKey({ UserName: other, AccessKeyId }))).toContain('NoSuchEntity')
  })

  test('of the root is made by the root, without a name', async () => {
    const { AccessKey } = await iam.createAccessKey({})
    expect(await published('key', AccessKey!.AccessKeyId!)).toMatchObject({ account, active: true })
    expect(await published('key', AccessKey!.AccessKeyId!)).not.toHaveProperty('user')
    expect((await iam.listAccessKeys({})).AccessKeyMetadata).toHaveLength(1)
    await iam.deleteAccessKey({ AccessKeyId: AccessKey!.AccessKeyId })
  })
})
