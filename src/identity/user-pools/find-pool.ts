import type { Account } from '../../lib/account.ts'
import { findAnywhere, Records, type Stored } from '../../records/records.ts'
import { type ClientRecord, clients, type PoolRecord, pools } from './pool-records.ts'

/** Which pool, and whose it is. */
export interface WhichPool {
  readonly account: Account
  readonly pool: { readonly id: string }
}

/** A pool and whose it is. */
export interface FoundPool extends WhichPool {
  readonly account: Account
  /** Its id is the pool's. */
  readonly pool: Stored<PoolRecord>
}

/** A client with the pool that it belongs to. */
export interface FoundClient extends FoundPool {
  /** Its id is the client's. */
  readonly client: Stored<ClientRecord>
}

/** A pool by its id alone, as those have it who sign nothing. */
export async function poolAnywhere(db: D1Database, poolId: string): Promise<FoundPool | undefined> {
  const found = await findAnywhere(db, pools, poolId)
  return found && { account: found.account, pool: found.stored }
}

/** A client of a pool that is known, with the pool. */
export async function clientOfPool(
  db: D1Database,
  { account, pool: { id } }: WhichPool,
  clientId: string,
): Promise<FoundClient | undefined> {
  const records = new Records(db, account)
  const [pool, client] = await Promise.all([records.get(pools, '', id), records.get(clients, id, clientId)])
  return pool && client && { account, pool, client }
}

/** A client and its pool by the client's id alone. */
export async function clientAnywhere(db: D1Database, clientId: string): Promise<FoundClient | undefined> {
  const found = await findAnywhere(db, clients, clientId)
  if (!found) return undefined
  const { account, stored: client } = found
  const pool = await new Records(db, account).get(pools, '', client.parent)
  return pool && { account, pool, client }
}
