import fc from 'fast-check'
import { afterAll, expect, test, vi } from 'vitest'
import type { InvocationResult } from '../../src/functions/invocation.ts'
import { apiAddress } from '../../src/gateway/address.ts'
import type { Gateway } from '../../src/gateway/gateway.ts'
import { serveApi } from '../../src/gateway/pipeline.ts'
import type { Snapshot } from '../../src/gateway/snapshot.ts'
import { memoryCache } from './cache/memory-cache.ts'
import { API_ID, answered, countedBy, fakeApi, HOST } from './fake-gateway.ts'
import { type AnyRequest, aimed, anyAim, anyApi, anyRequest, anyStage, plainApi } from './fuzz-api.ts'

/** `WEIR_FUZZ_SECONDS=600 npx vitest run --project unit test/gateway/fuzz` looks longer; a failure prints its seed. */
const SECONDS = Number(process.env.WEIR_FUZZ_SECONDS ?? 2)
const BOUNDS = {
  numRuns: process.env.WEIR_FUZZ_SECONDS ? 1_000_000 : 400,
  interruptAfterTimeLimit: SECONDS * 1000,
  ...(process.env.WEIR_FUZZ_SEED && { seed: Number(process.env.WEIR_FUZZ_SEED) }),
}
const TIMEOUT = SECONDS * 1000 + 60_000

/** Node refuses header values that workerd sends as UTF-8. */
const NODE_ALONE = /^Cannot convert argument to a ByteString/

/** Stands in everything that clients must never see. */
const SECRET = 'a-secret-of-the-owner'

vi.stubGlobal('fetch', async () => new Response('{"a": 1}', { headers: { 'x-back': 'end' } }))
afterAll(() => vi.unstubAllGlobals())

function requestOf({ path, method, headers, body }: AnyRequest): Request | undefined {
  const hasBody = body !== undefined && method !== 'GET' && method !== 'HEAD' && method !== 'get'
  try {
    return new Request(`http://${HOST}/prod${path.startsWith('/') ? '' : '/'}${path}`, {
      method,
      headers,
      ...(hasBody && { body: body as BodyInit }),
    })
  } catch {
    // No client can send it, or Node does not let one.
    return undefined
  }
}

/** Whether what is left of a path, once `..` is gone, still begins with the stage. */
const namesStage = (request: Request): boolean => /^\/+prod(?:\/|$)/.test(new URL(request.url).pathname)

/** Which resource and method serve a request, said by comparing it with each of them. */
function reference(api: Snapshot, request: Request): { path: string; method: string } | undefined {
  const pathname = new URL(request.url).pathname
  const rest = pathname
    .replace(/^\/+/, '')
    .split('/')
    .slice(1)
    .join('/')
    .replace(/^\/+|\/+$/g, '')
  const sent = rest === '' ? [] : rest.split('/')
  const decoded = sent.map(part => {
    try {
      return decodeURIComponent(part)
    } catch {
      return part
    }
  })
  const httpMethod = request.headers.get('x-http-method-override')?.toUpperCase() || request.method
  const known = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'].includes(httpMethod)
  const fitting = api.resources.flatMap(({ path, methods }) => {
    const parts = path.split('/').filter(part => part !== '')
    const isGreedy = parts.at(-1)?.endsWith('+}') ?? false
    const fixed = isGreedy ? parts.slice(0, -1) : parts
    if (isGreedy ? sent.length <= fixed.length : sent.length !== fixed.length) return []
    const rank = fixed.map((part, level) =>
      part.startsWith('{')
        ? sent[level] === ''
          ? 'no'
          : '1'
        : part === sent[level] || part === decoded[level]
          ? '0'
          : 'no',
    )
    const name = Object.hasOwn(methods, httpMethod)
      ? httpMethod
      : known && Object.hasOwn(methods, 'ANY')
        ? 'ANY'
        : undefined
    return rank.includes('no') || !name
      ? []
      : [{ path, method: name, rank: `${rank.join('')}${isGreedy ? '2' : ''}` }]
  })
  return fitting.sort((one, other) => (one.rank < other.rank ? -1 : 1))[0]
}

const LEAKS = [SECRET, /\bat .+:\d+:\d+/, /\.(?:ts|js|mjs):\d/, /node_modules/, /Error: /]

