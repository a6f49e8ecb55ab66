import { nameKey } from '../../../../identity/iam-records.ts'
import { contextOf, type IamHandlers } from '../context.ts'
import { changeEntity, find, ROLE } from '../entities.ts'
import { pageOf } from '../pages.ts'
import { tagList, withoutTags, withTags } from '../tag-rules.ts'

export const tagOperations = {
  async TagRole(input, call) {
    await changeEntity(contextOf(call), ROLE, input.RoleName, role => ({
      ...role,
      tags: withTags(role.tags, input.Tags),
    }))
    return {}
  },

  async UntagRole(input, call) {
    await changeEntity(contextOf(call), ROLE, input.RoleName, role => ({
      ...role,
      tags: withoutTags(role.tags, input.TagKeys),
    }))
    return {}
  },

  async ListRoleTags(input, call) {
    const { doc } = await find(contextOf(call), ROLE, input.RoleName)
    const list = `tags ${nameKey(doc.name)}`
    const { items, ...page } = await pageOf(list, tagList(doc.tags), ({ Key }) => nameKey(Key!), input)
    return { Tags: [...items], ...page }
  },
} satisfies IamHandlers
