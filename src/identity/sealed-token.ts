import type { AccountKeys } from '../encryption/account-keys.ts'
import type { Secrets } from '../encryption/secrets.ts'
import { isOutage } from '../lib/is-outage.ts'

/** The account in clear, whose keys open the rest: id of the key, initialisation vector and data of what is sealed. */
const FORM = /^(\d{12})\.([\w-]+)\.([A-Za-z0-9+/]+={0,2})\.([A-Za-z0-9+/]+={0,2})$/

/** Whether a text has the form of a token of Weir's. */
export const looksSealed = (text: string): boolean => FORM.test(text)

interface Sealer {
  readonly account: string
  /** Id of one of its data keys. */
  readonly key: string
}

/** Whose key seals a token, if it says the truth; undefined for a text of another form. */
export function sealerOf(token: string): Sealer | undefined {
  const [, account, key] = FORM.exec(token) ?? []
  return account === undefined || key === undefined ? undefined : { account, key }
}

/**
 * Whether an account has the key that a token names. Where it has not, the token is not opened: made-up ones would ask
 * for the account's keys each.
 */
export const hasSealer = ({ dataKeys }: Pick<AccountKeys, 'dataKeys'>, { key }: Sealer): boolean =>
  Object.hasOwn(dataKeys, key)

/** A token that says by itself all there is to know, to whoever can open it, so that nothing has to be looked up. */
export async function sealToken(
  secrets: Pick<Secrets, 'seal'>,
  account: string,
  purpose: string,
  content: object,
): Promise<string> {
  const { key, iv, data } = await secrets.seal(account, purpose, JSON.stringify(content))
  if (key === undefined) throw new Error('a token is sealed with a data key')
  return [account, key, iv, data].join('.')
}

/** What was sealed, and whose it is; undefined for a token that this Weir did not give, or not like that. */
export async function openToken(
  secrets: Pick<Secrets, 'open'>,
  purpose: string,
  token: string,
): Promise<{ readonly account: string; readonly content: unknown } | undefined> {
  const [, account, key, iv, data] = FORM.exec(token) ?? []
  if (account === undefined || key === undefined || iv === undefined || data === undefined) return undefined
  try {
    return { account, content: JSON.parse(await secrets.open(account, purpose, { key, iv, data })) }
  } catch (error) {
    // Whatever else fails says that the token is none of this Weir's.
    if (isOutage(error)) throw error
    return undefined
  }
}
