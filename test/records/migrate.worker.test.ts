import { env } from 'cloudflare:workers'
import { beforeEach, expect, it } from 'vitest'
import type { Env } from '../../src/env.ts'
import { MIGRATIONS, migrate } from '../../src/records/migrate.ts'

declare global {
  // Of Vite, which vitest runs on.
  interface ImportMeta {
    glob(pattern: string): Record<string, unknown>
  }
}

const db = (env as unknown as Env).DB

async function names(sql: string): Promise<string[]> {
  const { results } = await db.prepare(sql).all<{ name: string }>()
  return results.map(row => row.name)
}

const tables = () =>
  names(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB '_cf_*' AND name NOT GLOB 'sqlite_*'",
  )
const applied = () => names('SELECT name FROM d1_migrations ORDER BY id')

beforeEach(async () => {
  for (const table of await tables()) await db.prepare(`DROP TABLE "${table}"`).run()
})

it('names every file of migrations/, in order', () => {
  const files = import.meta.glob('../../migrations/*.sql')
  expect(MIGRATIONS.map(migration => `../../migrations/${migration.name}`)).toEqual(Object.keys(files).sort())
})

it('brings an empty database up to date, statements with bodies included', async () => {
  await migrate(db)
  expect(await applied()).toEqual(MIGRATIONS.map(migration => migration.name))
  expect(await tables()).toEqual(expect.arrayContaining(['resources', 'publications']))
  expect(await names("SELECT name FROM sqlite_schema WHERE type = 'trigger'")).toContain('expectations_hold')
})

it('keeps what is there when it runs again', async () => {
  await migrate(db)
  await db.exec("INSERT INTO resources VALUES ('a', 'r', 'k', '', 'one', 1, NULL, '{}')")
  await migrate(db)
  expect(await names('SELECT id AS name FROM resources')).toEqual(['one'])
  expect(await applied()).toHaveLength(MIGRATIONS.length)
})

it('applies each file once however many start together', async () => {
  const table = {
    name: '9001_counted.sql',
    statements: 'CREATE TABLE counted (n INTEGER); INSERT INTO counted VALUES (1);',
  }
  await Promise.all(Array.from({ length: 8 }, () => migrate(db, [...MIGRATIONS, table])))
  expect(await db.prepare('SELECT count(*) AS n FROM counted').first('n')).toBe(1)
  expect(await applied()).toEqual([...MIGRATIONS.map(migration => migration.name), table.name])
})

it('leaves nothing of a file that fails, and says which one it was', async () => {
  const broken = {
    name: '9002_broken.sql',
    statements: 'CREATE TABLE half (n INTEGER); INSERT INTO nowhere VALUES (1);',
  }
  await expect(migrate(db, [...MIGRATIONS, broken])).rejects.toThrow('migration 9002_broken.sql failed')
  expect(await tables()).not.toContain('half')
  expect(await applied()).toEqual(MIGRATIONS.map(migration => migration.name))
})

it('accepts a database that wrangler has migrated', async () => {
  // What `wrangler d1 migrations apply` runs: its table, then each file followed by its record.
  await db.exec(
    'CREATE TABLE IF NOT EXISTS "d1_migrations"(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL);',
  )
  for (const { name, statements } of MIGRATIONS) {
    await db.batch([
      db.prepare(statements),
      db.prepare(`INSERT INTO "d1_migrations" (name) values ('${name}')`),
    ])
  }
  await migrate(db)
  expect(await applied()).toEqual(MIGRATIONS.map(migration => migration.name))
})
