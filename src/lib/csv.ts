type Cell = string | number | undefined

/** Rows as CSV (RFC 4180), the names of the columns first. Texts cannot be taken for formulas. */
export const asCsv = (rows: ReadonlyArray<readonly Cell[]>): string =>
  `${rows.map(row => row.map(written).join(',')).join('\r\n')}\r\n`

/** Spreadsheets take a text that begins like this for a formula: https://owasp.org/www-community/attacks/CSV_Injection */
const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/

function written(cell: Cell): string {
  if (cell === undefined) return ''
  const text = String(cell)
  const isNumber = /^-?\d+(\.\d+)?$/.test(text)
  const safe = !isNumber && FORMULA.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
