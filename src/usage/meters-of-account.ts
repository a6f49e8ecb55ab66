import type { Env } from '../env.ts'
import type { Account } from '../lib/account.ts'
import { markedObjects } from '../lib/object-marks.ts'
import { metersOf } from './count-batch.ts'

type Bound = Pick<Env, 'STORE' | 'EXECUTION_METER'>

/** Has all meters that count for an account in a region bring the usage tables up to date. */
export async function rollUpAccount(env: Bound, { id, region }: Account): Promise<void> {
  const meters = await markedObjects(env.STORE, `${metersOf(id)}${region}/`)
  await Promise.all(meters.map(name => env.EXECUTION_METER.getByName(name).rollUp()))
}

/** Forgets what was counted for an account; only a reset of the local account, or its removal, does this. */
export async function forgetCounts(env: Bound, account: string): Promise<void> {
  const meters = await markedObjects(env.STORE, metersOf(account))
  await Promise.all(meters.map(name => env.EXECUTION_METER.getByName(name).forget()))
}
