import { asCsv } from '../../lib/csv.ts'
import { Refusal } from '../../lib/refusal.ts'
import { DAY_MS, isDay, utcDay } from '../../lib/utc-day.ts'
import { csvResponse, limitAsked, positionAsked, wantsCsv } from '../../owner-lists.ts'
import type { OwnerCall, OwnerRoutes } from '../../owner-routes.ts'
import { takePage } from '../../records/take-page.ts'
import { rollUpAccount } from '../meters-of-account.ts'
import type { CountRecorder } from '../record-counts.ts'
import {
  type MethodUsagePosition,
  type MethodUsageQuery,
  type MethodUsageRow,
  positionOf,
  readMethodUsage,
} from './read-method-usage.ts'

const MOST_DAYS = 90
const PAGE = { usual: 100, most: 1_000 }

/** Below `/_weir`: what methods of APIs were asked for. */
export const usageRoutes = (counts: Pick<CountRecorder, 'flush'>): OwnerRoutes => [
  [
    'GET',
    '/usage',
    {
      action: 'GetMethodUsage',
      resource: () => 'usage',
      answer: call => getMethodUsage(call, counts),
    },
  ],
]

async function getMethodUsage(
  { platform: { env, clock }, account, query, accept }: OwnerCall,
  counts: Pick<CountRecorder, 'flush'>,
): Promise<Response> {
  const today = utcDay(clock())
  const firstDay = dayOf('from', query.get('from') ?? today)
  const lastDay = dayOf('to', query.get('to') ?? today)
  if (firstDay > lastDay) throw new Refusal('BadRequestException', 'from is after to')
  if ((Date.parse(lastDay) - Date.parse(firstDay)) / DAY_MS >= MOST_DAYS)
    throw new Refusal('BadRequestException', `At most ${MOST_DAYS} days can be asked for`)
  const limit = limitAsked(query, PAGE)
  const isCsv = wantsCsv(query, accept?.toLowerCase().includes('text/csv') ? 'csv' : 'json')
  const asked = { apiId: query.get('apiId'), stage: query.get('stage'), keyId: query.get('keyId') }
  const list = `usage?${JSON.stringify([firstDay, lastDay, asked])}`
  const position = positionAsked(query, list, BEGINNING.length) as MethodUsagePosition | undefined
  // Of a list that is being read on, the meters were asked at its beginning.
  if (position === undefined && lastDay >= utcDay(clock() - DAY_MS)) {
    await counts.flush()
    await rollUpAccount(env, account)
  }
  const wanted: MethodUsageQuery = { account, firstDay, lastDay, ...asked }
  const after = position ?? BEGINNING
  const found = await readMethodUsage(env.DB, wanted, { after, limit: limit + 1 })
  const { items, next } = await takePage(list, found, limit, positionOf)
  if (isCsv) return csvResponse(asCsv([COLUMN_NAMES, ...items.map(rowOf)]), next)
  return Response.json({
    from: firstDay,
    to: lastDay,
    items,
    ...(next !== undefined && { position: next }),
  })
}

const BEGINNING: MethodUsagePosition = ['', '', '', '', '']

function dayOf(name: string, text: string): string {
  if (!isDay(text)) throw new Refusal('BadRequestException', `${name} is a day, such as "2027-01-31"`)
  return text
}

const COLUMNS: ReadonlyArray<readonly [column: string, of: keyof MethodUsageRow]> = [
  ['day', 'day'],
  ['api_id', 'apiId'],
  ['stage', 'stage'],
  ['method', 'method'],
  ['key_id', 'keyId'],
  ['requests', 'requests'],
  ['throttled', 'throttled'],
  ['over_quota', 'overQuota'],
  ['over_budget', 'overBudget'],
  ['other_4xx', 'other4xx'],
  ['errors_5xx', 'errors5xx'],
]

const COLUMN_NAMES = COLUMNS.map(([column]) => column)

const rowOf = (row: MethodUsageRow) => COLUMNS.map(([, of]) => row[of])
