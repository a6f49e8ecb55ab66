import { env as workerEnv } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { accountKeys, keysPlace } from '../../src/encryption/account-keys.ts'
import { aesKey, encrypt } from '../../src/encryption/aes.ts'
import { rewrapKeys, rotationProgress } from '../../src/encryption/rotate-root.ts'
import { secretsOf } from '../../src/encryption/secrets.ts'
import type { Env } from '../../src/env.ts'
import { fromBase64, toBase64 } from '../../src/lib/base64.ts'
import { migrate } from '../../src/records/migrate.ts'
import { Records } from '../../src/records/records.ts'
import { newAccount } from '../aws/services/root-callers.ts'

const bindings = workerEnv as unknown as Env

const newSecret = () => toBase64(crypto.getRandomValues(new Uint8Array(32)))

/** An isolate of its own: nothing that another one has in memory is in this one's. */
const isolate = (WEIR_ENCRYPTION_KEY: string, ...previous: string[]): Env => ({
  ...bindings,
  WEIR_LOCAL: undefined,
  WEIR_ENCRYPTION_KEY,
  WEIR_ENCRYPTION_KEY_PREVIOUS: previous.length > 0 ? previous.join(',') : undefined,
})

/** Reads of the database and calls of objects that pass through bindings. */
function counted(env: Env) {
  const count = { statements: 0, objects: 0 }
  const DB = new Proxy(env.DB, {
    get(target, name) {
      const value = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...given: unknown[]) => {
        if (name === 'prepare') count.statements++
        return Reflect.apply(value, target, given)
      }
    },
  })
  const IDENTITY_ROUTER = new Proxy(env.IDENTITY_ROUTER, {
    get(target, name) {
      const value = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...given: unknown[]) => {
        if (name === 'getByName') count.objects++
        return Reflect.apply(value, target, given)
      }
    },
  })
  return { env: { ...env, DB, IDENTITY_ROUTER }, count }
}

const keysOf = async (account: string) =>
  (await new Records(bindings.DB, keysPlace(account)).get(accountKeys, '', account))?.doc

let account: string
let root: string

beforeEach(async () => {
  await migrate(bindings.DB)
  account = newAccount()
  root = newSecret()
})

describe('a secret', () => {
  it('is opened for the account and the purpose it was sealed for, and for no other', async () => {
    const secrets = secretsOf(isolate(root))
    const sealed = await secrets.seal(account, 'a thing', 'of value')
    expect(JSON.stringify(sealed)).not.toContain('value')
    expect(await secretsOf(isolate(root)).open(account, 'a thing', sealed)).toBe('of value')
    await expect(secrets.open(account, 'another thing', sealed)).rejects.toThrow()
    const other = newAccount()
    await secrets.seal(other, 'a thing', 'of its own')
    await expect(secrets.open(other, 'a thing', sealed)).rejects.toThrow()
    const { key } = await secrets.seal(other, 'a thing', 'x')
    await expect(secrets.open(other, 'a thing', { ...sealed, key: key! })).rejects.toThrow()
  })

  it('is sealed with one data key, however many isolates begin with an account at once', async () => {
    const sealed = await Promise.all(
      Array.from({ length: 8 }, (_, i) => secretsOf(isolate(root)).seal(account, 'p', `secret ${i}`)),
    )
    expect(new Set(sealed.map(({ key }) => key)).size).toBe(1)
    const { dataKeys, current } = (await keysOf(account))!
    expect(Object.keys(dataKeys)).toEqual([current])
    const reader = secretsOf(isolate(root))
    expect(await Promise.all(sealed.map(each => reader.open(account, 'p', each)))).toEqual(
      sealed.map((_, i) => `secret ${i}`),
    )
  })

  it('costs the data plane one call of an object an account and isolate, and no read of the database', async () => {
    const sealed = await secretsOf(isolate(root)).seal(account, 'p', 'x')
    const { env, count } = counted(isolate(root))
    for (let i = 0; i < 5; i++) await secretsOf(env).open(account, 'p', sealed)
    expect(count).toEqual({ statements: 0, objects: 1 })
  })

  it('of the time before data keys is opened, at no cost', async () => {
    const direct = await encrypt(
      await aesKey(fromBase64(root)),
      `${account}\np`,
      new TextEncoder().encode('from before') as Uint8Array<ArrayBuffer>,
    )
    const { env, count } = counted(isolate(root))
    expect(await secretsOf(env).open(account, 'p', direct)).toBe('from before')
    expect(count).toEqual({ statements: 0, objects: 0 })
    await expect(secretsOf(env).open(account, 'q', direct)).rejects.toThrow()
  })

  it('under a root secret that this Weir does not have says so', async () => {
    const sealed = await secretsOf(isolate(root)).seal(account, 'p', 'x')
    await expect(secretsOf(isolate(newSecret())).open(account, 'p', sealed)).rejects.toThrow(
      'Set that one as WEIR_ENCRYPTION_KEY_PREVIOUS',
    )
  })
})

