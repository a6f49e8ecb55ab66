import { Refusal } from '../../../../lib/refusal.ts'
import { type Tags, withoutTags } from '../../../../lib/tags.ts'
import { topics } from '../../../../messaging/topics/control/topic-records.ts'
import { type Context, changeTopic, contextOf, placeOf, type SnsHandlers } from '../context.ts'
import { resourceNotFound } from '../refusals.ts'
import { tagList, withTags } from '../tag-rules.ts'

export const tagOperations = {
  async TagResource({ ResourceArn, Tags }, call) {
    await tagging(contextOf(call, placeOf(ResourceArn, 'ResourceArn')), tags => withTags(tags, Tags))
    return {}
  },

  async UntagResource({ ResourceArn, TagKeys }, call) {
    await tagging(contextOf(call, placeOf(ResourceArn, 'ResourceArn')), tags => withoutTags(tags, TagKeys))
    return {}
  },

  async ListTagsForResource({ ResourceArn }, call) {
    const { records, place } = contextOf(call, placeOf(ResourceArn, 'ResourceArn'))
    const found = await records.get(topics, '', place.name)
    if (!found) throw noSuchResource()
    return { Tags: tagList(found.doc.tags) }
  },
} satisfies SnsHandlers

const noSuchResource = () => resourceNotFound('Resource does not exist')

async function tagging(context: Context, edit: (tags: Tags) => Tags): Promise<void> {
  try {
    await changeTopic(context, topic => ({ ...topic, tags: edit(topic.tags) }))
  } catch (error) {
    throw error instanceof Refusal && error.code === 'NotFoundException' ? noSuchResource() : error
  }
}
