import type { Dialect, Scanner } from '../patterns/scanner.ts'

/** A query that cannot be read; the message is for its author. */
export class QueryError extends Error {
  /** How many characters of the query stand before what is wrong. */
  readonly at: number

  constructor(message: string, at: number) {
    super(message)
    this.at = at
  }
}

/** Comments go from `#` to the end of a line. */
export const QUERY_DIALECT: Dialect = {
  blanks: /(?:\s|#[^\n]*)*/y,
  error: (what, at) => new QueryError(what, at),
}

/** Takes a word, in whatever case. */
export function takeWord(scanner: Scanner, word: RegExp): boolean {
  scanner.skipBlanks()
  return scanner.read(word) !== undefined
}

/** What stands in quotes of either kind; undefined where no quotes are next. */
export function readText(scanner: Scanner): string | undefined {
  for (const quote of ['"', "'"]) if (scanner.take(quote)) return scanner.until(quote, 'reads escapes')
  return undefined
}
