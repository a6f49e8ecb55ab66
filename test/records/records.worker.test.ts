import { env as workerEnv } from 'cloudflare:workers'
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Env } from '../../src/env.ts'
import { Refusal } from '../../src/lib/refusal.ts'
import { migrate } from '../../src/records/migrate.ts'
import { type Publication, Publications } from '../../src/records/publications.ts'
import { kind, Records, StaleRevision } from '../../src/records/records.ts'

const { DB } = workerEnv as unknown as Env
const things = kind<{ text: string }>('test.thing')

beforeAll(() => migrate(DB))

const recordsOf = (id: string) => new Records(DB, { id, region: 'us-east-1' })

describe('a document', () => {
  test('that no row can hold is refused by name, whatever alphabet it is written in', async () => {
    const records = recordsOf('large')
    await records
      .change()
      .create(things, { parent: '', id: 'a' }, { text: 'x'.repeat(1_800_000) })
      .commit()
    const stored = (await records.get(things, '', 'a'))!
    await records
      .change()
      .replace(things, stored, { text: 'ж'.repeat(900_000) })
      .commit()
    const now = (await records.get(things, '', 'a'))!
    for (const text of ['x'.repeat(2_000_000), 'ж'.repeat(1_000_000)]) {
      expect(() => records.change().create(things, { parent: '', id: 'b' }, { text })).toThrow(Refusal)
      expect(() => records.change().replace(things, now, { text })).toThrow(/bytes that can be kept of one/)
    }
  })

  test('takes an alias for itself: of two that want it at once one is told that it was slower', async () => {
    const records = recordsOf('alias')
    const create = (id: string) =>
      records.change().create(things, { parent: '', id }, { text: id }, 'shared').commit()
    const outcomes = await Promise.allSettled([create('a'), create('b')])
    const failed = outcomes.filter(outcome => outcome.status === 'rejected')
    expect(failed.map(({ reason }) => reason instanceof StaleRevision)).toEqual([true])
    expect((await records.byAlias(things, 'shared'))?.doc.text).toMatch(/^[ab]$/)
  })
})

describe('many documents', () => {
  const many = (count: number, text: string) =>
    Array.from({ length: count }, (_, i) => ({ id: `id-${i}`, doc: { text: `${text} ${i}` } }))

  test('are created, replaced and removed in one change, which knows their revisions', async () => {
    const records = recordsOf('many')
    const text = 'ж'.repeat(700_000)
    const create = [...many(1200, 'first'), { id: 'long', doc: { text }, alias: 'alias of long' }]
    await records.change().writeAll(things, 'p', { create }).commit()
    const before = await records.all(things, 'p')
    expect(before).toHaveLength(1201)
    expect((await records.byAlias(things, 'alias of long'))?.doc.text).toBe(text)

    const [first, second, ...rest] = before
    const replace = rest.map(stored => ({ stored, doc: { text: `again ${stored.id}` } }))
    await records
      .change()
      .writeAll(things, 'p', { replace, remove: [first!], expect: [second!] })
      .commit()
    const after = await records.all(things, 'p')
    expect(after.map(({ id }) => id)).toEqual(before.slice(1).map(({ id }) => id))
    expect(after.map(({ revision }) => revision)).toEqual([1, ...rest.map(() => 2)])
    expect(after.at(-1)).toMatchObject({ id: 'long', alias: 'alias of long', doc: { text: 'again long' } })
  })

  test('are known by their ids, in the order of these, apart from those of other parents, kinds and accounts', async () => {
    const records = recordsOf('ids')
    const create = many(3, 'text').reverse()
    await records
      .change()
      .writeAll(things, 'p', { create })
      .writeAll(things, 'q', { create: many(1, 'q') })
      .commit()
    expect(await records.ids(things, 'p')).toEqual(['id-0', 'id-1', 'id-2'])
    expect(await records.ids(kind('test.other'), 'p')).toEqual([])
    expect(await recordsOf('other ids').ids(things, 'p')).toEqual([])
  })

  test.each(['create', 'replace', 'remove', 'expect'] as const)(
    'are left alone when one that a change would %s has changed',
    async what => {
      const records = recordsOf(`stale ${what}`)
      await records
        .change()
        .writeAll(things, 'p', { create: many(3, 'first') })
        .commit()
      const [a, b, c] = await records.all(things, 'p')
      await records.change().replace(things, b!, { text: 'faster' }).commit()
      const writes = {
        create: { create: [{ id: b!.id, doc: { text: 'taken' } }] },
        replace: { replace: [a!, b!].map(stored => ({ stored, doc: { text: 'slower' } })) },
        remove: { remove: [a!, b!] },
        expect: { remove: [a!], expect: [b!, c!] },
      }[what]
      await expect(records.change().writeAll(things, 'p', writes).commit()).rejects.toThrow(StaleRevision)
      expect((await records.all(things, 'p')).map(({ doc }) => doc.text)).toEqual([
        'first 0',
        'faster',
        'first 2',
      ])
    },
  )
})

describe('publications', () => {
  const wanting = (account: string, pointer: string, name = 'test') =>
    recordsOf(account).change().publish({ kind: name, id: pointer }).commit()

  test('have generations that grow also over a row that was deleted', async () => {
    const seen: number[] = []
    const publications = new Publications(DB, {
      test: async ({ generation }) => {
        seen.push(generation)
      },
    })
    const account = { id: 'growing', region: 'us-east-1' }
    for (let change = 0; change < 3; change++) {
      await wanting(account.id, 'p')
      await publications.publish(account, 'test', 'p')
    }
    await DB.prepare('DELETE FROM publications WHERE account = ?').bind(account.id).run()
    await new Promise(resolve => setTimeout(resolve, 10))
    await wanting(account.id, 'p')
    await publications.publish(account, 'test', 'p')
    expect(seen).toHaveLength(4)
    expect([...seen].sort((a, b) => a - b)).toEqual(seen)
    expect(new Set(seen).size).toBe(4)
  })

  test('that were interrupted are published later, once', async () => {
    await DB.prepare('DELETE FROM publications').run()
    await wanting('interrupted', 'p')
    const published: Publication[] = []
    const publications = new Publications(DB, {
      test: async publication => {
        published.push(publication)
      },
    })
    expect(await publications.publishWaiting()).toBe(1)
    expect(await publications.publishWaiting()).toBe(0)
    expect(published).toMatchObject([{ kind: 'test', id: 'interrupted', pointer: 'p' }])
  })

  test('are not starved by others that keep failing', async () => {
    const log = vi.spyOn(console, 'warn').mockImplementation(() => {})
    onTestFinished(() => log.mockRestore())
    await DB.prepare('DELETE FROM publications').run()
    const change = recordsOf('starving').change()
    for (let index = 0; index < 10; index++) change.publish({ kind: 'broken', id: `p${index}` })
    await change.publish({ kind: 'test', id: 'waiting' }).commit()
    let published = 0
    const publications = new Publications(DB, {
      broken: async () => {
        throw new Error('cannot be published')
      },
      test: async () => {
        published++
      },
    })
    // Eleven wait and five are tried at a time: the chance to miss one forty times running is 3e-11.
    for (let round = 0; round < 40 && published === 0; round++) await publications.publishWaiting(5)
    expect(published).toBe(1)
  })
})
