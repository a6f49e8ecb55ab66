import { isReservedTag, type Tags } from '../../../lib/tags.ts'
import { LIMITS } from './limits.ts'
import { invalidParameter } from './refusals.ts'

/** The tags of a pool with further ones, which replace those of the same key. */
export function withTags(current: Tags, further: Tags): Record<string, string> {
  if (Object.keys(further).some(isReservedTag)) {
    throw invalidParameter('Tag keys that start with aws: are reserved for AWS.')
  }
  const tags = { ...current, ...further }
  if (Object.keys(tags).length > LIMITS.tags) {
    throw invalidParameter(`Cannot have more than ${LIMITS.tags} tags on a user pool.`)
  }
  return tags
}
