import fc from 'fast-check'
import type { ServiceFacts } from '../../../../src/aws/wire/constraints/facts.ts'
import { compilePattern } from '../../../../src/aws/wire/constraints/java-pattern.ts'

/** Every pattern of a service, with the most characters the model allows. */
export function patternsOf(facts: ServiceFacts): Map<string, number | undefined> {
  const patterns = new Map<string, number | undefined>()
  for (const shape of facts.shapes) {
    if (shape[0] !== 'string' || shape[1]?.pattern === undefined) continue
    const max = shape[1].max === undefined ? undefined : Number(shape[1].max)
    const known = patterns.get(shape[1].pattern)
    patterns.set(shape[1].pattern, known === undefined || max === undefined ? max : Math.max(known, max))
  }
  return patterns
}

/** A pattern of one class of characters, as often as one likes. */
const REPEATED_CLASS = /^\^?(\[(?:[^\]\\]|\\.)*\]|\.)[+*]\$?$/

/** A hyphen after a class in a class, `[\w-_]`, is no range but itself; fast-check takes it for one. */
const HYPHEN_OF_CLASS = /(\\[wds])-(?!\])/g

/** The one flag that the models' patterns begin with: a dot stands for ends of lines, too. */
const DOT_ALL = /^\(\?s\)/

/**
 * Strings that match. fast-check knows no assertions, so they are left out and what they refuse is filtered. Short
 * strings are what it likes best, so where length is all that is asked for beside the pattern, the pattern says it:
 * waiting for one of twenty characters to turn up would take for ever.
 */
export function matching(
  pattern: string,
  isAllowed: (text: string) => boolean = () => true,
  minLength = 0,
): fc.Arbitrary<string> {
  const loose = pattern
    .replace(DOT_ALL, '')
    .replace(/\(\?<?[=!](?:[^()]|\([^()]*\))*\)/g, '')
    .replace('|()', '')
    .replace(HYPHEN_OF_CLASS, '$1\\-')
    .replace(REPEATED_CLASS, (whole, characters: string) =>
      minLength > 1 ? `${characters}{${minLength},${minLength + 10}}` : whole,
    )
  const { regex } = compilePattern(pattern)!
  return fc
    .stringMatching(new RegExp(`^(?:${loose})$`, DOT_ALL.test(pattern) ? 's' : ''), { size: 'small' })
    .filter(text => regex.test(text) && isAllowed(text))
}
