import type { CognitoIdentityProvider } from '@aws-sdk/client-cognito-identity-provider'
import { IDENTITY_PUBLICATION, identityId } from '../../../identity/published.ts'
import {
  clientAnywhere,
  type FoundClient,
  type FoundPool,
  poolAnywhere,
} from '../../../identity/user-pools/find-pool.ts'
import {
  type ClientRecord,
  clients,
  type PoolRecord,
  pools,
} from '../../../identity/user-pools/pool-records.ts'
import type { Account } from '../../../lib/account.ts'
import type { Refusal } from '../../../lib/refusal.ts'
import type { Platform } from '../../../platform.ts'
import { REFUSED } from '../../../protection/stranger-guard.ts'
import { modifyOr } from '../../../records/modify.ts'
import type { Change, Kind, Records, Stored } from '../../../records/records.ts'
import type { Call, Handlers } from '../../wire/service.ts'
import type { CognitoParts } from './parts.ts'
import { concurrentModification, limitExceeded, noSuchClient, noSuchPool, rateExceeded } from './refusals.ts'

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

/** What belongs to a pool, with the pool. */
export interface FoundIn<T> {
  readonly pool: Stored<PoolRecord>
  readonly found: Stored<T>
}

/**
 * What belongs to a pool of the caller's.
 *
 * @param missing what is said where the pool has none of this id
 */
export async function findIn<T>(
  context: Pick<Context, 'records'>,
  of: Kind<T>,
  poolId: string,
  id: string,
  missing: () => Refusal,
): Promise<FoundIn<T>> {
  const [pool, found] = await Promise.all([findPool(context, poolId), context.records.get(of, poolId, id)])
  if (!found) throw missing()
  return { pool, found }
}

/** A client that belongs to a pool of the caller's. */
export const findClientOf = (
  context: Pick<Context, 'records'>,
  poolId: string,
  clientId: string,
): Promise<FoundIn<ClientRecord>> => findIn(context, clients, poolId, clientId, () => noSuchClient(clientId))

/** Who asks, without a signature. */
export type Asking = Pick<Call<Platform>, 'platform' | 'sourceIp'>

/** A client by its id alone, with its pool and account: of operations that nobody signs. */
export async function findClient(
  { met }: Pick<CognitoParts, 'met'>,
  { platform: { env }, sourceIp }: Asking,
  clientId: string,
): Promise<FoundClient> {
  const look = () => clientAnywhere(env.DB, clientId)
  const found = await met.clients.look(clientId, sourceIp, look, ({ pool }) => pool.id)
  if (found === REFUSED) throw rateExceeded()
  if (!found) throw noSuchClient(clientId)
  return found
}

/** The pool that a user's token names. */
export async function findPoolOfToken(
  { met }: Pick<CognitoParts, 'met'>,
  { platform: { env }, sourceIp }: Asking,
  poolId: string,
): Promise<FoundPool | undefined> {
  const look = () => poolAnywhere(env.DB, poolId)
  const found = await met.pools.look(poolId, sourceIp, look, () => poolId)
  if (found === REFUSED) throw rateExceeded()
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

/** What is to belong to a pool. */
interface Creation<T> {
  readonly id: string
  /** How many of the kind a pool can have, and what they are called. */
  readonly most: number
  readonly called: string
  /** What is said where there is one of this id already; absent for ids that are drawn. */
  readonly taken?: () => Refusal
  readonly make: (pool: Stored<PoolRecord>) => T | Promise<T>
}

/** Creates something in a pool of the caller's, which is still as it was read when it is written. */
export const createIn = <T>(
  context: Context,
  of: Kind<T>,
  poolId: string,
  { id, most, called, taken, make }: Creation<T>,
): Promise<T> =>
  change(async () => {
    const { records } = context
    const [pool, known, count] = await Promise.all([
      findPool(context, poolId),
      taken && records.get(of, poolId, id),
      records.count(of, poolId),
    ])
    if (taken && known) throw taken()
    if (count >= most) throw limitExceeded(`A user pool can have at most ${most} ${called}.`)
    const doc = await make(pool)
    await records.change().expect(pools, pool).create(of, { parent: poolId, id }, doc).commit()
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
