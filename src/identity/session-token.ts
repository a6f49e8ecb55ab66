import type { Secrets } from '../encryption/secrets.ts'
import type { Caller } from './caller.ts'
import { looksSealed, openToken, sealToken } from './sealed-token.ts'

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

/** Whether a text has the form of a session token of Weir's: AWS's own have another one. */
export const looksLikeSessionToken = looksSealed

export function sealSession(secrets: Pick<Secrets, 'seal'>, session: OpenedSession): Promise<string> {
  const content: TokenContent = { schema: 1, ...session }
  return sealToken(secrets, session.caller.account, PURPOSE, content)
}

/** Undefined for a token that this Weir did not give, or not like that. */
export async function openSession(
  secrets: Pick<Secrets, 'open'>,
  token: string,
): Promise<OpenedSession | undefined> {
  const opened = await openToken(secrets, PURPOSE, token)
  return opened?.content as TokenContent | undefined
}
