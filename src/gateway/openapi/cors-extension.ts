import { type JsonObject, scalarText } from '../../lib/json-object.ts'
import { CORS_TAG_PREFIX, corsTagItems } from '../cors-tags.ts'
import { entriesOf, textsOf } from './values.ts'

/** `x-weir-cors`: `{ allowOrigins: [...], maxAge: 600 }` is the tags `weir:cors-allow-origins`, `weir:cors-max-age`. */
export function readCors(value: unknown): [string, string][] {
  return entriesOf(value).flatMap(([name, item]): [string, string][] => {
    const text = Array.isArray(item) ? textsOf(item).map(toTag).join(' ') : scalarText(item)
    return text === undefined
      ? []
      : [[CORS_TAG_PREFIX + name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`), text]]
  })
}

/** The reverse: the setting, and the tags that are no part of it. */
export function writeCors(tags: Readonly<Record<string, string>>): {
  cors?: JsonObject
  others: [string, string][]
} {
  const entries = Object.entries(tags)
  const cors = entries
    .filter(([name]) => name.startsWith(CORS_TAG_PREFIX))
    .map(([name, text]): [string, unknown] => {
      const key = name.slice(CORS_TAG_PREFIX.length)
      return [key.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()), settingOf(key, text)]
    })
  return {
    cors: cors.length > 0 ? Object.fromEntries(cors) : undefined,
    others: entries.filter(([name]) => !name.startsWith(CORS_TAG_PREFIX)),
  }
}

function settingOf(key: string, text: string): unknown {
  if (key === 'max-age') return Number(text)
  if (key === 'allow-credentials') return text === 'true'
  return corsTagItems(text)
}

/** Values of tags have no star. */
const toTag = (item: string): string => (item === '*' ? 'any' : item)
