import { encodePolicy, type FoundPolicy, findPolicy } from '../answers.ts'
import { contextOf, type IamHandlers } from '../context.ts'
import { LIMITS } from '../limits.ts'
import { changePolicy, managedDocument } from '../own-policies.ts'
import { pageOf } from '../pages.ts'
import { deleteConflict, limitExceeded, noSuchEntity } from '../refusals.ts'

interface Version {
  readonly id: string
  readonly document: string
  readonly created: number
}

const noVersion = (arn: string, version: string) =>
  noSuchEntity(`Policy ${arn} version ${version} does not exist or is not attachable.`)

/** The versions that are kept: of AWS's own policies the default one. */
export const versionsOf = (found: FoundPolicy): readonly Version[] =>
  found.kind === 'customer'
    ? found.policy.doc.versions
    : [
        {
          id: found.policy.version,
          document: JSON.stringify(found.policy.document, undefined, 4),
          created: Date.parse(found.policy.updated),
        },
      ]

export const defaultVersionOf = (found: FoundPolicy): string =>
  found.kind === 'customer' ? found.policy.doc.defaultVersion : found.policy.version

export const policyVersionOperations = {
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
} satisfies IamHandlers
