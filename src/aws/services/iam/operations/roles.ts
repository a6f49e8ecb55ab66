import { entityId } from '../../../../identity/entity-id.ts'
import { nameKey, type RoleRecord, roles } from '../../../../identity/iam-records.ts'
import { allRoles, describeRole, describeWholeRole } from '../answers.ts'
import { changeCount, requireAttachable } from '../attach-policy.ts'
import {
  type Context,
  change,
  changeRole,
  checkedPolicy,
  contextOf,
  findRole,
  type IamHandlers,
  sizeOf,
} from '../context.ts'
import { LIMITS } from '../limits.ts'
import { pageOf } from '../pages.ts'
import { alreadyExists, deleteConflict, limitExceeded, noSuchEntity } from '../refusals.ts'
import { withTags } from '../tag-rules.ts'

/** Seconds: an hour. */
const SESSION_DURATION = 3_600

function trustPolicy(text: string): string {
  const trust = checkedPolicy(text, 'trust')
  if (sizeOf(trust) > LIMITS.trustPolicy) {
    throw limitExceeded(`Cannot exceed quota for ACLSizePerRole: ${LIMITS.trustPolicy}`)
  }
  return trust
}

const setBoundary = (context: Context, name: string, boundary: string | undefined): Promise<RoleRecord> =>
  changeRole(context, name, async (role, further) => {
    if (role.boundary === boundary) return role
    if (boundary !== undefined) {
      await requireAttachable(context, boundary, `Scope ARN: ${boundary}`)
      await changeCount(context, further, boundary, 'boundaryUses', 1)
    }
    if (role.boundary !== undefined) await changeCount(context, further, role.boundary, 'boundaryUses', -1)
    return { ...role, boundary }
  })

export const roleOperations = {
  async CreateRole(input, call) {
    const context = contextOf(call)
    const role: RoleRecord = {
      name: input.RoleName,
      uid: entityId('AROA'),
      path: input.Path ?? '/',
      created: context.now,
      description: input.Description,
      trust: trustPolicy(input.AssumeRolePolicyDocument),
      maxSessionDuration: input.MaxSessionDuration ?? SESSION_DURATION,
      boundary: input.PermissionsBoundary,
      tags: withTags({}, input.Tags ?? []),
      inline: {},
      attached: [],
    }
    await change(async () => {
      const key = { parent: '', id: nameKey(role.name) }
      if (await context.records.get(roles, key.parent, key.id)) {
        throw alreadyExists(`Role with name ${role.name} already exists.`)
      }
      const transaction = context.records.change()
      if (role.boundary !== undefined) {
        await requireAttachable(context, role.boundary, `Scope ARN: ${role.boundary}`)
        await changeCount(context, transaction, role.boundary, 'boundaryUses', 1)
      }
      await transaction.create(roles, key, role).commit()
    })
    return { Role: { ...describeWholeRole(context, role), RoleLastUsed: undefined } }
  },

  async GetRole(input, call) {
    const context = contextOf(call)
    const { doc } = await findRole(context, input.RoleName)
    return { Role: describeWholeRole(context, doc) }
  },

  async ListRoles(input, call) {
    const context = contextOf(call)
    const prefix = input.PathPrefix ?? '/'
    const found = (await allRoles(context)).filter(({ path }) => path.startsWith(prefix))
    const { items, ...page } = await pageOf(`roles ${prefix}`, found, ({ name }) => nameKey(name), input)
    return { Roles: items.map(role => describeRole(context, role)), ...page }
  },

  async UpdateRole(input, call) {
    await changeRole(contextOf(call), input.RoleName, role => ({
      ...role,
      description: input.Description ?? role.description,
      maxSessionDuration: input.MaxSessionDuration ?? role.maxSessionDuration,
    }))
    return {}
  },

  async UpdateRoleDescription(input, call) {
    const context = contextOf(call)
    const role = await changeRole(context, input.RoleName, before => ({
      ...before,
      description: input.Description,
    }))
    return { Role: describeWholeRole(context, role) }
  },

  async UpdateAssumeRolePolicy(input, call) {
    const trust = trustPolicy(input.PolicyDocument)
    await changeRole(contextOf(call), input.RoleName, role => ({ ...role, trust }))
    return {}
  },

  async DeleteRole(input, call) {
    const context = contextOf(call)
    await change(async () => {
      const role = await findRole(context, input.RoleName)
      const { attached, inline, boundary } = role.doc
      if (attached.length > 0) throw deleteConflict('Cannot delete entity, must detach all policies first.')
      if (Object.keys(inline).length > 0)
        throw deleteConflict('Cannot delete entity, must delete policies first.')
      const transaction = context.records.change().remove(roles, role)
      if (boundary !== undefined) await changeCount(context, transaction, boundary, 'boundaryUses', -1)
      await transaction.commit()
    })
    return {}
  },

  async PutRolePermissionsBoundary(input, call) {
    await setBoundary(contextOf(call), input.RoleName, input.PermissionsBoundary)
    return {}
  },

  async DeleteRolePermissionsBoundary(input, call) {
    const context = contextOf(call)
    const { doc } = await findRole(context, input.RoleName)
    if (doc.boundary === undefined) {
      throw noSuchEntity(`The role with name ${input.RoleName} does not have a permissions boundary.`)
    }
    await setBoundary(context, input.RoleName, undefined)
    return {}
  },

  /** Instances are none of Weir's; those who delete a role ask for their profiles first. */
  async ListInstanceProfilesForRole(input, call) {
    await findRole(contextOf(call), input.RoleName)
    return { InstanceProfiles: [], IsTruncated: false }
  },
} satisfies IamHandlers
