import { MANAGED_POLICIES } from '../../../../identity/aws-managed-policies.ts'
import { entityId } from '../../../../identity/entity-id.ts'
import { nameKey, type PolicyRecord, policies } from '../../../../identity/iam-records.ts'
import type { Stored } from '../../../../records/records.ts'
import {
  describeManagedPolicy,
  describePolicy,
  encodePolicy,
  type FoundPolicy,
  findPolicy,
} from '../answers.ts'
import { policyKey } from '../attach-policy.ts'
import { type Context, change, checkedPolicy, contextOf, type IamHandlers, sizeOf } from '../context.ts'
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
import { pageOf } from '../pages.ts'
import { alreadyExists, deleteConflict, limitExceeded, noSuchEntity } from '../refusals.ts'
import { tagList, withTags } from '../tag-rules.ts'

const FIRST_VERSION = 'v1'

interface Version {
  readonly id: string
  readonly document: string
  readonly created: number
}

function managedDocument(text: string): string {
  const document = checkedPolicy(text, 'identity')
  if (sizeOf(document) > LIMITS.managedPolicy) {
    throw limitExceeded(`Cannot exceed quota for PolicySize: ${LIMITS.managedPolicy}`)
  }
  return document
}

/** A change of one of the customer's own policies: what `edit` answers is what it is from now on. */
const changePolicy = (
  context: Context,
  arn: string,
  edit: (policy: PolicyRecord) => PolicyRecord,
): Promise<PolicyRecord> =>
  change(context, async draft => {
    const stored = await findOwn(context, arn)
    const doc = edit(stored.doc)
    draft.writes.replace(policies, stored, doc)
    draft.publish('policy', stored.id)
    return doc
  })

async function findOwn(context: Context, arn: string): Promise<Stored<PolicyRecord>> {
  const found = await findPolicy(context, arn)
  if (found.kind === 'aws') throw noSuchEntity(`Policy ${arn} was not found.`)
  return found.policy
}

const noVersion = (arn: string, version: string) =>
  noSuchEntity(`Policy ${arn} version ${version} does not exist or is not attachable.`)

/** The versions that are kept: of AWS's own policies the default one. */
const versionsOf = (found: FoundPolicy): readonly Version[] =>
  found.kind === 'customer'
    ? found.policy.doc.versions
    : [
        {
          id: found.policy.version,
          document: JSON.stringify(found.policy.document, undefined, 4),
          created: Date.parse(found.policy.updated),
        },
      ]

const defaultVersionOf = (found: FoundPolicy): string =>
  found.kind === 'customer' ? found.policy.doc.defaultVersion : found.policy.version

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
      tags: withTags({}, input.Tags ?? []),
      attachments: 0,
      boundaryUses: 0,
    }
    await change(context, async draft => {
      const key = policyKey(policy.name)
      if (await context.records.get(policies, key.parent, key.id)) {
        throw alreadyExists(`A policy called ${policy.name} already exists. Duplicate names are not allowed.`)
      }
      draft.writes.create(policies, key, policy)
      draft.publish('policy', key.id)
    })
    return { Policy: { ...describePolicy(context, policy), Tags: tagsOf(policy) } }
  },

  async GetPolicy(input, call) {
    const context = contextOf(call)
    const found = await findPolicy(context, input.PolicyArn)
    if (found.kind === 'aws') {
      const described = await describeManagedPolicy(found.policy, await allEntities(context))
      return { Policy: { ...described, Description: found.policy.description } }
    }
    const { doc } = found.policy
    return { Policy: { ...describePolicy(context, doc), Description: doc.description, Tags: tagsOf(doc) } }
  },

  async GetPolicyVersion(input, call) {
    const found = await findPolicy(contextOf(call), input.PolicyArn)
    const version = versionsOf(found).find(({ id }) => id === input.VersionId)
    if (!version) throw noVersion(input.PolicyArn, input.VersionId)
    return {
      PolicyVersion: {
        Document: encodePolicy(version.document),
        VersionId: version.id,
        IsDefaultVersion: version.id === defaultVersionOf(found),
        CreateDate: new Date(version.created),
      },
    }
  },

  async ListPolicyVersions(input, call) {
    const found = await findPolicy(contextOf(call), input.PolicyArn)
    const list = `versions ${input.PolicyArn}`
    const { items, ...page } = await pageOf(
      list,
      versionsOf(found),
      ({ id }) => id.slice(1).padStart(6, '0'),
      input,
    )
    return {
      Versions: items.map(({ id, created }) => ({
        VersionId: id,
        IsDefaultVersion: id === defaultVersionOf(found),
        CreateDate: new Date(created),
      })),
      ...page,
    }
  },

  async CreatePolicyVersion(input, call) {
    const context = contextOf(call)
    const document = managedDocument(input.PolicyDocument)
    const { versions, defaultVersion } = await changePolicy(context, input.PolicyArn, policy => {
      if (policy.versions.length >= LIMITS.policyVersions) {
        throw limitExceeded(
          `A managed policy can have up to ${LIMITS.policyVersions} versions. Before you create a new version, you must delete an existing version.`,
        )
      }
      // Numbers are never used twice: the newest version is last, or was deleted and left its number behind.
      const id = `v${policy.newestVersion + 1}`
      return {
        ...policy,
        updated: context.now,
        newestVersion: policy.newestVersion + 1,
        defaultVersion: input.SetAsDefault ? id : policy.defaultVersion,
        versions: [...policy.versions, { id, document, created: context.now }],
      }
    })
    const { id, created } = versions.at(-1)!
    return {
      PolicyVersion: {
        VersionId: id,
        IsDefaultVersion: id === defaultVersion,
        CreateDate: new Date(created),
      },
    }
  },

  async SetDefaultPolicyVersion(input, call) {
    const context = contextOf(call)
    await changePolicy(context, input.PolicyArn, policy => {
      if (!policy.versions.some(({ id }) => id === input.VersionId)) {
        throw noVersion(input.PolicyArn, input.VersionId)
      }
      return { ...policy, updated: context.now, defaultVersion: input.VersionId }
    })
    return {}
  },

  async DeletePolicyVersion(input, call) {
    await changePolicy(contextOf(call), input.PolicyArn, policy => {
      if (!policy.versions.some(({ id }) => id === input.VersionId)) {
        throw noVersion(input.PolicyArn, input.VersionId)
      }
      if (policy.defaultVersion === input.VersionId) {
        throw deleteConflict('Cannot delete the default version of a policy.')
      }
      return { ...policy, versions: policy.versions.filter(({ id }) => id !== input.VersionId) }
    })
    return {}
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
    const [own, uses] = await Promise.all([context.records.all(policies, ''), allEntities(context)])
    const described = [
      ...(Scope === 'AWS' ? [] : own.map(({ doc }) => describePolicy(context, doc))),
      ...(Scope === 'Local'
        ? []
        : await Promise.all([...MANAGED_POLICIES.values()].map(each => describeManagedPolicy(each, uses)))),
    ]
    const counter =
      PolicyUsageFilter === 'PermissionsBoundary' ? 'PermissionsBoundaryUsageCount' : 'AttachmentCount'
    const found = described.filter(
      policy => policy.Path!.startsWith(PathPrefix) && (!OnlyAttached || policy[counter]! > 0),
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
      const stored = await findOwn(context, input.PolicyArn)
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

const tagsOf = ({ tags }: PolicyRecord) => (Object.keys(tags).length > 0 ? tagList(tags) : undefined)
