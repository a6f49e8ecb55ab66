import type { QueryInfo, ResultField } from '@aws-sdk/client-cloudwatch-logs'
import { Refusal } from '../../../../lib/refusal.ts'
import { eventIdOf } from '../../../../observability/logs/kept-event.ts'
import { expiryOf, type LogGroupRecord, logGroups } from '../../../../observability/logs/log-groups.ts'
import { compileQuery, type Query } from '../../../../observability/logs/queries/compile-query.ts'
import { executeQuery } from '../../../../observability/logs/queries/execute-query.ts'
import {
  type KeptQuery,
  keepResults,
  keptQueries,
  keptResults,
  queryIdAt,
  ROWS_PER_DOCUMENT,
  removeOldQueries,
  statusOf,
} from '../../../../observability/logs/queries/kept-query.ts'
import type { QueriedLine } from '../../../../observability/logs/queries/query-row.ts'
import { readLines } from '../../../../observability/logs/read-lines.ts'
import { readPageMarker, writePageMarker } from '../../../../records/page-marker.ts'
import type { Stored } from '../../../../records/records.ts'
import { type Context, change, contextOf, identifiedGroup, type LogsHandlers } from '../context.ts'
import { pageOf } from '../pages.ts'
import { badToken, invalid, limitExceeded, notFound } from '../refusals.ts'

const DEFAULT_ROWS = 10_000

/** Of a list of queries. */
const QUERIES_PER_PAGE = 1_000
const BATCH = 100

/** Queries that one isolate runs at a time: each keeps rows in its memory. */
const MOST_RUNNING = 5
let running = 0

/** From here on a time can only be meant in milliseconds: in seconds it is the year 5138. */
const MILLISECONDS_FROM = 100_000_000_000

interface NamesGroups {
  readonly logGroupName?: string
  readonly logGroupNames?: readonly string[]
  readonly logGroupIdentifiers?: readonly string[]
}

interface NamedGroup {
  readonly name: string
  readonly doc: LogGroupRecord
}

export const queryOperations = {
  async StartQuery(input, call) {
    const context = contextOf(call)
    const { account, records, platform, now } = context
    if ((input.queryLanguage ?? 'CWLI') !== 'CWLI') {
      throw invalid(
        `The query language ${input.queryLanguage} is not supported: queries are written in CWLI.`,
      )
    }
    const from = toMilliseconds(input.startTime)
    const until = toMilliseconds(input.endTime, 'inclusive')
    if (from >= until) throw invalid('The end of the time range is before its begin.')
    const groups = await groupsOf(context, input)
    const query = compiled(input.queryString, now)
    if (running >= MOST_RUNNING) {
      throw limitExceeded('Too many queries are running. Try again when some of them have ended.')
    }
    const id = queryIdAt(now, crypto.randomUUID())
    const doc: KeptQuery = {
      text: input.queryString,
      groups: groups.map(({ name }) => name),
      from,
      until,
      limit: input.limit ?? DEFAULT_ROWS,
      created: now,
      by: call.identity.arn,
      status: 'Running',
    }
    await records.change().create(keptQueries, { parent: '', id }, doc).commit()
    platform.defer(run(context, id, doc, groups, query))
    platform.defer(
      removeOldQueries(records, platform.env.STORE, account, now).catch(error =>
        console.warn('old queries are left', error),
      ),
    )
    return { queryId: id }
  },

  async GetQueryResults(input, call) {
    const context = contextOf(call)
    const { doc } = await findQuery(context, input.queryId)
    const { account, platform, now } = context
    const list = `query ${input.queryId}`
    const position = input.nextToken === undefined ? ['0'] : readPageMarker(list, input.nextToken)
    if (!position) throw badToken()
    const from = Number(position[0])
    const { rows: total = 0, statistics, groups } = doc
    const rows =
      total > from
        ? await keptResults(
            platform.env.STORE,
            account,
            input.queryId,
            from,
            input.maxItems ?? ROWS_PER_DOCUMENT,
          )
        : []
    const next = from + rows.length
    return {
      queryLanguage: 'CWLI',
      results: rows.map(row => row.map(([field, value]): ResultField => ({ field, value }))),
      statistics: {
        recordsMatched: statistics?.recordsMatched ?? 0,
        recordsScanned: statistics?.recordsScanned ?? 0,
        estimatedRecordsSkipped: 0,
        bytesScanned: statistics?.bytesScanned ?? 0,
        estimatedBytesSkipped: 0,
        logGroupsScanned: groups.length,
      },
      status: statusOf(doc, now),
      encryptionKey: undefined,
      nextToken: rows.length > 0 && next < total ? writePageMarker(list, String(next)) : undefined,
    }
  },

  async StopQuery(input, call) {
    const context = contextOf(call)
    await change(async () => {
      const stored = await findQuery(context, input.queryId)
      if (statusOf(stored.doc, context.now) !== 'Running') {
        throw invalid('The query is not running: it has ended already.')
      }
      const doc: KeptQuery = { ...stored.doc, status: 'Cancelled', ended: context.now }
      await context.records.change().replace(keptQueries, stored, doc).commit()
    })
    return { success: true }
  },

  async DescribeQueries(input, call) {
    const context = contextOf(call)
    const { logGroupName, status, queryLanguage = 'CWLI', maxResults, nextToken } = input
    const page = await pageOf(
      JSON.stringify(['queries', logGroupName, status, queryLanguage]),
      after => queriesAfter(context, input, after),
      ({ id }) => [id],
      { nextToken, limit: maxResults },
      QUERIES_PER_PAGE,
    )
    const queries = queryLanguage === 'CWLI' ? page.items.map(item => describe(item, context.now)) : []
    return { queries, nextToken: page.nextToken }
  },
} satisfies LogsHandlers

