import type { CognitoIdentityProvider } from '@aws-sdk/client-cognito-identity-provider'
import { IDENTITY_PUBLICATION, identityId } from '../../../identity/published.ts'
import { clientAnywhere, type FoundClient } from '../../../identity/user-pools/find-pool.ts'
import {
  type ClientRecord,
  clients,
  type PoolRecord,
  pools,
} from '../../../identity/user-pools/pool-records.ts'
import type { Account } from '../../../lib/account.ts'
import type { Platform } from '../../../platform.ts'
import { modifyOr } from '../../../records/modify.ts'
import type { Change, Records, Stored } from '../../../records/records.ts'
import type { Call, Handlers } from '../../wire/service.ts'
import { concurrentModification, noSuchClient, noSuchPool } from './refusals.ts'

export type CognitoHandlers = Handlers<CognitoIdentityProvider, Platform>

/** What almost every signed operation needs of its call. */
export interface Context {
  readonly account: Account
  readonly records: Records
  readonly platform: Platform
  /** Milliseconds since the epoch. */
  readonly now: number
}

export function contextOf(call: Call<Platform>): Context {
  const account = { id: call.account, region: call.region }
  return {
    account,
    records: call.platform.records(account),
    platform: call.platform,
    now: call.platform.clock(),
  }
}

/** A pool of the caller's account and region. */
export async function findPool(
  { records }: Pick<Context, 'records'>,
  poolId: string,
): Promise<Stored<PoolRecord>> {
  const pool = await records.get(pools, '', poolId)
  if (!pool) throw noSuchPool(poolId)
  return pool
}

/** A client that belongs to a pool of the caller's. */
export async function findClientOf(
  { records }: Pick<Context, 'records'>,
  poolId: string,
  clientId: string,
): Promise<Stored<ClientRecord>> {
  const client = await records.get(clients, poolId, clientId)
  if (!client) throw noSuchClient(clientId)
  return client
}

/** A client by its id alone, with its pool and account: of operations that nobody signs. */
export async function findClient({ env }: Pick<Platform, 'env'>, clientId: string): Promise<FoundClient> {
  const found = await clientAnywhere(env.DB, clientId)
  if (!found) throw noSuchClient(clientId)
  return found
}

/** A change: `work` reads, decides and commits, and is run again when somebody else was faster. */
export const change = <T>(work: () => Promise<T>): Promise<T> => modifyOr(concurrentModification, work)

/** A change of one pool: what `edit` answers is what it is from now on. */
export const changePool = (
  context: Context,
  poolId: string,
  edit: (pool: PoolRecord, further: Change) => PoolRecord | Promise<PoolRecord>,
): Promise<PoolRecord> =>
  change(async () => {
    const pool = await findPool(context, poolId)
    const transaction = context.records.change()
    const doc = await edit(pool.doc, transaction)
    await transaction.replace(pools, pool, doc).commit()
    return doc
  })

/** What has to be published after a change of what the data plane knows of a pool. */
export const poolPublication = (poolId: string) => ({
  kind: IDENTITY_PUBLICATION,
  id: identityId('pool', poolId),
})

/** Tells the data plane; a change of what it knows is acknowledged only after this. */
export const publishPool = ({ platform, account }: Context, poolId: string): Promise<void> =>
  platform.publications.publish(account, IDENTITY_PUBLICATION, identityId('pool', poolId))
