import type { Env } from '../../env.ts'
import type { Publish } from '../../records/publications.ts'
import { publishKeyRecord } from '../publish-key-record.ts'
import { compileKeyRecord } from './compile-key-record.ts'
import { readKeyWithPlans } from './read-key-with-plans.ts'

/** Tells admission what there is to know of a key. The publication's pointer is the hash of the key's value. */
export const publishApiKey =
  (env: Env): Publish =>
  async ({ id, region, pointer: valueHash, generation }) => {
    const account = { id, region }
    const found = await readKeyWithPlans(env.DB, account, valueHash)
    const record = compileKeyRecord(account, generation, found)
    await publishKeyRecord({ store: env.STORE, meters: env.KEY_METER }, record, valueHash)
  }
