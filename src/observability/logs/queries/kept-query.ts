import type { Account } from '../../../lib/account.ts'
import { storePages } from '../../../lib/store-pages.ts'
import { DAY_MS } from '../../../lib/utc-day.ts'
import { kind, type Records } from '../../../records/records.ts'
import type { QueryStatistics, ResultRow } from './run-query.ts'

/** A query that somebody has started. Its id says when; what it found is in the store. */
export interface KeptQuery {
  readonly text: string
  /** Names of log groups. */
  readonly groups: readonly string[]
  /** Epoch milliseconds, as all times here; lines from `from` on and before `until`. */
  readonly from: number
  readonly until: number
  /** Rows, where the query does not say. */
  readonly limit: number
  readonly created: number
  /** ARN of who started it. */
  readonly by: string
  readonly status: QueryStatus
  readonly ended?: number
  readonly rows?: number
  readonly statistics?: QueryStatistics
}

export type QueryStatus = 'Running' | 'Complete' | 'Failed' | 'Cancelled' | 'Timeout'

/** Id: a UUID that begins with how long it is until the end of days, so that the newest come first. */
export const keptQueries = kind<KeptQuery>('log-query')

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html */
const KEPT_MS = 7 * DAY_MS

/** The platform lets work go on for 30 seconds after an answer: what runs longer was cut off. */
export const LONGEST_RUN_MS = 25_000
const SURELY_OVER_MS = 60_000

/** Rows in a document of results: as many as one answer has. */
export const ROWS_PER_DOCUMENT = 10_000

/** Of 48 bits, which end in the year 10889. */
const END_OF_DAYS = 2 ** 48 - 1

/** @param random a UUID, of which all but the beginning is taken */
export const queryIdAt = (now: number, random: string): string => {
  const rest = (END_OF_DAYS - now).toString(16).padStart(12, '0')
  return `${rest.slice(0, 8)}-${rest.slice(8)}${random.slice(13)}`
}

/** What a query is now: one whose isolate died has run out of time. */
export const statusOf = ({ status, created }: KeptQuery, now: number): QueryStatus =>
  status === 'Running' && now - created > SURELY_OVER_MS ? 'Timeout' : status

const PREFIX = 'log-queries'

const documentKey = (account: Account, id: string, number: number): string =>
  `${PREFIX}/${account.id}/${account.region}/${id}/${number}.json`

export async function keepResults(
  store: R2Bucket,
  account: Account,
  id: string,
  rows: readonly ResultRow[],
): Promise<void> {
  for (let from = 0; from < rows.length; from += ROWS_PER_DOCUMENT) {
    const document = JSON.stringify(rows.slice(from, from + ROWS_PER_DOCUMENT))
    await store.put(documentKey(account, id, from / ROWS_PER_DOCUMENT), document)
  }
}

/** Rows from a number on, as many as are asked for and one document has. */
export async function keptResults(
  store: R2Bucket,
  account: Account,
  id: string,
  from: number,
  most: number,
): Promise<readonly ResultRow[]> {
  const object = await store.get(documentKey(account, id, Math.floor(from / ROWS_PER_DOCUMENT)))
  const rows = object ? await object.json<ResultRow[]>() : []
  const begin = from % ROWS_PER_DOCUMENT
  return rows.slice(begin, begin + most)
}

/** Removes queries that nobody may ask for any more, some of them each time. */
export async function removeOldQueries(
  records: Records,
  store: R2Bucket,
  account: Account,
  now: number,
): Promise<void> {
  const after = queryIdAt(now - KEPT_MS, '00000000-0000-0000-0000-000000000000')
  const { items } = await records.list(keptQueries, '', { after, limit: 50 })
  if (items.length === 0) return
  await store.delete(
    items.flatMap(({ id, doc }) =>
      Array.from({ length: Math.ceil((doc.rows ?? 0) / ROWS_PER_DOCUMENT) }, (_, i) =>
        documentKey(account, id, i),
      ),
    ),
  )
  await records.change().writeAll(keptQueries, '', { remove: items }).commit()
}

/** Removes what an account's queries have found, as a reset does. */
export async function removeQueryResults(store: R2Bucket, account: string): Promise<void> {
  for await (const page of storePages(store, `${PREFIX}/${account}/`)) {
    await store.delete(page.map(({ key }) => key))
  }
}
