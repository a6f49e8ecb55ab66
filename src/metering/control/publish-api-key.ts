import type { Env } from '../../env.ts'
import { type Clock, systemClock } from '../../lib/clock.ts'
import type { Publish } from '../../records/publications.ts'
import { readKeyMoney } from '../money/control/read-key-money.ts'
import { publishKeyRecord } from '../publish-key-record.ts'
import { compileKeyRecord } from './compile-key-record.ts'
import { readKeyWithPlans } from './read-key-with-plans.ts'

/** Tells admission what there is to know of a key. The publication's pointer is the hash of the key's value. */
export const publishApiKey =
  (env: Env, clock: Clock = systemClock): Publish =>
  async ({ id, region, pointer: valueHash, generation }) => {
    const account = { id, region }
    const found = await readKeyWithPlans(env.DB, account, valueHash)
    const money = found && (await readKeyMoney(env.DB, account, found.keyId, clock()))
    const record = compileKeyRecord(account, generation, found, money)
    await publishKeyRecord({ store: env.STORE, meters: env.KEY_METER }, record, valueHash)
  }
