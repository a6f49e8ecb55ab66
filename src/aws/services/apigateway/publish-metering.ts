import { KEY_PUBLICATION, PLAN_PUBLICATION } from '../../../metering/control/metering-records.ts'
import type { Context } from './context.ts'

/** Publishes plans that a committed change marked; see `KEYS_AT_ONCE` for plans with very many keys. */
export async function publishPlans(
  { platform, account }: Context,
  plans: readonly { readonly id: string }[],
): Promise<void> {
  for (const { id } of plans) await platform.publications.publish(account, PLAN_PUBLICATION, id)
}

/** Publishes a key that a committed change marked. */
export const publishKey = ({ platform, account }: Context, valueHash: string): Promise<void> =>
  platform.publications.publish(account, KEY_PUBLICATION, valueHash)
