import fc from 'fast-check'
import { expect, test } from 'vitest'
import { answered, fakeApi, functionProxy, method, resource, snapshot } from '../fake-gateway.ts'
import { memoryCache } from './memory-cache.ts'

const NAME = fc.constantFrom('a', 'b', 'q', '__proto__')
const VALUE = fc.constantFrom('', '1', '2', '1,2', '"', ' ')
const REQUEST = fc.record({
  id: fc.constantFrom('x', 'y', 'x,y'),
  query: fc.array(fc.tuple(NAME, VALUE), { maxLength: 4 }),
  headers: fc.array(fc.tuple(fc.constantFrom('x-a', 'x-b'), VALUE), { maxLength: 2 }),
})
type Asked = typeof REQUEST extends fc.Arbitrary<infer T> ? T : never

const PARAMETERS = [
  'method.request.path.id',
  'method.request.querystring.a',
  'method.request.querystring.__proto__',
  'method.request.multivaluequerystring.b',
  'method.request.header.X-A',
]

/** The values that a parameter has in a request, read in another way. */
function valuesOf(parameter: string, { id, query, headers }: Asked): unknown {
  const [, , location, name] = parameter.split('.')
  if (location === 'path') return id
  if (location === 'header') return new Headers(headers).get(name!)
  return query.filter(([each]) => each === name).map(([, value]) => value)
}

test('a kept answer is given to those and only those whose cache key parameters are the same', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.constantFrom(...PARAMETERS)),
      fc.array(REQUEST, { minLength: 2, maxLength: 8 }),
      async (cacheKeyParameters, requests) => {
        const deferred: Promise<unknown>[] = []
        let calls = 0
        const { send } = fakeApi({
          snapshot: snapshot([
            resource('/pets/{id}', {
              GET: method({ integration: functionProxy({ cacheKeyParameters }) }),
            }),
          ]),
          pointer: {
            cache: {},
            settings: {
              '*/*': { cache: { ttlSeconds: 9, requireAuthorization: false, unauthorizedStrategy: '' } },
            },
          },
          invoke: () => answered({ statusCode: 200, body: String(++calls) }),
          parts: {
            responseCache: memoryCache().responseCache,
            defer: work => {
              deferred.push(work)
            },
          },
        })
        const expected = new Map<string, string>()
        for (const asked of requests) {
          const query = new URLSearchParams(asked.query)
          const response = await send(`/prod/pets/${asked.id}?${query}`, { headers: asked.headers })
          const text = await response.text()
          await Promise.all(deferred)
          const values = JSON.stringify(cacheKeyParameters.map(each => valuesOf(each, asked)))
          if (!expected.has(values)) expected.set(values, String(expected.size + 1))
          expect(text).toBe(expected.get(values))
        }
      },
    ),
    { numRuns: 100 },
  )
})
