import type { Env } from '../../env.ts'
import { METER_MARK, meterMarks } from './execution-batch.ts'

/** Forgets what an account's functions were counted for; only a reset of the local account does this. */
export async function forgetExecutions(env: Env, account: string): Promise<void> {
  // An account has a few meters in each region.
  const { objects } = await env.STORE.list({ prefix: meterMarks(account) })
  const meters = objects.map(({ key }) => key.slice(0, -METER_MARK.length))
  await Promise.all(meters.map(name => env.EXECUTION_METER.getByName(name).forget()))
}
