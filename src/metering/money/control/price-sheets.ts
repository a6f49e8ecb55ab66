import type { Account } from '../../../lib/account.ts'
import { Refusal } from '../../../lib/refusal.ts'
import { isDay, utcDay } from '../../../lib/utc-day.ts'
import type { Platform } from '../../../platform.ts'
import { modify } from '../../../records/modify.ts'
import type { Stored } from '../../../records/records.ts'
import { PLAN_PUBLICATION, usagePlans } from '../../control/metering-records.ts'
import { dayAfter, monthOf } from '../billing-month.ts'
import { type DatedSheet, type PriceSheet, readPriceSheet, sheetOn } from '../price-sheet.ts'
import { priceSheets } from './billing-records.ts'
import { recountAccountBudget } from './budgets.ts'

type ControlPlane = Pick<Platform, 'records' | 'clock' | 'publications' | 'env'>

/** A plan may change its prices every day for some years. */
const MOST_SHEETS = 1000

/** All sheets of a plan, also of one that is gone, in the order of their first days. */
export async function listPriceSheets(
  { records }: Pick<ControlPlane, 'records'>,
  account: Account,
  planId: string,
): Promise<DatedSheet[]> {
  const sheets = await records(account).all(priceSheets, planId)
  return sheets.map(dated)
}

const dated = ({ id, doc }: Stored<PriceSheet>): DatedSheet => ({ from: id, sheet: doc })

/**
 * Gives a plan a price sheet. What held before is kept: sheets are only added from tomorrow on, except a plan's first
 * one, which may hold for the month that has begun.
 *
 * @param from first UTC day; undefined: today for a plan without prices, otherwise the first day of the next month
 */
export async function putPriceSheet(
  platform: ControlPlane,
  account: Account,
  planId: string,
  from: unknown,
  given: unknown,
): Promise<DatedSheet> {
  const sheet = readPriceSheet(given)
  if (typeof sheet === 'string') throw new Refusal('BadRequestException', sheet)
  const records = platform.records(account)
  const day = await modify(async () => {
    const plan = await records.get(usagePlans, '', planId)
    if (!plan) throw new Refusal('NotFoundException', `There is no usage plan ${planId}`)
    const there = await records.all(priceSheets, planId)
    const first = firstDayOf(from, there.map(dated), platform.clock())
    const other = there.find(({ id, doc }) => id !== first && doc.currency !== sheet.currency)
    if (other) {
      throw new Refusal(
        'ConflictException',
        `The plan is priced in ${other.doc.currency}: make another one for ${sheet.currency}`,
      )
    }
    if (there.length >= MOST_SHEETS)
      throw new Refusal('LimitExceededException', `A usage plan has at most ${MOST_SHEETS} price sheets`)
    const same = there.find(({ id }) => id === first)
    // Writing the plan as it is makes this change fail if another sheet comes in between.
    const change = records.change().replace(usagePlans, plan, plan.doc)
    if (same) change.replace(priceSheets, same, sheet)
    else change.create(priceSheets, { parent: planId, id: first }, sheet)
    await change.publish({ kind: PLAN_PUBLICATION, id: planId }).commit()
    return first
  })
  await platform.publications.publish(account, PLAN_PUBLICATION, planId)
  // What requests of this month cost, and did not before, counts against the account's budget.
  if (day <= utcDay(platform.clock())) await recountAccountBudget(platform, account)
  return { from: day, sheet }
}

function firstDayOf(from: unknown, sheets: readonly DatedSheet[], now: number): string {
  const today = utcDay(now)
  const held = sheetOn(sheets, today)
  if (from === undefined) return held ? utcDay(monthOf(now).end) : today
  if (!isDay(from)) throw new Refusal('BadRequestException', 'from is a day, such as "2027-01-31"')
  if (held && from <= today) {
    throw new Refusal(
      'ConflictException',
      `Prices of ${today} and before hold: the earliest day for others is ${dayAfter(today)}`,
    )
  }
  const { firstDay } = monthOf(now)
  if (from < firstDay)
    throw new Refusal('BadRequestException', `The earliest day for a plan's first prices is ${firstDay}`)
  return from
}

/** Takes back a sheet that does not hold yet. */
export async function deletePriceSheet(
  platform: ControlPlane,
  account: Account,
  planId: string,
  from: string,
): Promise<void> {
  const records = platform.records(account)
  const found = await records.get(priceSheets, planId, from)
  if (!found) throw new Refusal('NotFoundException', `Usage plan ${planId} has no price sheet of ${from}`)
  if (from <= utcDay(platform.clock()))
    throw new Refusal(
      'ConflictException',
      `The price sheet of ${from} holds already: give the plan another one`,
    )
  await records.change().remove(priceSheets, found).publish({ kind: PLAN_PUBLICATION, id: planId }).commit()
  await platform.publications.publish(account, PLAN_PUBLICATION, planId)
}
