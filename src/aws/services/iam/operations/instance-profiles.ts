import { entityId } from '../../../../identity/entity-id.ts'
import {
  type InstanceProfileRecord,
  instanceProfiles,
  nameKey,
  roles,
} from '../../../../identity/iam-records.ts'
import { change, contextOf, type IamHandlers } from '../context.ts'
import { find, notFound, ROLE } from '../entities.ts'
import {
  allProfiles,
  changeProfile,
  describeFound,
  describeProfile,
  findProfile,
  profilesOf,
} from '../instance-profiles.ts'
import { LIMITS } from '../limits.ts'
import { pageOf } from '../pages.ts'
import { alreadyExists, deleteConflict, limitExceeded } from '../refusals.ts'
import { describeTags, tagging, tagPage, untagging, withTags } from '../tag-rules.ts'

/** Templates and scripts keep roles in them; nothing in Weir acts through one. */
export const instanceProfileOperations = {
  async CreateInstanceProfile(input, call) {
    const context = contextOf(call)
    const { InstanceProfileName } = input
    const profile: InstanceProfileRecord = {
      name: InstanceProfileName,
      uid: entityId('AIPA'),
      path: input.Path ?? '/',
      created: context.now,
      tags: withTags({}, input.Tags ?? [], 'InstanceProfile'),
    }
    await change(context, async draft => {
      const key = { parent: '', id: nameKey(InstanceProfileName) }
      if (await context.records.get(instanceProfiles, key.parent, key.id)) {
        throw alreadyExists(`Instance Profile ${InstanceProfileName} already exists.`)
      }
      if ((await context.records.count(instanceProfiles, '')) >= LIMITS.instanceProfiles) {
        throw limitExceeded(`Cannot exceed quota for InstanceProfilesPerAccount: ${LIMITS.instanceProfiles}`)
      }
      draft.writes.create(instanceProfiles, key, profile)
    })
    const described = describeProfile(context, profile, undefined)
    return { InstanceProfile: { ...described, Tags: describeTags(profile.tags) } }
  },

  async GetInstanceProfile(input, call) {
    const context = contextOf(call)
    const { doc } = await findProfile(context, input.InstanceProfileName)
    return { InstanceProfile: { ...(await describeFound(context, doc)), Tags: describeTags(doc.tags) } }
  },

  async ListInstanceProfiles(input, call) {
    const context = contextOf(call)
    const prefix = input.PathPrefix ?? '/'
    const found = (await allProfiles(context)).filter(({ path }) => path.startsWith(prefix))
    const { items, ...page } = await pageOf(`profiles ${prefix}`, found, ({ name }) => nameKey(name), input)
    return { InstanceProfiles: await Promise.all(items.map(each => describeFound(context, each))), ...page }
  },

  async ListInstanceProfilesForRole(input, call) {
    const context = contextOf(call)
    const { id, doc: role } = await find(context, ROLE, input.RoleName)
    const found = await profilesOf(context, id)
    const { items, ...page } = await pageOf(`profiles of ${id}`, found, ({ name }) => nameKey(name), input)
    return { InstanceProfiles: items.map(each => describeProfile(context, each, role)), ...page }
  },

  async AddRoleToInstanceProfile(input, call) {
    const context = contextOf(call)
    await changeProfile(context, input.InstanceProfileName, async (profile, draft) => {
      const role = await find(context, ROLE, input.RoleName)
      if (profile.role !== undefined) {
        throw limitExceeded('Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1')
      }
      // Written anew, so that the role is not deleted at the same moment.
      draft.writes.replace(roles, role, role.doc)
      return { ...profile, role: role.id }
    })
    return {}
  },

  async RemoveRoleFromInstanceProfile(input, call) {
    await changeProfile(contextOf(call), input.InstanceProfileName, profile => {
      if (profile.role !== nameKey(input.RoleName)) throw notFound('role', input.RoleName)
      return { ...profile, role: undefined }
    })
    return {}
  },

  async DeleteInstanceProfile(input, call) {
    const context = contextOf(call)
    await change(context, async draft => {
      const profile = await findProfile(context, input.InstanceProfileName)
      if (profile.doc.role !== undefined) {
        throw deleteConflict('Cannot delete entity, must remove roles from instance profile first.')
      }
      draft.writes.remove(instanceProfiles, profile)
    })
    return {}
  },

  async TagInstanceProfile({ InstanceProfileName, Tags }, call) {
    await changeProfile(contextOf(call), InstanceProfileName, tagging('InstanceProfile', Tags))
    return {}
  },
  async UntagInstanceProfile({ InstanceProfileName, TagKeys }, call) {
    await changeProfile(contextOf(call), InstanceProfileName, untagging(TagKeys))
    return {}
  },
  async ListInstanceProfileTags(input, call) {
    const { id, doc } = await findProfile(contextOf(call), input.InstanceProfileName)
    return tagPage(`profile ${id}`, doc, input)
  },
} satisfies IamHandlers
