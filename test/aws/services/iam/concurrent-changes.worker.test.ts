import type { IAM } from '@aws-sdk/client-iam'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { accessKeys, iamAccount, users } from '../../../../src/identity/iam-records.ts'
import { iamHarness, policyOf, TRUST } from './iam-harness.ts'

const { client: iam, account, platform, published } = await iamHarness()

const USERS = ['u1', 'u2']
const GROUPS = ['g1', 'g2']
const POLICIES = ['p1']

const arnOf = (policy: string) => `arn:aws:iam::${account}:policy/${policy}`

/** Anything that somebody may do to few names; much of it is refused, as what it needs is not there. */
type Step = (client: IAM) => Promise<unknown>

const user = fc.constantFrom(...USERS)
const group = fc.constantFrom(...GROUPS)
const policy = fc.constantFrom(...POLICIES)

const step: fc.Arbitrary<{ readonly name: string; readonly run: Step }> = fc
  .tuple(
    user,
    user,
    group,
    group,
    policy,
    fc.constantFrom<(names: Record<'u' | 'v' | 'g' | 'h' | 'p', string>) => [string, Step]>(
      ({ u }) => [`create user ${u}`, client => client.createUser({ UserName: u })],
      ({ u, p }) => [
        `create user ${u} within ${p}`,
        client => client.createUser({ UserName: u, PermissionsBoundary: arnOf(p) }),
      ],
      ({ u }) => [`delete user ${u}`, client => client.deleteUser({ UserName: u })],
      ({ u, v }) => [
        `rename user ${u} to ${v}`,
        client => client.updateUser({ UserName: u, NewUserName: v }),
      ],
      ({ u }) => [`create key of ${u}`, client => client.createAccessKey({ UserName: u })],
      ({ u }) => [`delete keys of ${u}`, client => deleteKeys(client, u)],
      ({ g }) => [`create group ${g}`, client => client.createGroup({ GroupName: g })],
      ({ g }) => [`delete group ${g}`, client => client.deleteGroup({ GroupName: g })],
      ({ g, h }) => [
        `rename group ${g} to ${h}`,
        client => client.updateGroup({ GroupName: g, NewGroupName: h }),
      ],
      ({ u, g }) => [`${u} joins ${g}`, client => client.addUserToGroup({ UserName: u, GroupName: g })],
      ({ u, g }) => [`${u} leaves ${g}`, client => client.removeUserFromGroup({ UserName: u, GroupName: g })],
      ({ p }) => [
        `create policy ${p}`,
        client => client.createPolicy({ PolicyName: p, PolicyDocument: policyOf('s3:*') }),
      ],
      ({ p }) => [`delete policy ${p}`, client => client.deletePolicy({ PolicyArn: arnOf(p) })],
      ({ u, p }) => [
        `attach ${p} to ${u}`,
        client => client.attachUserPolicy({ UserName: u, PolicyArn: arnOf(p) }),
      ],
      ({ u, p }) => [
        `detach ${p} from ${u}`,
        client => client.detachUserPolicy({ UserName: u, PolicyArn: arnOf(p) }),
      ],
      ({ g, p }) => [
        `attach ${p} to ${g}`,
        client => client.attachGroupPolicy({ GroupName: g, PolicyArn: arnOf(p) }),
      ],
      ({ g, p }) => [
        `detach ${p} from ${g}`,
        client => client.detachGroupPolicy({ GroupName: g, PolicyArn: arnOf(p) }),
      ],
    ),
  )
  .map(([u, v, g, h, p, make]) => {
    const [name, run] = make({ u, v, g, h, p })
    return { name, run }
  })

async function deleteKeys(client: IAM, UserName: string): Promise<void> {
  for (const { AccessKeyId } of (await client.listAccessKeys({ UserName })).AccessKeyMetadata!) {
    await client.deleteAccessKey({ UserName, AccessKeyId })
  }
}

const EXPECTED = new Set([
  'NoSuchEntityException',
  'EntityAlreadyExistsException',
  'DeleteConflictException',
  'LimitExceededException',
  'ConcurrentModificationException',
])

