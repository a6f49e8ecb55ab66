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
  try {
    return RE2JS.compile(source)
  } catch {
    throw new PatternError(`%${source}% is not a regular expression`)
  }
}

export const finds = (regex: RE2JS, text: string): boolean => regex.matcher(text).find()
