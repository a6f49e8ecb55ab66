import type { OutgoingMessage } from './messenger.ts'

/** A message that a Weir in development has kept instead of sending it. */
export interface KeptMessage extends OutgoingMessage {
  readonly account: string
  readonly pool: string
  /** Milliseconds since the epoch. */
  readonly sent: number
}

/** Older ones are forgotten. */
const MOST_KEPT = 1_000

export async function putInOutbox(db: D1Database, message: KeptMessage): Promise<void> {
  const { account, to, ...rest } = message
  await db.batch([
    db
      .prepare('INSERT INTO outbox (account, recipient, doc) VALUES (?, ?, ?)')
      .bind(account, to, JSON.stringify(rest)),
    db.prepare('DELETE FROM outbox WHERE id <= (SELECT max(id) FROM outbox) - ?').bind(MOST_KEPT),
  ])
}

/** The newest first, of all accounts. */
export async function outboxOf(
  db: D1Database,
  { recipient, limit }: { recipient?: string | undefined; limit: number },
): Promise<KeptMessage[]> {
  const { results } = await db
    .prepare(
      `SELECT account, recipient, doc FROM outbox WHERE ?1 IS NULL OR recipient = ?1 ORDER BY id DESC LIMIT ?2`,
    )
    .bind(recipient ?? null, Math.min(Math.max(Math.trunc(limit), 1), MOST_KEPT))
    .all<{ account: string; recipient: string; doc: string }>()
  return results.map(
    row => ({ account: row.account, to: row.recipient, ...JSON.parse(row.doc) }) as KeptMessage,
  )
}
