import { isReservedTag, type Tags } from '../../../lib/tags.ts'
import { LIMITS } from './limits.ts'
import { invalid, tooManyTags } from './refusals.ts'

/** The tags of a group with further ones, which replace those of the same key. */
export function withTags(current: Tags, further: Tags): Tags {
  if (Object.keys(further).some(isReservedTag)) {
    throw invalid('Tag keys that start with aws: are reserved for AWS.')
  }
  const tags = { ...current, ...further }
  if (Object.keys(tags).length > LIMITS.tags) {
    throw tooManyTags(`A log group has at most ${LIMITS.tags} tags`)
  }
  return tags
}
