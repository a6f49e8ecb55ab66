import type { Account } from '../lib/account.ts'
import type { Platform } from '../platform.ts'
import type { Records } from '../records/records.ts'
import type { Call } from './wire/service.ts'

/** What almost every operation needs of its call, of services whose resources belong to an account in a region. */
export interface AccountContext {
  readonly account: Account
  readonly records: Records
  readonly platform: Platform
  readonly call: Call<Platform>
  /** Milliseconds since the epoch. */
  readonly now: number
}

export function accountContext(call: Call<Platform>): AccountContext {
  const account = { id: call.account, region: call.region }
  const { platform } = call
  return { account, records: platform.records(account), platform, call, now: platform.clock() }
}