/** What has to hold of an account at every moment in which nobody changes it. */
async function check(): Promise<void> {
  const details = await iam.getAccountAuthorizationDetails({ MaxItems: 1_000 })
  const { UserDetailList = [], GroupDetailList = [], RoleDetailList = [], Policies = [] } = details
  const entities = [...UserDetailList, ...GroupDetailList, ...RoleDetailList]
  const arns = entities.flatMap(({ AttachedManagedPolicies }) =>
    AttachedManagedPolicies!.map(({ PolicyArn }) => PolicyArn),
  )
  expect(Policies.map(({ Arn }) => Arn)).toEqual(expect.arrayContaining(arns))
  for (const each of Policies) {
    const attached = entities.filter(({ AttachedManagedPolicies }) =>
      AttachedManagedPolicies!.some(({ PolicyArn }) => PolicyArn === each.Arn),
    )
    const bounded = UserDetailList.filter(
      ({ PermissionsBoundary }) => PermissionsBoundary?.PermissionsBoundaryArn === each.Arn,
    )
    expect([each.PolicyName, each.AttachmentCount, each.PermissionsBoundaryUsageCount]).toEqual([
      each.PolicyName,
      attached.length,
      bounded.length,
    ])
  }
  const records = platform.records(iamAccount(account))
  const ids = new Set(GroupDetailList.map(({ GroupId }) => GroupId))
  for (const name of USERS) {
    const stored = await records.get(users, '', name)
    const known = await published('user', name)
    expect([name, known?.uid, known?.groups]).toEqual([name, stored?.doc.uid, stored?.doc.groups])
    expect((stored?.doc.groups ?? []).every(id => ids.has(id))).toBe(true)
    const keys = await records.all(accessKeys, name)
    expect(keys.length).toBeLessThanOrEqual(stored ? 2 : 0)
    for (const key of keys) {
      expect([key.doc.user, await published('key', key.id)]).toMatchObject([name, { user: name }])
    }
  }
  for (const { GroupId, GroupName } of GroupDetailList) {
    expect(await published('group', GroupId!)).toMatchObject({ name: GroupName })
  }
}

/** So that most of what follows has something to happen to. */
async function begin(): Promise<void> {
  const { Users } = await iam.listUsers({})
  const { Groups } = await iam.listGroups({})
  if (Users!.length === 0) await iam.createUser({ UserName: 'u1' })
  if (Groups!.length === 0) await iam.createGroup({ GroupName: 'g1' })
  await iam.createPolicy({ PolicyName: 'p1', PolicyDocument: policyOf('s3:*') }).catch(expectRefusal)
}

function expectRefusal(error: unknown): void {
  if (!EXPECTED.has((error as Error).name)) throw error
}

test('whatever several do at a time, counts are right, nothing is orphaned, and the data plane knows all of it', async () => {
  await iam.createRole({ RoleName: 'r', AssumeRolePolicyDocument: TRUST })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(step, { minLength: 2, maxLength: 6 }), { minLength: 1, maxLength: 12 }),
      async rounds => {
        for (const round of rounds) {
          await begin()
          await Promise.all(round.map(({ run }) => run(iam).catch(expectRefusal)))
          await check()
        }
      },
    ),
    { numRuns: 5, verbose: 1 },
  )
}, 120_000)

test.each<[string, () => Promise<unknown>, Step, Step]>([
  [
    'a user is deleted while a key is made for it',
    () => iam.createUser({ UserName: 'u1' }),
    client => client.deleteUser({ UserName: 'u1' }),
    client => client.createAccessKey({ UserName: 'u1' }),
  ],
  [
    'a user is renamed while a key is made for it',
    () => iam.createUser({ UserName: 'u1' }),
    client => client.updateUser({ UserName: 'u1', NewUserName: 'u2' }),
    client => client.createAccessKey({ UserName: 'u1' }),
  ],
  [
    'a group is deleted while a user joins it',
    async () => {
      await iam.createUser({ UserName: 'u1' })
      await iam.createGroup({ GroupName: 'g1' })
    },
    client => client.deleteGroup({ GroupName: 'g1' }),
    client => client.addUserToGroup({ UserName: 'u1', GroupName: 'g1' }),
  ],
  [
    'a policy is deleted while it is attached',
    async () => {
      await iam.createUser({ UserName: 'u1' })
      await iam.createPolicy({ PolicyName: 'p1', PolicyDocument: policyOf('s3:*') })
    },
    client => client.deletePolicy({ PolicyArn: arnOf('p1') }),
    client => client.attachUserPolicy({ UserName: 'u1', PolicyArn: arnOf('p1') }),
  ],
])('%s: either, or one after the other', async (_what, prepare, one, other) => {
  for (let turn = 0; turn < 8; turn++) {
    await clear()
    await prepare()
    await Promise.all([one(iam).catch(expectRefusal), other(iam).catch(expectRefusal)])
    await check()
  }
})

async function clear(): Promise<void> {
  const { UserDetailList, GroupDetailList, Policies } = await iam.getAccountAuthorizationDetails({})
  for (const { UserName, GroupList, AttachedManagedPolicies } of UserDetailList!) {
    for (const GroupName of GroupList!) await iam.removeUserFromGroup({ UserName, GroupName })
    for (const { PolicyArn } of AttachedManagedPolicies!) await iam.detachUserPolicy({ UserName, PolicyArn })
    await deleteKeys(iam, UserName!)
    await iam.deleteUser({ UserName })
  }
  for (const { GroupName, AttachedManagedPolicies } of GroupDetailList!) {
    for (const { PolicyArn } of AttachedManagedPolicies!)
      await iam.detachGroupPolicy({ GroupName, PolicyArn })
    await iam.deleteGroup({ GroupName })
  }
  for (const { Arn } of Policies!) await iam.deletePolicy({ PolicyArn: Arn })
}
