import type { Tempo } from './count-operations.ts'
import type { Rows, RowsByTable } from './operations/replay-statements.ts'
import type { Database } from './operations/sqlite.ts'
import { AWS_PER_MILLION, type Billed, OBJECT_GB, priceOf } from './prices.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

/** "A message is written, read, and deleted": three operations. https://developers.cloudflare.com/queues/platform/pricing/ */
const OPERATIONS_OF_A_MESSAGE = 3

/** The table whose rows are counts of a function's calls, whatever key they came with. */
const OF_FUNCTIONS = 'executions'

export interface Line {
  readonly what: string
  /** Units per 1,000 requests. */
  readonly perThousand: number
  /** US dollars per million requests. */
  readonly usd: number
}

/** What the requests of a tempo are billed for. */
export interface Bill {
  readonly tempo: Tempo
  readonly requests: number
  /** The dearest first. */
  readonly lines: readonly Line[]
  /** US dollars per million requests, and its share of what API Gateway and Lambda cost. */
  readonly usd: number
  readonly overAws: number
  readonly objectCallsPerThousand: number
  /** In D1, per key and hour, without those of functions: all keys share them. */
  readonly rowsPerKeyHour: number
}

export interface Counted {
  readonly requests: number
  /** As the bindings counted: see operations/. */
  readonly counts: ReadonlyMap<string, number>
  readonly rows: ReadonlyMap<Database, RowsByTable>
  /** Distinct dynamic workers. */
  readonly workers: number
  /** Processor time of one request, milliseconds. */
  readonly cpuMs: number
}

/** What a count is billed as, and how many units one of it is, by what it begins with. */
const BILLED: ReadonlyArray<readonly [string, Billed, number]> = [
  ['worker: ', 'workerRequests', 1],
  ['dynamic worker: ', 'dynamicRequests', 1],
  ['object: ', 'objectRequests', 1],
  ['active ms: ', 'objectGbSeconds', OBJECT_GB / 1000],
  ['alarm set: ', 'rowsWritten', 1],
  ['store A: ', 'storeClassA', 1],
  ['store B: ', 'storeClassB', 1],
  ['queue: ', 'queueOperations', OPERATIONS_OF_A_MESSAGE],
]

export function billOf(tempo: Tempo, { requests, counts, rows, workers, cpuMs }: Counted): Bill {
  const lines: Line[] = []
  const add = (what: string, billed: Billed, units: number) => {
    if (units === 0) return
    const perRequest = units / requests
    lines.push({ what, perThousand: perRequest * 1e3, usd: priceOf(billed, perRequest * 1e6) })
  }
  let objectCalls = 0
  for (const [what, count] of counts) {
    const row = BILLED.find(([beginning]) => what.startsWith(beginning))
    if (row) add(what, row[1], count * row[2])
    if (what.startsWith('object: ')) objectCalls += count
  }
  const byTable = new Map<string, Rows>()
  let keyRows = 0
  for (const [{ kind }, tables] of rows) {
    for (const [table, { read, written }] of tables) {
      const sum = byTable.get(`${kind}, ${table}`) ?? { read: 0, written: 0 }
      byTable.set(`${kind}, ${table}`, { read: sum.read + read, written: sum.written + written })
      if (kind === 'D1' && table !== OF_FUNCTIONS) keyRows += written
    }
  }
  for (const [table, { read, written }] of byTable) {
    add(`rows written: ${table}`, 'rowsWritten', written)
    add(`rows read: ${table}`, 'rowsRead', read)
  }
  add('dynamic workers, by the day', 'dynamicWorkerDays', (workers * tempo.ms) / DAY_MS)
  add('processor time', 'cpuMs', requests * cpuMs)
  const usd = lines.reduce((sum, line) => sum + line.usd, 0)
  return {
    tempo,
    requests,
    lines: lines.toSorted((a, b) => b.usd - a.usd),
    usd,
    overAws: usd / AWS_PER_MILLION,
    objectCallsPerThousand: (objectCalls / requests) * 1e3,
    rowsPerKeyHour: (keyRows / tempo.keys / tempo.ms) * HOUR_MS,
  }
}

export function printBill({ tempo, requests, lines, ...sums }: Bill): void {
  console.log(`\n${tempo.name}: ${requests} requests of ${tempo.keys} keys in ${tempo.ms / 1000} s`)
  console.table(
    lines.map(({ what, perThousand, usd }) => ({
      what,
      'per 1,000 requests': Number(perThousand.toPrecision(4)),
      'USD per million': Number(usd.toFixed(4)),
    })),
  )
  console.log(
    `USD ${sums.usd.toFixed(3)} per million, ${sums.overAws.toFixed(3)} of API Gateway and Lambda; ` +
      `${sums.objectCallsPerThousand.toFixed(1)} object calls per 1,000 requests; ` +
      `${sums.rowsPerKeyHour.toFixed(1)} rows written in D1 per key and hour`,
  )
}
