import type { Account } from '../lib/account.ts'
import type { TargetTotals } from './compare/comparison.ts'
import type { DeploymentState, DeploymentStatus } from './deployment-state.ts'

/** A deployment as it is written down. */
export interface WrittenDeployment {
  readonly state: DeploymentState
  /** How both versions did, by target. */
  readonly totals: readonly TargetTotals[]
  /** How far the comparison is, in a sentence. */
  readonly finding?: string
}

/** One deployment, or the roll-back of one. */
export interface FoundDeployment extends WrittenDeployment {
  readonly id: string
  readonly isRollBack: boolean
}

interface Row {
  id: string
  doc: string
}

/** Of the roll-back of another one. */
interface RollBackDocument {
  readonly rollBackOf: string
}

const UPSERT = `INSERT INTO deployments (account, region, id, group_id, status, created, seq, doc)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET status = excluded.status, seq = excluded.seq, doc = excluded.doc WHERE seq < excluded.seq`

/** @param seq grows with every change; what is older than what is there changes nothing */
export async function writeDeployment(
  db: D1Database,
  written: WrittenDeployment,
  seq: number,
): Promise<void> {
  const { release, status, rollBack } = written.state
  const { account, groupId } = release
  const row = (id: string, of: DeploymentStatus, created: number, doc: unknown) =>
    db.prepare(UPSERT).bind(account.id, account.region, id, groupId, of, created, seq, JSON.stringify(doc))
  const rows = [row(release.id, status, release.created, written)]
  if (rollBack) {
    const doc: RollBackDocument = { rollBackOf: release.id }
    rows.push(row(release.rollBackId, rollBack.status, rollBack.started, doc))
  }
  await db.batch(rows)
}

const SELECT = 'SELECT id, doc FROM deployments WHERE account = ? AND region = ?'

/** By the id of a deployment or of a roll-back. */
export async function findDeployment(
  db: D1Database,
  account: Account,
  id: string,
): Promise<FoundDeployment | undefined> {
  const [found] = await findDeployments(db, account, [id])
  return found
}

/** Those that there are, in no order; at most 50 ids. */
export async function findDeployments(
  db: D1Database,
  account: Account,
  ids: readonly string[],
): Promise<FoundDeployment[]> {
  const docs = await documents(db, account, ids)
  const undone = [...docs.values()].flatMap(doc => ('rollBackOf' in doc ? [doc.rollBackOf] : []))
  const others = await documents(
    db,
    account,
    undone.filter(id => !docs.has(id)),
  )
  return [...docs].flatMap(([id, doc]) => {
    const isRollBack = 'rollBackOf' in doc
    const written = isRollBack ? (docs.get(doc.rollBackOf) ?? others.get(doc.rollBackOf)) : doc
    return written && 'state' in written ? [{ ...written, id, isRollBack }] : []
  })
}

async function documents(
  db: D1Database,
  account: Account,
  ids: readonly string[],
): Promise<Map<string, WrittenDeployment | RollBackDocument>> {
  if (ids.length === 0) return new Map()
  const { results } = await db
    .prepare(`${SELECT} AND id IN (SELECT value FROM json_each(?))`)
    .bind(account.id, account.region, JSON.stringify(ids))
    .all<Row>()
  return new Map(results.map(({ id, doc }) => [id, JSON.parse(doc) as WrittenDeployment | RollBackDocument]))
}

export interface DeploymentFilter {
  readonly groupIds?: readonly string[]
  readonly statuses?: readonly string[]
  /** Epoch milliseconds, both inclusive. */
  readonly from?: number
  readonly to?: number
}

export interface ListedDeployment {
  readonly id: string
  readonly created: number
}

/** Newest first, at most `limit` after a position. */
export async function listDeployments(
  db: D1Database,
  account: Account,
  filter: DeploymentFilter,
  {
    after,
    limit,
  }: { readonly after?: { readonly created: number; readonly id: string }; readonly limit: number },
): Promise<ListedDeployment[]> {
  const conditions: string[] = []
  const values: unknown[] = []
  const only = (condition: string, ...bound: unknown[]) => {
    conditions.push(`AND ${condition}`)
    values.push(...bound)
  }
  if (filter.groupIds) only('group_id IN (SELECT value FROM json_each(?))', JSON.stringify(filter.groupIds))
  if (filter.statuses) only('status IN (SELECT value FROM json_each(?))', JSON.stringify(filter.statuses))
  if (filter.from !== undefined) only('created >= ?', filter.from)
  if (filter.to !== undefined) only('created <= ?', filter.to)
  if (after) only('(created, id) < (?, ?)', after.created, after.id)
  const { results } = await db
    .prepare(
      `SELECT id, created FROM deployments WHERE account = ? AND region = ? ${conditions.join(' ')}
       ORDER BY created DESC, id DESC LIMIT ?`,
    )
    .bind(account.id, account.region, ...values, limit)
    .all<ListedDeployment & Record<string, unknown>>()
  return results
}

/** Of a group: the last that was begun, and the last that succeeded, roll-backs left out. */
export async function lastOfGroup(
  db: D1Database,
  account: Account,
  groupId: string,
): Promise<{ readonly attempted?: DeploymentState; readonly succeeded?: DeploymentState }> {
  const last = (status: string) =>
    db
      .prepare(
        `${SELECT} AND group_id = ? ${status} AND doc NOT LIKE '{"rollBackOf"%' ORDER BY created DESC, id DESC LIMIT 1`,
      )
      .bind(account.id, account.region, groupId)
  const [attempted, succeeded] = await db.batch<Row>([last(''), last("AND status = 'Succeeded'")])
  const stateOf = (row: Row | undefined) => row && (JSON.parse(row.doc) as WrittenDeployment).state
  return { attempted: stateOf(attempted?.results[0]), succeeded: stateOf(succeeded?.results[0]) }
}
