import { env } from 'cloudflare:workers'
import { beforeAll, expect, test } from 'vitest'
import { removeExpiredSignIns, SignIns } from '../../../../src/identity/user-pools/tokens/sign-ins.ts'
import { planesOf } from '../../../../src/planes.ts'
import { env as weir } from '../../../whole-weir.ts'

const { DB } = env as unknown as { DB: D1Database }

beforeAll(() => planesOf(weir).start())

/** Rows that the statements of `work` read, however many of them there are. */
async function rowsRead(work: (db: D1Database) => Promise<unknown>): Promise<number> {
  let rows = 0
  const counting = (statement: D1PreparedStatement): D1PreparedStatement =>
    new Proxy(statement, {
      get(target, name) {
        if (name === 'bind') return (...values: unknown[]) => counting(target.bind(...values))
        if (name !== 'run') return Reflect.get(target, name)
        return async () => {
          const result = await target.run()
          rows += result.meta.rows_read
          return result
        }
      },
    })
  await work({ prepare: (sql: string) => counting(DB.prepare(sql)) } as D1Database)
  return rows
}

test('all sign-ins of a user are ended without reading those of others', async () => {
  const pool = `us-east-1_${crypto.randomUUID().slice(0, 8)}`
  const insert = DB.prepare(
    `INSERT INTO pool_sign_ins (account, pool, id, username, client, expires, ended, doc)
     SELECT '000000000000', ?1, value, 'user-' || (value % 100), 'client', 9999999999, 0, '{}'
     FROM json_each(?2)`,
  )
  await insert.bind(pool, JSON.stringify(Array.from({ length: 1_000 }, (_, id) => id))).run()
  const owned = { account: { id: '000000000000', region: 'us-east-1' }, pool: { id: pool } }
  const read = await rowsRead(db => new SignIns(db, owned).endAll('user-7', 1))
  expect(read).toBeLessThan(100)
  const ended = await DB.prepare('SELECT count(*) AS n FROM pool_sign_ins WHERE pool = ? AND ended = 1')
    .bind(pool)
    .first<{ n: number }>()
  expect(ended?.n).toBe(10)
  await DB.prepare('DELETE FROM pool_sign_ins WHERE pool = ?').bind(pool).run()
})

test('expired sign-ins are removed however many there are', async () => {
  const pool = `us-east-1_${crypto.randomUUID().slice(0, 8)}`
  await DB.prepare(
    `INSERT INTO pool_sign_ins (account, pool, id, username, client, expires, ended, doc)
     SELECT '000000000000', ?1, value, 'user', 'client', 1, 0, '{}' FROM json_each(?2)`,
  )
    .bind(pool, JSON.stringify(Array.from({ length: 25 }, (_, id) => id)))
    .run()
  expect(await removeExpiredSignIns(DB, 2 * 86_400_000, 10)).toBe(25)
})
