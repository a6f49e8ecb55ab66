import { describe, expect, test } from 'vitest'
import { failure, iamHarness, policyOf } from './iam-harness.ts'

const { client: iam, account, published } = await iamHarness()

let names = 0
const newGroup = async (more: object = {}): Promise<string> => {
  const GroupName = `group-${++names}`
  await iam.createGroup({ GroupName, ...more })
  return GroupName
}
const newUser = async (): Promise<string> => {
  const UserName = `user-${++names}`
  await iam.createUser({ UserName })
  return UserName
}

describe('a group', () => {
  test('is created, and answered as it was created', async () => {
    const { Group: created } = await iam.createGroup({ GroupName: 'Admins', Path: '/team/' })
    expect(created).toMatchObject({
      GroupName: 'Admins',
      Path: '/team/',
      Arn: `arn:aws:iam::${account}:group/team/Admins`,
      GroupId: expect.stringMatching(/^AGPA[A-Z2-7]{17}$/),
      CreateDate: expect.any(Date),
    })
    expect(await iam.getGroup({ GroupName: 'admins' })).toMatchObject({
      Group: created,
      Users: [],
      IsTruncated: false,
    })
    expect(await failure(iam.createGroup({ GroupName: 'admins' }))).toBe(
      'EntityAlreadyExistsException 409: Group with name admins already exists.',
    )
    expect(await failure(iam.getGroup({ GroupName: 'none' }))).toBe(
      'NoSuchEntityException 404: The group with name none cannot be found.',
    )
  })

  test('is joined and left by users, and lists them in pages', async () => {
    const GroupName = await newGroup()
    const users = [await newUser(), await newUser(), await newUser()]
    for (const UserName of users) await iam.addUserToGroup({ GroupName, UserName })
    await iam.addUserToGroup({ GroupName, UserName: users[0]! })
    const found: string[] = []
    let Marker: string | undefined
    do {
      const page = await iam.getGroup({ GroupName, MaxItems: 2, Marker })
      found.push(...page.Users!.map(({ UserName }) => UserName!))
      Marker = page.Marker
    } while (Marker)
    expect(found.sort()).toEqual([...users].sort())
    const [UserName] = users
    expect((await iam.listGroupsForUser({ UserName: UserName! })).Groups).toMatchObject([{ GroupName }])
    await iam.removeUserFromGroup({ GroupName, UserName: UserName! })
    expect((await iam.listGroupsForUser({ UserName: UserName! })).Groups).toEqual([])
    expect(await failure(iam.removeUserFromGroup({ GroupName, UserName: UserName! }))).toContain(
      'NoSuchEntity',
    )
  })

  test('is known to the data plane by its id, whatever its name', async () => {
    const GroupName = await newGroup()
    const UserName = await newUser()
    const { GroupId } = (await iam.getGroup({ GroupName })).Group!
    await iam.addUserToGroup({ GroupName, UserName })
    expect(await published('user', UserName)).toMatchObject({ groups: [GroupId] })
    const PolicyDocument = policyOf('s3:*')
    await iam.putGroupPolicy({ GroupName, PolicyName: 'p', PolicyDocument })
    await iam.updateGroup({ GroupName, NewGroupName: 'Others', NewPath: '/o/' })
    expect(await published('group', GroupId!)).toMatchObject({
      name: 'Others',
      path: '/o/',
      inline: { p: PolicyDocument },
    })
    expect(await failure(iam.getGroup({ GroupName }))).toContain('NoSuchEntity')
    expect((await iam.getGroup({ GroupName: 'Others' })).Users).toMatchObject([{ UserName }])
  })

  test('is not deleted with users in it or policies on it', async () => {
    const GroupName = await newGroup()
    const UserName = await newUser()
    const PolicyArn = 'arn:aws:iam::aws:policy/AdministratorAccess'
    const { GroupId } = (await iam.getGroup({ GroupName })).Group!
    await iam.addUserToGroup({ GroupName, UserName })
    await iam.attachGroupPolicy({ GroupName, PolicyArn })
    expect(await failure(iam.deleteGroup({ GroupName }))).toBe(
      'DeleteConflictException 409: Cannot delete entity, must remove users from group first.',
    )
    await iam.removeUserFromGroup({ GroupName, UserName })
    expect(await failure(iam.deleteGroup({ GroupName }))).toBe(
      'DeleteConflictException 409: Cannot delete entity, must detach all policies first.',
    )
    await iam.detachGroupPolicy({ GroupName, PolicyArn })
    await iam.deleteGroup({ GroupName })
    expect(await published('group', GroupId!)).toBeUndefined()
    expect(await failure(iam.getGroup({ GroupName }))).toContain('NoSuchEntity')
  })

  test('is one of ten of a user at most', async () => {
    const UserName = await newUser()
    for (let n = 0; n < 10; n++) await iam.addUserToGroup({ GroupName: await newGroup(), UserName })
    expect(await failure(iam.addUserToGroup({ GroupName: await newGroup(), UserName }))).toBe(
      'LimitExceededException 409: Cannot exceed quota for GroupsPerUser: 10',
    )
  })

  test('is listed by path', async () => {
    const GroupName = await newGroup({ Path: '/listed/' })
    expect((await iam.listGroups({ PathPrefix: '/listed/' })).Groups).toMatchObject([{ GroupName }])
  })
})
