import type { RE2JS } from 're2js'
import type { Scanner } from '../patterns/scanner.ts'
import { readFieldName, readRegex, type Surroundings } from './expressions.ts'
import { readText, takeWord } from './query-error.ts'
import type { QueryRow } from './query-row.ts'
import { textOf } from './query-value.ts'

/**
 * What comes after `parse`: a field (`@message` without one), and a text with asterisks and names for what they stand
 * for, or a regular expression with named groups. A row that does not match stays as it is.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Parse.html
 */
export function readParse(scanner: Scanner, surroundings: Surroundings): (row: QueryRow) => QueryRow {
  scanner.skipBlanks()
  const field = readFieldName(scanner) ?? '@message'
  const extract = readExtraction(scanner, surroundings)
  return row => {
    const text = textOf(row.get(field))
    const found = text === undefined ? undefined : extract(text)
    if (!found) return row
    for (const [name, value] of found) row.set(name, value)
    return row
  }
}

type Extract = (text: string) => (readonly [name: string, value: string])[] | undefined

function readExtraction(scanner: Scanner, surroundings: Surroundings): Extract {
  if (scanner.take('/')) return byGroups(scanner, readRegex(scanner, surroundings))
  const glob = readText(scanner)
  if (glob === undefined) throw scanner.error('parse is followed by a text in quotes or a regular expression')
  const names: string[] = []
  if (takeWord(scanner, /as\b/iy)) {
    do {
      scanner.skipBlanks()
      const name = readFieldName(scanner)
      if (name === undefined) throw scanner.error('a name is missing after as')
      names.push(name)
    } while (scanner.take(','))
  }
  const parts = glob.split('*')
  if (parts.length - 1 !== names.length) {
    throw scanner.error(`${parts.length - 1} asterisks have ${names.length} names`)
  }
  return byAsterisks(parts, names)
}

/** Each asterisk stands for as little as can be, the last one at the end for all that is left. */
function byAsterisks(parts: readonly string[], names: readonly string[]): Extract {
  return text => {
    const begin = text.indexOf(parts[0]!)
    if (begin < 0) return undefined
    const found: [string, string][] = []
    let at = begin + parts[0]!.length
    for (const [index, name] of names.entries()) {
      const next = parts[index + 1]!
      const isLast = index === names.length - 1
      const end = next === '' ? (isLast ? text.length : at) : text.indexOf(next, at)
      if (end < 0) return undefined
      found.push([name, text.slice(at, end)])
      at = end + next.length
    }
    return found
  }
}

function byGroups(scanner: Scanner, regex: RE2JS): Extract {
  const names = Object.keys(regex.namedGroups())
  if (names.length === 0) throw scanner.error('the regular expression has no named group (?<name>...)')
  return text => {
    const matcher = regex.matcher(text)
    if (!matcher.find()) return undefined
    return names.flatMap(name => {
      const value = matcher.group(name)
      return value === null ? [] : [[name, value] as const]
    })
  }
}
