/** Rows under a heading, each column as wide as it has to be; columns whose names end with `#` are set right. */
export function showTable(
  heading: readonly string[],
  rows: ReadonlyArray<readonly (string | number | undefined)[]>,
): string[] {
  const isRight = heading.map(name => name.endsWith('#'))
  const cells = [
    heading.map(name => name.replace(/#$/, '')),
    ...rows.map(row => row.map(cell => String(cell ?? ''))),
  ]
  const widths = heading.map((_, i) => Math.max(...cells.map(row => (row[i] ?? '').length)))
  return cells.map(row =>
    row
      .map((cell, i) => (isRight[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd(),
  )
}
