import { type CallLog, ownLines } from './log-lines.ts'

/** Lines of one call that are printed; a function that logs without end would bury the others. */
const MOST_LINES = 100

/**
 * A call's log as it is shown to somebody who develops the function: its own lines, each with the function's name before it.
 * Undefined when it wrote nothing.
 */
export function linesToPrint(name: string, log: CallLog): string | undefined {
  const own = ownLines(log)
  if (own === '') return undefined
  const lines = own.split('\n').filter(line => line !== '')
  const shown = lines.slice(0, MOST_LINES)
  if (lines.length > shown.length) shown.push(`(${lines.length - shown.length} more lines)`)
  return shown.map(line => `${name} | ${line.replaceAll('\t', ' ')}`).join('\n')
}
