import type { Tag } from '@aws-sdk/client-iam'
import { nameKey } from '../../../identity/iam-records.ts'
import { isReservedTag } from '../../../lib/tags.ts'
import { LIMITS } from './limits.ts'
import { type Asked, pageOf } from './pages.ts'
import { invalidInput, limitExceeded } from './refusals.ts'

/** What can be tagged, as quotas call it. */
type Tagged = 'Role' | 'User' | 'Policy' | 'OpenIDConnectProvider' | 'InstanceProfile'

/** The tags of an entity with further ones, which replace those of the same key: keys are told apart without case. */
export function withTags(
  current: Readonly<Record<string, string>>,
  further: readonly Tag[],
  tagged: Tagged,
): Record<string, string> {
  const keys = further.map(({ Key }) => Key!.toLowerCase())
  if (new Set(keys).size < keys.length) {
    throw invalidInput('Duplicate tag keys found. Please note that Tag keys are case insensitive.')
  }
  if (keys.some(isReservedTag)) {
    throw invalidInput('Tag keys that start with aws: are reserved for AWS.')
  }
  const tags = {
    ...withoutTags(current, keys),
    ...Object.fromEntries(further.map(tag => [tag.Key!, tag.Value!])),
  }
  if (Object.keys(tags).length > LIMITS.tags) {
    throw limitExceeded(`Cannot exceed quota for TagsPer${tagged}: ${LIMITS.tags}`)
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

/** Tags as answers have them: absent when there are none. */
export const describeTags = (tags: Readonly<Record<string, string>>): Tag[] | undefined =>
  Object.keys(tags).length > 0 ? tagList(tags) : undefined

interface HasTags {
  readonly tags: Readonly<Record<string, string>>
}

/** The change that tagging is, of whatever has tags. */
export const tagging =
  (tagged: Tagged, further: readonly Tag[]) =>
  <R extends HasTags>(record: R): R => ({ ...record, tags: withTags(record.tags, further, tagged) })

export const untagging =
  (keys: readonly string[]) =>
  <R extends HasTags>(record: R): R => ({ ...record, tags: withoutTags(record.tags, keys) })

/** @param of names what is tagged */
export async function tagPage(of: string, { tags }: HasTags, asked: Asked) {
  const { items, ...page } = await pageOf(`tags ${of}`, tagList(tags), ({ Key }) => nameKey(Key!), asked)
  return { Tags: [...items], ...page }
}
