import type { Secrets } from '../encryption/secrets.ts'
import { isOutage } from '../lib/is-outage.ts'
import type { Caller } from './caller.ts'

/** What a session's token says, which says it all: no isolate has to look anything up. */
export interface OpenedSession {
  /** Who calls with it. */
  readonly caller: Caller
  readonly secretAccessKey: string
  /** Milliseconds since the epoch. */
  readonly expires: number
}

interface TokenContent extends OpenedSession {
  readonly schema: 1
}

const PURPOSE = 'session token'

/** The account in clear, whose keys open the rest: id of the key, initialisation vector and data of what is sealed. */
const FORM = /^(\d{12})\.([\w-]+)\.([A-Za-z0-9+/]+={0,2})\.([A-Za-z0-9+/]+={0,2})$/

/** Whether a text has the form of a session token of Weir's: AWS's own have another one. */
export const looksLikeSessionToken = (text: string): boolean => FORM.test(text)

/** Whose key seals a token, and its id, if it says the truth; undefined for a text of another form. */
export function sealerOf(token: string): { readonly account: string; readonly key: string } | undefined {
  const [, account, key] = FORM.exec(token) ?? []
  return account === undefined || key === undefined ? undefined : { account, key }
}

export async function sealSession(secrets: Pick<Secrets, 'seal'>, session: OpenedSession): Promise<string> {
  const { account } = session.caller
  const content: TokenContent = { schema: 1, ...session }
  const { key, iv, data } = await secrets.seal(account, PURPOSE, JSON.stringify(content))
  if (key === undefined) throw new Error('a session is sealed with a data key')
  return [account, key, iv, data].join('.')
}

/** Undefined for a token that this Weir did not give, or not like that. */
export async function openSession(
  secrets: Pick<Secrets, 'open'>,
  token: string,
): Promise<OpenedSession | undefined> {
  const [, account, key, iv, data] = FORM.exec(token) ?? []
  if (account === undefined || key === undefined || iv === undefined || data === undefined) return undefined
  let content: string
  try {
    content = await secrets.open(account, PURPOSE, { key, iv, data })
  } catch (error) {
    // Whatever else fails says that the token is none of this Weir's.
    if (isOutage(error)) throw error
    return undefined
  }
  return JSON.parse(content) as TokenContent
}
