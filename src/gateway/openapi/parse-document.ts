import { parseDocument as parseYaml } from 'yaml'
import { isJsonObject, type JsonObject } from '../../lib/json-object.ts'

/** What an alias may stand for, all in all, as a multiple of what is written: YAML's way to blow up a small text. */
const MOST_ALIASES = 1000

/**
 * Characters of YAML. Reading it takes some fifty times its size in memory, of which an isolate has 128 MB: 1.6 MB of
 * it took 70 MB, while 3.6 MB of JSON were read in less.
 */
export const LARGEST_YAML = 1024 * 1024

/** Lists and objects in each other: definitions of people have some twenty, and what reads them is recursive. */
const DEEPEST = 300

/** Characters with all aliases written out: an alias costs a few, whatever it stands for. */
const LARGEST_WRITTEN_OUT = 12 * 1024 * 1024

/** The document, or why the text is none. */
export type Parsed = { readonly root: JsonObject } | { readonly reason: string }

/** The text of an API definition, in JSON or YAML. */
export function parseDocument(text: string): Parsed {
  const parsed = text.trimStart().startsWith('{')
    ? (parseJson(text) ?? parseYamlText(text))
    : parseYamlText(text)
  if (parsed instanceof Error) return { reason: parsed.message }
  const reason = unbearable(parsed)
  if (reason) return { reason }
  return isJsonObject(parsed) ? { root: parsed } : { reason: 'The document is not an object' }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // YAML's flow style begins with a brace, too.
    return undefined
  }
}

function parseYamlText(text: string): unknown {
  if (text.length > LARGEST_YAML) {
    return new Error(
      `A definition in YAML may have at most ${LARGEST_YAML} characters; larger ones have to be JSON`,
    )
  }
  try {
    const document = parseYaml(text, { merge: true, logLevel: 'silent', prettyErrors: true })
    const [error] = document.errors
    if (error) return new Error(error.message.split('\n')[0])
    const parsed: unknown = document.toJS({ maxAliasCount: MOST_ALIASES })
    const version = document.getIn(['info', 'version'], true) as { source?: string } | undefined
    // `version: 1.0` is a number, and the number 1: its text is what was meant.
    if (
      isJsonObject(parsed) &&
      isJsonObject(parsed.info) &&
      typeof parsed.info.version === 'number' &&
      version?.source
    ) {
      return { ...parsed, info: { ...parsed.info, version: version.source } }
    }
    return parsed
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** What is wrong with the shape of a value, of which nothing else may look at all of it before. */
function unbearable(root: unknown): string | undefined {
  const known = new Map<object, number>()
  let isTooDeep = false
  const sizeOf = (value: unknown, depth: number): number => {
    if (typeof value === 'string') return value.length
    if (typeof value !== 'object' || value === null) return 1
    const seen = known.get(value)
    if (seen !== undefined) return seen
    if (depth > DEEPEST) {
      isTooDeep = true
      return 0
    }
    let size = 2
    for (const [key, item] of Object.entries(value)) size += key.length + sizeOf(item, depth + 1)
    known.set(value, size)
    return size
  }
  const size = sizeOf(root, 0)
  if (isTooDeep) return `The document is nested more than ${DEEPEST} levels deep`
  return size > LARGEST_WRITTEN_OUT ? 'The document is too large with its aliases written out' : undefined
}
