/** By the column's name in lower case. */
export type CsvRow = ReadonlyMap<string, string>

/**
 * RFC 4180 with a header line: fields are separated by commas, may stand in double quotes, and then may contain
 * commas, line ends and doubled quotes. Undefined when quotes do not match.
 */
export function readCsv(text: string): CsvRow[] | undefined {
  const field = /[ \t]*"((?:[^"]|"")*)"[ \t]*(,|\r?\n|$)|([^",\r\n]*)(,|\r?\n|$)/y
  const lines: string[][] = [[]]
  field.lastIndex = text.startsWith('\uFEFF') ? 1 : 0
  for (;;) {
    const match = field.exec(text)
    if (!match) return undefined
    const [, quoted, quotedEnd, plain = '', plainEnd] = match
    lines.at(-1)!.push(quoted === undefined ? plain.trim() : quoted.replaceAll('""', '"'))
    const end = quotedEnd ?? plainEnd
    if (end === '') break
    if (end !== ',') lines.push([])
  }
  const [header = [], ...rows] = lines.filter(fields => fields.some(value => value !== ''))
  const columns = header.map(name => name.toLowerCase())
  return rows.map(fields => new Map(columns.map((name, i) => [name, fields[i] ?? ''])))
}
