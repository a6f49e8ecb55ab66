import type { Env } from '../env.ts'
import type { Account } from '../lib/account.ts'
import { type FoundDeployment, findDeployment } from './deployment-table.ts'
import { driverName } from './release.ts'

/** A deployment or a roll-back as it is now, wherever it is kept. */
export async function findLiveDeployment(
  env: Env,
  account: Account,
  id: string,
): Promise<FoundDeployment | undefined> {
  const found = await findDeployment(env.DB, account, id)
  return found && asItIsNow(env, found)
}

/** The object of a group has the truth of what is under way. */
export async function asItIsNow(env: Env, found: FoundDeployment): Promise<FoundDeployment> {
  if (found.state.phase === 'ended') return found
  const { account, groupId } = found.state.release
  const live = await env.DEPLOYMENT_DRIVER.getByName(driverName(account, groupId)).describe(found.id)
  if (live) return { ...live, id: found.id, isRollBack: found.isRollBack }
  // It is over since it was read.
  return (await findDeployment(env.DB, account, found.id)) ?? found
}
