import { describe, expect, test } from 'vitest'
import type {
  SnapshotIntegration,
  SnapshotMethod,
  StageMethodSettings,
  StagePointer,
} from '../../../src/gateway/snapshot.ts'
import { compilePolicy } from '../../../src/identity/policies/compile-policy.ts'
import {
  ACCOUNT,
  answered,
  type FakeOptions,
  fakeApi,
  functionProxy,
  method,
  NOW,
  resource,
  snapshot,
} from '../fake-gateway.ts'
import { memoryCache } from './memory-cache.ts'

const cache = (over: Partial<NonNullable<StageMethodSettings['cache']>> = {}): StageMethodSettings => ({
  cache: { ttlSeconds: 300, requireAuthorization: false, unauthorizedStrategy: 'FAIL_WITH_403', ...over },
})

const cachedBy = (cacheKeyParameters: string[], over: Partial<SnapshotIntegration> = {}): SnapshotMethod =>
  method({ integration: functionProxy({ cacheKeyParameters, ...over }) })

interface Options {
  readonly settings?: StagePointer['settings']
  readonly pointer?: Partial<StagePointer>
  readonly methods?: Record<string, SnapshotMethod>
  readonly path?: string
  readonly answer?: (call: number) => unknown
  readonly parts?: FakeOptions['parts']
}

/** An API whose function answers with the number of its call. */
function cachedApi(options: Options = {}) {
  const { kept, responseCache } = memoryCache()
  const self = { now: NOW }
  const deferred: Promise<unknown>[] = []
  let calls = 0
  const fake = fakeApi({
    snapshot: snapshot([
      resource(options.path ?? '/pets/{id}', options.methods ?? { GET: method(), POST: method() }),
      resource('/other', { GET: cachedBy([], { cacheNamespace: 'shared' }) }),
      resource('/another', { GET: cachedBy([], { cacheNamespace: 'shared' }) }),
    ]),
    stages: { prod: {}, beta: {} },
    pointer: { cache: {}, settings: options.settings ?? { '*/*': cache() }, ...options.pointer },
    invoke: () => {
      calls += 1
      return answered(options.answer?.(calls) ?? { statusCode: 200, body: `answer ${calls}` })
    },
    parts: {
      responseCache,
      clock: () => self.now,
      defer: work => {
        deferred.push(work)
      },
      ...options.parts,
    },
  })
  const send = async (path: string, init?: RequestInit) => {
    const response = await fake.send(path, init)
    const text = await response.text()
    await Promise.all(deferred)
    return { status: response.status, text, headers: response.headers }
  }
  return Object.assign(self, {
    ...fake,
    send,
    kept,
    texts: async (...paths: string[]) => {
      const texts: string[] = []
      for (const path of paths) texts.push((await send(path)).text)
      return texts
    },
  })
}

