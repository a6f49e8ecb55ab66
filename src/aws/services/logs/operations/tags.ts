import { withoutTags } from '../../../../lib/tags.ts'
import { changeGroup, contextOf, findGroup, groupOfResource, type LogsHandlers } from '../context.ts'
import { withTags } from '../tag-rules.ts'

export const tagOperations = {
  async TagResource(input, call) {
    const context = contextOf(call)
    await changeGroup(context, groupOfResource(context, input.resourceArn), group => ({
      ...group,
      tags: withTags(group.tags, input.tags),
    }))
    return {}
  },

  async UntagResource(input, call) {
    const context = contextOf(call)
    await changeGroup(context, groupOfResource(context, input.resourceArn), group => ({
      ...group,
      tags: withoutTags(group.tags, input.tagKeys),
    }))
    return {}
  },

  async ListTagsForResource(input, call) {
    const context = contextOf(call)
    const { doc } = await findGroup(context, groupOfResource(context, input.resourceArn))
    return { tags: { ...doc.tags } }
  },

  async TagLogGroup(input, call) {
    await changeGroup(contextOf(call), input.logGroupName, group => ({
      ...group,
      tags: withTags(group.tags, input.tags),
    }))
    return {}
  },

  async UntagLogGroup(input, call) {
    await changeGroup(contextOf(call), input.logGroupName, group => ({
      ...group,
      tags: withoutTags(group.tags, input.tags),
    }))
    return {}
  },

  async ListTagsLogGroup(input, call) {
    const { doc } = await findGroup(contextOf(call), input.logGroupName)
    return { tags: { ...doc.tags } }
  },
} satisfies LogsHandlers
