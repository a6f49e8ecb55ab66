import { beforeEach, describe, expect, test } from 'vitest'
import type { Secrets } from '../../src/encryption/secrets.ts'
import type { Env } from '../../src/env.ts'
import { accessKeys } from '../../src/identity/access-keys.ts'
import type { Caller } from '../../src/identity/caller.ts'
import { credentialsOf } from '../../src/identity/credentials.ts'
import { Directory } from '../../src/identity/directory.ts'
import { accessKeyPurpose } from '../../src/identity/iam-records.ts'
import { issueSession } from '../../src/identity/issue-session.ts'
import type { PublishedKey, PublishedUser } from '../../src/identity/published.ts'
import { POINTER_AGES } from '../../src/pointers/pointer-cache.ts'
import type { PointerStore } from '../../src/pointers/pointer-store.ts'

const ACCOUNT = '111122223333'
const KEY = 'AKIAIOSFODNN7EXAMPLE'.replace(/[^A-Z2-7]/g, 'A')
const USER = `arn:aws:iam::${ACCOUNT}:user/Ann`

/** Seals by writing down what it was sealed for, and counts what it opens. */
function openSecrets() {
  const counted = { opened: 0 }
  const secrets: Pick<Secrets, 'seal' | 'open'> = {
    async seal(account, purpose, plain) {
      return { key: 'k', iv: btoa(`${account}|${purpose}`), data: btoa(plain) }
    },
    async open(account, purpose, { iv, data }) {
      counted.opened++
      if (atob(iv) !== `${account}|${purpose}`) throw new Error('sealed for something else')
      return atob(data)
    },
  }
  return { secrets, counted }
}

interface Entry {
  generation: number
  doc: object | null
}

/** Pointers that a test writes, and how often they are read. */
function published() {
  const entries = new Map<string, Entry>()
  const counted = { reads: 0 }
  const read = async (name: string, known: number | undefined) => {
    counted.reads++
    const entry = entries.get(name)
    if (!entry?.doc) return { missing: true }
    const { generation, doc } = entry
    return generation === known ? { generation, unchanged: true } : { generation, doc: JSON.stringify(doc) }
  }
  const objects = { getByName: (name: string) => ({ read: (known?: number) => read(name, known) }) }
  return {
    counted,
    store: { objects, documents: {} } as unknown as PointerStore,
    write(name: string, doc: object | null) {
      entries.set(name, { generation: (entries.get(name)?.generation ?? 0) + 1, doc })
    },
  }
}

const OWN = credentialsOf({ WEIR_LOCAL: '1' } as Env)

let now: number
let pointers: ReturnType<typeof published>
let sealing: ReturnType<typeof openSecrets>
let find: ReturnType<typeof accessKeys>
let key: PublishedKey
const ann: PublishedUser = {
  schema: 1,
  uid: 'AIDAANN',
  name: 'Ann',
  path: '/',
  inline: {},
  attached: [],
  tags: {},
  groups: [],
}

beforeEach(async () => {
  now = 1_800_000_000_000
  pointers = published()
  sealing = openSecrets()
  const clock = () => now
  const directory = new Directory({ store: pointers.store, defer: () => {}, clock })
  find = accessKeys({ own: OWN, directory, secrets: sealing.secrets, clock })
  const secret = await sealing.secrets.seal(ACCOUNT, accessKeyPurpose(KEY), 's3cret')
  key = { schema: 1, account: ACCOUNT, user: 'Ann', uid: ann.uid, active: true, secret }
  pointers.write(`key/${KEY}`, key)
  pointers.write(`${ACCOUNT}/user/ann`, ann)
  pointers.write(`account/${ACCOUNT}`, { schema: 1, dataKeys: { k: {} }, current: 'k' })
})

describe('a long-term key', () => {
  test('is its user’s, or the root’s', async () => {
    expect(await find(KEY, undefined)).toEqual({
      accessKeyId: KEY,
      secretAccessKey: 's3cret',
      account: ACCOUNT,
      arn: USER,
      user: USER,
    })
    pointers.write(`key/${KEY}`, { ...key, user: undefined })
    now += POINTER_AGES.servable
    const root = await find(KEY, undefined)
    expect(root).toMatchObject({ arn: `arn:aws:iam::${ACCOUNT}:root` })
    expect(root).not.toHaveProperty('user')
  })

  test('costs nothing while it is in use', async () => {
    for (let call = 0; call < 100; call++) await find(KEY, undefined)
    expect([sealing.counted.opened, pointers.counted.reads]).toEqual([1, 3])
    now += POINTER_AGES.servable
    for (let call = 0; call < 100; call++) await find(KEY, undefined)
    expect([sealing.counted.opened, pointers.counted.reads]).toEqual([1, 6])
  })

  test.each<[string, () => void]>([
    ['is made inactive', () => pointers.write(`key/${KEY}`, { ...key, active: false })],
    ['is deleted', () => pointers.write(`key/${KEY}`, null)],
    [
      'has another user of the name',
      () => pointers.write(`${ACCOUNT}/user/ann`, { ...ann, uid: 'AIDAOTHER' }),
    ],
    ['loses its user', () => pointers.write(`${ACCOUNT}/user/ann`, null)],
    ['loses its account', () => pointers.write(`account/${ACCOUNT}`, null)],
  ])('is nobody’s two seconds after it %s', async (_what, change) => {
    expect(await find(KEY, undefined)).toBeDefined()
    change()
    now += POINTER_AGES.servable
    expect(await find(KEY, undefined)).toBeUndefined()
  })

  test('comes without a session token', async () => {
    expect(await find(KEY, 'token')).toBeUndefined()
  })

  test.each(['', 'AKIA', 'AKIA0000000000000000', `${KEY}A`, 'ANPAIOSFODNNAEXAMPLE', '../key'])(
    'that cannot be one is not looked for: %j',
    async id => {
      expect(await find(id, undefined)).toBeUndefined()
      expect(pointers.counted.reads).toBe(0)
    },
  )
})

