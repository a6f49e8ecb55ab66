import type { Clock } from '../../../lib/clock.ts'
import type { Query } from './compile-query.ts'
import { type KeptQuery, LONGEST_RUN_MS } from './kept-query.ts'
import type { QueriedGroup, QueriedLine } from './query-row.ts'
import { QueryRun, type QueryStatistics, type ResultRow } from './run-query.ts'

export interface ExecuteOptions {
  /** Lines of a group, the newest first, some at a time. */
  readonly lines: (group: string) => AsyncIterable<readonly QueriedLine[]>
  readonly account: string
  readonly clock: Clock
  /** Whether somebody has stopped it; asked about once a second. */
  readonly isStopped: () => Promise<boolean>
}

export interface Executed {
  readonly status: 'Complete' | 'Failed' | 'Cancelled' | 'Timeout'
  readonly rows: readonly ResultRow[]
  readonly statistics: QueryStatistics
}

const ASK_EVERY_MS = 1_000

/** Runs a query to its end, or for as long as it may run. What is found by then is its result. */
export async function executeQuery(
  { groups, limit, created }: Pick<KeptQuery, 'groups' | 'limit' | 'created'>,
  query: Query,
  options: ExecuteOptions,
): Promise<Executed> {
  const run = new QueryRun(query, { limit, isInOrder: groups.length === 1 })
  const interrupted = interruptions(created, options)
  let status: Executed['status'] = 'Complete'
  try {
    status = (await readAll(groups, run, options, interrupted)) ?? status
    return { status, rows: run.results(), statistics: run.statistics }
  } catch (error) {
    console.warn('a query of logs has failed', error)
    return { status: 'Failed', rows: [], statistics: run.statistics }
  }
}

type Interrupted = () => Promise<'Cancelled' | 'Timeout' | undefined>

async function readAll(
  groups: readonly string[],
  run: QueryRun,
  { lines, account }: ExecuteOptions,
  interrupted: Interrupted,
): Promise<'Cancelled' | 'Timeout' | undefined> {
  for (const name of groups) {
    const group: QueriedGroup = { account, name }
    for await (const batch of lines(name)) {
      for (const line of batch) {
        run.add(group, line)
        if (run.isDone) return undefined
      }
      const reason = await interrupted()
      if (reason) return reason
    }
  }
  return undefined
}

function interruptions(created: number, { clock, isStopped }: ExecuteOptions): Interrupted {
  let asked = created
  return async () => {
    const now = clock()
    if (now - created > LONGEST_RUN_MS) return 'Timeout'
    if (now - asked < ASK_EVERY_MS) return undefined
    asked = now
    return (await isStopped()) ? 'Cancelled' : undefined
  }
}
