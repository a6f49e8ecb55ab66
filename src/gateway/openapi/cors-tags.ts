import { isPlain, type Plain, textOf, textsOf } from './values.ts'

/** Tags of an API that say which origins its whole is open to. */
const PREFIX = 'weir:cors-'

/** `x-weir-cors`: `{ allowOrigins: [...], maxAge: 600 }` stands for the tags `weir:cors-allow-origins`, `weir:cors-max-age`. */
export function readCors(value: unknown): [string, string][] {
  if (!isPlain(value)) return []
  return Object.entries(value).flatMap(([name, item]): [string, string][] => {
    const text = Array.isArray(item) ? textsOf(item).join(' ') : textOf(item)
    return text === undefined
      ? []
      : [[PREFIX + name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`), text]]
  })
}

/** The reverse: the setting, and the tags that are no part of it. */
export function writeCors(tags: Readonly<Record<string, string>>): {
  cors?: Plain
  others: [string, string][]
} {
  const entries = Object.entries(tags)
  const cors = entries
    .filter(([name]) => name.startsWith(PREFIX))
    .map(([name, text]) => [
      name.slice(PREFIX.length).replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      text,
    ])
  return {
    cors: cors.length > 0 ? Object.fromEntries(cors) : undefined,
    others: entries.filter(([name]) => !name.startsWith(PREFIX)),
  }
}
