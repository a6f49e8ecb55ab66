import type { Program } from '../program.ts'

export const DATABASES = [
  {
    package: 'ioredis',
    exercised: 'commands and a pipeline of one client for all calls, a refused connection',
    source: `const Redis = require('ioredis')
let client
exports.handler = async ({ who, redis, closed }) => {
  client ??= new Redis({ port: redis, host: '127.0.0.1' })
  await client.set('name:' + who, who)
  const [[, name], [, count]] = await client.pipeline().get('name:' + who).incrby('count:' + who, 0).exec()
  const wrong = await client.call('NONSENSE').catch(error => error.message)
  const nobody = new Redis({ port: closed, host: '127.0.0.1', lazyConnect: true, retryStrategy: null, connectTimeout: 2000 })
  const why = new Promise(resolve => nobody.on('error', error => resolve(error.code)))
  await nobody.connect().catch(() => {})
  return [name, count, wrong, await why]
}`,
    expected: ({ who }) => [who, 0, "ERR unknown command 'NONSENSE'", 'ECONNREFUSED'],
  },
  {
    package: 'pg',
    exercised: 'URL parsed, values escaped, a refused connection',
    source: `const { Client, Pool, types, escapeLiteral } = require('pg')
exports.handler = async ({ who, closed }) => {
  const client = new Client('postgres://' + who + ':secret@127.0.0.1:' + closed + '/shop')
  const refused = await client.connect().catch(error => error.code)
  const pool = new Pool({ connectionString: 'postgres://127.0.0.1:' + closed + '/shop', connectionTimeoutMillis: 2000 })
  const alsoRefused = await pool.query('select 1').catch(error => error.code)
  return [client.user, client.database, escapeLiteral("it's " + who), types.getTypeParser(23)('42'), refused, alsoRefused]
}`,
    expected: ({ who }) => [who, 'shop', `'it''s ${who}'`, 42, 'ECONNREFUSED', 'ECONNREFUSED'],
  },
  {
    package: 'mysql2',
    exercised: 'a statement formatted, a refused connection',
    source: `const mysql = require('mysql2'), { createConnection } = require('mysql2/promise')
exports.handler = async ({ who, closed }) => {
  const statement = mysql.format('select * from ?? where name = ? and id in (?)', ['people', who, [1, 2]])
  const refused = await createConnection({ host: '127.0.0.1', port: closed, user: who, connectTimeout: 2000 }).catch(error => error.code)
  return [statement, refused]
}`,
    expected: ({ who }) => [
      `select * from \`people\` where name = '${who}' and id in (1, 2)`,
      'ECONNREFUSED',
    ],
  },
  {
    package: 'mongodb',
    exercised: 'BSON both ways, a refused connection',
    source: `const { MongoClient, ObjectId, BSON } = require('mongodb')
exports.handler = async ({ who, closed }) => {
  const id = new ObjectId('0123456789abcdef01234567')
  const read = BSON.deserialize(BSON.serialize({ _id: id, who, at: new Date(0), n: 1.5 }))
  const client = new MongoClient('mongodb://127.0.0.1:' + closed, { serverSelectionTimeoutMS: 1500 })
  const refused = await client.db('shop').collection('people').findOne({ who }).catch(error => error)
  await client.close()
  return [read._id.toHexString(), read.who, read.at.getTime(), read.n, refused.name, refused.message.includes('127.0.0.1:' + closed)]
}`,
    expected: ({ who }) => ['0123456789abcdef01234567', who, 0, 1.5, 'MongoServerSelectionError', true],
  },
  {
    package: 'drizzle-orm',
    exercised: 'statements of the PostgreSQL and the SQLite dialect, and rows through its proxy driver',
    source: `const { pgTable, text, integer, PgDialect } = require('drizzle-orm/pg-core')
const { drizzle } = require('drizzle-orm/pg-proxy'), { eq, gt, and } = require('drizzle-orm')
const people = pgTable('people', { name: text('name').primaryKey(), age: integer('age') })
exports.handler = async ({ who }) => {
  const asked = []
  const db = drizzle(async (sql, params) => { asked.push(sql, params); return { rows: [[who, 36]] } })
  const rows = await db.select().from(people).where(and(eq(people.name, who), gt(people.age, 30)))
  return [rows, asked]
}`,
    expected: ({ who }) => [
      [{ name: who, age: 36 }],
      ['select "name", "age" from "people" where ("people"."name" = $1 and "people"."age" > $2)', [who, 30]],
    ],
  },
] as const satisfies readonly Program[]
