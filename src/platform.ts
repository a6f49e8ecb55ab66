import { waitUntil } from 'cloudflare:workers'
import { KEYS_PUBLICATION, publishAccountKeys } from './encryption/account-keys.ts'
import { KMS_KEY_PUBLICATION, publishKmsKey } from './encryption/kms/published-keys.ts'
import { type Secrets, secretsOf } from './encryption/secrets.ts'
import type { Env } from './env.ts'
import type { Account } from './lib/account.ts'
import { type Clock, systemClock } from './lib/clock.ts'
import { Publications, type Publish } from './records/publications.ts'
import { Records } from './records/records.ts'

/** What control-plane operations stand on. */
export interface Platform {
  readonly env: Env
  readonly clock: Clock
  records(account: Account): Records
  readonly publications: Publications
  readonly secrets: Secrets
  /** Scheme and host under which the caller reached this Weir. */
  readonly origin: string
  /** Work that may outlive the response. */
  defer(work: Promise<unknown>): void
}

export function platformOf(
  env: Env,
  publishers: Readonly<Record<string, Publish>>,
  clock: Clock = systemClock,
): Omit<Platform, 'origin'> {
  return {
    env,
    clock,
    records: account => new Records(env.DB, account),
    publications: new Publications(env.DB, {
      [KEYS_PUBLICATION]: publishAccountKeys(env),
      [KMS_KEY_PUBLICATION]: publishKmsKey(env),
      ...publishers,
    }),
    secrets: secretsOf(env),
    defer: work => waitUntil(work),
  }
}
