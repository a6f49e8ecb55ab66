import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { apiAddress } from '../../../src/gateway/address.ts'
import { AuthorizerResults } from '../../../src/gateway/authorizers/authorizer-results.ts'
import { Exchange } from '../../../src/gateway/exchange.ts'
import { authorize } from '../../../src/gateway/phases/authorize.ts'
import { locate } from '../../../src/gateway/phases/locate.ts'
import { compilePolicy } from '../../../src/identity/policies/compile-policy.ts'
import { decide } from '../../../src/identity/policies/decide.ts'
import { requestContext } from '../../../src/identity/policies/request.ts'
import { HOST } from '../fake-gateway.ts'
import { ARN, bearing, guardedApi, letIn, policy, statement, turnAway } from './guarded-api.ts'

describe('a decision is kept', () => {
  test('for as long as the authorizer says', async () => {
    const api = guardedApi({ authorizer: { ttlSeconds: 60 } })
    await api.send('/prod/pets', bearing('a'))
    api.pass(59_999)
    await api.send('/prod/pets', bearing('a'))
    expect(api.asked.length).toBe(1)
    api.pass(1)
    await api.send('/prod/pets', bearing('a'))
    expect(api.asked.length).toBe(2)
  })

  test('not at all where the authorizer says so', async () => {
    const api = guardedApi({ authorizer: { ttlSeconds: 0 } })
    await Promise.all([api.send('/prod/pets', bearing('a')), api.send('/prod/pets', bearing('a'))])
    expect(api.asked.length).toBe(2)
  })

  test('when it is a refusal by policy, too', async () => {
    const api = guardedApi({ decide: () => letIn({ policyDocument: policy(statement('Deny')) }) })
    expect((await api.outcome('/prod/pets', bearing('a')))[0]).toBe(403)
    expect((await api.outcome('/prod/pets', bearing('a')))[0]).toBe(403)
    expect(api.asked.length).toBe(1)
  })

  test.each([
    ['an error', turnAway('Unauthorized')],
    ['a failure', turnAway('boom')],
    ['an answer that is none', letIn({ context: { a: [] } })],
  ])('and %s is not', async (_, result) => {
    const api = guardedApi({ decide: () => result })
    await api.send('/prod/pets', bearing('a'))
    await api.send('/prod/pets', bearing('a'))
    expect(api.asked.length).toBe(2)
  })

  test('for one token, and for all methods of the stage', async () => {
    const api = guardedApi({
      decide: ({ authorizationToken }) => letIn({ principalId: authorizationToken }),
    })
    await api.send('/prod/pets', bearing('a'))
    await api.send('/prod/pets/1', { method: 'POST', ...bearing('a') })
    expect(api.asked.length).toBe(1)
    await api.send('/prod/pets', bearing('b'))
    expect(api.event().requestContext.authorizer.principalId).toBe('b')
    await api.send('/prod/pets', bearing('a'))
    expect(api.event().requestContext.authorizer.principalId).toBe('a')
    expect(api.asked.length).toBe(2)
  })

  test('for one stage', async () => {
    const api = guardedApi()
    await api.send('/prod/pets', bearing('a'))
    await api.send('/beta/pets', bearing('a'))
    expect(api.asked.length).toBe(2)
  })

  test('for all sources together, however their values are cut up', async () => {
    const api = guardedApi({
      authorizer: {
        type: 'REQUEST',
        identitySource: 'method.request.querystring.a, method.request.querystring.b',
      },
    })
    await api.send('/prod/pets?a=1&b=23')
    await api.send('/prod/pets?a=12&b=3')
    await api.send('/prod/pets?a=1%22%2C%22&b=23')
    await api.send('/prod/pets?a=1&a=2&b=23')
    expect(api.asked.length).toBe(4)
    await api.send('/prod/pets?b=23&a=1')
    expect(api.asked.length).toBe(4)
  })

  test('and then nothing is waited for', async () => {
    const api = guardedApi()
    const request = new Request(`http://${HOST}/prod/pets`, bearing('a'))
    const exchange = new Exchange(request, apiAddress(request)!, api.gateway)
    await api.send('/prod/pets', bearing('a'))
    await locate(exchange)
    expect(authorize(exchange)).toBeUndefined()
    expect(exchange.authorization?.authorizer?.principalId).toBe('user|1')
    expect(api.asked.length).toBe(1)
  })
})

describe('requests at the same moment', () => {
  test('share one call of the function', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const api = guardedApi({
      decide: async () => {
        await promise
        return letIn()
      },
    })
    const answers = Array.from({ length: 5 }, () => api.outcome('/prod/pets', bearing('a')))
    const other = api.outcome('/prod/pets', bearing('b'))
    resolve()
    expect(await Promise.all(answers)).toEqual(Array(5).fill([200, 'in']))
    expect(await other).toEqual([200, 'in'])
    expect(api.asked.length).toBe(2)
  })

  test('share its refusal', async () => {
    const api = guardedApi({ decide: () => turnAway('Unauthorized') })
    const answers = Array.from({ length: 3 }, () => api.outcome('/prod/pets', bearing('a')))
    expect((await Promise.all(answers)).map(([status]) => status)).toEqual([401, 401, 401])
    expect(api.asked.length).toBe(1)
  })
})

