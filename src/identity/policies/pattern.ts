import type { RequestContext } from './request.ts'

/**
 * Text with wildcards and variables, as policies hold it: UTF-16 code units, {@link ANY}, {@link ONE} and variables.
 * Wildcards stay apart from characters, so that a variable's value with an asterisk in it remains text.
 */
type Template = readonly (number | Variable)[]

interface Variable {
  /** In lower case. */
  readonly key: string
  readonly fallback: string | undefined
}

/** A template without variables. */
type Pattern = readonly number[]

const ANY = -1
const ONE = -2
const COLON = 58

/** `${aws:username}`, `${aws:PrincipalTag/team, 'none'}`; `${*}`, `${?}` and `${$}` are the characters themselves. */
const VARIABLE = /\$\{(?:([*?$])|\s*([^${},'\s][^${},']*?)\s*(?:,\s*'([^']*)'\s*)?)\}/y

export type Matcher = (text: string, context: RequestContext) => boolean

export interface PatternRules {
  readonly variables: boolean
  /** `*` and `?` stand for any characters and for one. */
  readonly wildcards: boolean
}

/** Matches a whole text. A variable that the request has no value for matches nothing. */
export function textMatcher(text: string, rules: PatternRules): Matcher {
  const template = read(text, rules)
  if (isLiteral(template)) {
    const literal = String.fromCharCode(...template)
    return actual => actual === literal
  }
  if (isPattern(template)) return actual => matches(template, actual)
  return (actual, context) => {
    const pattern = resolve(template, context)
    return pattern !== undefined && matches(pattern, actual)
  }
}

/**
 * Matches ARNs part by part, so that a wildcard does not reach over a colon; only the last of the six parts may have
 * colons of its own.
 *
 * @param openEnd a pattern that ends in an asterisk before the sixth part stands for all that may follow it, as
 *   `arn:aws:lambda:*` in a `Resource`
 */
export function arnMatcher(text: string, rules: PatternRules, openEnd: boolean): Matcher {
  if (text === '*') return () => true
  const template = read(text, rules)
  const parts = splitTemplate(template)
  if (openEnd && parts.length < ARN_PARTS && template.at(-1) === ANY) {
    while (parts.length < ARN_PARTS) parts.push([ANY])
  }
  if (parts.length < ARN_PARTS) return () => false
  if (isLiteral(template)) {
    const literal = String.fromCharCode(...template)
    return actual => actual === literal
  }
  const fixed = parts.every(isPattern) ? parts : undefined
  return (actual, context) => {
    const actualParts = splitArn(actual)
    if (!actualParts) return false
    if (fixed) return fixed.every((part, index) => matches(part, actualParts[index]!))
    return parts.every((part, index) => {
      const pattern = resolve(part, context)
      return pattern !== undefined && matches(pattern, actualParts[index]!)
    })
  }
}

const ARN_PARTS = 6

function splitArn(arn: string): string[] | undefined {
  const parts = arn.split(':')
  return parts.length < ARN_PARTS ? undefined : [...parts.slice(0, 5), parts.slice(5).join(':')]
}

function splitTemplate(template: Template): Template[] {
  const parts: (number | Variable)[][] = [[]]
  for (const token of template) {
    if (token === COLON && parts.length < ARN_PARTS) parts.push([])
    else parts.at(-1)!.push(token)
  }
  return parts
}

function read(text: string, { variables, wildcards }: PatternRules): Template {
  const template: (number | Variable)[] = []
  for (let index = 0; index < text.length; index++) {
    const character = text[index]!
    if (character === '$' && variables) {
      VARIABLE.lastIndex = index
      const found = VARIABLE.exec(text)
      if (found) {
        const [whole, escaped, key, fallback] = found
        template.push(escaped ? escaped.charCodeAt(0) : { key: key!.toLowerCase(), fallback })
        index += whole.length - 1
        continue
      }
    }
    if (wildcards && character === '*') template.push(ANY)
    else if (wildcards && character === '?') template.push(ONE)
    else template.push(text.charCodeAt(index))
  }
  return template
}

const isPattern = (template: Template): template is Pattern =>
  template.every(token => typeof token === 'number')

const isLiteral = (template: Template): template is Pattern =>
  template.length < 4096 && template.every(token => typeof token === 'number' && token >= 0)

function resolve(template: Template, context: RequestContext): Pattern | undefined {
  const pattern: number[] = []
  for (const token of template) {
    if (typeof token === 'number') {
      pattern.push(token)
      continue
    }
    // "You can't use multivalued condition keys as policy variables."
    const known = context.get(token.key)
    const value = typeof known === 'string' ? known : token.fallback
    if (value === undefined) return undefined
    for (let index = 0; index < value.length; index++) pattern.push(value.charCodeAt(index))
  }
  return pattern
}

/**
 * Not by a regular expression: several stars in one would take a time that grows with their number as the exponent.
 * A star that fails is only ever given one character more.
 */
function matches(pattern: Pattern, text: string): boolean {
  let at = 0
  let star = -1
  let afterStar = 0
  for (let index = 0; index < text.length; ) {
    if (pattern[at] === ANY) {
      star = at++
      afterStar = index
    } else if (at < pattern.length && (pattern[at] === ONE || pattern[at] === text.charCodeAt(index))) {
      at++
      index++
    } else if (star >= 0) {
      at = star + 1
      index = ++afterStar
    } else {
      return false
    }
  }
  while (pattern[at] === ANY) at++
  return at === pattern.length
}
