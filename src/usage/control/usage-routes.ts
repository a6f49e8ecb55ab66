import { Refusal } from '../../lib/refusal.ts'
import { DAY_MS, isDay, utcDay } from '../../lib/utc-day.ts'
import type { OwnerCall, OwnerRoutes } from '../../owner-routes.ts'
import { readPageMarker, writePageMarker } from '../../records/page-marker.ts'
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
const MOST_ROWS = 1_000
const ROWS = 100

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
  const limit = limitOf(query.get('limit'))
  const isCsv = wantsCsv(query, accept)
  const asked = { apiId: query.get('apiId'), stage: query.get('stage'), keyId: query.get('keyId') }
  const list = `usage?${JSON.stringify([firstDay, lastDay, asked])}`
  const position = query.get('position')
  // Of a list that is being read on, the meters were asked at its beginning.
  if (position === null && lastDay >= utcDay(clock() - DAY_MS)) {
    await counts.flush()
    await rollUpAccount(env, account)
  }
  const wanted: MethodUsageQuery = { account, firstDay, lastDay, ...asked }
  const after = position === null ? BEGINNING : positionIn(list, position)
  const found = await readMethodUsage(env.DB, wanted, { after, limit: limit + 1 })
  const items = found.slice(0, limit)
  const next = found.length > limit ? writePageMarker(list, ...positionOf(items.at(-1)!)) : undefined
  if (!isCsv)
    return Response.json({
      from: firstDay,
      to: lastDay,
      items,
      ...(next !== undefined && { position: next }),
    })
  return new Response(asCsv(items), {
    headers: {
      'content-type': 'text/csv; charset=utf-8',
      ...(next !== undefined && { 'x-weir-position': next }),
    },
  })
}

const BEGINNING: MethodUsagePosition = ['', '', '', '', '']

function positionIn(list: string, text: string): MethodUsagePosition {
  const position = readPageMarker(list, text)
  if (position?.length !== BEGINNING.length)
    throw new Refusal('BadRequestException', 'position is of another list')
  return position as unknown as MethodUsagePosition
}

function dayOf(name: string, text: string): string {
  if (!isDay(text)) throw new Refusal('BadRequestException', `${name} is a day, such as "2027-01-31"`)
  return text
}

function limitOf(text: string | null): number {
  const limit = text === null ? ROWS : Number(text)
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST_ROWS)
    throw new Refusal('BadRequestException', `limit is a whole number from 1 to ${MOST_ROWS}`)
  return limit
}

function wantsCsv(query: URLSearchParams, accept: string | null): boolean {
  const format = query.get('format') ?? (accept?.toLowerCase().includes('text/csv') ? 'csv' : 'json')
  if (format !== 'json' && format !== 'csv') throw new Refusal('BadRequestException', 'format is json or csv')
  return format === 'csv'
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

/** RFC 4180. No text of these begins as a formula of a spreadsheet does: methods begin with their verb, ids with letters. */
function asCsv(rows: readonly MethodUsageRow[]): string {
  const lines = [
    COLUMNS.map(([column]) => column),
    ...rows.map(row => COLUMNS.map(([, of]) => cell(String(row[of])))),
  ]
  return `${lines.map(line => line.join(',')).join('\r\n')}\r\n`
}

const cell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