test('who waits five seconds for the call of another request makes one of its own', async () => {
  vi.useFakeTimers()
  try {
    const results = new AuthorizerResults({ clock: () => 0, defer: () => {} })
    const refusal = { refusal: { type: 'UNAUTHORIZED' } } as const
    results.ask('secret-token', 1_000, () => new Promise(() => {}))
    const call = vi.fn(async () => refusal)
    const waiting = results.ask('secret-token', 1_000, call)
    await vi.advanceTimersByTimeAsync(4_999)
    expect(call).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    expect(await waiting).toBe(refusal)
    expect(call).toHaveBeenCalledTimes(1)
  } finally {
    vi.useRealTimers()
  }
})

describe('memory', () => {
  test('is bounded: who came least recently is asked about again', async () => {
    const results = new AuthorizerResults({ clock: () => 0, defer: () => {}, capacity: 20_000 })
    const api = guardedApi({ parts: { authorizerResults: results } })
    for (let caller = 0; caller < 50; caller += 1) await api.send('/prod/pets', bearing(`caller-${caller}`))
    expect(api.asked.length).toBe(50)
    await api.send('/prod/pets', bearing('caller-49'))
    expect(api.asked.length).toBe(50)
    await api.send('/prod/pets', bearing('caller-0'))
    expect(api.asked.length).toBe(51)
  })
})

test('a flush of the stage forgets what was decided', async () => {
  const api = guardedApi()
  await api.send('/prod/pets', bearing('a'))
  const pointed = api.gateway.pointers.get('a1b2c3d4e5') as { doc: { stages: Record<string, object> } }
  pointed.doc.stages.prod = { ...pointed.doc.stages.prod, authorizersFlushedAt: 1 }
  await api.send('/prod/pets', bearing('a'))
  expect(api.asked.length).toBe(2)
})

test('a kept policy decides about every call as one that was just returned', async () => {
  const part = fc.constantFrom('pets', 'pets/1', 'pets/2', 'files/a/b', 'files/a', '')
  const verb = fc.constantFrom('GET', 'POST', 'DELETE')
  const pattern = fc.oneof(
    part.map(path => `/${path}`),
    fc.constantFrom('/*', '/pets/*', '/pets/?', '/files/*', '/p*s'),
  )
  const resource = fc.oneof(
    fc.constant('*'),
    fc.tuple(pattern, fc.oneof(verb, fc.constant('*'))).map(([path, method]) => ARN(path, method)),
  )
  const written = fc
    .array(
      fc
        .tuple(
          fc.constantFrom('Allow' as const, 'Deny' as const),
          fc.array(resource, { minLength: 1, maxLength: 3 }),
        )
        .map(([effect, resources]) => statement(effect, resources)),
      { minLength: 1, maxLength: 4 },
    )
    .map(statements => policy(...statements))
  const calls = fc.array(fc.tuple(part, verb), { minLength: 2, maxLength: 6 })

  await fc.assert(
    fc.asyncProperty(written, calls, async (policyDocument, sent) => {
      const api = guardedApi({ decide: () => letIn({ policyDocument }) })
      const compiled = compilePolicy('direct', policyDocument, 'identity')
      for (const [path, method] of sent) {
        const direct = decide(
          { identity: [compiled] },
          {
            action: 'execute-api:Invoke',
            resource: ARN(`/${path}`, method),
            context: requestContext({}),
          },
          true,
        )
        const [status, message] = await api.outcome(`/prod/${path}`, { method, ...bearing('a') })
        expect(status).toBe(direct.allowed ? 200 : 403)
        if (!direct.allowed) expect(String(message).includes('explicit deny')).toBe(direct.by !== undefined)
      }
      expect(api.asked.length).toBe(1)
    }),
    { numRuns: 150 },
  )
})

describe('another spelling of a path', () => {
  const denied = policy(statement('Allow'), statement('Deny', ARN('/pets/1')))

  test.each([
    '/prod/pets/1',
    '/prod/pets/1/',
    '/prod//pets/1',
    '/prod/pets/%31',
    '/prod/p%65ts/1',
    '/prod/pets/%31//',
  ])('%s does not slip past a denial', async target => {
    const api = guardedApi({ decide: () => letIn({ policyDocument: denied }) })
    expect((await api.outcome(target, bearing('a')))[0]).toBe(403)
    expect((await api.outcome('/prod/pets/2', bearing('a')))[0]).toBe(200)
  })

  test.each(['/prod/files/private/1', '/prod/files/private%2F1', '/prod/files//private/1', '/prod/v1%3Aall'])(
    '%s does not slip past one either',
    async target => {
      const policyDocument = policy(
        statement('Allow'),
        statement('Deny', ARN('/files/private/*')),
        statement('Deny', ARN('/v1:all')),
      )
      const paths = ['/files/{proxy+}', '/v1:all']
      const api = guardedApi({ paths, decide: () => letIn({ policyDocument }) })
      expect((await api.outcome(target, bearing('a')))[0]).toBe(403)
      expect((await api.outcome('/prod/files/public%2F1', bearing('a')))[0]).toBe(200)
    },
  )

  test('is told to the function as it was sent', async () => {
    const api = guardedApi()
    await api.send('/prod/pets/%31/', bearing('a'))
    expect(api.askedWith().methodArn).toBe(ARN('/pets/%31/'))
  })
})
