import { parseDocument as parseYaml } from 'yaml'
import { isPlain, type Plain } from './values.ts'

/** What an alias may stand for, all in all, as a multiple of what is written: YAML's way to blow up a small text. */
const MOST_ALIASES = 1000

/**
 * Characters of YAML. Reading it takes some fifty times its size in memory, of which an isolate has 128 MB: 1.6 MB of
 * it took 70 MB, while 3.6 MB of JSON were read in less.
 */
export const LARGEST_YAML = 1024 * 1024

/** The document, or why the text is none. */
export type Parsed = { readonly root: Plain } | { readonly reason: string }

/** The text of an API definition, in JSON or YAML. */
export function parseDocument(text: string): Parsed {
  const parsed = text.trimStart().startsWith('{')
    ? (parseJson(text) ?? parseYamlText(text))
    : parseYamlText(text)
  if (parsed instanceof Error) return { reason: parsed.message }
  return isPlain(parsed) ? { root: parsed } : { reason: 'it is not an object' }
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
      isPlain(parsed) &&
      isPlain(parsed.info) &&
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