describe('a stage with a cache', () => {
  test('answers a GET with what an earlier one was answered, for as long as it is kept', async () => {
    const api = cachedApi({
      answer: call => ({
        statusCode: 203,
        body: Buffer.from([0xff, call]).toString('base64'),
        isBase64Encoded: true,
        multiValueHeaders: { 'X-A': ['1', '2'], 'Content-Type': ['image/png'] },
      }),
    })
    const first = await api.send('/prod/pets/1')
    const second = await api.send('/prod/pets/1')
    expect(api.invocations.length).toBe(1)
    expect([second.status, second.text]).toEqual([203, first.text])
    expect(second.headers.get('x-a')).toBe('1, 2')
    expect(second.headers.get('content-type')).toBe('image/png')
    api.now += 299_999
    await api.send('/prod/pets/1')
    expect(api.invocations.length).toBe(1)
    api.now += 1
    await api.send('/prod/pets/1')
    expect(api.invocations.length).toBe(2)
    expect([...api.kept.values()].map(({ control }) => control)).toEqual(['max-age=300'])
  })

  test('tells kept answers apart by cache key parameters alone', async () => {
    const plain = cachedApi()
    expect(await plain.texts('/prod/pets/1', '/prod/pets/2', '/prod/pets/1?page=2')).toEqual([
      'answer 1',
      'answer 1',
      'answer 1',
    ])
    const keyed = cachedApi({
      methods: {
        GET: cachedBy([
          'method.request.path.id',
          'method.request.querystring.page',
          'method.request.multivaluequerystring.tag',
        ]),
      },
    })
    expect(
      await keyed.texts(
        '/prod/pets/1',
        '/prod/pets/2',
        '/prod/pets/1?page=2',
        '/prod/pets/1?page=',
        '/prod/pets/1?tag=a&tag=b',
        '/prod/pets/1?tag=a',
        '/prod/pets/1?tag=b&tag=a',
        '/prod/pets/1?tag=a&other=1&tag=b',
        '/prod/pets/1?page=2&x=1',
      ),
    ).toEqual([1, 2, 3, 4, 5, 6, 7, 5, 3].map(call => `answer ${call}`))
  })

  test('tells them apart by headers, and by what is sent to the back end', async () => {
    const api = cachedApi({
      methods: {
        GET: cachedBy(
          [
            'method.request.header.Accept-Language',
            'integration.request.querystring.id',
            'integration.request.header.stage',
            'integration.request.header.none',
          ],
          {
            requestParameters: {
              'integration.request.querystring.id': 'method.request.path.id',
              'integration.request.header.stage': 'context.stage',
            },
          },
        ),
      },
    })
    const inLanguage = (language: string) => ({ headers: { 'accept-language': language } })
    expect((await api.send('/prod/pets/1', inLanguage('de'))).text).toBe('answer 1')
    expect((await api.send('/prod/pets/1', inLanguage('en'))).text).toBe('answer 2')
    expect((await api.send('/prod/pets/2', inLanguage('de'))).text).toBe('answer 3')
    expect((await api.send('/beta/pets/1', inLanguage('de'))).text).toBe('answer 4')
    expect((await api.send('/prod/pets/1', inLanguage('de'))).text).toBe('answer 1')
  })

  test('keeps nothing where the body would tell answers apart', async () => {
    const api = cachedApi({
      methods: {
        GET: cachedBy(['integration.request.header.x'], {
          requestParameters: { 'integration.request.header.x': 'method.request.body.id' },
        }),
      },
    })
    expect(await api.texts('/prod/pets/1', '/prod/pets/1')).toEqual(['answer 1', 'answer 2'])
  })

  test('shares answers within a namespace, and with nobody else', async () => {
    const api = cachedApi()
    expect(await api.texts('/prod/other', '/prod/another', '/prod/pets/1', '/beta/other')).toEqual([
      'answer 1',
      'answer 1',
      'answer 2',
      'answer 3',
    ])
  })

  test('keeps other methods than GET only where they have settings of their own', async () => {
    const post = { method: 'POST', body: 'x' }
    const usual = cachedApi()
    await usual.send('/prod/pets/1', post)
    expect((await usual.send('/prod/pets/1', post)).text).toBe('answer 2')
    const own = cachedApi({ settings: { '*/*': {}, '~1pets~1{id}/POST': cache() } })
    await own.send('/prod/pets/1', post)
    expect((await own.send('/prod/pets/1', post)).text).toBe('answer 1')
    expect((await own.send('/prod/pets/1')).text).toBe('answer 2')
    expect((await own.send('/prod/pets/1')).text).toBe('answer 3')
  })

  test('keeps nothing without caching, without time, or without a cache', async () => {
    const twice = async (options: Options) => cachedApi(options).texts('/prod/pets/1', '/prod/pets/1')
    const asked = ['answer 1', 'answer 2']
    expect(await twice({ settings: { '*/*': {} } })).toEqual(asked)
    expect(await twice({ settings: { '*/*': cache(), '~1pets~1{id}/GET': {} } })).toEqual(asked)
    expect(await twice({ settings: { '*/*': cache({ ttlSeconds: 0 }) } })).toEqual(asked)
    expect(await twice({ pointer: { cache: undefined } })).toEqual(asked)
  })

  test('keeps no failures, no cookies and nothing too large, but what the client did wrong', async () => {
    const twice = async (answer: object) => {
      const api = cachedApi({ answer: () => answer })
      const first = await api.send('/prod/pets/1')
      const second = await api.send('/prod/pets/1')
      expect(second.text).toBe(first.text)
      return api.invocations.length
    }
    expect(await twice({ statusCode: 500, body: 'x' })).toBe(2)
    expect(await twice({ statusCode: 200, headers: { 'Set-Cookie': 'a=b' } })).toBe(2)
    expect(await twice({ statusCode: 200, body: 'x'.repeat(1_048_577) })).toBe(2)
    expect(await twice({ statusCode: 200, body: 'x'.repeat(1_048_576) })).toBe(1)
    expect(await twice({ statusCode: 200, body: 'ü'.repeat(524_289) })).toBe(2)
    expect(await twice({ statusCode: 404, body: 'none' })).toBe(1)
    expect(await twice({ no: 'proxy answer', statusCode: 'x' })).toBe(2)
  })

  test('is flushed by another generation', async () => {
    const { responseCache } = memoryCache()
    const at = (flushedAt?: number) =>
      cachedApi({ pointer: { cache: { flushedAt } }, parts: { responseCache } })
    const before = at()
    await before.send('/prod/pets/1')
    await before.send('/prod/pets/1')
    expect(before.invocations.length).toBe(1)
    const after = at(NOW)
    await after.send('/prod/pets/1')
    expect(after.invocations.length).toBe(1)
  })

  test('gives a canary entries of its own, or none', async () => {
    const canary = (useStageCache: boolean) => ({
      percentTraffic: 50,
      deploymentId: 'dep456',
      snapshot: 'snapshots/x.json',
      variables: {},
      useStageCache,
    })
    const served = async (useStageCache: boolean) => {
      let drawn = 0
      const api = cachedApi({
        pointer: { canary: canary(useStageCache) },
        parts: { random: () => (drawn++ % 2 === 0 ? 0.9 : 0.1) },
      })
      return api.texts(...Array.from({ length: 6 }, () => '/prod/pets/1'))
    }
    expect(await served(true)).toEqual(['1', '2', '1', '2', '1', '2'].map(n => `answer ${n}`))
    expect(await served(false)).toEqual(['1', '2', '1', '3', '1', '4'].map(n => `answer ${n}`))
  })

  test('whose cache fails asks the back end', async () => {
    const responseCache = {
      find: async () => Promise.reject(new Error('no cache')),
      keep: async () => Promise.reject(new Error('no cache')),
    }
    const api = cachedApi({ parts: { responseCache } })
    expect(await api.texts('/prod/pets/1', '/prod/pets/1')).toEqual(['answer 1', 'answer 2'])
    expect(api.reported).toEqual([])
  })
})

