import { accounts } from '../../../../identity/accounts/account-records.ts'
import { placeAt } from '../../../../identity/control/access-key-places.ts'
import { entityId } from '../../../../identity/entity-id.ts'
import { accessKeys, nameKey, type UserRecord } from '../../../../identity/iam-records.ts'
import { rootArn } from '../../../../lib/arn.ts'
import { describeUser, describeWholeUser } from '../answers.ts'
import { findUserOrRoot } from '../caller.ts'
import { change, contextOf, type IamHandlers } from '../context.ts'
import { allOf, create, find, remove, replace, USER } from '../entities.ts'
import { requireNoPolicies, startBounding, stopBounding } from '../entity-policies.ts'
import { pageOf } from '../pages.ts'
import { deleteConflict } from '../refusals.ts'
import { withTags } from '../tag-rules.ts'

export const userOperations = {
  async CreateUser(input, call) {
    const context = contextOf(call)
    const user: UserRecord = {
      name: input.UserName,
      uid: entityId(USER.prefix),
      path: input.Path ?? '/',
      created: context.now,
      boundary: input.PermissionsBoundary,
      tags: withTags({}, input.Tags ?? [], 'User'),
      inline: {},
      attached: [],
      groups: [],
    }
    await change(context, async draft => {
      await create(context, draft, USER, user)
      await startBounding(context, draft, user.boundary)
    })
    return { User: describeWholeUser(context, user) }
  },

  async GetUser(input, call) {
    const context = contextOf(call)
    const user = await findUserOrRoot(context, input.UserName)
    if (user) return { User: describeWholeUser(context, user.doc) }
    // The root has neither name nor path; of the account that is there from the beginning nobody knows since when.
    const account = await context.records.get(accounts, '', context.account)
    return {
      User: {
        UserId: context.account,
        Arn: rootArn(context.account),
        CreateDate: account && new Date(account.doc.created),
        Path: undefined,
        UserName: undefined,
      },
    }
  },

  async ListUsers(input, call) {
    const context = contextOf(call)
    const prefix = input.PathPrefix ?? '/'
    const found = (await allOf(context, USER)).filter(({ path }) => path.startsWith(prefix))
    const { items, ...page } = await pageOf(`users ${prefix}`, found, ({ name }) => nameKey(name), input)
    return { Users: items.map(user => describeUser(context, user)), ...page }
  },

  async UpdateUser(input, call) {
    const context = contextOf(call)
    await change(context, async draft => {
      const stored = await find(context, USER, input.UserName)
      const doc = {
        ...stored.doc,
        name: input.NewUserName ?? stored.doc.name,
        path: input.NewPath ?? stored.doc.path,
      }
      await replace(context, draft, USER, stored, doc)
      if (doc.name === stored.doc.name) return
      const owner = nameKey(doc.name)
      for (const key of await context.records.all(accessKeys, stored.id)) {
        const renamed = { ...key.doc, user: doc.name }
        if (owner === stored.id) draft.writes.replace(accessKeys, key, renamed)
        else {
          const place = placeAt(owner, key)
          draft.writes
            .remove(accessKeys, key)
            .create(accessKeys, { parent: owner, id: key.id }, renamed, place)
        }
        draft.publish('key', key.id)
      }
    })
    return {}
  },

  async DeleteUser(input, call) {
    const context = contextOf(call)
    await change(context, async draft => {
      const user = await find(context, USER, input.UserName)
      if (user.doc.groups.length > 0) {
        throw deleteConflict('Cannot delete entity, must remove users from group first.')
      }
      if ((await context.records.count(accessKeys, user.id)) > 0) {
        throw deleteConflict('Cannot delete entity, must delete access keys first.')
      }
      requireNoPolicies(user.doc)
      remove(draft, USER, user)
      await stopBounding(context, draft, user.doc)
    })
    return {}
  },
} satisfies IamHandlers
