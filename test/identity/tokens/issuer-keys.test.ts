import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { ISSUER_AGES, IssuerKeys } from '../../../src/identity/tokens/issuer-keys.ts'
import { FRESH, IssuerUnreachable, isIssuerAddress } from '../../../src/identity/tokens/read-issuer.ts'
import { issuedTokenVerifier } from '../../../src/identity/tokens/verify-issued-token.ts'
import { verifyToken } from '../../../src/identity/tokens/verify-token.ts'
import { claimsOf, NOW, poolOf, type SigningKey, sign, signingKey } from './issuer.ts'

const ISSUER = 'https://idp.example.com/tenant'
const DISCOVERY = `${ISSUER}/.well-known/openid-configuration`
const JWKS = 'https://keys.example.com/jwks'

let first: SigningKey
let second: SigningKey

beforeAll(async () => {
  first = await signingKey('k1')
  second = await signingKey('k2', 'ES256')
})

interface Served {
  /** By address; a function throws, or waits. */
  readonly documents: Map<string, () => Response | Promise<Response>>
  readonly asked: { url: string; init: RequestInit }[]
  keys: SigningKey[]
  time: number
  isDown: boolean
  headers: Record<string, string>
}

/** An issuer, and an isolate that asks it. */
function issuer({ isLocal = false, name = ISSUER, discovery = DISCOVERY, jwks = JWKS } = {}) {
  const deferred: Promise<unknown>[] = []
  const served: Served = {
    documents: new Map(),
    asked: [],
    keys: [first],
    time: NOW,
    isDown: false,
    headers: {},
  }
  served.documents.set(discovery, () => Response.json({ issuer: name, jwks_uri: jwks }))
  served.documents.set(jwks, () =>
    Response.json({ keys: served.keys.map(key => key.publicJwk) }, { headers: served.headers }),
  )
  const keys = new IssuerKeys({
    isLocal,
    clock: () => served.time,
    defer: work => deferred.push(work),
    fetch: async (url, init) => {
      served.asked.push({ url, init })
      if (served.isDown) throw new TypeError('connection refused')
      return (await served.documents.get(url)?.()) ?? new Response(null, { status: 404 })
    },
  })
  return {
    served,
    keys: keys.of(name),
    /** Times that the issuer was asked: one discovery each. */
    count: () => served.asked.filter(({ url }) => url === discovery).length,
    find: async (key: { kid: string; alg: string }) => keys.of(name).key(key.kid, key.alg),
    async pass(ms: number) {
      served.time += ms
      await Promise.all(deferred.splice(0))
    },
    settle: () => Promise.all(deferred.splice(0)),
  }
}

const unknown = { kid: 'nobody', alg: 'RS256' }

