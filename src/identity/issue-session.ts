import type { Secrets } from '../encryption/secrets.ts'
import { toBase64 } from '../lib/base64.ts'
import type { Caller } from './caller.ts'
import { entityId } from './entity-id.ts'
import { sealSession } from './session-token.ts'

/** Temporary credentials. */
export interface SessionCredentials {
  /** `ASIA` and sixteen letters and digits. */
  readonly accessKeyId: string
  /** Forty characters. */
  readonly secretAccessKey: string
  readonly sessionToken: string
  /** Milliseconds since the epoch, of a whole second. */
  readonly expires: number
}

const ID_LENGTH = 20

/** Bytes of randomness; forty characters in base64. */
const SECRET_BYTES = 30

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
  const accessKeyId = entityId('ASIA').slice(0, ID_LENGTH)
  const secretAccessKey = toBase64(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)))
  const issued = Math.floor(now / 1000) * 1000
  const expires = issued + seconds * 1000
  const keys = { ...session.session, 'aws:TokenIssueTime': new Date(issued).toISOString() }
  const caller: Caller = { ...session, accessKeyId, session: keys }
  const sessionToken = await sealSession(secrets, { caller, secretAccessKey, expires })
  return { accessKeyId, secretAccessKey, sessionToken, expires }
}
