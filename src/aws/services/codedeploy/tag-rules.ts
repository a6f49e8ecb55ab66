import type { Tag } from '@aws-sdk/client-codedeploy'
import { isReservedTag, type Tags } from '../../../lib/tags.ts'
import { refuse } from './context.ts'
import { LIMITS } from './limits.ts'

/** Tags with further ones, which replace those of the same key. */
export function withTags(current: Tags, further: readonly Tag[] = []): Tags {
  const keys = further.map(({ Key }) => Key ?? '')
  if (keys.some(key => key === '' || isReservedTag(key))) {
    throw refuse(
      'InvalidTagsToAdd',
      'Tag keys must not be empty, and those that start with aws: are reserved',
    )
  }
  if (new Set(keys).size < keys.length) throw refuse('InvalidTagsToAdd', 'Duplicate tag keys')
  const tags = { ...current, ...Object.fromEntries(further.map(({ Key, Value }) => [Key!, Value ?? ''])) }
  if (Object.keys(tags).length > LIMITS.tags) {
    throw refuse('InvalidTagsToAdd', `A resource has at most ${LIMITS.tags} tags`)
  }
  return tags
}

export const tagList = (tags: Tags): Tag[] => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
