import type { Policy } from '@aws-sdk/client-iam'
import { MANAGED_POLICIES } from '../../../../identity/aws-managed-policies.ts'
import { entityId } from '../../../../identity/entity-id.ts'
import { nameKey, type PolicyRecord, policies } from '../../../../identity/iam-records.ts'
import { describeManagedPolicy, describePolicy, findPolicy } from '../answers.ts'
import { policyKey } from '../attach-policy.ts'
import { type Context, change, contextOf, type IamHandlers } from '../context.ts'
import {
  allEntities,
  allOf,
  type EntityKind,
  type EntityRecord,
  GROUP,
  ROLE,
  titleOf,
  USER,
} from '../entities.ts'
import { LIMITS } from '../limits.ts'
import { findOwnPolicy, managedDocument } from '../own-policies.ts'
import { pageOf } from '../pages.ts'
import { alreadyExists, deleteConflict, limitExceeded } from '../refusals.ts'
import { describeTags, tagList, withTags } from '../tag-rules.ts'

const FIRST_VERSION = 'v1'

/** What is counted of policies that are used one way or the other. */
const USES = {
  PermissionsPolicy: 'AttachmentCount',
  PermissionsBoundary: 'PermissionsBoundaryUsageCount',
} as const

/** Managed policies: the customer's own, and AWS's. */
export const policyOperations = {
  async CreatePolicy(input, call) {
    const context = contextOf(call)
    const document = managedDocument(input.PolicyDocument)
    const policy: PolicyRecord = {
      name: input.PolicyName,
      uid: entityId('ANPA'),
      path: input.Path ?? '/',
      description: input.Description,
      created: context.now,
      updated: context.now,
      defaultVersion: FIRST_VERSION,
      newestVersion: 1,
      versions: [{ id: FIRST_VERSION, document, created: context.now }],
      tags: withTags({}, input.Tags ?? [], 'Policy'),
      attachments: 0,
      boundaryUses: 0,
    }
    await change(context, async draft => {
      const key = policyKey(policy.name)
      if (await context.records.get(policies, key.parent, key.id)) {
        throw alreadyExists(`A policy called ${policy.name} already exists. Duplicate names are not allowed.`)
      }
      if ((await context.records.count(policies, '')) >= LIMITS.policies) {
        throw limitExceeded(`Cannot exceed quota for PoliciesPerAccount: ${LIMITS.policies}`)
      }
      draft.writes.create(policies, key, policy)
      draft.publish('policy', key.id)
    })
    return { Policy: { ...describePolicy(context, policy), Tags: describeTags(policy.tags) } }
  },

  async GetPolicy(input, call) {
    const context = contextOf(call)
    const found = await findPolicy(context, input.PolicyArn)
    if (found.kind === 'aws') {
      const described = await describeManagedPolicy(found.policy, await allEntities(context))
      return { Policy: { ...described, Description: found.policy.description } }
    }
    const { doc } = found.policy
    return {
      Policy: { ...describePolicy(context, doc), Description: doc.description, Tags: tagList(doc.tags) },
    }
  },

  async ListEntitiesForPolicy(input, call) {
    const context = contextOf(call)
    const { arn } = await findPolicy(context, input.PolicyArn)
    const { EntityFilter, PathPrefix = '/', PolicyUsageFilter } = input
    const uses = (each: EntityRecord & { readonly boundary?: string }) =>
      (PolicyUsageFilter !== 'PermissionsBoundary' && each.attached.includes(arn)) ||
      (PolicyUsageFilter !== 'PermissionsPolicy' && each.boundary === arn)
    const usersOf = async <R extends EntityRecord>(of: EntityKind<R>) =>
      EntityFilter === undefined || EntityFilter === titleOf(of)
        ? (await allOf(context, of))
            .filter(each => uses(each) && each.path.startsWith(PathPrefix))
            .map(({ name, uid }) => ({ noun: of.noun, name, uid }))
        : []
    const found = await Promise.all([usersOf(GROUP), usersOf(ROLE), usersOf(USER)])
    const list = `entities ${arn} ${PathPrefix} ${EntityFilter ?? ''} ${PolicyUsageFilter ?? ''}`
    const { items, ...page } = await pageOf(
      list,
      found.flat(),
      each => `${each.noun} ${nameKey(each.name)}`,
      input,
    )
    const named = (noun: string) => items.filter(each => each.noun === noun)
    return {
      PolicyGroups: named('group').map(({ name, uid }) => ({ GroupName: name, GroupId: uid })),
      PolicyRoles: named('role').map(({ name, uid }) => ({ RoleName: name, RoleId: uid })),
      PolicyUsers: named('user').map(({ name, uid }) => ({ UserName: name, UserId: uid })),
      ...page,
    }
  },

  async ListPolicies(input, call) {
    const context = contextOf(call)
    const { Scope = 'All', OnlyAttached = false, PathPrefix = '/', PolicyUsageFilter } = input
    const described = await Promise.all([
      Scope === 'AWS' ? [] : ownPolicies(context),
      Scope === 'Local' ? [] : awsPolicies(context),
    ])
    const counter = PolicyUsageFilter ? USES[PolicyUsageFilter] : OnlyAttached ? 'AttachmentCount' : undefined
    const found = described
      .flat()
      .filter(
        policy => policy.Path!.startsWith(PathPrefix) && (counter === undefined || policy[counter]! > 0),
      )
    const list = `policies ${Scope} ${OnlyAttached} ${PolicyUsageFilter ?? ''} ${PathPrefix}`
    const { items, ...page } = await pageOf(
      list,
      found,
      ({ Arn, PolicyName }) => `${nameKey(PolicyName!)} ${Arn}`,
      input,
    )
    return { Policies: [...items], ...page }
  },

  async DeletePolicy(input, call) {
    const context = contextOf(call)
    await change(context, async draft => {
      const stored = await findOwnPolicy(context, input.PolicyArn)
      const { doc } = stored
      if (doc.attachments + doc.boundaryUses > 0) {
        throw deleteConflict('Cannot delete a policy attached to entities.')
      }
      if (doc.versions.length > 1) {
        throw deleteConflict(
          "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
        )
      }
      draft.writes.remove(policies, stored)
      draft.publish('policy', stored.id)
    })
    return {}
  },
} satisfies IamHandlers

const ownPolicies = async (context: Context): Promise<Policy[]> =>
  (await context.records.all(policies, '')).map(({ doc }) => describePolicy(context, doc))

async function awsPolicies(context: Context): Promise<Policy[]> {
  const uses = await allEntities(context)
  return Promise.all([...MANAGED_POLICIES.values()].map(each => describeManagedPolicy(each, uses)))
}