describe('an issuer’s keys', () => {
  test('are found by discovery, and asked for once', async () => {
    const { keys, served, find } = issuer()
    const token = await sign(first, claimsOf(ISSUER))
    for (let i = 0; i < 3; i++) {
      expect((await verifyToken(token, keys, { issuer: ISSUER, now: NOW })).ok).toBe(true)
    }
    expect(served.asked.map(({ url }) => url)).toEqual([DISCOVERY, JWKS])
    expect(await find(unknown)).toBeUndefined()
  })

  test('are found where the issuer’s name ends with a slash', async () => {
    const api = issuer({
      name: 'https://a.example.com/',
      discovery: 'https://a.example.com/.well-known/openid-configuration',
    })
    expect(await api.find(first)).toBeDefined()
  })

  test('are asked for once by all that need them at the same time', async () => {
    const { find, count, pass, served } = issuer()
    const found = await Promise.all(Array.from({ length: 50 }, () => find(first)))
    expect(found.every(key => key === undefined || key.type === 'public')).toBe(true)
    expect(found.filter(Boolean).length).toBe(50)
    expect(count()).toBe(1)
    served.keys = [second]
    await pass(ISSUER_AGES.interval)
    const rotated = await Promise.all(Array.from({ length: 50 }, () => find(second)))
    expect(rotated.filter(Boolean).length).toBe(50)
    expect(count()).toBe(2)
  })

  test('are renewed in the background when their time is over', async () => {
    const { find, count, pass, settle, served } = issuer()
    await find(first)
    await pass(FRESH.usual - 1)
    await find(first)
    expect(count()).toBe(1)
    served.keys = [second]
    await pass(1)
    // Nobody waits.
    expect(await find(first)).toBeDefined()
    await settle()
    expect(count()).toBe(2)
    expect(await find(first)).toBeUndefined()
    expect(await find(second)).toBeDefined()
  })

  test('are asked for before they are served, where nobody needed them for long', async () => {
    const { find, pass, served } = issuer()
    await find(first)
    served.keys = [second]
    await pass(FRESH.usual * 2)
    expect(await find(first)).toBeUndefined()
  })

  test.each([
    ['max-age=600', 600_000],
    ['public, max-age=600, must-revalidate', 600_000],
    ['max-age=1', FRESH.least],
    ['max-age=99999999', FRESH.most],
    ['no-store', FRESH.least],
    ['no-cache, max-age=600', FRESH.least],
    ['nonsense', FRESH.usual],
  ])('count as fresh by %s', async (control, ms) => {
    const { find, count, pass, settle, served } = issuer()
    served.headers = { 'cache-control': control }
    await find(first)
    await pass(ms - 1)
    await find(first)
    await settle()
    expect(count()).toBe(1)
    await pass(1)
    await find(first)
    await settle()
    expect(count()).toBe(2)
  })

  test('that are new count as soon as a token names one', async () => {
    const { find, count, pass, served } = issuer()
    await find(first)
    served.keys = [first, second]
    await pass(ISSUER_AGES.interval)
    expect(await find(second)).toBeDefined()
    expect(await find(first)).toBeDefined()
    expect(count()).toBe(2)
  })

  test('are served while the issuer is down, for a day', async () => {
    const { find, count, pass, settle, served } = issuer()
    await find(first)
    served.isDown = true
    await pass(FRESH.usual * 2)
    expect(await find(first)).toBeDefined()
    await pass(ISSUER_AGES.interval)
    // By now it is known to be down, and nobody waits.
    expect(await find(first)).toBeDefined()
    await settle()
    expect(count()).toBe(3)
    await pass(ISSUER_AGES.survivable)
    await expect(find(first)).rejects.toThrow(IssuerUnreachable)
    served.isDown = false
    await pass(ISSUER_AGES.interval)
    expect(await find(first)).toBeDefined()
  })

  test('are forgotten with their isolate’s memory of the account', async () => {
    const keys = new IssuerKeys({
      isLocal: false,
      clock: () => NOW,
      defer: () => {},
      fetch: async url =>
        Response.json(url === DISCOVERY ? { issuer: ISSUER, jwks_uri: JWKS } : { keys: [first.publicJwk] }),
    })
    expect(await keys.of(ISSUER).key('k1', 'RS256')).toBeDefined()
    keys.clear()
    expect(await keys.of(ISSUER).key('k1', 'RS256')).toBeDefined()
  })
})

describe('floods', () => {
  test('a flood of random kids asks the issuer once in 15 seconds', async () => {
    const { keys, served, count, pass } = issuer()
    await keys.key('k1', 'RS256')
    for (let second = 0; second < 60; second++) {
      await pass(1_000)
      const found = await Promise.all(
        Array.from({ length: 100 }, (_, i) => keys.key(`kid-${second}-${i}`, 'RS256')),
      )
      expect(found.every(key => key === undefined)).toBe(true)
    }
    expect(count()).toBe(1 + 60_000 / ISSUER_AGES.interval)
    expect(served.asked.length).toBe(count() * 2)
    expect(await keys.key('k1', 'RS256')).toBeDefined()
  })

  test('an issuer that is down is not asked more often, nor is it by those who know nothing of it', async () => {
    const { find, count, pass, served } = issuer()
    served.isDown = true
    for (let second = 0; second < 30; second++) {
      const asking = Array.from({ length: 20 }, () => find(first).catch(error => error))
      for (const outcome of await Promise.all(asking)) expect(outcome).toBeInstanceOf(IssuerUnreachable)
      await pass(1_000)
    }
    expect(count()).toBe(30_000 / ISSUER_AGES.interval)
  })

  test('whatever happens, an issuer is asked once in the interval, and the right keys count', async () => {
    const event = fc.oneof(
      fc.record({ is: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 4 * 3_600_000 }) }),
      fc.record({ is: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 20_000 }) }),
      fc.record({ is: fc.constant('find' as const), kid: fc.constantFrom('k1', 'k2', 'k3') }),
      fc.record({ is: fc.constant('down' as const), value: fc.boolean() }),
      fc.record({ is: fc.constant('rotate' as const), both: fc.boolean() }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 60 }), async events => {
        const { find, served, pass, settle } = issuer()
        const askedAt: number[] = []
        let before = 0
        let everHad = new Set(['k1'])
        for (const step of events) {
          if (step.is === 'pass') await pass(step.ms)
          if (step.is === 'down') served.isDown = step.value
          if (step.is === 'rotate') {
            served.keys = step.both ? [first, second] : [second]
            everHad = new Set([...everHad, 'k2'])
          }
          if (step.is === 'find') {
            const alg = step.kid === 'k2' ? 'ES256' : 'RS256'
            const found = await find({ kid: step.kid, alg }).catch(() => undefined)
            if (found) expect(everHad).toContain(step.kid)
            await settle()
          }
          const now = served.asked.filter(({ url }) => url === DISCOVERY).length
          for (; before < now; before++) askedAt.push(served.time)
        }
        for (let i = 1; i < askedAt.length; i++) {
          expect(askedAt[i]! - askedAt[i - 1]!).toBeGreaterThanOrEqual(ISSUER_AGES.interval)
        }
      }),
      { numRuns: 200 },
    )
  })
})

