import { describe, expect, it } from 'vitest'
import { poolGroups, pools } from '../../../../src/identity/user-pools/pool-records.ts'
import { GroupMembers } from '../../../../src/identity/user-pools/users/group-members.ts'
import {
  conditionOf,
  type ListFilter,
  readFilter,
} from '../../../../src/identity/user-pools/users/list-filter.ts'
import type { PoolUser } from '../../../../src/identity/user-pools/users/pool-user.ts'
import {
  PoolUsers,
  type StoredUser,
  type Taken,
  thinOutUsersOf,
} from '../../../../src/identity/user-pools/users/users.ts'
import { Records, StaleRevision } from '../../../../src/records/records.ts'
import { account, env, poolWith } from './pool-of-users.ts'

const named = (username: string, attributes: Record<string, string> = {}): PoolUser => ({
  username,
  attributes: { sub: crypto.randomUUID(), ...attributes },
  status: 'UNCONFIRMED',
  enabled: true,
  created: 1,
  modified: 1,
})

function written(result: StoredUser | Taken): StoredUser {
  if ('taken' in result) throw new Error(`${result.taken} is taken`)
  return result
}

describe('users of a pool', () => {
  it('are found by username and sub', async () => {
    const { users } = await poolWith({})
    const ann = written(await users.create(named('Ann')))
    expect(await users.find('Ann')).toEqual(ann)
    expect(await users.find(ann.user.attributes.sub!)).toEqual(ann)
    expect(await users.find('ann')).toBeUndefined()
  })

  it('are found whatever the case where the pool does not tell cases apart', async () => {
    const { users } = await poolWith({ UsernameConfiguration: { CaseSensitive: false } })
    await users.create(named('Ann'))
    expect((await users.find('aNN'))?.user.username).toBe('Ann')
    expect(await users.create(named('ANN'))).toEqual({ taken: 'username' })
  })

  it('are found by an address once it is verified', async () => {
    const { users } = await poolWith({ AliasAttributes: ['email'] })
    const ann = written(await users.create(named('ann', { email: 'a@example.com' })))
    expect(await users.find('a@example.com')).toBeUndefined()
    const verified = { ...ann.user, attributes: { ...ann.user.attributes, email_verified: 'true' } }
    await users.replace(ann, verified)
    expect((await users.find('a@example.com'))?.key).toBe('ann')
  })

  it('do not share an alias, unless one seizes it', async () => {
    const { users } = await poolWith({ AliasAttributes: ['email', 'preferred_username'] })
    const attributes = { email: 'a@example.com', email_verified: 'true' }
    const ann = written(await users.create(named('ann', attributes)))
    expect(await users.create(named('bob', attributes))).toEqual({ taken: 'email' })
    expect(await users.get('bob')).toBeUndefined()

    const bob = written(await users.create(named('bob', { email: 'a@example.com' })))
    const verified = { ...bob.user, attributes: { ...bob.user.attributes, email_verified: 'true' } }
    expect(await users.replace(bob, verified)).toEqual({ taken: 'email' })
    written(await users.replace(bob, verified, { seize: true }))
    expect((await users.find('a@example.com'))?.key).toBe('bob')
    expect((await users.get('ann'))?.user.attributes).toEqual({
      sub: ann.user.attributes.sub,
      email: 'a@example.com',
      email_verified: 'false',
    })
  })

  it('take no name that leads to somebody else', async () => {
    const { users } = await poolWith({ AliasAttributes: ['preferred_username'] })
    const ann = written(await users.create(named('ann', { preferred_username: 'queen' })))
    expect(await users.create(named('queen'))).toEqual({ taken: 'username' })
    expect(await users.create(named(ann.user.attributes.sub!))).toEqual({ taken: 'username' })
    expect(await users.create(named('bob', { preferred_username: 'ann' }))).toEqual({
      taken: 'preferred_username',
    })
    const sub = ann.user.attributes.sub!
    expect(await users.create(named('bob', { preferred_username: sub }))).toEqual({
      taken: 'preferred_username',
    })
  })

  it('own their address from the start where they sign in with it', async () => {
    const { users } = await poolWith({ UsernameAttributes: ['email'] })
    const sub = crypto.randomUUID()
    await users.create({ ...named(sub), attributes: { sub, email: 'a@example.com' } })
    expect((await users.find('a@example.com'))?.key).toBe(sub)
    expect(await users.create(named(crypto.randomUUID(), { email: 'a@example.com' }))).toEqual({
      taken: 'email',
    })
  })

  it('are not written over what somebody else has written', async () => {
    const { users } = await poolWith({})
    const ann = written(await users.create(named('ann')))
    await users.replace(ann, { ...ann.user, status: 'CONFIRMED' })
    await expect(users.replace(ann, { ...ann.user, enabled: false })).rejects.toThrow(StaleRevision)
    await expect(users.remove(ann)).rejects.toThrow(StaleRevision)
  })

  it('lose no change when many are made at once', async () => {
    const { users } = await poolWith({})
    const ann = written(await users.create(named('ann')))
    await Promise.all(
      Array.from({ length: 8 }, () =>
        users.change(ann.key, user => ({ ...user, modified: user.modified + 1 })),
      ),
    )
    expect((await users.get('ann'))?.user.modified).toBe(9)
  })

  it('are removed with all that leads to them', async () => {
    const { users, members, id } = await poolWith({ AliasAttributes: ['preferred_username'] })
    const ann = written(await users.create(named('ann', { preferred_username: 'queen' })))
    await groupIn(id, 'staff')
    await members.join('ann', 'staff')
    await users.remove(ann)
    expect(await users.find('queen')).toBeUndefined()
    expect(await users.find(ann.user.attributes.sub!)).toBeUndefined()
    expect((await members.of('staff', { limit: 10 })).users).toEqual([])
    expect(await users.count()).toBe(0)
  })

  it('are listed page by page', async () => {
    const { users } = await poolWith({})
    for (const name of ['c', 'a', 'b']) await users.create(named(name))
    const first = await users.list({ limit: 2 })
    expect(first.users.map(({ key }) => key)).toEqual(['a', 'b'])
    const second = await users.list({ limit: 2, after: first.next })
    expect(second).toMatchObject({ users: [{ key: 'c' }] })
    expect(second.next).toBeUndefined()
    expect(await users.count()).toBe(3)
  })

  it('are found without reading through the pool, and so are their groups', async () => {
    const { pool } = await poolWith({})
    const plans: string[] = []
    const watching = {
      prepare(sql: string) {
        plans.push(sql)
        return env.DB.prepare(sql)
      },
    } as D1Database
    const watched = new PoolUsers(watching, pool)
    const groups = new GroupMembers(watching, pool)
    for (const text of ['email = "x"', 'phone_number ^= "x"', 'sub = "x"', 'username = "x"']) {
      await watched.list({ limit: 1, where: conditionOf(readFilter(text) as ListFilter) })
    }
    await groups.groupsOf('ann')
    await groups.of('staff', { limit: 1 })
    await watched.find('ann')
    for (const sql of plans) {
      const marks = Array(sql.includes('?1') ? 3 : sql.split('?').length - 1).fill('1')
      const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .bind(...marks)
        .all<{ detail: string }>()
      const readings = results.map(({ detail }) => detail).filter(detail => /^(SEARCH|SCAN)/.test(detail))
      expect(readings.length).toBeGreaterThan(0)
      // Each is narrowed by more than the pool.
      for (const reading of readings) expect(reading).toMatch(/\((pool|account)=\? AND /)
    }
  })

  it('belong to groups that there are', async () => {
    const { users, members, id } = await poolWith({})
    await users.create(named('ann'))
    expect(await members.join('ann', 'staff')).toBe('no such group')
    await groupIn(id, 'staff')
    expect(await members.join('bob', 'staff')).toBe('no such user')
    expect(await members.join('ann', 'staff')).toBeUndefined()
    expect(await members.join('ann', 'staff')).toBeUndefined()
    expect((await members.groupsOf('ann')).map(({ name }) => name)).toEqual(['staff'])
    expect((await members.of('staff', { limit: 1 })).users.map(({ key }) => key)).toEqual(['ann'])
    await members.leave('ann', 'staff')
    expect(await members.groupsOf('ann')).toEqual([])
  })

  it('are created in no pool that is gone', async () => {
    const { users, id } = await poolWith({})
    const records = new Records(env.DB, account)
    await records
      .change()
      .remove(pools, (await records.get(pools, '', id))!)
      .commit()
    await expect(users.create(named('ann'))).rejects.toThrow(`User pool ${id} does not exist.`)
  })
})

const groupIn = (pool: string, name: string): Promise<void> =>
  new Records(env.DB, account)
    .change()
    .create(poolGroups, { parent: pool, id: name }, { name, created: 0, modified: 0 })
    .commit()

describe('a pool of many users', () => {
  it('is thinned out to what one transaction removes, and no other pool', async () => {
    const [{ users, id }, other] = [await poolWith({ UsernameAttributes: ['email'] }), await poolWith({})]
    const fresh = (name: string): PoolUser => ({
      username: name,
      attributes: { sub: crypto.randomUUID(), email: `${name}@example.com` },
      status: 'CONFIRMED',
      enabled: true,
      created: 0,
      modified: 0,
    })
    for (let user = 0; user < 25; user += 1) await users.create(fresh(`user-${user}`))
    await other.users.create(fresh('somebody'))
    await thinOutUsersOf(env.DB, id, 10)
    expect(await users.count()).toBeLessThanOrEqual(10)
    expect(await other.users.count()).toBe(1)
    const { results } = await env.DB.prepare('SELECT alias FROM pool_aliases WHERE pool = ?').bind(id).all()
    expect(results.length).toBeLessThanOrEqual(10)
  })
})
