import type { Account } from '../../../lib/account.ts'
import { Refusal } from '../../../lib/refusal.ts'
import { isDay, utcDay } from '../../../lib/utc-day.ts'
import { csvResponse, limitAsked, positionAsked, wantsCsv } from '../../../owner-lists.ts'
import type { OwnerCall, OwnerRoutes } from '../../../owner-routes.ts'
import { takePage } from '../../../records/take-page.ts'
import { type BillingMonth, monthOf, readMonth } from '../billing-month.ts'
import type { DatedSheet } from '../price-sheet.ts'
import { sheetOn } from '../price-sheet.ts'
import { statementsAsCsv } from '../statement-csv.ts'
import { accountSpending, keySpending } from './answer-spending.ts'
import {
  deleteAccountBudget,
  deleteKeyBudget,
  getAccountBudget,
  getKeyBudget,
  putAccountBudget,
  putKeyBudget,
} from './budgets.ts'
import { giveStatements, listBilledKeys } from './issue-statements.ts'
import { listEntries, trialBalance } from './ledger-records.ts'
import { postOwnersEntry } from './post-owners-entry.ts'
import { deletePriceSheet, listPriceSheets, putPriceSheet } from './price-sheets.ts'

const ofPlan = ([plan]: readonly string[]): string => `usageplan/${plan}`
const ofKey = ([key]: readonly string[]): string => `key/${key}`
const ofAccount = (): string => 'account'
const ofLedger = (): string => 'ledger'

/** Below `/_weir`. */
export const BILLING_ROUTES: OwnerRoutes = [
  [
    'GET',
    '/billing/usageplans/*/pricesheets',
    { action: 'ListPriceSheets', resource: ofPlan, answer: listSheets },
  ],
  [
    'GET',
    '/billing/usageplans/*/pricesheet',
    { action: 'GetPriceSheet', resource: ofPlan, answer: getSheet },
  ],
  [
    'PUT',
    '/billing/usageplans/*/pricesheet',
    { action: 'PutPriceSheet', resource: ofPlan, answer: putSheet },
  ],
  [
    'DELETE',
    '/billing/usageplans/*/pricesheets/*',
    { action: 'DeletePriceSheet', resource: ofPlan, answer: removeSheet },
  ],
  ['GET', '/billing/statements', { action: 'ListStatements', resource: ofAccount, answer: listStatements }],
  ['GET', '/billing/keys/*/statements/*', { action: 'GetStatement', resource: ofKey, answer: getStatement }],
  ['GET', '/billing/keys/*/budget', { action: 'GetBudget', resource: ofKey, answer: getBudgetOfKey }],
  ['PUT', '/billing/keys/*/budget', { action: 'PutBudget', resource: ofKey, answer: putBudgetOfKey }],
  [
    'DELETE',
    '/billing/keys/*/budget',
    { action: 'DeleteBudget', resource: ofKey, answer: removeBudgetOfKey },
  ],
  ['GET', '/billing/budget', { action: 'GetBudget', resource: ofAccount, answer: getBudget }],
  ['PUT', '/billing/budget', { action: 'PutBudget', resource: ofAccount, answer: putBudget }],
  ['DELETE', '/billing/budget', { action: 'DeleteBudget', resource: ofAccount, answer: removeBudget }],
  ['GET', '/billing/ledger', { action: 'GetTrialBalance', resource: ofLedger, answer: getTrialBalance }],
  ['GET', '/billing/ledger/entries', { action: 'ListLedgerEntries', resource: ofLedger, answer: listLedger }],
  [
    'POST',
    '/billing/ledger/entries',
    { action: 'PostLedgerEntry', resource: ofLedger, answer: postToLedger },
  ],
]

const json = (value: unknown, status = 200): Response => Response.json(value, { status })

const shown = ({ from, sheet }: DatedSheet) => ({ from, ...sheet })

async function listSheets({ platform, account, names: [planId] }: OwnerCall): Promise<Response> {
  const sheets = await listPriceSheets(platform, account, planId!)
  return json({ planId, priceSheets: sheets.map(shown) })
}

async function getSheet({ platform, account, names: [planId], query }: OwnerCall): Promise<Response> {
  const on = query.get('on') ?? utcDay(platform.clock())
  if (!isDay(on)) throw new Refusal('BadRequestException', 'on is a day, such as "2027-01-31"')
  const sheet = sheetOn(await listPriceSheets(platform, account, planId!), on)
  if (!sheet) throw new Refusal('NotFoundException', `Usage plan ${planId} has no price sheet on ${on}`)
  return json({ planId, ...shown(sheet) })
}

async function putSheet({ platform, account, names: [planId], body }: OwnerCall): Promise<Response> {
  const { from, ...sheet } = body
  return json({ planId, ...shown(await putPriceSheet(platform, account, planId!, from, sheet)) })
}

async function removeSheet({ platform, account, names }: OwnerCall): Promise<Response> {
  const [planId, from] = names
  await deletePriceSheet(platform, account, planId!, from!)
  return json({ planId, from })
}

