import { withoutTags } from '../../../../lib/tags.ts'
import { changeKey, contextOf, findOwnKey, type KmsHandlers, notPendingDeletion } from '../context.ts'
import { LIMITS } from '../limits.ts'
import { pageOf } from '../pages.ts'
import { tagList, withTags } from '../tag-rules.ts'

export const tagOperations = {
  async TagResource(input, call) {
    await changeKey(contextOf(call), input.KeyId, (key, place) => ({
      ...notPendingDeletion(key, place),
      tags: withTags(key.tags, input.Tags),
    }))
    return {}
  },

  async UntagResource(input, call) {
    await changeKey(contextOf(call), input.KeyId, (key, place) => ({
      ...notPendingDeletion(key, place),
      tags: withoutTags(key.tags, input.TagKeys),
    }))
    return {}
  },

  async ListResourceTags(input, call) {
    const { place, stored } = await findOwnKey(contextOf(call), input.KeyId)
    const all = tagList(stored.doc.tags).sort((one, other) => (one.TagKey! < other.TagKey! ? -1 : 1))
    const { items, ...page } = await pageOf(
      `tags ${place.id}`,
      (after = '') => all.filter(({ TagKey }) => TagKey! > after),
      ({ TagKey }) => TagKey!,
      input,
      LIMITS.tagsPerPage,
    )
    return { Tags: items, ...page }
  },
} satisfies KmsHandlers
