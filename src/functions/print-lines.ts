/** Lines of one call that are printed; a function that logs without end would bury the others. */
const MOST_LINES = 100

/** What Lambda writes round a function's own lines: of every call the same. */
const FRAME = /^(?:START|END|REPORT) RequestId: /

/**
 * A call's log as it is shown to somebody who develops the function: its own lines, each with the function's name before it.
 * Undefined when it wrote nothing and came to its end.
 *
 * @param logs START, the function's lines, END and REPORT, as log-lines.ts makes them
 */
export function linesToPrint(name: string, logs: string): string | undefined {
  const lines = logs.split('\n').filter(line => line !== '' && !FRAME.test(line))
  if (lines.length === 0) return undefined
  const shown = lines.slice(0, MOST_LINES)
  if (lines.length > shown.length) shown.push(`(${lines.length - shown.length} more lines)`)
  return shown.map(line => `${name} | ${line.replaceAll('\t', ' ')}`).join('\n')
}