function monthAsked(text: string | null | undefined, now: number): BillingMonth {
  const month = text ? readMonth(text) : monthOf(now)
  if (!month) throw new Refusal('BadRequestException', 'A month is written as "2027-01"')
  if (month.start > now) throw new Refusal('BadRequestException', `${month.name} has not begun yet`)
  return month
}

const STATEMENTS_PAGE = { usual: 25, most: 100 }

async function listStatements({ platform, account, query }: OwnerCall): Promise<Response> {
  const { env, clock } = platform
  const now = clock()
  const month = monthAsked(query.get('month'), now)
  const limit = limitAsked(query, STATEMENTS_PAGE)
  const list = `statements?${month.name}`
  const [after] = positionAsked(query, list, 1) ?? ['']
  const found = await listBilledKeys(env.DB, account, month, { after: after!, limit: limit + 1 })
  const { items: keyIds, next } = await takePage(list, found, limit, keyId => [keyId])
  const given = await giveStatements(env, account, month, keyIds, now)
  if (wantsCsv(query)) return csvResponse(statementsAsCsv(given.map(({ statement }) => statement)), next)
  const items = given.map(({ statement, sha256, issuedAt }) => {
    const { id, keyId, keyName, status, totals, usage } = statement
    const requests = usage.reduce((sum, plan) => sum + plan.requests, 0)
    const final = sha256 !== undefined && { sha256, issuedAt: new Date(issuedAt!).toISOString() }
    return { id, keyId, keyName, status, requests, totals, ...final }
  })
  return json({ month: month.name, items, ...(next !== undefined && { position: next }) })
}

/** The very text that was written down: its SHA-256 is in a header. */
async function getStatement({ platform, account, names, query }: OwnerCall): Promise<Response> {
  const [keyId, name] = names
  const { env, clock } = platform
  const now = clock()
  const month = monthAsked(name, now)
  await mustBeKnown(env.DB, account, keyId!)
  const [given] = await giveStatements(env, account, month, [keyId!], now)
  const { statement, text, sha256, issuedAt } = given!
  if (wantsCsv(query)) return csvResponse(statementsAsCsv([statement]))
  const final = sha256 !== undefined && {
    'x-weir-sha256': sha256,
    'x-weir-issued-at': new Date(issuedAt!).toISOString(),
  }
  return new Response(text, { headers: { 'content-type': 'application/json', ...final } })
}

async function mustBeKnown(db: D1Database, account: Account, keyId: string): Promise<void> {
  const found = await db
    .prepare(
      "SELECT 1 FROM metered_names WHERE account = ? AND region = ? AND kind = 'apigateway.api-key' AND id = ?",
    )
    .bind(account.id, account.region, keyId)
    .first()
  if (!found) throw new Refusal('NotFoundException', `There is, and was, no API key ${keyId}`)
}

async function getBudgetOfKey({ platform, account, names: [keyId] }: OwnerCall): Promise<Response> {
  const budget = await getKeyBudget(platform, account, keyId!)
  return json({ keyId, ...budget, ...(await keySpending(platform, account, keyId!, budget)) })
}

async function putBudgetOfKey({ platform, account, names: [keyId], body }: OwnerCall): Promise<Response> {
  return json({ keyId, ...(await putKeyBudget(platform, account, keyId!, body)) })
}

async function removeBudgetOfKey({ platform, account, names: [keyId] }: OwnerCall): Promise<Response> {
  await deleteKeyBudget(platform, account, keyId!)
  return json({ keyId })
}

async function getBudget({ platform, account }: OwnerCall): Promise<Response> {
  const budget = await getAccountBudget(platform, account)
  return json({ ...budget, ...(await accountSpending(platform, account)) })
}

async function putBudget({ platform, account, body }: OwnerCall): Promise<Response> {
  return json(await putAccountBudget(platform, account, body))
}

async function removeBudget({ platform, account }: OwnerCall): Promise<Response> {
  await deleteAccountBudget(platform, account)
  return json({})
}

async function getTrialBalance({ platform, account, query }: OwnerCall): Promise<Response> {
  return json(await trialBalance(platform.env.DB, account, query.get('account') ?? ''))
}

const ENTRIES_PAGE = { usual: 25, most: 500 }

async function listLedger({ platform, account, query }: OwnerCall): Promise<Response> {
  const keyId = query.get('key') ?? ''
  const limit = limitAsked(query, ENTRIES_PAGE)
  const list = `ledger?${keyId}`
  const [after] = positionAsked(query, list, 1) ?? ['']
  const found = await listEntries(platform.env.DB, account, { keyId, after: after!, limit: limit + 1 })
  const { items, next } = await takePage(list, found, limit, ({ id }) => [id])
  return json({ items, ...(next !== undefined && { position: next }) })
}

async function postToLedger({ platform, account, body }: OwnerCall): Promise<Response> {
  const keyId = typeof body.keyId === 'string' ? body.keyId : ''
  await mustBeKnown(platform.env.DB, account, keyId)
  const { entry, isNew } = await postOwnersEntry(platform, account, { ...body, keyId })
  return json(entry, isNew ? 201 : 200)
}
