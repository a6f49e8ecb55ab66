import { invalidParameter } from '../../../functions/control/function-refusals.ts'
import { LIMITS } from '../../../functions/control/limits.ts'
import { isReservedTag, type Tags } from '../../../lib/tags.ts'

/** The tags of a resource with further ones, which replace those of the same key. */
export function withTags(current: Tags, further: Tags): Record<string, string> {
  const reserved = Object.keys(further).find(isReservedTag)
  if (reserved !== undefined) {
    throw invalidParameter(
      `The tag key '${reserved}' is reserved: keys that start with 'aws:' belong to AWS.`,
    )
  }
  const tags = { ...current, ...further }
  if (Object.keys(tags).length > LIMITS.tags) {
    throw invalidParameter('Number of tags exceeds resource tag limit.')
  }
  return tags
}