async function expectNoLeak(response: Response, text: string): Promise<void> {
  const heads = [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n')
  for (const leak of LEAKS) {
    if (typeof leak === 'string') expect(`${heads}\n${text}`).not.toContain(leak)
    else expect(`${heads}\n${text}`).not.toMatch(leak)
  }
}

const TOO_MUCH = [413, 414, 431]

test('a request reaches the resource that a naive matcher finds, and fails only as a client may make it fail', {
  timeout: TIMEOUT,
}, async () => {
  await fc.assert(
    fc.asyncProperty(plainApi, anyRequest, anyAim, async (api, sent, aim) => {
      const request = requestOf(aimed(api, sent, aim))
      if (!request) return
      const expected = namesStage(request) ? reference(api, request) : undefined
      const { gateway, invocations, reported } = fakeApi({
        snapshot: api,
        invoke: () => answered({ statusCode: 200, body: 'fine' }),
      })
      const response = await serve(request, gateway)
      const text = await response.text()
      expect(reported).toEqual([])
      await expectNoLeak(response, text)
      if (TOO_MUCH.includes(response.status)) {
        expect(invocations).toEqual([])
        return
      }
      if (!expected) {
        expect([response.status, invocations.length]).toEqual([403, 0])
        const message = namesStage(request) ? 'Missing Authentication Token' : 'Forbidden'
        expect(JSON.parse(text)).toEqual({ message })
        return
      }
      if (response.status === 415) {
        expect(request.headers.get('content-encoding')).toBeTruthy()
        return
      }
      expect([response.status, invocations.length]).toEqual([200, 1])
      const event = JSON.parse(invocations[0]!.payload as string)
      expect(event.resource).toBe(expected.path)
      expect(event.requestContext.resourceId).toBe(expected.path)
    }),
    BOUNDS,
  )
})

const functionResult: fc.Arbitrary<() => InvocationResult> = fc.oneof(
  fc.constant(() => answered({ statusCode: 200, body: '{"a": 1}' })),
  fc.constant(() =>
    answered({ principalId: 'me', policyDocument: ALLOW, context: { a: 1 }, usageIdentifierKey: 'k' }),
  ),
  fc.constant(() => answered({ principalId: 'me', policyDocument: { Statement: 'nonsense' } })),
  fc.json({ maxDepth: 2 }).map(text => () => answered(text)),
  fc
    .constantFrom('not-found', 'throttled', 'unavailable', 'not-permitted')
    .map(reason => () => ({ kind: 'refused', reason, message: SECRET }) as InvocationResult),
  fc.constant(
    () =>
      ({
        ...answered({ errorMessage: 'the function’s own, which an AWS integration shows' }),
        functionError: 'Unhandled',
      }) as InvocationResult,
  ),
  fc.constant(() => {
    throw new Error(SECRET)
  }),
)
const ALLOW = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: '*' }],
}

test('no API and no request make the gateway fail, or tell what it should not', {
  timeout: TIMEOUT,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      anyApi,
      anyStage,
      anyRequest,
      anyAim,
      functionResult,
      fc.boolean(),
      async (api, pointer, sent, aim, invoke, admitted) => {
        const request = requestOf(aimed(api, sent, aim))
        if (!request) return
        const { gateway, reported } = fakeApi({
          snapshot: api,
          stages: { prod: { name: 'echo' } },
          pointer,
          invoke,
          parts: {
            admission: countedBy(() =>
              admitted ? { admitted: true } : { admitted: false, reason: 'throttled' },
            ),
            fetch: globalThis.fetch,
            responseCache: memoryCache().responseCache,
            logs: { write: () => {} },
          } as Partial<Gateway>,
        })
        // Twice: what is kept of the first answer serves the second request.
        for (const again of [request.clone(), request]) {
          const response = await serve(again, gateway)
          const text = await response.text()
          expect(response.status).toBeGreaterThanOrEqual(200)
          expect(response.status).toBeLessThan(600)
          await expectNoLeak(response, text)
        }
        // Surprises are those of the function alone.
        expect(
          reported
            .map(error => (error as Error).message)
            .filter(text => text !== SECRET && !NODE_ALONE.test(text)),
        ).toEqual([])
      },
    ),
    BOUNDS,
  )
})

async function serve(request: Request, gateway: Gateway): Promise<Response> {
  const address = apiAddress(request)!
  expect(address.apiId).toBe(API_ID)
  return serveApi(request, address, gateway)
}
