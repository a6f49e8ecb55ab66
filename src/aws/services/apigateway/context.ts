import type { Account } from '../../../lib/account.ts'
import type { Platform } from '../../../platform.ts'
import type { Records } from '../../../records/records.ts'
import type { Call } from '../../wire/service.ts'

type ApiGatewayCall = Call<Platform>

/** What almost every operation needs of its call. */
export interface Context {
  readonly account: Account
  readonly records: Records
  readonly platform: Platform
  /** Epoch seconds. */
  readonly now: number
}

export function contextOf(call: ApiGatewayCall): Context {
  const account = { id: call.account, region: call.region }
  return {
    account,
    records: call.platform.records(account),
    platform: call.platform,
    now: Math.floor(call.platform.clock() / 1000),
  }
}

export const date = (epochSeconds: number): Date => new Date(epochSeconds * 1000)

/** Some answers carry `tags` only when there are any, others always. */
export const someTags = (
  tags: Readonly<Record<string, string>> | undefined,
): Record<string, string> | undefined => (tags && Object.keys(tags).length > 0 ? { ...tags } : undefined)
