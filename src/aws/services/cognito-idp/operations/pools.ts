import { withDefaults } from '../../../../identity/user-pools/pool-defaults.ts'
import { newPoolKey } from '../../../../identity/user-pools/pool-keys.ts'
import { type PoolRecord, pools } from '../../../../identity/user-pools/pool-records.ts'
import { STANDARD_ATTRIBUTES } from '../../../../identity/user-pools/standard-attributes.ts'
import { shortId } from '../../../../lib/ids.ts'
import { describePool } from '../answers.ts'
import {
  type CognitoHandlers,
  change,
  contextOf,
  findPool,
  poolPublication,
  publishPool,
} from '../context.ts'

export const poolOperations = {
  async CreateUserPool(input, call) {
    const context = contextOf(call)
    const { account, platform, records, now } = context
    const key = await newPoolKey(platform.secrets, account.id, now)
    const id = `${account.region}_${shortId(9)}`
    const { PoolName, UserPoolTags, Schema, ...settings } = input
    const pool: PoolRecord = {
      name: PoolName,
      created: now,
      modified: now,
      settings: withDefaults(settings),
      schema: STANDARD_ATTRIBUTES as PoolRecord['schema'],
      tags: UserPoolTags ?? {},
      issuer: `${platform.origin}/${id}`,
      keys: [key],
    }
    await change(() =>
      records.change().create(pools, { parent: '', id }, pool).publish(poolPublication(id)).commit(),
    )
    await publishPool(context, id)
    return { UserPool: describePool(account, id, pool, 0) }
  },

  async DescribeUserPool(input, call) {
    const context = contextOf(call)
    const { doc, id } = await findPool(context, input.UserPoolId)
    return { UserPool: describePool(context.account, id, doc, 0) }
  },
} satisfies CognitoHandlers