function toMilliseconds(time: number, end?: 'inclusive'): number {
  const isSeconds = time < MILLISECONDS_FROM
  const begin = isSeconds ? time * 1000 : time
  return end === 'inclusive' ? begin + (isSeconds ? 1000 : 1) : begin
}

async function groupsOf(context: Context, input: NamesGroups): Promise<NamedGroup[]> {
  const { logGroupName, logGroupNames, logGroupIdentifiers } = input
  const given = [logGroupName && [logGroupName], logGroupNames, logGroupIdentifiers].filter(Boolean)
  if (given.length !== 1) {
    throw invalid('Exactly one of logGroupName, logGroupNames and logGroupIdentifiers has to be given.')
  }
  const names = (given[0] as readonly string[]).map(name => identifiedGroup(context, name))
  return Promise.all([...new Set(names)].map(name => namedGroup(context, name)))
}

async function namedGroup({ records, account }: Context, name: string): Promise<NamedGroup> {
  const found = await records.get(logGroups, '', name)
  if (!found) throw notFound(`Log group '${name}' does not exist for account ID '${account.id}'`)
  return { name, doc: found.doc }
}

function compiled(text: string, now: number): Query {
  const result = compileQuery(text, now)
  if (result.ok) return result.query
  throw new Refusal('MalformedQueryException', `${result.message} at character ${result.at + 1}`, {
    members: {
      queryCompileError: {
        location: { startCharOffset: result.at, endCharOffset: Math.min(result.at + 1, text.length) },
        message: result.message,
      },
    },
  })
}

/** Runs a query and keeps what it finds, unless somebody stops it. */
async function run(
  { account, records, platform }: Context,
  id: string,
  doc: KeptQuery,
  groups: readonly NamedGroup[],
  query: Query,
): Promise<void> {
  const { env, clock } = platform
  const current = () => records.get(keptQueries, '', id)
  running += 1
  try {
    const { status, rows, statistics } = await executeQuery(doc, query, {
      account: account.id,
      clock,
      isStopped: async () => (await current())?.doc.status !== 'Running',
      lines: name => {
        const group = groups.find(each => each.name === name)!
        const from = Math.max(doc.from, expiryOf(group.doc, doc.created))
        return queriedLines(readLines(env, account, name, { from, until: doc.until, direction: 'backward' }))
      },
    })
    if (status === 'Cancelled') return
    await keepResults(env.STORE, account, id, rows)
    const stored = await current()
    if (stored?.doc.status !== 'Running') return
    const done: KeptQuery = { ...doc, status, ended: clock(), rows: rows.length, statistics }
    await records.change().replace(keptQueries, stored, done).commit()
  } catch (error) {
    // What it would have said is lost; whoever asks is told so when it can no longer be running.
    console.error(`query ${id} has no end`, error)
  } finally {
    running -= 1
  }
}

async function* queriedLines(batches: ReturnType<typeof readLines>): AsyncGenerator<QueriedLine[]> {
  for await (const batch of batches) yield batch.map(event => ({ ...event, id: eventIdOf(event) }))
}

async function findQuery({ records }: Context, id: string): Promise<Stored<KeptQuery>> {
  const found = await records.get(keptQueries, '', id)
  if (!found) throw notFound(`The query ${id} does not exist.`)
  return found
}

async function* queriesAfter(
  { records, now }: Context,
  { logGroupName, status }: { readonly logGroupName?: string; readonly status?: string },
  after: string | undefined,
): AsyncGenerator<Stored<KeptQuery>> {
  for await (const stored of records.each(keptQueries, '', { after, batch: BATCH })) {
    const { doc } = stored
    if (logGroupName !== undefined && !doc.groups.includes(logGroupName)) continue
    if (status === undefined || statusOf(doc, now) === status) yield stored
  }
}

const describe = ({ id, doc }: Stored<KeptQuery>, now: number): QueryInfo => ({
  queryLanguage: 'CWLI',
  queryId: id,
  queryString: doc.text,
  status: statusOf(doc, now),
  createTime: doc.created,
  logGroupName: doc.groups[0],
  queryDuration: doc.ended === undefined ? undefined : doc.ended - doc.created,
  bytesScanned: doc.statistics?.bytesScanned,
  userIdentity: doc.by,
})
