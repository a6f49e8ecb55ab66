import type { Tag } from '@aws-sdk/client-iam'
import { LIMITS } from './limits.ts'
import { invalidInput, limitExceeded } from './refusals.ts'

/** The tags of an entity with further ones, which replace those of the same key: keys are told apart without case. */
export function withTags(
  current: Readonly<Record<string, string>>,
  further: readonly Tag[],
): Record<string, string> {
  const keys = further.map(({ Key }) => Key!.toLowerCase())
  if (new Set(keys).size < keys.length) {
    throw invalidInput('Duplicate tag keys found. Please note that Tag keys are case insensitive.')
  }
  if (keys.some(key => key.startsWith('aws:'))) {
    throw invalidInput('Tag keys that start with aws: are reserved for AWS.')
  }
  const tags = {
    ...withoutTags(current, keys),
    ...Object.fromEntries(further.map(tag => [tag.Key!, tag.Value!])),
  }
  if (Object.keys(tags).length > LIMITS.tags) {
    throw limitExceeded(`Cannot exceed quota for TagsPerRole: ${LIMITS.tags}`)
  }
  return tags
}

export function withoutTags(
  current: Readonly<Record<string, string>>,
  keys: readonly string[],
): Record<string, string> {
  const gone = new Set(keys.map(key => key.toLowerCase()))
  return Object.fromEntries(Object.entries(current).filter(([key]) => !gone.has(key.toLowerCase())))
}

export const tagList = (tags: Readonly<Record<string, string>>): Tag[] =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
