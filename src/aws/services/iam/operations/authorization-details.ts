import type {
  EntityType,
  GetAccountAuthorizationDetailsResponse,
  GroupDetail,
  ManagedPolicyDetail,
  PolicyDetail,
  PolicyVersion,
  RoleDetail,
  UserDetail,
} from '@aws-sdk/client-iam'
import { MANAGED_POLICIES } from '../../../../identity/aws-managed-policies.ts'
import {
  type GroupRecord,
  type InstanceProfileRecord,
  nameKey,
  policies,
  policyArn,
  type RoleRecord,
  type UserRecord,
} from '../../../../identity/iam-records.ts'
import {
  boundaryAndTags,
  describeGroup,
  describeManagedPolicy,
  describePolicy,
  describeRole,
  describeUser,
  encodePolicy,
  type FoundPolicy,
} from '../answers.ts'
import { type Context, contextOf, type IamHandlers } from '../context.ts'
import { allOf, type EntityRecord, GROUP, ROLE, USER } from '../entities.ts'
import { attachedTo } from '../entity-policies.ts'
import { allProfiles, describeProfile } from '../instance-profiles.ts'
import { pageOf } from '../pages.ts'
import { defaultVersionOf, versionsOf } from './policy-versions.ts'

/** One entry of the answer; which list it stands in follows from what it has. */
type Detail =
  | { readonly list: 'UserDetailList'; readonly detail: UserDetail }
  | { readonly list: 'GroupDetailList'; readonly detail: GroupDetail }
  | { readonly list: 'RoleDetailList'; readonly detail: RoleDetail }
  | { readonly list: 'Policies'; readonly detail: ManagedPolicyDetail }

/** What an account has, as of one reading. */
interface Holdings {
  readonly users: readonly UserRecord[]
  readonly groups: readonly GroupRecord[]
  readonly roles: readonly RoleRecord[]
  readonly profiles: readonly InstanceProfileRecord[]
}

/** An entry that is described only if it is on the page that is asked for. */
interface Entry {
  readonly key: string
  describe(context: Context, holdings: Holdings): Promise<Detail>
}

const inlineOf = ({ inline }: EntityRecord): PolicyDetail[] =>
  Object.entries(inline).map(([PolicyName, text]) => ({ PolicyName, PolicyDocument: encodePolicy(text) }))

const managedOf = (entity: EntityRecord) =>
  attachedTo(entity).map(({ name, arn }) => ({ PolicyName: name, PolicyArn: arn }))

const userEntry = (user: UserRecord): Entry => ({
  key: `user ${nameKey(user.name)}`,
  describe: async (context, { groups }) => ({
    list: 'UserDetailList',
    detail: {
      ...describeUser(context, user),
      ...boundaryAndTags(user),
      UserPolicyList: inlineOf(user),
      GroupList: groups.filter(({ uid }) => user.groups.includes(uid)).map(({ name }) => name),
      AttachedManagedPolicies: managedOf(user),
    },
  }),
})

const groupEntry = (group: GroupRecord): Entry => ({
  key: `group ${nameKey(group.name)}`,
  describe: async context => ({
    list: 'GroupDetailList',
    detail: {
      ...describeGroup(context, group),
      GroupPolicyList: inlineOf(group),
      AttachedManagedPolicies: managedOf(group),
    },
  }),
})

const roleEntry = (role: RoleRecord): Entry => ({
  key: `role ${nameKey(role.name)}`,
  async describe(context, { profiles }) {
    const { Description: _, MaxSessionDuration: __, ...described } = describeRole(context, role)
    const holding = profiles.filter(profile => profile.role === nameKey(role.name))
    return {
      list: 'RoleDetailList',
      detail: {
        ...described,
        ...boundaryAndTags(role),
        RolePolicyList: inlineOf(role),
        AttachedManagedPolicies: managedOf(role),
        InstanceProfileList: holding.map(each => describeProfile(context, each, role)),
        RoleLastUsed: {},
      },
    }
  },
})

const policyEntry = (found: FoundPolicy): Entry => ({
  key: `policy ${found.arn}`,
  async describe(context, { users, groups, roles }) {
    const described =
      found.kind === 'customer'
        ? { ...describePolicy(context, found.policy.doc), Description: found.policy.doc.description }
        : await describeManagedPolicy(found.policy, [...users, ...groups, ...roles])
    const PolicyVersionList = versionsOf(found).map(
      ({ id, document, created }): PolicyVersion => ({
        Document: encodePolicy(document),
        VersionId: id,
        IsDefaultVersion: id === defaultVersionOf(found),
        CreateDate: new Date(created),
      }),
    )
    return { list: 'Policies', detail: { ...described, PolicyVersionList } }
  },
})

/** By the filter's names. Of AWS's policies, those that somebody has. */
const ENTRIES = {
  User: async (_, { users }) => users.map(userEntry),
  Group: async (_, { groups }) => groups.map(groupEntry),
  Role: async (_, { roles }) => roles.map(roleEntry),
  async LocalManagedPolicy({ account, records }) {
    const own = await records.all(policies, '')
    return own.map(policy => policyEntry({ kind: 'customer', arn: policyArn(account, policy.doc), policy }))
  },
  async AWSManagedPolicy(_, { users, groups, roles }) {
    const attached = new Set([...users, ...groups, ...roles].flatMap(each => each.attached))
    return [...MANAGED_POLICIES]
      .filter(([arn]) => attached.has(arn))
      .map(([arn, policy]) => policyEntry({ kind: 'aws', arn, policy }))
  },
} satisfies Record<EntityType, (context: Context, holdings: Holdings) => Promise<Entry[]>>

export const authorizationDetailOperations = {
  async GetAccountAuthorizationDetails(input, call) {
    const context = contextOf(call)
    const [users, groups, roles, profiles] = await Promise.all([
      allOf(context, USER),
      allOf(context, GROUP),
      allOf(context, ROLE),
      allProfiles(context),
    ])
    const holdings = { users, groups, roles, profiles }
    const kinds = input.Filter?.length ? input.Filter : (Object.keys(ENTRIES) as EntityType[])
    const entries = await Promise.all([...new Set(kinds)].map(kind => ENTRIES[kind](context, holdings)))
    const list = `details ${[...kinds].sort().join(' ')}`
    const { items, ...page } = await pageOf(list, entries.flat(), ({ key }) => key, input)
    const details = await Promise.all(items.map(entry => entry.describe(context, holdings)))
    const of = <L extends Detail['list']>(name: L) =>
      details.flatMap(each =>
        each.list === name ? [each.detail as Extract<Detail, { list: L }>['detail']] : [],
      )
    return {
      UserDetailList: of('UserDetailList'),
      GroupDetailList: of('GroupDetailList'),
      RoleDetailList: of('RoleDetailList'),
      Policies: of('Policies'),
      ...page,
    } satisfies GetAccountAuthorizationDetailsResponse
  },
} satisfies IamHandlers
