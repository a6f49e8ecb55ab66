import type { Secrets } from '../encryption/secrets.ts'
import type { Caller } from './caller.ts'
import { type KeyPair, newKeyPair } from './key-pair.ts'
import { sealSession } from './session-token.ts'

/** Temporary credentials. */
export interface SessionCredentials extends KeyPair {
  readonly sessionToken: string
  /** Milliseconds since the epoch, of a whole second. */
  readonly expires: number
}

/**
 * Begins a session. Nothing of it is kept: its token says all of it.
 *
 * @param now milliseconds since the epoch
 * @param seconds until it ends
 */
export async function issueSession(
  secrets: Pick<Secrets, 'seal'>,
  session: Omit<Caller, 'accessKeyId'>,
  now: number,
  seconds: number,
): Promise<SessionCredentials> {
  const { accessKeyId, secretAccessKey } = newKeyPair('ASIA')
  const issued = Math.floor(now / 1000) * 1000
  const expires = issued + seconds * 1000
  const keys = { ...session.session, 'aws:TokenIssueTime': new Date(issued).toISOString() }
  const caller: Caller = { ...session, accessKeyId, session: keys }
  const sessionToken = await sealSession(secrets, { caller, secretAccessKey, expires })
  return { accessKeyId, secretAccessKey, sessionToken, expires }
}
