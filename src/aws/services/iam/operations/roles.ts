import { entityId } from '../../../../identity/entity-id.ts'
import { nameKey, type RoleRecord } from '../../../../identity/iam-records.ts'
import { describeRole, describeWholeRole } from '../answers.ts'
import { change, checkedPolicy, contextOf, type IamHandlers, sizeOf } from '../context.ts'
import { allOf, changeEntity, create, find, ROLE, remove } from '../entities.ts'
import { requireNoPolicies, startBounding, stopBounding } from '../entity-policies.ts'
import { profilesOf } from '../instance-profiles.ts'
import { LIMITS } from '../limits.ts'
import { pageOf } from '../pages.ts'
import { deleteConflict, limitExceeded } from '../refusals.ts'
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
      tags: withTags({}, input.Tags ?? [], 'Role'),
      inline: {},
      attached: [],
    }
    await change(context, async draft => {
      await create(context, draft, ROLE, role)
      await startBounding(context, draft, role.boundary)
    })
    return { Role: { ...describeWholeRole(context, role), RoleLastUsed: undefined } }
  },

  async GetRole(input, call) {
    const context = contextOf(call)
    const { doc } = await find(context, ROLE, input.RoleName)
    return { Role: describeWholeRole(context, doc) }
  },

  async ListRoles(input, call) {
    const context = contextOf(call)
    const prefix = input.PathPrefix ?? '/'
    const found = (await allOf(context, ROLE)).filter(({ path }) => path.startsWith(prefix))
    const { items, ...page } = await pageOf(`roles ${prefix}`, found, ({ name }) => nameKey(name), input)
    return { Roles: items.map(role => describeRole(context, role)), ...page }
  },

  async UpdateRole(input, call) {
    await changeEntity(contextOf(call), ROLE, input.RoleName, role => ({
      ...role,
      description: input.Description ?? role.description,
      maxSessionDuration: input.MaxSessionDuration ?? role.maxSessionDuration,
    }))
    return {}
  },

  async UpdateRoleDescription(input, call) {
    const context = contextOf(call)
    const role = await changeEntity(context, ROLE, input.RoleName, before => ({
      ...before,
      description: input.Description,
    }))
    return { Role: describeWholeRole(context, role) }
  },

  async UpdateAssumeRolePolicy(input, call) {
    const trust = trustPolicy(input.PolicyDocument)
    await changeEntity(contextOf(call), ROLE, input.RoleName, role => ({ ...role, trust }))
    return {}
  },

  async DeleteRole(input, call) {
    const context = contextOf(call)
    await change(context, async draft => {
      const role = await find(context, ROLE, input.RoleName)
      if ((await profilesOf(context, role.id)).length > 0) {
        throw deleteConflict('Cannot delete entity, must remove roles from instance profile first.')
      }
      requireNoPolicies(role.doc)
      remove(draft, ROLE, role)
      await stopBounding(context, draft, role.doc)
    })
    return {}
  },
} satisfies IamHandlers
