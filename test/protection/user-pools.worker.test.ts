import { expect, test } from 'vitest'
import { STRANGER_LIMITS } from '../../src/protection/stranger-guard.ts'
import {
  anonymous,
  env,
  failure,
  newPool,
  ORIGIN,
  send,
} from '../aws/services/cognito-idp/cognito-harness.ts'

/** A binding that tells of each call of one of its methods. */
const noting = <T extends object>(binding: T, method: keyof T, note: () => void): T =>
  new Proxy(binding, {
    get(target, member) {
      const value = Reflect.get(target, member) as unknown
      if (typeof value !== 'function') return value
      return (...given: unknown[]) => {
        if (member === method) note()
        return Reflect.apply(value, target, given)
      }
    },
  })

/** An isolate that has just started, and how many queries it has made. */
function isolate() {
  const asked = { queries: 0, pools: 0 }
  const began = Date.now()
  const DB = noting(env.DB, 'prepare', () => {
    asked.queries += 1
  })
  const IDENTITY_ROUTER = noting(env.IDENTITY_ROUTER, 'getByName', () => {
    asked.pools += 1
  })
  const bound = { ...env, DB, IDENTITY_ROUTER }
  const allowed = () =>
    STRANGER_LIMITS.address.burst + ((Date.now() - began) * STRANGER_LIMITS.address.rate) / 1_000
  return { asked, bound, allowed, users: anonymous(bound) }
}

const many = <T>(count: number, make: (n: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => make(n))

test('clients that nobody knows cost few queries, and those that are known go on', async () => {
  const { ClientId } = await newPool()
  const { asked, users, allowed } = isolate()
  const known = () => failure(users.forgotPassword({ ClientId, Username: 'nobody' }))
  const answer = await known()
  expect(answer).not.toContain('TooMany')
  const before = asked.queries
  const flood = await Promise.all(
    many(300, n => failure(users.forgotPassword({ ClientId: `madeup${n}`, Username: 'nobody' }))),
  )
  const missed = flood.filter(message => message.startsWith('ResourceNotFoundException')).length
  expect(missed).toBeLessThanOrEqual(allowed() + 1)
  expect(flood.filter(message => message === 'TooManyRequestsException 400: Rate exceeded')).toHaveLength(
    300 - missed,
  )
  expect(asked.queries - before).toBe(missed)
  expect(await known()).toBe(answer)
})

test('pools that nobody knows are read from few objects', async () => {
  const { UserPoolId } = await newPool()
  const { asked, bound, allowed } = isolate()
  const keysOf = async (pool: string) =>
    (await send(`${ORIGIN}/${pool}/.well-known/jwks.json`, undefined, bound)).status
  expect(await keysOf(UserPoolId)).toBe(200)
  const flood = await Promise.all(many(300, n => keysOf(`us-east-1_madeup${n}`)))
  const missed = flood.filter(status => status === 404).length
  expect(missed).toBeLessThanOrEqual(allowed() + 1)
  expect(flood.filter(status => status === 429)).toHaveLength(300 - missed)
  expect(asked.pools).toBeLessThanOrEqual(missed + 2)
  expect(await keysOf(UserPoolId)).toBe(200)
})
