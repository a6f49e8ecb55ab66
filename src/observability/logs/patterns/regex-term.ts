import { RE2JS } from 're2js'
import { PatternError } from './pattern-error.ts'

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html#supported-regex-syntax */
const ALLOWED = /^(?:[A-Za-z0-9:_#=@/;,^$?[\]{}|*+.-]|\\[!-~])*$/

/** What stands between per cent signs. Strangers write it, and the lines it is asked about: it takes linear time. */
export function compileRegexTerm(source: string): RE2JS {
  if (source === '') throw new PatternError('an empty regular expression')
  if (!ALLOWED.test(source)) {
    throw new PatternError(`the regular expression %${source}% has characters that are not supported`)
  }
  const regex = new RegexBudget().compile(source)
  if (!regex) throw new PatternError(`%${source}% is not a regular expression, or too large a one`)
  return regex
}

/**
 * Instructions of all regular expressions of a query or pattern: `a{1000}` has a thousand. What `[ab]*a[ab]{900}c` asks of
 * a text of 20,000 characters takes over a second (measured), as long as both together say.
 */
const MOST_INSTRUCTIONS = 5_000

/** Longer ones are not even compiled, which takes as much memory as to keep them. */
const LONGEST_SOURCE = 1_024

/** Compiles regular expressions of strangers as long as they are not too large together. */
export class RegexBudget {
  #left = MOST_INSTRUCTIONS

  /** Undefined of what is no regular expression, or too large. */
  compile(source: string): RE2JS | undefined {
    if (source.length > LONGEST_SOURCE) return undefined
    try {
      const regex = RE2JS.compile(source)
      this.#left -= regex.programSize()
      return this.#left < 0 ? undefined : regex
    } catch {
      return undefined
    }
  }
}

export const finds = (regex: RE2JS, text: string): boolean => regex.matcher(text).find()