describe('an issuer that is not one', () => {
  test.each<[string, string, () => Response]>([
    [
      'another issuer’s discovery',
      DISCOVERY,
      () => Response.json({ issuer: 'https://other.example.com', jwks_uri: JWKS }),
    ],
    ['a discovery without an issuer', DISCOVERY, () => Response.json({ jwks_uri: JWKS })],
    ['a discovery without keys', DISCOVERY, () => Response.json({ issuer: ISSUER })],
    [
      'keys without TLS',
      DISCOVERY,
      () => Response.json({ issuer: ISSUER, jwks_uri: 'http://keys.example.com/jwks' }),
    ],
    [
      'keys on this machine',
      DISCOVERY,
      () => Response.json({ issuer: ISSUER, jwks_uri: 'https://localhost/jwks' }),
    ],
    [
      'keys in a private network',
      DISCOVERY,
      () => Response.json({ issuer: ISSUER, jwks_uri: 'https://10.1.2.3/jwks' }),
    ],
    [
      'keys at the address of a cloud’s metadata, spelled as one number',
      DISCOVERY,
      () => Response.json({ issuer: ISSUER, jwks_uri: 'https://2852039166/latest/meta-data' }),
    ],
    ['keys in a file', DISCOVERY, () => Response.json({ issuer: ISSUER, jwks_uri: 'file:///etc/passwd' })],
    ['a redirect', DISCOVERY, () => Response.redirect('https://10.0.0.1/', 302)],
    ['a redirect of the keys', JWKS, () => Response.redirect(`${JWKS}2`, 301)],
    ['an error', JWKS, () => new Response('{"keys":[]}', { status: 500 })],
    ['no JSON', DISCOVERY, () => new Response('<html>')],
    ['a list', DISCOVERY, () => Response.json([])],
    ['a list for the keys', JWKS, () => Response.json([])],
    ['keys that are no list', JWKS, () => Response.json({ keys: {} })],
    ['nothing', JWKS, () => new Response(null, { status: 204 })],
    ['more than anybody needs', JWKS, () => Response.json({ keys: [], padding: 'x'.repeat(300_000) })],
  ])('%s', async (_, address, answer) => {
    const { find, served } = issuer()
    served.documents.set(address, answer)
    await expect(find(first)).rejects.toThrow(IssuerUnreachable)
    expect(served.asked.every(({ init }) => init.redirect === 'manual' && init.signal)).toBe(true)
    expect(served.asked.every(({ url }) => url === DISCOVERY || url === JWKS)).toBe(true)
  })

  test('issuers with many keys are forgotten before they take up the memory', async () => {
    const many = Array.from({ length: 60 }, (_, n) => ({
      kty: 'RSA',
      kid: `k${n}`,
      n: 'a'.repeat(3_000),
      e: 'AQAB',
    }))
    let asked = 0
    const keys = new IssuerKeys({
      isLocal: false,
      clock: () => NOW,
      defer: () => {},
      fetch: async url => {
        asked++
        return Response.json(
          url.endsWith('/jwks')
            ? { keys: [...many, { ...first.publicJwk, x5c: ['c'.repeat(10_000)] }] }
            : { issuer: new URL(url).origin, jwks_uri: `${new URL(url).origin}/jwks` },
        )
      },
    })
    const name = (n: number) => `https://i${n}.example.com`
    const find = (n: number) => keys.of(name(n)).key(first.kid, first.alg)
    for (let n = 0; n < 40; n++) expect(await find(n)).toBeDefined()
    expect(asked).toBe(80)
    // The latest is still known, and the first has to be asked once more.
    expect(await find(39)).toBeDefined()
    expect(asked).toBe(80)
    expect(await find(0)).toBeDefined()
    expect(asked).toBe(82)
  })

  test('an endless answer is read no further than its bound', async () => {
    let sent = 0
    const { find, served } = issuer()
    served.documents.set(JWKS, () => {
      const body = new ReadableStream({
        pull(controller) {
          sent += 64 * 1024
          controller.enqueue(new Uint8Array(64 * 1024))
        },
      })
      return new Response(body)
    })
    await expect(find(first)).rejects.toThrow(IssuerUnreachable)
    expect(sent).toBeLessThan(1024 * 1024)
  })

  test.each([
    ['https://idp.example.com', true, true],
    ['https://idp.example.com:8443/a?b=c', true, true],
    ['http://idp.example.com', false, false],
    ['https://127.0.0.1', false, true],
    ['https://[::1]', false, true],
    ['https://169.254.169.254', false, true],
    ['https://intranet', false, true],
    ['http://localhost:9000', false, true],
    ['http://127.0.0.1:9000', false, true],
    ['http://[::1]:9000', false, true],
    ['http://idp.localhost:9000', false, true],
    ['http://localhost.example.com', false, false],
    ['http://10.0.0.1', false, false],
    ['https://user:secret@idp.example.com', false, false],
    ['ftp://localhost', false, false],
    ['nonsense', false, false],
  ])('%s may be asked: deployed %s, in development %s', (address, deployed, local) => {
    expect([isIssuerAddress(address, false), isIssuerAddress(address, true)]).toEqual([deployed, local])
  })
})

