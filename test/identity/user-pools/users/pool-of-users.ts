import { env as workerEnv } from 'cloudflare:workers'
import type { Env } from '../../../../src/env.ts'
import {
  type PoolRecord,
  type PoolSettings,
  pools,
} from '../../../../src/identity/user-pools/pool-records.ts'
import { GroupMembers } from '../../../../src/identity/user-pools/users/group-members.ts'
import { type OwnedPool, PoolUsers } from '../../../../src/identity/user-pools/users/users.ts'
import { shortId } from '../../../../src/lib/ids.ts'
import { migrate } from '../../../../src/records/migrate.ts'
import { Records } from '../../../../src/records/records.ts'

export const env = workerEnv as unknown as Env
export const account = { id: '000000000000', region: 'eu-central-1' }

/** A pool that no other test has, and its users, straight on the database. */
export async function poolWith(settings: PoolSettings) {
  await migrate(env.DB)
  const id = `${account.region}_${shortId(9)}`
  const doc: PoolRecord = {
    name: 'pool',
    created: 0,
    modified: 0,
    settings,
    schema: [],
    tags: {},
    issuer: `http://weir.test/${id}`,
    keys: [],
  }
  await new Records(env.DB, account).change().create(pools, { parent: '', id }, doc).commit()
  const pool: OwnedPool = { account, pool: { id, doc } }
  return { users: new PoolUsers(env.DB, pool), members: new GroupMembers(env.DB, pool), id, pool }
}
