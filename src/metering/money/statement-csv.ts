import { asCsv } from '../../lib/csv.ts'
import type { Statement, StatementLine } from './statement.ts'

const COLUMNS = [
  'statement',
  'status',
  'key_id',
  'key_name',
  'month',
  'type',
  'plan_id',
  'plan_name',
  'price_sheet',
  'first_day',
  'last_day',
  'tier',
  'requests',
  'price',
  'currency',
  'amount',
  'reference',
] as const

type Row = Partial<Record<(typeof COLUMNS)[number], string | number>>

/** Statements as CSV: a row for each line, and then those that make up the total of each currency. */
export function statementsAsCsv(statements: readonly Statement[]): string {
  const rows = statements.flatMap(statement => {
    const { id, status, keyId, keyName, month } = statement
    const common = { statement: id, status, key_id: keyId, key_name: keyName, month }
    const own: Row[] = [
      ...statement.lines.map(rowOf),
      ...statement.totals.flatMap(({ currency, rounding, total }): Row[] => [
        { type: 'rounding', currency, amount: rounding },
        { type: 'total', currency, amount: total },
      ]),
    ]
    return own.map(row => ({ ...common, ...row }))
  })
  return asCsv([COLUMNS, ...rows.map(row => COLUMNS.map(column => row[column]))])
}

function rowOf(line: StatementLine): Row {
  const { type, currency, amount } = line
  if (type === 'credit') return { type, currency, amount, reference: `${line.entryId}: ${line.memo}` }
  const { planId: plan_id, planName: plan_name } = line
  const common = { type, plan_id, plan_name, currency, amount }
  if (type === 'late-usage') return { ...common, requests: line.requests, reference: line.month }
  const { priceSheet: price_sheet, firstDay: first_day, lastDay: last_day } = line
  const dated = { ...common, price_sheet, first_day, last_day }
  return type === 'monthly-fee'
    ? { ...dated, reference: `${line.days} of ${line.ofDays} days` }
    : { ...dated, tier: line.tier, requests: line.requests, price: line.price }
}
