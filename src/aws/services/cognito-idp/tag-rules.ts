import { LIMITS } from './limits.ts'
import { invalidParameter } from './refusals.ts'

/** The tags of a pool with further ones, which replace those of the same key. */
export function withTags(
  current: Readonly<Record<string, string>>,
  further: Readonly<Record<string, string>>,
): Record<string, string> {
  if (Object.keys(further).some(key => key.toLowerCase().startsWith('aws:'))) {
    throw invalidParameter('Tag keys that start with aws: are reserved for AWS.')
  }
  const tags = { ...current, ...further }
  if (Object.keys(tags).length > LIMITS.tags) {
    throw invalidParameter(`Cannot have more than ${LIMITS.tags} tags on a user pool.`)
  }
  return tags
}

export function withoutTags(
  current: Readonly<Record<string, string>>,
  keys: readonly string[],
): Record<string, string> {
  const gone = new Set(keys)
  return Object.fromEntries(Object.entries(current).filter(([key]) => !gone.has(key)))
}
