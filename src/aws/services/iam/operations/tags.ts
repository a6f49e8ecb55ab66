import { nameKey } from '../../../../identity/iam-records.ts'
import { changeRole, contextOf, findRole, type IamHandlers } from '../context.ts'
import { pageOf } from '../pages.ts'
import { tagList, withoutTags, withTags } from '../tag-rules.ts'

export const tagOperations = {
  async TagRole(input, call) {
    await changeRole(contextOf(call), input.RoleName, role => ({
      ...role,
      tags: withTags(role.tags, input.Tags),
    }))
    return {}
  },

  async UntagRole(input, call) {
    await changeRole(contextOf(call), input.RoleName, role => ({
      ...role,
      tags: withoutTags(role.tags, input.TagKeys),
    }))
    return {}
  },

  async ListRoleTags(input, call) {
    const { doc } = await findRole(contextOf(call), input.RoleName)
    const list = `tags ${nameKey(doc.name)}`
    const { items, ...page } = await pageOf(list, tagList(doc.tags), ({ Key }) => nameKey(Key!), input)
    return { Tags: [...items], ...page }
  },
} satisfies IamHandlers
