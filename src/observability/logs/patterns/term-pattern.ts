import type { FilterPattern } from './filter-pattern.ts'
import type { Message } from './json-message.ts'
import { PatternError } from './pattern-error.ts'
import { compileRegexTerm, finds } from './regex-term.ts'
import { Scanner } from './scanner.ts'

type Test = (message: string) => boolean

const BARE_TERM = /[^\s"%]+/uy
const SIMPLE = /^[\p{L}\p{M}\p{N}_]+$/u

/**
 * Terms that a message contains, wherever and within whatever word: all of them, any of those after `?`, none of those
 * after `-`. Those after `?` count only where there are no others to be found.
 */
export function compileTermPattern(text: string): FilterPattern {
  const all: Test[] = []
  const any: Test[] = []
  const none: Test[] = []
  let regexes = 0
  const scanner = new Scanner(text)
  while (!scanner.atEnd) {
    const list = scanner.take('?') ? any : scanner.take('-') ? none : all
    if (scanner.take('%')) {
      const regex = compileRegexTerm(scanner.until('%', 'keeps escapes'))
      regexes += 1
      list.push(message => finds(regex, message))
    } else {
      const term = readTerm(scanner)
      list.push(message => message.includes(term))
    }
    scanner.skipBlanks()
  }
  const found = all.length > 0 ? all : any.length > 0 ? [anyOf(any)] : []
  const matches = ({ text }: Message) => found.every(test => test(text)) && !none.some(test => test(text))
  return { matches, extract: message => (matches(message) ? {} : undefined), regexes }
}

const anyOf =
  (tests: readonly Test[]): Test =>
  message =>
    tests.some(test => test(message))

function readTerm(scanner: Scanner): string {
  if (scanner.take('"')) {
    const phrase = scanner.until('"', 'reads escapes')
    // A blank in quotes matches everything, as documented.
    return phrase.trim() === '' ? '' : phrase
  }
  const term = scanner.read(BARE_TERM)
  if (term === undefined) throw scanner.error('a term is missing')
  if (!SIMPLE.test(term)) {
    throw new PatternError(`Invalid character(s) in term '${term}': it has to stand in double quotes`)
  }
  return term
}
