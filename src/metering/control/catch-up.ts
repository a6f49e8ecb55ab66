import type { Env } from '../../env.ts'
import { Publications } from '../../records/publications.ts'
import type { KeyRecord } from '../key-record.ts'
import { KEY_PUBLICATION } from './metering-records.ts'
import { publishApiKey } from './publish-api-key.ts'

/**
 * Publishes the record of a key whose turn in the outbox has not come yet: a change may concern thousands of keys, and
 * one that is used a lot is not to wait for those that are not. For the key's object, when it is with the database
 * anyway.
 *
 * @param meterName ends with the hash of the key's value, which is what its record is published under
 */
export const catchUp = (
  env: Env,
  { account: id, region }: Pick<KeyRecord, 'account' | 'region'>,
  meterName: string,
): Promise<void> =>
  new Publications(env.DB, { [KEY_PUBLICATION]: publishApiKey(env) }).publish(
    { id, region },
    KEY_PUBLICATION,
    meterName.slice(meterName.lastIndexOf('/') + 1),
  )
