import { compileDelimitedPattern } from './delimited-pattern.ts'
import type { Message } from './json-message.ts'
import { compileJsonPattern } from './json-pattern.ts'
import { PatternError } from './pattern-error.ts'
import { compileTermPattern } from './term-pattern.ts'

/**
 * What finds lines of logs: metric filters, subscription filters, FilterLogEvents and live tails have the same
 * language. https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
export interface FilterPattern {
  matches(message: Message): boolean
  /**
   * What a space-delimited pattern found, by `$name` and, of fields without a name, `$3`; nothing of other patterns.
   * Undefined of a message that does not match.
   */
  extract(message: Message): Readonly<Record<string, string>> | undefined
  /** How many regular expressions it has: each is a cost, and groups have a quota of them. */
  readonly regexes: number
}

export type CompiledPattern =
  | { readonly ok: true; readonly pattern: FilterPattern }
  | { readonly ok: false; readonly message: string }

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html */
const MOST_REGEXES = 2

const EVERYTHING: FilterPattern = { matches: () => true, extract: () => ({}), regexes: 0 }

/** Reads a pattern; what is wrong with one that cannot be read is a sentence for its author. */
export function compileFilterPattern(text: string): CompiledPattern {
  const trimmed = text.trim()
  try {
    const pattern = compile(trimmed)
    if (pattern.regexes > MOST_REGEXES) {
      throw new PatternError(`A filter pattern has at most ${MOST_REGEXES} regular expressions`)
    }
    return { ok: true, pattern }
  } catch (error) {
    if (error instanceof PatternError)
      return { ok: false, message: `Invalid filter pattern: ${error.message}` }
    throw error
  }
}

function compile(text: string): FilterPattern {
  if (text === '') return EVERYTHING
  if (text.startsWith('{')) return compileJsonPattern(text)
  if (text.startsWith('[')) return compileDelimitedPattern(text)
  return compileTermPattern(text)
}
