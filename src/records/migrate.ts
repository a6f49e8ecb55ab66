import records from '../../migrations/0001_records.sql'
import usage from '../../migrations/0002_usage.sql'
import executions from '../../migrations/0003_executions.sql'
import domainNames from '../../migrations/0004_domain_names.sql'
import identity from '../../migrations/0005_identity.sql'
import metering from '../../migrations/0006_metering.sql'
import methodUsage from '../../migrations/0007_method_usage.sql'
import observability from '../../migrations/0008_observability.sql'

/** The files of `migrations/`, in order: a new one has to be named here too, and a test compares the two. */
export const MIGRATIONS: ReadonlyArray<{ readonly name: string; readonly statements: string }> = [
  { name: '0001_records.sql', statements: records },
  { name: '0002_usage.sql', statements: usage },
  { name: '0003_executions.sql', statements: executions },
  { name: '0004_domain_names.sql', statements: domainNames },
  { name: '0005_identity.sql', statements: identity },
  { name: '0006_metering.sql', statements: metering },
  { name: '0007_method_usage.sql', statements: methodUsage },
  { name: '0008_observability.sql', statements: observability },
]

// Wrangler's own table, column for column (`wrangler d1 migrations apply` creates the same one): a database that
// either of the two has migrated needs nothing from the other.
const CREATE_TABLE = `CREATE TABLE IF NOT EXISTS d1_migrations(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
)`

/**
 * Brings the schema up to date; a deployed Weir is migrated by its operator (`wrangler d1 migrations apply`) instead.
 * One query when there is nothing to do. Each file is applied with its record in one transaction, so that a crash
 * leaves it done or undone, and of several callers one applies it and the others find it applied.
 */
export async function migrate(
  db: D1Database,
  migrations: ReadonlyArray<{ readonly name: string; readonly statements: string }> = MIGRATIONS,
): Promise<void> {
  let applied = await appliedTo(db)
  for (const { name, statements } of migrations) {
    if (applied.has(name)) continue
    try {
      await db.batch([
        db.prepare(CREATE_TABLE),
        // First, as it is unique: whoever comes second fails here and changes nothing.
        db.prepare('INSERT INTO d1_migrations (name) VALUES (?)').bind(name),
        db.prepare(statements),
      ])
    } catch (error) {
      applied = await appliedTo(db)
      if (!applied.has(name)) throw new Error(`migration ${name} failed`, { cause: error })
    }
  }
}

async function appliedTo(db: D1Database): Promise<ReadonlySet<string>> {
  try {
    const { results } = await db.prepare('SELECT name FROM d1_migrations').all<{ name: string }>()
    return new Set(results.map(row => row.name))
  } catch (error) {
    if (String(error).includes('no such table')) return new Set()
    throw error
  }
}
