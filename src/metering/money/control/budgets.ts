import type { Account } from '../../../lib/account.ts'
import { Refusal } from '../../../lib/refusal.ts'
import type { Platform } from '../../../platform.ts'
import { modify } from '../../../records/modify.ts'
import type { Stored } from '../../../records/records.ts'
import { apiKeys, KEY_PUBLICATION } from '../../control/metering-records.ts'
import { type Budget, readBudget } from '../budget.ts'
import {
  ACCOUNT_BUDGET_ID,
  accountBudgets,
  BUDGET_PUBLICATION,
  everywhere,
  keyBudgets,
  lately,
  priceSheets,
  usedLately,
} from './billing-records.ts'

type ControlPlane = Pick<Platform, 'records' | 'clock' | 'publications' | 'env'>

/** Keys that are told at once that their account has a budget from now on, or none any more: those that are used most. */
const KEYS_AT_ONCE = 100

const SIDE_BY_SIDE = 6

function checked(given: unknown): Budget {
  const budget = readBudget(given)
  if (typeof budget === 'string') throw new Refusal('BadRequestException', budget)
  return budget
}

export async function getKeyBudget(
  { records }: ControlPlane,
  account: Account,
  keyId: string,
): Promise<Budget> {
  const found = await records(account).get(keyBudgets, '', keyId)
  if (!found) throw noBudget(`Key ${keyId}`)
  return found.doc
}

const noBudget = (whose: string) => new Refusal('NotFoundException', `${whose} has no budget`)

/** Every request that comes after this is held to the budget. */
export async function putKeyBudget(
  platform: ControlPlane,
  account: Account,
  keyId: string,
  given: unknown,
): Promise<Budget> {
  const budget = checked(given)
  const records = platform.records(account)
  const valueHash = await modify(async () => {
    const key = await records.get(apiKeys, '', keyId)
    if (!key) throw new Refusal('NotFoundException', `There is no API key ${keyId}`)
    for (const planId of key.doc.plans) {
      const [sheet] = await records.all(priceSheets, planId)
      if (sheet && sheet.doc.currency !== budget.currency) {
        throw new Refusal(
          'ConflictException',
          `The key is on usage plan ${planId}, which is priced in ${sheet.doc.currency}: a budget in ${budget.currency} does not bound it`,
        )
      }
    }
    const there = await records.get(keyBudgets, '', keyId)
    const change = records.change().expect(apiKeys, key)
    if (there) change.replace(keyBudgets, there, budget)
    else change.create(keyBudgets, { parent: '', id: keyId }, budget)
    await change.publish({ kind: KEY_PUBLICATION, id: key.alias! }).commit()
    return key.alias!
  })
  await platform.publications.publish(account, KEY_PUBLICATION, valueHash)
  return budget
}

export async function deleteKeyBudget(
  platform: ControlPlane,
  account: Account,
  keyId: string,
): Promise<void> {
  const records = platform.records(account)
  const valueHash = await modify(async () => {
    const there = await records.get(keyBudgets, '', keyId)
    if (!there) throw noBudget(`Key ${keyId}`)
    const key = await records.get(apiKeys, '', keyId)
    const change = records.change().remove(keyBudgets, there)
    if (key) change.publish({ kind: KEY_PUBLICATION, id: key.alias! })
    await change.commit()
    return key?.alias
  })
  if (valueHash !== undefined) await platform.publications.publish(account, KEY_PUBLICATION, valueHash)
}

const findAccountBudget = (
  { records }: ControlPlane,
  account: Account,
): Promise<Stored<Budget> | undefined> =>
  records(everywhere(account)).get(accountBudgets, '', ACCOUNT_BUDGET_ID)

export async function getAccountBudget(platform: ControlPlane, account: Account): Promise<Budget> {
  const found = await findAccountBudget(platform, account)
  if (!found) throw noBudget('The account')
  return found.doc
}

