import { newAccessKey } from '../../../../identity/control/new-access-key.ts'
import { type AccessKeyRecord, accessKeys, users } from '../../../../identity/iam-records.ts'
import type { Stored } from '../../../../records/records.ts'
import { createKey, findKey, noSuchKey } from '../access-keys.ts'
import { findUserOrRoot } from '../caller.ts'
import { type Context, change, contextOf, type Draft, type IamHandlers } from '../context.ts'
import { pageOf } from '../pages.ts'

const ROOT = { id: '', doc: { name: undefined } }

const statusOf = ({ active }: AccessKeyRecord): 'Active' | 'Inactive' => (active ? 'Active' : 'Inactive')

export const accessKeyOperations = {
  async CreateAccessKey(input, call) {
    const context = contextOf(call)
    return change(context, async draft => {
      const user = await findUserOrRoot(context, input.UserName)
      const owner = user ?? ROOT
      const { name } = owner.doc
      const key = await newAccessKey(context.platform.secrets, context.account, name, context.now)
      await createKey(context, draft, owner.id, key.id, key.record)
      // Written anew, so that the user is not deleted at the same moment.
      if (user) draft.writes.replace(users, user, user.doc)
      return {
        AccessKey: {
          UserName: name,
          AccessKeyId: key.id,
          Status: statusOf(key.record),
          SecretAccessKey: key.secret,
          CreateDate: new Date(key.record.created),
        },
      }
    })
  },

  async UpdateAccessKey(input, call) {
    const active = input.Status === 'Active'
    await changeKey(contextOf(call), input, (draft, key) =>
      draft.writes.replace(accessKeys, key, { ...key.doc, active }),
    )
    return {}
  },

  async DeleteAccessKey(input, call) {
    await changeKey(contextOf(call), input, (draft, key) => draft.writes.remove(accessKeys, key))
    return {}
  },

  async ListAccessKeys(input, call) {
    const context = contextOf(call)
    const owner = (await findUserOrRoot(context, input.UserName)) ?? ROOT
    const keys = await context.records.all(accessKeys, owner.id)
    const { items, ...page } = await pageOf(`keys ${owner.id}`, keys, ({ id }) => id, input)
    return {
      AccessKeyMetadata: items.map(({ id, doc }) => ({
        UserName: doc.user,
        AccessKeyId: id,
        Status: statusOf(doc),
        CreateDate: new Date(doc.created),
      })),
      ...page,
    }
  },

  /** When keys were used is not written down, which IAM's own words for it are "N/A". */
  async GetAccessKeyLastUsed(input, call) {
    const key = await contextOf(call).records.byId(accessKeys, input.AccessKeyId)
    if (!key) throw noSuchKey(input.AccessKeyId)
    return {
      UserName: key.doc.user,
      AccessKeyLastUsed: { LastUsedDate: undefined, ServiceName: 'N/A', Region: 'N/A' },
    }
  },
} satisfies IamHandlers

/** A change of a key of the user that is named, or of the one that calls. */
const changeKey = (
  context: Context,
  { UserName, AccessKeyId }: { readonly UserName?: string; readonly AccessKeyId: string },
  edit: (draft: Draft, key: Stored<AccessKeyRecord>) => void,
): Promise<void> =>
  change(context, async draft => {
    const owner = (await findUserOrRoot(context, UserName)) ?? ROOT
    const key = await findKey(context, owner.id, AccessKeyId)
    edit(draft, key)
    draft.publish('key', key.id)
  })
