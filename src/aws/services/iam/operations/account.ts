import type { SummaryKeyType } from '@aws-sdk/client-iam'
import {
  accessKeys,
  accountAliases,
  instanceProfiles,
  policies,
  providers,
} from '../../../../identity/iam-records.ts'
import { findAnywhere } from '../../../../records/records.ts'
import { change, contextOf, type IamHandlers } from '../context.ts'
import { GROUP, ROLE, USER } from '../entities.ts'
import { LIMITS } from '../limits.ts'
import { pageOf } from '../pages.ts'
import { alreadyExists, noSuchEntity } from '../refusals.ts'

export const accountOperations = {
  /** "You can have only one alias": another one takes its place. */
  async CreateAccountAlias({ AccountAlias }, call) {
    const context = contextOf(call)
    await change(context, async draft => {
      const taken = await findAnywhere(context.platform.env.DB, accountAliases, AccountAlias)
      if (taken?.account.id === context.account) return
      if (taken) throw alreadyExists(`The account alias ${AccountAlias} already exists.`)
      const key = { parent: '', id: AccountAlias }
      for (const alias of await context.records.all(accountAliases, '')) {
        draft.writes.remove(accountAliases, alias)
      }
      draft.writes.create(accountAliases, key, { created: context.now })
    })
    return {}
  },

  async ListAccountAliases(input, call) {
    const aliases = await contextOf(call).records.ids(accountAliases, '')
    const { items, ...page } = await pageOf('aliases', aliases, alias => alias, input)
    return { AccountAliases: [...items], ...page }
  },

  async DeleteAccountAlias({ AccountAlias }, call) {
    const context = contextOf(call)
    await change(context, async draft => {
      const alias = await context.records.get(accountAliases, '', AccountAlias)
      if (!alias) throw noSuchEntity(`The account alias with name ${AccountAlias} cannot be found.`)
      draft.writes.remove(accountAliases, alias)
    })
    return {}
  },

  async GetAccountSummary(_input, call) {
    const { records } = contextOf(call)
    const [userCount, groupCount, roleCount, profileCount, providerCount, rootKeys, own] = await Promise.all([
      records.count(USER.kind, ''),
      records.count(GROUP.kind, ''),
      records.count(ROLE.kind, ''),
      records.count(instanceProfiles, ''),
      records.count(providers, ''),
      records.count(accessKeys, ''),
      records.all(policies, ''),
    ])
    const summary = {
      Users: userCount,
      UsersQuota: USER.perAccount,
      UserPolicySizeQuota: USER.inlinePolicies,
      AttachedPoliciesPerUserQuota: LIMITS.attachedPolicies,
      AccessKeysPerUserQuota: LIMITS.accessKeys,
      GroupsPerUserQuota: LIMITS.groupsPerUser,
      Groups: groupCount,
      GroupsQuota: GROUP.perAccount,
      GroupPolicySizeQuota: GROUP.inlinePolicies,
      AttachedPoliciesPerGroupQuota: LIMITS.attachedPolicies,
      Roles: roleCount,
      RolesQuota: ROLE.perAccount,
      RolePolicySizeQuota: ROLE.inlinePolicies,
      AssumeRolePolicySizeQuota: LIMITS.trustPolicy,
      AttachedPoliciesPerRoleQuota: LIMITS.attachedPolicies,
      InstanceProfiles: profileCount,
      InstanceProfilesQuota: LIMITS.instanceProfiles,
      Policies: own.length,
      PoliciesQuota: LIMITS.policies,
      PolicySizeQuota: LIMITS.managedPolicy,
      PolicyVersionsInUse: own.reduce((sum, { doc }) => sum + doc.versions.length, 0),
      VersionsPerPolicyQuota: LIMITS.policyVersions,
      Providers: providerCount,
      AccountAccessKeysPresent: rootKeys > 0 ? 1 : 0,
      // Neither passwords of users, nor devices, nor certificates are kept here.
      AccountMFAEnabled: 0,
      AccountPasswordPresent: 0,
      AccountSigningCertificatesPresent: 0,
      MFADevices: 0,
      MFADevicesInUse: 0,
      ServerCertificates: 0,
    } satisfies Partial<Record<SummaryKeyType, number>>
    return { SummaryMap: summary }
  },
} satisfies IamHandlers
