import { compileQuery } from '../../../../src/observability/logs/queries/compile-query.ts'
import { QueryRun } from '../../../../src/observability/logs/queries/run-query.ts'

export const NOW = Date.UTC(2026, 10, 23, 15, 0, 0)

export const GROUP = { account: '123456789012', name: '/test/group' }

type Messages = readonly (string | object)[]

/** Rows of a query over messages, the first the oldest and each a second after the one before; without `@ptr`. */
export const query = (text: string, messages: Messages, limit?: number) =>
  ran(text, messages, limit).rows.map(({ '@ptr': _, ...row }) => row)

export function ran(text: string, messages: Messages, limit = 10_000) {
  const compiled = compileQuery(text, NOW)
  if (!compiled.ok) throw new Error(`${compiled.message} (${compiled.at})`)
  const run = new QueryRun(compiled.query, { limit, isInOrder: false })
  for (const [index, message] of messages.entries()) {
    run.add(GROUP, {
      timestamp: NOW + index * 1000,
      ingested: NOW + index * 1000 + 5,
      stream: `stream-${index % 2}`,
      message: typeof message === 'string' ? message : JSON.stringify(message),
      id: String(index),
    })
  }
  const rows: Record<string, string>[] = run.results().map(row => Object.fromEntries(row))
  return { rows, statistics: run.statistics }
}

export function refusalOf(text: string): { message: string; at: number } | undefined {
  const compiled = compileQuery(text, NOW)
  return compiled.ok ? undefined : { message: compiled.message, at: compiled.at }
}