describe('a temporary key', () => {
  const begin = (session: Partial<Caller> = {}, seconds = 900) =>
    issueSession(
      sealing.secrets,
      {
        account: ACCOUNT,
        arn: `arn:aws:sts::${ACCOUNT}:assumed-role/worker/s`,
        role: `arn:aws:iam::${ACCOUNT}:role/worker`,
        session: { 'aws:userid': 'AROA1:s' },
        ...session,
      },
      now,
      seconds,
    )

  test('is what its token says, which is read once', async () => {
    const { accessKeyId, secretAccessKey, sessionToken } = await begin({ sessionPolicies: ['{}'] })
    const first = await find(accessKeyId, sessionToken)
    expect(first).toMatchObject({
      accessKeyId,
      secretAccessKey,
      account: ACCOUNT,
      role: `arn:aws:iam::${ACCOUNT}:role/worker`,
      session: { 'aws:userid': 'AROA1:s', 'aws:TokenIssueTime': '2027-01-15T08:00:00.000Z' },
    })
    for (let call = 0; call < 100; call++) {
      const again = await find(accessKeyId, sessionToken)
      // So that its policies are compiled once, too.
      expect((again as Caller).sessionPolicies).toBe((first as Caller).sessionPolicies)
    }
    expect([sealing.counted.opened, pointers.counted.reads]).toEqual([1, 1])
  })

  test('has expired when its time is over', async () => {
    const { accessKeyId, sessionToken, expires } = await begin()
    expect(expires).toBe(now + 900_000)
    now = expires - 1
    expect(await find(accessKeyId, sessionToken)).toMatchObject({ account: ACCOUNT })
    now = expires
    expect(await find(accessKeyId, sessionToken)).toBe('expired')
  })

  test('needs its own token, unaltered', async () => {
    const { accessKeyId, sessionToken } = await begin()
    const other = await begin()
    for (const token of [
      undefined,
      '',
      'x',
      other.sessionToken,
      sessionToken.replace(ACCOUNT, '999999999999'),
    ]) {
      expect([token, await find(accessKeyId, token)]).toEqual([token, undefined])
    }
    expect(await find(KEY, sessionToken)).toBeUndefined()
  })

  test('that is made up opens nothing, and reads the keys of its account once', async () => {
    const { accessKeyId, sessionToken } = await begin()
    for (let guess = 0; guess < 100; guess++) {
      const [account, , ...sealed] = sessionToken.split('.')
      expect(await find(accessKeyId, [account, `k${guess}`, ...sealed].join('.'))).toBeUndefined()
      expect(await find(accessKeyId, [account, '', ...sealed].join('.'))).toBeUndefined()
    }
    expect([sealing.counted.opened, pointers.counted.reads]).toEqual([0, 1])
  })

  test.each([
    ['role', {}],
    ['user', { arn: USER, user: USER, role: undefined, session: { 'aws:userid': ann.uid } }],
    ['root', { arn: `arn:aws:iam::${ACCOUNT}:root`, role: undefined, session: { 'aws:userid': ACCOUNT } }],
  ])('of a %s ends with the account', async (_whose, session) => {
    const { accessKeyId, sessionToken } = await begin(session)
    expect(await find(accessKeyId, sessionToken)).toMatchObject({ account: ACCOUNT })
    pointers.write(`account/${ACCOUNT}`, null)
    now += POINTER_AGES.servable
    expect(await find(accessKeyId, sessionToken)).toBeUndefined()
  })

  test('of a user ends with the user', async () => {
    const session = { arn: USER, user: USER, role: undefined, session: { 'aws:userid': ann.uid } }
    const { accessKeyId, sessionToken } = await begin(session)
    expect(await find(accessKeyId, sessionToken)).toMatchObject({ user: USER })
    pointers.write(`${ACCOUNT}/user/ann`, { ...ann, uid: 'AIDAANOTHER' })
    now += POINTER_AGES.servable
    expect(await find(accessKeyId, sessionToken)).toBeUndefined()
  })

  test('says when it cannot be told whose it is, because what knows is out of reach', async () => {
    const { accessKeyId, sessionToken } = await begin()
    sealing.secrets.open = async () => {
      throw Object.assign(new Error('the object is away'), { remote: true })
    }
    await expect(find(accessKeyId, sessionToken)).rejects.toThrow('away')
  })
})

describe('the operator’s own keys', () => {
  test('in development are everybody’s', async () => {
    expect(await find('test', undefined)).toMatchObject({ arn: 'arn:aws:iam::000000000000:root' })
    expect(await find('test', 'whatever')).toMatchObject({ account: '000000000000' })
  })

  test('of a deployed Weir are never those that everybody knows', () => {
    const ids = (env: Partial<Env>) => [...credentialsOf(env as Env).keys()]
    expect(ids({})).toEqual([])
    expect(ids({ WEIR_LOCAL_CREDENTIALS: 'test:test' })).toEqual([])
    expect(ids({ WEIR_ROOT_CREDENTIALS: 'test:test' })).toEqual([])
    expect(ids({ WEIR_ROOT_CREDENTIALS: 'owner:s3cret,test:test' })).toEqual(['owner'])
    expect(ids({ WEIR_LOCAL: '1', WEIR_LOCAL_CREDENTIALS: 'a:b,c:d' })).toEqual(['a', 'c'])
  })
})
