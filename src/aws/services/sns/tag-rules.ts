import type { Tag } from '@aws-sdk/client-sns'
import { Refusal } from '../../../lib/refusal.ts'
import { isReservedTag, type Tags } from '../../../lib/tags.ts'
import { LIMITS } from './limits.ts'
import { invalidParameter } from './refusals.ts'

/** The tags of a topic with further ones, which replace those of the same key. */
export function withTags(current: Tags, further: readonly Tag[]): Tags {
  const keys = further.map(({ Key }) => Key!)
  if (new Set(keys).size < keys.length) throw invalidParameter('Duplicated keys are not allowed.')
  if (keys.some(isReservedTag)) throw invalidParameter('Tag keys that begin with aws: are reserved')
  const tags = { ...current, ...Object.fromEntries(further.map(({ Key, Value }) => [Key!, Value!])) }
  if (Object.keys(tags).length > LIMITS.tags) {
    throw new Refusal(
      'TagLimitExceededException',
      'Could not complete request: tag quota of per resource exceeded',
    )
  }
  return tags
}

export const tagList = (tags: Tags): Tag[] => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