export async function putAccountBudget(
  platform: ControlPlane,
  account: Account,
  given: unknown,
): Promise<Budget> {
  const budget = checked(given)
  await changeAccountBudget(platform, account, () => budget)
  return budget
}

export async function deleteAccountBudget(platform: ControlPlane, account: Account): Promise<void> {
  await changeAccountBudget(platform, account, before => {
    if (!before) throw noBudget('The account')
    return undefined
  })
}

/** Has an account's budget, if there is one, count anew what the month has cost. */
export async function recountAccountBudget(platform: ControlPlane, account: Account): Promise<void> {
  const budget = await findAccountBudget(platform, account)
  if (!budget) return
  await platform
    .records(everywhere(account))
    .change()
    .expect(accountBudgets, budget)
    .publish({ kind: BUDGET_PUBLICATION, id: ACCOUNT_BUDGET_ID })
    .commit()
  await platform.publications.publish(everywhere(account), BUDGET_PUBLICATION, ACCOUNT_BUDGET_ID)
}

// Keys on plans that have prices, in all regions: their records say in which currency they are to reserve.
const MARK = `
INSERT INTO publications (kind, account, region, id, wanted, published)
SELECT DISTINCT '${KEY_PUBLICATION}', k.account, k.region, k.alias, 1, 0
FROM resources s JOIN plan_memberships m
  ON m.account = s.account AND m.region = s.region AND m.plan_id = s.parent AND m.until IS NULL
JOIN resources k
  ON k.account = m.account AND k.region = m.region AND k.kind = '${apiKeys.name}' AND k.parent = '' AND k.id = m.key_id
WHERE s.account = ? AND s.kind = '${priceSheets.name}'
ON CONFLICT DO UPDATE SET wanted = wanted + 1`

async function changeAccountBudget(
  platform: ControlPlane,
  account: Account,
  to: (before: Budget | undefined) => Budget | undefined,
): Promise<void> {
  const { env, publications } = platform
  const records = platform.records(everywhere(account))
  const key = { parent: '', id: ACCOUNT_BUDGET_ID }
  const keysToTell = await modify(async () => {
    const there = await findAccountBudget(platform, account)
    const budget = to(there?.doc)
    const change = records.change().publish({ kind: BUDGET_PUBLICATION, id: ACCOUNT_BUDGET_ID })
    if (there && budget) change.replace(accountBudgets, there, budget)
    else if (there) change.remove(accountBudgets, there)
    else change.create(accountBudgets, key, budget!)
    const isNews = there?.doc.currency !== budget?.currency
    if (isNews) change.also([env.DB.prepare(MARK).bind(account.id)])
    await change.commit()
    return isNews
  })
  // First the budget's object: keys that are told ask it.
  await publications.publish(everywhere(account), BUDGET_PUBLICATION, ACCOUNT_BUDGET_ID)
  if (keysToTell) await publishKeys(platform, account)
}

/** The others are in the outbox: they follow with its next rounds, or when their objects are with the database. */
async function publishKeys({ env, clock, publications }: ControlPlane, { id }: Account): Promise<void> {
  const { results: waiting } = await env.DB.prepare(
    `SELECT p.region, p.id FROM publications p LEFT JOIN resources k ON k.account = p.account
       AND k.region = p.region AND k.kind = '${apiKeys.name}' AND k.alias = p.id
     WHERE p.kind = '${KEY_PUBLICATION}' AND p.account = ?1 AND p.published < p.wanted
     ORDER BY ${usedLately('p.account', 'p.region', 'k.id')} DESC LIMIT ?3`,
  )
    .bind(id, lately(clock()), KEYS_AT_ONCE)
    .all<{ region: string; id: string }>()
  const worker = async () => {
    for (let key = waiting.shift(); key !== undefined; key = waiting.shift()) {
      await publications.publish({ id, region: key.region }, KEY_PUBLICATION, key.id)
    }
  }
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, worker))
}
