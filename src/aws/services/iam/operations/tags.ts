import { contextOf, type IamHandlers } from '../context.ts'
import { changeEntity, find, ROLE, USER } from '../entities.ts'
import { changePolicy, findOwnPolicy } from '../own-policies.ts'
import { tagging, tagPage, untagging } from '../tag-rules.ts'

export const tagOperations = {
  async TagRole({ RoleName, Tags }, call) {
    await changeEntity(contextOf(call), ROLE, RoleName, tagging('Role', Tags))
    return {}
  },
  async UntagRole({ RoleName, TagKeys }, call) {
    await changeEntity(contextOf(call), ROLE, RoleName, untagging(TagKeys))
    return {}
  },
  async ListRoleTags(input, call) {
    const { id, doc } = await find(contextOf(call), ROLE, input.RoleName)
    return tagPage(`role ${id}`, doc, input)
  },

  async TagUser({ UserName, Tags }, call) {
    await changeEntity(contextOf(call), USER, UserName, tagging('User', Tags))
    return {}
  },
  async UntagUser({ UserName, TagKeys }, call) {
    await changeEntity(contextOf(call), USER, UserName, untagging(TagKeys))
    return {}
  },
  async ListUserTags(input, call) {
    const { id, doc } = await find(contextOf(call), USER, input.UserName)
    return tagPage(`user ${id}`, doc, input)
  },

  async TagPolicy({ PolicyArn, Tags }, call) {
    await changePolicy(contextOf(call), PolicyArn, tagging('Policy', Tags))
    return {}
  },
  async UntagPolicy({ PolicyArn, TagKeys }, call) {
    await changePolicy(contextOf(call), PolicyArn, untagging(TagKeys))
    return {}
  },
  async ListPolicyTags(input, call) {
    const { id, doc } = await findOwnPolicy(contextOf(call), input.PolicyArn)
    return tagPage(`policy ${id}`, doc, input)
  },
} satisfies IamHandlers