describe('a client that asks for a fresh answer', () => {
  const FRESH = { headers: { 'cache-control': 'no-transform, Max-Age=0' } }
  const guarded = (unauthorizedStrategy: string): Options => ({
    settings: { '*/*': cache({ requireAuthorization: true, unauthorizedStrategy }) },
  })

  test('gets one, which replaces the one that was kept', async () => {
    const api = cachedApi()
    expect((await api.send('/prod/pets/1')).text).toBe('answer 1')
    expect((await api.send('/prod/pets/1', FRESH)).text).toBe('answer 2')
    expect((await api.send('/prod/pets/1')).text).toBe('answer 2')
    const other = { headers: { 'cache-control': 'max-age=01, max-age=60, no-cache' } }
    expect((await api.send('/prod/pets/1', other)).text).toBe('answer 2')
  })

  test('without the permission is refused where it is to be', async () => {
    const api = cachedApi(guarded('FAIL_WITH_403'))
    await api.send('/prod/pets/1')
    const refused = await api.send('/prod/pets/1', FRESH)
    expect([refused.status, api.invocations.length]).toEqual([403, 1])
    expect((await api.send('/prod/pets/1')).text).toBe('answer 1')
  })

  test('without the permission gets the kept one, and may be told so', async () => {
    const warning = '199 Cache-control headers were ignored because the caller was unauthorized.'
    const told = cachedApi(guarded('SUCCEED_WITH_RESPONSE_HEADER'))
    const first = await told.send('/prod/pets/1', FRESH)
    expect([first.text, first.headers.get('warning')]).toEqual(['answer 1', warning])
    const second = await told.send('/prod/pets/1', FRESH)
    expect([second.text, second.headers.get('warning')]).toEqual(['answer 1', warning])
    expect((await told.send('/prod/pets/1')).headers.get('warning')).toBeNull()
    const untold = cachedApi(guarded('SUCCEED_WITHOUT_RESPONSE_HEADER'))
    await untold.send('/prod/pets/1')
    const third = await untold.send('/prod/pets/1', FRESH)
    expect([third.text, third.headers.get('warning')]).toEqual(['answer 1', null])
  })

  test.each([
    ['execute-api:InvalidateCache', `arn:aws:execute-api:*:*:*/prod/GET/pets/*`, ACCOUNT.id, 'answer 2'],
    ['execute-api:Invoke', '*', ACCOUNT.id, 'answer 1'],
    ['execute-api:InvalidateCache', `arn:aws:execute-api:*:*:*/beta/*`, ACCOUNT.id, 'answer 1'],
    ['execute-api:InvalidateCache', '*', '999999999999', 'answer 1'],
  ])('and may do %s on %s in account %s gets %s', async (Action, Resource, account, expected) => {
    const api = cachedApi({
      ...guarded('SUCCEED_WITH_RESPONSE_HEADER'),
      parts: {
        authenticate: async () => ({
          ok: true,
          identity: {
            accessKeyId: 'ASIA',
            account,
            arn: `arn:aws:sts::${account}:assumed-role/editor/me`,
            role: `arn:aws:iam::${account}:role/editor`,
          },
          verifyBody: async () => undefined,
        }),
        policiesOf: () => ({
          identity: [
            compilePolicy(
              'editor',
              { Version: '2012-10-17', Statement: { Effect: 'Allow', Action, Resource } },
              'identity',
            ),
          ],
        }),
      },
    })
    await api.send('/prod/pets/1')
    expect((await api.send('/prod/pets/1', FRESH)).text).toBe(expected)
  })
})

test('an answer is nowhere to be found by who does not know the secret', async () => {
  const { responseCache, kept } = memoryCache('one')
  await responseCache.keep('key', { status: 200, headers: [], body: 'mine', keptAt: 0 }, 60)
  const [name] = [...kept.keys()]
  const other = memoryCache('other')
  await other.responseCache.keep('key', { status: 200, headers: [], body: 'theirs', keptAt: 0 }, 60)
  expect([...other.kept.keys()]).not.toEqual([name])
  expect(await responseCache.find('key')).toEqual({ status: 200, headers: [], body: 'mine', keptAt: 0 })
  expect(await responseCache.find('kez')).toBeUndefined()
})
