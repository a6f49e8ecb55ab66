import type { Tag } from '@aws-sdk/client-cloudwatch'
import { isReservedTag, type Tags } from '../../../lib/tags.ts'
import { LIMITS } from './limits.ts'
import { validationError } from './refusals.ts'

/** Tags that something is made with. */
export function newTags(tags: readonly Tag[] = []): Tags {
  const keys = tags.map(({ Key }) => Key!)
  if (new Set(keys).size < keys.length) throw validationError('Tag keys must be unique')
  if (keys.some(isReservedTag)) throw validationError('Tag keys that begin with aws: are reserved')
  if (keys.length > LIMITS.tags) throw validationError(`There are at most ${LIMITS.tags} tags`)
  return Object.fromEntries(tags.map(({ Key, Value }) => [Key!, Value!]))
}
