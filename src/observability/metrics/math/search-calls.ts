import { expressionOf, refused } from './expression-of.ts'
import type { DataQuery } from './metric-data.ts'
import type { Expression } from './parse-expression.ts'

export interface SearchCall {
  /** The same for all calls that find the same. */
  readonly key: string
  readonly search: string
  readonly statistic: string
  /** Real milliseconds. */
  readonly periodMs: number
}

/** The calls of SEARCH in all expressions. */
export function searchesOf(queries: readonly DataQuery[], secondMs: number): SearchCall[] {
  const found = new Map<string, SearchCall>()
  const visit = (expression: Expression, query: DataQuery): void => {
    switch (expression.kind) {
      case 'array':
        for (const item of expression.items) visit(item, query)
        break
      case 'negative':
        visit(expression.of, query)
        break
      case 'operation':
        visit(expression.left, query)
        visit(expression.right, query)
        break
      case 'call':
        if (expression.name === 'SEARCH') {
          const call = searchCall(expression.args, query, secondMs)
          found.set(call.key, call)
        } else for (const arg of expression.args) visit(arg, query)
    }
  }
  for (const query of queries) if (query.expression !== undefined) visit(expressionOf(query), query)
  return [...found.values()]
}

/** @throws for arguments that SEARCH does not take */
export function searchCall(args: readonly Expression[], query: DataQuery, secondMs: number): SearchCall {
  const [search, statistic, period] = args
  const periodMs = period?.kind === 'number' ? period.value * secondMs : query.periodMs
  if (search?.kind !== 'text' || statistic?.kind !== 'text' || periodMs === undefined || args.length > 3)
    throw refused(
      query,
      "SEARCH is called with a search, a statistic and a period: SEARCH('...', 'Sum', 300)",
    )
  const key = JSON.stringify([search.value, statistic.value, periodMs])
  return { key, search: search.value, statistic: statistic.value, periodMs }
}
