import { InvalidFilter } from './invalid-filter.ts'

/**
 * Matches whole texts in which `*` stands for any characters; `\*` and `\\` are the characters themselves. The pieces
 * between the stars are looked for from left to right, each as early as it comes: no text takes longer than its length
 * times theirs.
 */
export function globMatcher(pattern: string): (text: string) => boolean {
  const pieces = piecesOf(pattern)
  const first = pieces[0]!
  if (pieces.length === 1) return text => text === first
  const last = pieces.at(-1)!
  const middle = pieces.slice(1, -1)
  return text => {
    if (text.length < first.length + last.length) return false
    if (!text.startsWith(first) || !text.endsWith(last)) return false
    let at = first.length
    for (const piece of middle) {
      const found = text.indexOf(piece, at)
      if (found < 0) return false
      at = found + piece.length
    }
    return at <= text.length - last.length
  }
}

/** What stands between the stars. */
function piecesOf(pattern: string): string[] {
  const pieces = ['']
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at]!
    if (character === '*') {
      if (pattern[at + 1] === '*') throw new InvalidFilter(`Consecutive wildcard characters at pos ${at}`)
      pieces.push('')
    } else if (character === '\\') {
      const next = pattern[++at]
      if (next !== '*' && next !== '\\') throw new InvalidFilter(`Invalid escape character at pos ${at - 1}`)
      pieces[pieces.length - 1] += next
    } else pieces[pieces.length - 1] += character
  }
  return pieces
}
