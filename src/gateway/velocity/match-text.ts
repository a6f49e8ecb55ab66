import { javaPattern, wholePattern } from '../patterns/java-pattern.ts'
import type { Pattern, PatternMatch } from '../patterns/pattern.ts'
import { LONGEST_TEXT } from './java-values.ts'
import { TemplateError } from './template-error.ts'
import { spend } from './work.ts'

/** `String.matches`: the whole of the text. */
export const matchesWhole = (text: string, source: string): boolean =>
  compiled(wholePattern, source).test(text)

/** The text with its first `most` matches replaced: `$1` stands for a group, and a backslash takes what follows as it is. */
export function replaceMatches(text: string, source: string, by: string, most: number): string {
  const isPlain = !/[\\$]/.test(by)
  let made = ''
  let from = 0
  let count = 0
  spend(text.length / 16)
  for (const match of compiled(javaPattern, source).matches(text)) {
    if (count === most) break
    count += 1
    spend(0.5)
    made += text.slice(from, match.index) + (isPlain ? by : replacement(by, match))
    if (made.length > LONGEST_TEXT) throw new TemplateError('a text grew too long')
    from = match.index + match.groups[0]!.length
  }
  return made + text.slice(from)
}

const replacement = (by: string, { groups }: PatternMatch): string =>
  by.replace(/\\(.)|\$(\d)/gs, (_, plain: string | undefined, group: string | undefined) =>
    plain !== undefined ? plain : Number(group) < groups.length ? (groups[Number(group)] ?? '') : noGroup(),
  )

function noGroup(): never {
  throw new TemplateError('a replacement names a group that there is not')
}

/** `String.split`: empty texts at the end are left out unless there is a limit. */
export function splitText(text: string, source: string, limit: number): string[] {
  const pattern = compiled(javaPattern, source)
  if (text === '') return ['']
  const parts: string[] = []
  let from = 0
  spend(text.length / 16)
  for (const { index, groups } of pattern.matches(text)) {
    spend(0.5)
    if (limit > 0 && parts.length === limit - 1) break
    const end = index + groups[0]!.length
    // "a zero-width match at the beginning never produces such an empty leading substring"
    if (end === 0 || (groups[0] === '' && index === text.length)) continue
    parts.push(text.slice(from, index))
    from = end
  }
  parts.push(text.slice(from))
  if (limit === 0) while (parts.length > 1 && parts.at(-1) === '') parts.pop()
  return parts
}

function compiled(compile: typeof javaPattern, source: string): Pattern {
  try {
    return compile(source)
  } catch (cause) {
    throw new TemplateError('a pattern is no regular expression', { cause })
  }
}
