import type { Tag } from '@aws-sdk/client-kms'
import { isReservedTag, type Tags } from '../../../lib/tags.ts'
import { LIMITS } from './limits.ts'
import { invalidTag, limitExceeded } from './refusals.ts'

/** The tags of a key with further ones, which replace those of the same key. */
export function withTags(current: Tags, further: readonly Tag[]): Tags {
  const keys = further.map(({ TagKey }) => TagKey!)
  if (new Set(keys).size < keys.length) throw invalidTag('Duplicate tag keys')
  if (keys.some(isReservedTag)) {
    throw invalidTag('Tag keys that start with aws: are reserved for AWS.')
  }
  const tags = { ...current, ...Object.fromEntries(further.map(tag => [tag.TagKey!, tag.TagValue!])) }
  if (Object.keys(tags).length > LIMITS.tags) throw limitExceeded(`A key has at most ${LIMITS.tags} tags`)
  return tags
}

export const tagList = (tags: Tags): Tag[] =>
  Object.entries(tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue }))
