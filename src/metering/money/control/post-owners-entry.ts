import type { Account } from '../../../lib/account.ts'
import type { JsonObject } from '../../../lib/json-object.ts'
import { Refusal } from '../../../lib/refusal.ts'
import type { Platform } from '../../../platform.ts'
import { parseAmount, roundToCoin } from '../amount.ts'
import { coinDigits, isCurrency } from '../currency.ts'
import { type LedgerEntry, ownersEntry } from '../ledger.ts'
import { findEntry, type PostedEntry, postEntry } from './ledger-records.ts'

const KINDS = ['payment', 'credit', 'refund'] as const
const MEMBERS = new Set(['id', 'kind', 'keyId', 'memo', 'currency', 'amount'])

const bad = (message: string) => new Refusal('BadRequestException', message)

/** Posts what a key paid or was credited, once for each id: what is said twice is answered with what was posted first. */
export async function postOwnersEntry(
  { env, clock }: Pick<Platform, 'env' | 'clock'>,
  account: Account,
  given: JsonObject & { readonly keyId: string },
): Promise<{ readonly entry: PostedEntry; readonly isNew: boolean }> {
  const entry = read(given)
  const isNew = await postEntry(env.DB, account, entry, clock())
  const posted = (await findEntry(env.DB, account, entry.id))!
  if (!isNew && !isSame(posted, entry))
    throw new Refusal('ConflictException', `There is another entry ${entry.id} already`)
  return { entry: posted, isNew }
}

function read(given: JsonObject & { readonly keyId: string }): LedgerEntry {
  const unknown = Object.keys(given).find(name => !MEMBERS.has(name))
  if (unknown !== undefined) throw bad(`An entry has no ${JSON.stringify(unknown)}`)
  const { id, keyId, memo = '', currency, amount: text } = given
  const kind = KINDS.find(each => each === given.kind)
  if (!kind) throw bad(`kind is one of ${KINDS.join(', ')}`)
  if (typeof id !== 'string' || !/^[\w.:-]{1,64}$/.test(id))
    throw bad(
      'id is a text of 1 to 64 letters, digits, ".", ":", "_" and "-": an entry of its kind is posted once',
    )
  if (typeof memo !== 'string' || !/^[^\p{C}]{0,256}$/u.test(memo))
    throw bad('memo is a text of at most 256 characters')
  if (!isCurrency(currency)) throw bad('currency has to be a code of ISO 4217, such as "EUR"')
  const amount = parseAmount(text)
  if (amount === undefined || amount <= 0n || roundToCoin(amount, coinDigits(currency)) !== amount)
    throw bad(
      `amount is more than 0 and a whole number of the smallest coin of ${currency}, as a text such as "25"`,
    )
  return ownersEntry(kind, { id, keyId, memo, currency, amount })
}

function isSame(posted: PostedEntry, { keyId, memo, postings }: LedgerEntry): boolean {
  if (posted.keyId !== keyId || posted.memo !== memo || posted.postings.length !== postings.length)
    return false
  return postings.every(({ ledgerAccount, currency, amount }, i) => {
    const there = posted.postings[i]!
    return (
      there.ledgerAccount === ledgerAccount &&
      there.currency === currency &&
      parseAmount(there.amount) === amount
    )
  })
}
