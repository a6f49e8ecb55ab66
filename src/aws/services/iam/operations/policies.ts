import { MANAGED_POLICIES } from '../../../../identity/aws-managed-policies.ts'
import { entityId } from '../../../../identity/entity-id.ts'
import { nameKey, type PolicyRecord, policies } from '../../../../identity/iam-records.ts'
import {
  allRoles,
  describeManagedPolicy,
  describePolicy,
  encodePolicy,
  type FoundPolicy,
  findPolicy,
} from '../answers.ts'
import { policyKey } from '../attach-policy.ts'
import { change, checkedPolicy, contextOf, type IamHandlers, sizeOf } from '../context.ts'
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
    const document = checkedPolicy(input.PolicyDocument, 'identity')
    if (sizeOf(document) > LIMITS.managedPolicy) {
      throw limitExceeded(`Cannot exceed quota for PolicySize: ${LIMITS.managedPolicy}`)
    }
    const policy: PolicyRecord = {
      name: input.PolicyName,
      uid: entityId('ANPA'),
      path: input.Path ?? '/',
      description: input.Description,
      created: context.now,
      updated: context.now,
      defaultVersion: FIRST_VERSION,
      versions: [{ id: FIRST_VERSION, document, created: context.now }],
      tags: withTags({}, input.Tags ?? []),
      attachments: 0,
      boundaryUses: 0,
    }
    await change(async () => {
      const key = policyKey(policy.name)
      if (await context.records.get(policies, key.parent, key.id)) {
        throw alreadyExists(`A policy called ${policy.name} already exists. Duplicate names are not allowed.`)
      }
      await context.records.change().create(policies, key, policy).commit()
    })
    return { Policy: { ...describePolicy(context, policy), Tags: tagsOf(policy) } }
  },

  async GetPolicy(input, call) {
    const context = contextOf(call)
    const found = await findPolicy(context, input.PolicyArn)
    if (found.kind === 'aws') {
      const described = await describeManagedPolicy(found.policy, await allRoles(context))
      return { Policy: { ...described, Description: found.policy.description } }
    }
    const { doc } = found.policy
    return { Policy: { ...describePolicy(context, doc), Description: doc.description, Tags: tagsOf(doc) } }
  },

  async GetPolicyVersion(input, call) {
    const found = await findPolicy(contextOf(call), input.PolicyArn)
    const version = versionsOf(found).find(({ id }) => id === input.VersionId)
    if (!version) {
      throw noSuchEntity(
        `Policy ${input.PolicyArn} version ${input.VersionId} does not exist or is not attachable.`,
      )
    }
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
    const { items, ...page } = pageOf(list, versionsOf(found), ({ id }) => id, input)
    return {
      Versions: items.map(({ id, created }) => ({
        VersionId: id,
        IsDefaultVersion: id === defaultVersionOf(found),
        CreateDate: new Date(created),
      })),
      ...page,
    }
  },

  async ListPolicies(input, call) {
    const context = contextOf(call)
    const { Scope = 'All', OnlyAttached = false, PathPrefix = '/', PolicyUsageFilter } = input
    const [own, uses] = await Promise.all([context.records.all(policies, ''), allRoles(context)])
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
    const { items, ...page } = pageOf(
      list,
      found,
      ({ Arn, PolicyName }) => `${nameKey(PolicyName!)} ${Arn}`,
      input,
    )
    return { Policies: [...items], ...page }
  },

  async DeletePolicy(input, call) {
    const context = contextOf(call)
    await change(async () => {
      const found = await findPolicy(context, input.PolicyArn)
      if (found.kind === 'aws') throw noSuchEntity(`Policy ${input.PolicyArn} was not found.`)
      const { doc } = found.policy
      if (doc.attachments + doc.boundaryUses > 0) {
        throw deleteConflict('Cannot delete a policy attached to entities.')
      }
      if (doc.versions.length > 1) {
        throw deleteConflict(
          "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
        )
      }
      await context.records.change().remove(policies, found.policy).commit()
    })
    return {}
  },
} satisfies IamHandlers

const tagsOf = ({ tags }: PolicyRecord) => (Object.keys(tags).length > 0 ? tagList(tags) : undefined)
