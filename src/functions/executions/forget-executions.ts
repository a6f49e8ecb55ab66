import type { Env } from '../../env.ts'
import { markedObjects } from '../../lib/object-marks.ts'
import { metersOf } from './execution-batch.ts'

/** Forgets what an account's functions were counted for; only a reset of the local account does this. */
export async function forgetExecutions(env: Env, account: string): Promise<void> {
  const meters = await markedObjects(env.STORE, metersOf(account))
  await Promise.all(meters.map(name => env.EXECUTION_METER.getByName(name).forget()))
}