describe('rotating the root secret', () => {
  it('keeps everything readable at every step, for releases before and after it, and ends without the old one', async () => {
    const next = newSecret()
    const first = newAccount()
    const old = await secretsOf(isolate(root)).seal(account, 'p', 'from before')
    const mark = await secretsOf(isolate(root)).mark(account, 'p', 'text')
    const direct = await encrypt(
      await aesKey(fromBase64(root)),
      `${first}\np`,
      new TextEncoder().encode('from long before') as Uint8Array<ArrayBuffer>,
    )
    // First both versions get to know both secrets, then they change places; now and then both versions run.
    const earlier = () => isolate(root, next)
    const later = () => isolate(next, root)
    const late = newAccount()
    const new_ = await secretsOf(later()).seal(late, 'p', 'new')
    for (const env of [earlier(), later()]) {
      expect(await secretsOf(env).open(account, 'p', old)).toBe('from before')
      expect(await secretsOf(env).open(late, 'p', new_)).toBe('new')
      expect(await secretsOf(env).open(first, 'p', direct)).toBe('from long before')
    }
    const [own] = Object.values((await keysOf(late))!.dataKeys)
    const progress = await rotationProgress(later(), first)
    expect(progress.current).toBe(own!.key)
    expect(progress.waiting).toBeGreaterThanOrEqual(2)

    // In batches, each as a minute's schedule does one.
    let rounds = 0
    for (; (await rewrapKeys(later(), first, 2)) > 0; rounds++) expect(rounds).toBeLessThan(200)
    for (const each of [account, late, first]) {
      const { dataKeys } = (await keysOf(each))!
      expect(Object.values(dataKeys).map(({ key }) => key)).toEqual(
        Object.values(dataKeys).map(() => progress.current),
      )
    }
    // Still with both, then without the old one.
    for (const env of [earlier(), later(), isolate(next)]) {
      expect(await secretsOf(env).mark(account, 'p', 'text')).toEqual(mark)
      expect(await secretsOf(env).open(account, 'p', old)).toBe('from before')
      expect(await secretsOf(env).open(late, 'p', new_)).toBe('new')
      expect(await secretsOf(env).open(first, 'p', direct)).toBe('from long before')
    }
    await expect(secretsOf(isolate(root)).open(account, 'p', old)).rejects.toThrow()
  })

  it('asks nothing of the database while there is one secret', async () => {
    const { env, count } = counted(isolate(root))
    expect(await rewrapKeys(env, newAccount())).toBe(0)
    expect(count).toEqual({ statements: 0, objects: 0 })
  })

  it('is refused with a secret that is none', async () => {
    const env = isolate(root, 'c2hvcnQ=')
    await expect(secretsOf(env).seal(account, 'p', 'x')).rejects.toThrow('not 32 bytes in base64')
  })
})
