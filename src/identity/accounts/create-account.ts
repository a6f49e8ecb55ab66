import { randomBelow } from '../../lib/random.ts'
import type { Platform } from '../../platform.ts'
import { findAnywhere, StaleRevision } from '../../records/records.ts'
import { freePlace } from '../control/access-key-places.ts'
import { newAccessKey } from '../control/new-access-key.ts'
import { accountId } from '../credentials.ts'
import { accessKeys, iamAccount } from '../iam-records.ts'
import type { KeyPair } from '../key-pair.ts'
import { IDENTITY_PUBLICATION, identityId } from '../published.ts'
import { accounts } from './account-records.ts'

export type AccountPlatform = Pick<Platform, 'env' | 'records' | 'publications' | 'secrets' | 'clock'>

/** An account, and its root's first access key, which is told once. */
export interface NewAccount extends KeyPair {
  /** Twelve digits. */
  readonly account: string
  readonly name: string
}

/** Numbers that are tried before something must be wrong: they are twelve digits, and random. */
const TRIES = 5

/** Makes an account with a number that nobody has, and the first access key of its root. */
export async function createAccount(platform: AccountPlatform, name: string): Promise<NewAccount> {
  for (let tries = 1; ; tries++) {
    const account = newNumber()
    if (await isTaken(platform, account)) continue
    const key = await newAccessKey(platform.secrets, account, undefined, platform.clock())
    const publication = { kind: IDENTITY_PUBLICATION, id: identityId('key', key.id) }
    try {
      await platform
        .records(iamAccount(account))
        .change()
        .create(accounts, { parent: '', id: account }, { name, created: platform.clock() })
        .create(accessKeys, { parent: '', id: key.id }, key.record, freePlace('', []))
        .publish(publication)
        .commit()
    } catch (error) {
      if (error instanceof StaleRevision && tries < TRIES) continue
      throw error
    }
    await platform.publications.publish(iamAccount(account), publication.kind, publication.id)
    return { account, name, accessKeyId: key.id, secretAccessKey: key.secret }
  }
}

async function isTaken({ env }: AccountPlatform, account: string): Promise<boolean> {
  return account === accountId(env) || (await findAnywhere(env.DB, accounts, account)) !== undefined
}

/** Twelve digits, the first of them not 0: numbers are also read by tools that take them for numbers. */
const newNumber = (): string =>
  String(100_000 + randomBelow(900_000)) + String(randomBelow(1_000_000)).padStart(6, '0')
