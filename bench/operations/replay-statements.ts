import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import type { Database } from './sqlite.ts'

export interface Rows {
  readonly read: number
  readonly written: number
}

/** What the statements of one database came to, by the table that each names first. */
export type RowsByTable = ReadonlyMap<string, Rows>

const WORKER = `
import { DurableObject } from 'cloudflare:workers'

export class Replay extends DurableObject {
  run(statements, countedFrom) {
    const tables = {}
    const { sql } = this.ctx.storage
    statements.forEach(({ sql: text, bound }, i) => {
      const cursor = sql.exec(text.replace(/\\b_kv\\b/g, 'kv_values'), ...bound)
      cursor.toArray()
      if (i < countedFrom) return
      const [, table = ''] = /\\b(?:INTO|UPDATE|FROM)\\s+(\\w+)/i.exec(text) ?? []
      const rows = (tables[table] ??= { read: 0, written: 0 })
      rows.read += cursor.rowsRead
      rows.written += cursor.rowsWritten
    })
    return tables
  }
}
export default {
  async fetch(request, env) {
    const { name, statements, countedFrom } = await request.json()
    return Response.json(await env.REPLAY.getByName(name).run(statements, countedFrom))
  },
}`

/** At a time: some bind ten kilobytes, and what is handed over at once may be 32 MiB. */
const STATEMENTS = 1_000

/**
 * What databases' statements read and wrote, as the platform counts it for its bill: they are run once more by
 * workerd's SQLite, whose cursors tell.
 */
export async function countRows(databases: readonly Database[]): Promise<Map<Database, RowsByTable>> {
  const server = new Miniflare(
    convertV4MiniflareOptions({
      cf: false,
      workers: [
        {
          name: 'replay',
          modules: true,
          script: WORKER,
          compatibilityDate: '2026-11-01',
          durableObjects: { REPLAY: { className: 'Replay', useSQLite: true } },
        },
      ],
    }),
  )
  try {
    const counted = new Map<Database, RowsByTable>()
    for (const database of databases) {
      const total = new Map<string, Rows>()
      for (let from = 0; from < database.ran.length; from += STATEMENTS) {
        const statements = database.ran.slice(from, from + STATEMENTS)
        const body = JSON.stringify({
          name: `${database.kind} ${database.name}`,
          statements,
          countedFrom: Math.max(0, database.countedFrom - from),
        })
        const response = await server.dispatchFetch('http://replay/', { method: 'POST', body })
        if (!response.ok) throw new Error(`${database.name} could not be replayed: ${await response.text()}`)
        const tables = (await response.json()) as Record<string, Rows>
        for (const [table, { read, written }] of Object.entries(tables)) {
          const sum = total.get(table) ?? { read: 0, written: 0 }
          total.set(table, { read: sum.read + read, written: sum.written + written })
        }
      }
      counted.set(database, total)
    }
    return counted
  } finally {
    await server.dispose()
  }
}
