import type { Secrets } from '../../encryption/secrets.ts'
import { toBase64 } from '../../lib/base64.ts'
import { entityId } from '../entity-id.ts'
import { type AccessKeyRecord, accessKeyPurpose } from '../iam-records.ts'

export interface NewAccessKey {
  /** `AKIA` and sixteen letters and digits. */
  readonly id: string
  /** Forty characters. It is told once: the record has it sealed. */
  readonly secret: string
  readonly record: AccessKeyRecord
}

const ID_LENGTH = 20

/** Bytes of randomness; forty characters in base64. */
const SECRET_BYTES = 30

/**
 * An access key to be, active from the beginning.
 *
 * @param user name of the user whose it is; undefined for the account's root
 * @param now milliseconds since the epoch
 */
export async function newAccessKey(
  secrets: Secrets,
  account: string,
  user: string | undefined,
  now: number,
): Promise<NewAccessKey> {
  const id = entityId('AKIA').slice(0, ID_LENGTH)
  const secret = toBase64(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)))
  const sealed = await secrets.seal(account, accessKeyPurpose(id), secret)
  return { id, secret, record: { user, active: true, created: now, secret: sealed } }
}