describe('a token of an issuer that somebody trusts', () => {
  const POOL = 'us-east-1_AbCdEfGhI'

  const verifier = (api: ReturnType<typeof issuer>, published = poolOf(POOL, [first])) => {
    const asked: string[] = []
    const verify = issuedTokenVerifier({
      directory: {
        get: (_, kind, id) => {
          asked.push(`${kind}/${id}`)
          return (id === POOL ? published : undefined) as never
        },
      },
      issuerKeys: { of: name => (name === ISSUER ? api.keys : issuer({ name }).keys) },
    })
    return { verify, asked }
  }

  test('is verified by the keys that the issuer publishes', async () => {
    const { verify, asked } = verifier(issuer())
    const token = await sign(first, claimsOf(ISSUER, { aud: 'mine' }))
    const expected = { issuer: ISSUER, audiences: ['mine'], now: NOW }
    expect(await verify(token, expected)).toMatchObject({ ok: true, claims: { aud: 'mine' } })
    expect(await verify(token, { ...expected, audiences: ['other'] })).toEqual({
      ok: false,
      reason: 'audience',
    })
    expect(asked).toEqual([])
  })

  test('is verified by a pool’s own keys, and nobody is asked over the network', async () => {
    const api = issuer()
    const { verify, asked } = verifier(api)
    const own = `http://localhost:8787/${POOL}`
    const token = await sign(first, claimsOf(own, { aud: 'mine' }))
    expect(await verify(token, { issuer: own, audiences: ['mine'], now: NOW })).toMatchObject({ ok: true })
    expect(asked).toEqual([`pool/${POOL}`])
    expect(api.count()).toBe(0)
  })

  test('of a pool elsewhere whose id is one of this Weir’s is not verified by this one’s keys', async () => {
    const elsewhere = `https://cognito-idp.us-east-1.amazonaws.com/${POOL}`
    const { verify } = verifier(issuer(), poolOf(POOL, [first]))
    const token = await sign(first, claimsOf(elsewhere))
    expect(await verify(token, { issuer: elsewhere, now: NOW })).toEqual({ ok: false, reason: 'unreachable' })
  })

  test('says so while the issuer is out of reach', async () => {
    const api = issuer()
    api.served.isDown = true
    const { verify } = verifier(api)
    const token = await sign(first, claimsOf(ISSUER))
    expect(await verify(token, { issuer: ISSUER, now: NOW })).toEqual({ ok: false, reason: 'unreachable' })
    // What is no token of the issuer's is no reason to ask it.
    expect(await verify('x', { issuer: ISSUER, now: NOW })).toEqual({ ok: false, reason: 'malformed' })
    expect(api.count()).toBe(1)
  })

  test('of another issuer, or by a secret, makes nobody ask', async () => {
    const api = issuer()
    const { verify } = verifier(api)
    const other = await sign(first, claimsOf('https://other.example.com'))
    expect(await verify(other, { issuer: ISSUER, now: NOW })).toEqual({ ok: false, reason: 'issuer' })
    expect(await verify(other.replace(/\.[^.]*$/, '.AAAA'), { issuer: ISSUER, now: NOW })).toMatchObject({
      ok: false,
    })
    expect(api.served.asked).toEqual([])
  })
})
