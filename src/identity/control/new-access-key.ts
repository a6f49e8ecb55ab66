import type { Secrets } from '../../encryption/secrets.ts'
import { type AccessKeyRecord, accessKeyPurpose } from '../iam-records.ts'
import { newKeyPair } from '../key-pair.ts'

export interface NewAccessKey {
  /** `AKIA` and sixteen letters and digits. */
  readonly id: string
  /** Forty characters. It is told once: the record has it sealed. */
  readonly secret: string
  readonly record: AccessKeyRecord
}

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
  const { accessKeyId: id, secretAccessKey: secret } = newKeyPair('AKIA')
  const sealed = await secrets.seal(account, accessKeyPurpose(id), secret)
  return { id, secret, record: { user, active: true, created: now, secret: sealed } }
}
