import { knownPattern } from './known-patterns.ts'
import type { Pattern } from './pattern.ts'

/** Java's names for classes that JavaScript has in another way. */
const CLASSES: Readonly<Record<string, string>> = {
  Alnum: 'A-Za-z0-9',
  Alpha: 'A-Za-z',
  Digit: '0-9',
  Lower: 'a-z',
  Punct: '!-\\/:-@\\[-`{-~',
  Space: '\\s',
  Upper: 'A-Z',
  XDigit: '0-9A-Fa-f',
}

/**
 * A regular expression of Java's as one of JavaScript's: flags in front (`(?i)`), quoted parts (`\Q...\E`) and
 * classes by name are translated, the rest means the same in both. Its texts are chosen by strangers, so it takes a
 * bounded time.
 *
 * Throws a SyntaxError for what JavaScript cannot read.
 */
export function javaPattern(pattern: string): Pattern {
  const { source, flags } = translate(pattern)
  return knownPattern(source, flags)
}

/** As {@link javaPattern}, for a text that has to match from beginning to end. */
export function wholePattern(pattern: string): Pattern {
  const { source, flags } = translate(pattern)
  return knownPattern(`^(?:${source})$`, flags)
}

function translate(pattern: string): { readonly source: string; readonly flags: string } {
  const inline = /^\(\?([ims]+)\)/.exec(pattern)
  const source = pattern
    .slice(inline?.[0].length ?? 0)
    .replace(/\\Q(.*?)(?:\\E|$)/gs, (_, quoted: string) => quoted.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'))
    .replace(/\[\\p\{(\w+)\}\]|\\p\{(\w+)\}/g, (all, bracketed: string, bare: string) => {
      const members = CLASSES[bracketed ?? bare]
      return members === undefined ? all : `[${members}]`
    })
  return { source, flags: [...new Set(inline?.[1])].join('') }
}
