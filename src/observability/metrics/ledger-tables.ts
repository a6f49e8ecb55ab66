/** What of an object's SQLite is needed here. Everything is synchronous, and one turn is one transaction. */
export interface Sql {
  exec(
    query: string,
    ...values: Array<string | number>
  ): { toArray(): Array<Record<string, SqlStorageValue>> }
}

/**
 * `journal`: what was told since the last time that it was put in its place, a row a write; rows of former epochs are
 * written over. `spans`: what was put in its place, a row for a subject and some of its buckets. Rows are what writing
 * costs, and one with its own index would be billed as two.
 */
export const SCHEMA = `
  CREATE TABLE IF NOT EXISTS journal (slot INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, entries TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS subjects (id INTEGER PRIMARY KEY, subject TEXT NOT NULL, cells TEXT NOT NULL, last_at INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS spans (
    subject INTEGER NOT NULL, level INTEGER NOT NULL, at INTEGER NOT NULL, part INTEGER NOT NULL, buckets TEXT NOT NULL,
    PRIMARY KEY (subject, level, at, part)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;`

export const TABLES = ['journal', 'subjects', 'spans'] as const

/** Characters of a row of the journal or of a span; the platform takes two million bytes. */
export const MOST_ROW = 500_000
