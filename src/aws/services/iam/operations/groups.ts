import { entityId } from '../../../../identity/entity-id.ts'
import { type GroupRecord, groups, nameKey } from '../../../../identity/iam-records.ts'
import { describeGroup, describeUser } from '../answers.ts'
import { type Context, change, contextOf, type IamHandlers } from '../context.ts'
import { allOf, create, find, GROUP, remove, replace, USER } from '../entities.ts'
import { requireNoPolicies } from '../entity-policies.ts'
import { LIMITS } from '../limits.ts'
import { pageOf } from '../pages.ts'
import { deleteConflict, limitExceeded, noSuchEntity } from '../refusals.ts'

const membersOf = async (context: Context, { uid }: GroupRecord) =>
  (await allOf(context, USER)).filter(user => user.groups.includes(uid))

export const groupOperations = {
  async CreateGroup(input, call) {
    const context = contextOf(call)
    const group: GroupRecord = {
      name: input.GroupName,
      uid: entityId(GROUP.prefix),
      path: input.Path ?? '/',
      created: context.now,
      inline: {},
      attached: [],
    }
    await change(context, draft => create(context, draft, GROUP, group))
    return { Group: describeGroup(context, group) }
  },

  async GetGroup(input, call) {
    const context = contextOf(call)
    const { id, doc } = await find(context, GROUP, input.GroupName)
    const members = await membersOf(context, doc)
    const { items, ...page } = await pageOf(`members ${id}`, members, ({ name }) => nameKey(name), input)
    return {
      Group: describeGroup(context, doc),
      Users: items.map(user => describeUser(context, user)),
      ...page,
    }
  },

  async ListGroups(input, call) {
    const context = contextOf(call)
    const prefix = input.PathPrefix ?? '/'
    const found = (await allOf(context, GROUP)).filter(({ path }) => path.startsWith(prefix))
    const { items, ...page } = await pageOf(`groups ${prefix}`, found, ({ name }) => nameKey(name), input)
    return { Groups: items.map(group => describeGroup(context, group)), ...page }
  },

  async UpdateGroup(input, call) {
    const context = contextOf(call)
    await change(context, async draft => {
      const stored = await find(context, GROUP, input.GroupName)
      const { name, path } = stored.doc
      const doc = { ...stored.doc, name: input.NewGroupName ?? name, path: input.NewPath ?? path }
      await replace(context, draft, GROUP, stored, doc)
    })
    return {}
  },

  async DeleteGroup(input, call) {
    const context = contextOf(call)
    await change(context, async draft => {
      const group = await find(context, GROUP, input.GroupName)
      if ((await membersOf(context, group.doc)).length > 0) {
        throw deleteConflict('Cannot delete entity, must remove users from group first.')
      }
      requireNoPolicies(group.doc)
      remove(draft, GROUP, group)
    })
    return {}
  },

  async AddUserToGroup(input, call) {
    const context = contextOf(call)
    await change(context, async draft => {
      const group = await find(context, GROUP, input.GroupName)
      const user = await find(context, USER, input.UserName)
      const { groups: joined } = user.doc
      if (joined.includes(group.doc.uid)) return
      if (joined.length >= LIMITS.groupsPerUser) {
        throw limitExceeded(`Cannot exceed quota for GroupsPerUser: ${LIMITS.groupsPerUser}`)
      }
      // Before the user: a crash may have kept it from being published, and its denials would not count.
      draft.publish('group', group.doc.uid)
      await replace(context, draft, USER, user, { ...user.doc, groups: [...joined, group.doc.uid] })
      // Written anew, so that the group is not deleted at the same moment.
      draft.writes.replace(groups, group, group.doc)
    })
    return {}
  },

  async RemoveUserFromGroup(input, call) {
    const context = contextOf(call)
    await change(context, async draft => {
      const group = await find(context, GROUP, input.GroupName)
      const user = await find(context, USER, input.UserName)
      const left = user.doc.groups.filter(uid => uid !== group.doc.uid)
      if (left.length === user.doc.groups.length) {
        throw noSuchEntity(`The user with name ${input.UserName} is not in the group ${input.GroupName}.`)
      }
      await replace(context, draft, USER, user, { ...user.doc, groups: left })
    })
    return {}
  },

  async ListGroupsForUser(input, call) {
    const context = contextOf(call)
    const { id, doc } = await find(context, USER, input.UserName)
    const joined = (await allOf(context, GROUP)).filter(({ uid }) => doc.groups.includes(uid))
    const { items, ...page } = await pageOf(`groups of ${id}`, joined, ({ name }) => nameKey(name), input)
    return { Groups: items.map(group => describeGroup(context, group)), ...page }
  },
} satisfies IamHandlers
