import { describe, expect, test } from 'vitest'
import type { Secrets } from '../../../../src/encryption/secrets.ts'
import type { FoundClient } from '../../../../src/identity/user-pools/find-pool.ts'
import { clientOfText, openText, sealText } from '../../../../src/identity/user-pools/sign-in/sealed-texts.ts'
import { openSession } from '../../../../src/identity/user-pools/sign-in/steps.ts'

/** Seals so that everything shows, and opens for the same account and purpose alone. */
const secrets = (key?: string): Pick<Secrets, 'seal' | 'open'> => ({
  seal: async (account, purpose, plain) => ({
    ...(key !== undefined && { key }),
    iv: btoa('iv'),
    data: btoa(JSON.stringify([account, purpose, plain])),
  }),
  open: async (account, purpose, sealed) => {
    const [sealedFor, sealedAs, plain] = JSON.parse(atob(sealed.data))
    if (sealedFor !== account || sealedAs !== purpose || sealed.key !== key) throw new Error('not this one')
    return plain
  },
})

const of = (id: string, account = '1'): FoundClient =>
  ({
    account: { id: account, region: 'r' },
    pool: { id: 'p' },
    client: { id, parent: 'p', doc: { settings: {} } },
  }) as FoundClient

describe('a text that is kept by whoever signs in', () => {
  test.each([undefined, 'key/1'])('is read again by the same client, under key %s', async key => {
    const text = await sealText(secrets(key), of('c'), 'session', { n: 1 })
    expect(text).toMatch(/^[\w.-]+$/)
    expect(clientOfText(text)).toBe('c')
    expect(await openText(secrets(key), of('c'), 'session', text)).toEqual({ n: 1 })
  })

  test('is nothing to another client, account, or for another purpose', async () => {
    const text = await sealText(secrets(), of('c'), 'session', { n: 1 })
    expect(await openText(secrets(), of('d'), 'session', text)).toBeUndefined()
    expect(await openText(secrets(), of('d'), 'session', text.replace(/^c/, 'd'))).toBeUndefined()
    expect(await openText(secrets(), of('c', '2'), 'session', text)).toBeUndefined()
    expect(await openText(secrets(), of('c'), 'refresh token', text)).toBeUndefined()
  })

  test('is read as it was written alone, and not where others are out of reach', async () => {
    const text = await sealText(secrets(), of('c'), 'session', { n: 1 })
    // Its last two bits stand for nothing.
    expect(await openText(secrets(), of('c'), 'session', text.replace('.aXY.', '.aXZ.'))).toBeUndefined()
    const away = { open: () => Promise.reject(Object.assign(new Error('away'), { retryable: true })) }
    await expect(openText(away, of('c'), 'session', text)).rejects.toThrow('away')
  })

  test.each(['', '.', 'c', 'c...', 'c..a.b', 'c..a.b.c', 'c..ä.b', 'c..YQ.!!'])('is never %j', async text => {
    expect(await openText(secrets(), of('c'), 'session', text)).toBeUndefined()
  })
})

describe('a session', () => {
  const session = {
    id: 'x',
    step: 'MFA_SETUP',
    until: 1000,
    name: 'sarah',
    source: 'Authentication',
  } as const
  const open = async (value: unknown, now = 999) => {
    const text = await sealText(secrets(), of('c'), 'session', value)
    return openSession({ secrets: secrets(), found: of('c'), now }, text, 'MFA_SETUP')
  }

  test('waits until its time is over', async () => {
    expect(await open(session)).toEqual(session)
    await expect(open(session, 1000)).rejects.toThrow('session is expired')
  })

  test('waits for the answer to its own question', async () => {
    await expect(open({ ...session, step: 'SMS_MFA' })).rejects.toThrow('Invalid session for the user.')
    await expect(open('text')).rejects.toThrow('Invalid session for the user.')
    const missing = openSession({ secrets: secrets(), found: of('c'), now: 0 }, undefined, 'MFA_SETUP')
    await expect(missing).rejects.toThrow('Missing required parameter Session')
  })
})
