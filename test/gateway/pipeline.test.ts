import { describe, expect, test, vi } from 'vitest'
import type { InvocationResult, Refused } from '../../src/functions/invocation.ts'
import { LIMITS } from '../../src/gateway/limits.ts'
import { sha256Hex } from '../../src/lib/hash.ts'
import {
  ACCOUNT,
  API_ID,
  answered,
  countedBy,
  fakeApi,
  functionProxy,
  method,
  resource,
  snapshot,
  type Verdict,
} from './fake-gateway.ts'

const open = snapshot([
  resource('/pets', { GET: method(), ANY: method() }),
  resource('/only', { GET: method() }),
])
const keyed = snapshot([resource('/keyed', { ANY: method({ apiKeyRequired: true }) })])

async function read(response: Response) {
  const errorType = response.headers.get('x-amzn-errortype')
  return [response.status, errorType, await response.text()]
}

describe('a request that nothing serves', () => {
  test.each([
    ['/prod/unknown', 'GET', 403, 'MissingAuthenticationTokenException', 'Missing Authentication Token'],
    ['/prod/only', 'POST', 403, 'MissingAuthenticationTokenException', 'Missing Authentication Token'],
    ['/prod/only', 'HEAD', 403, 'MissingAuthenticationTokenException', 'Missing Authentication Token'],
    ['/prod/pets', 'PROPFIND', 403, 'MissingAuthenticationTokenException', 'Missing Authentication Token'],
    ['/prod', 'GET', 403, 'MissingAuthenticationTokenException', 'Missing Authentication Token'],
    ['/beta/pets', 'GET', 403, 'ForbiddenException', 'Forbidden'],
    ['/constructor/pets', 'GET', 403, 'ForbiddenException', 'Forbidden'],
    ['/', 'GET', 403, 'ForbiddenException', 'Forbidden'],
    ['http://zzzzzzzzzz.execute-api.localhost/prod/pets', 'GET', 403, 'ForbiddenException', 'Forbidden'],
  ])('%s %s', async (target, name, status, errorType, message) => {
    const api = fakeApi({ snapshot: open })
    const response = await api.send(target, { method: name })
    expect(await read(response)).toEqual([status, errorType, JSON.stringify({ message })])
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(api.invocations).toEqual([])
  })
})

describe('an API key', () => {
  const admitted: Verdict = { admitted: true, keyId: 'key1' }
  const counting = (decide: () => Verdict | Promise<Verdict>) => {
    const admit = vi.fn((_name: string, _call: { apiId: string; stage: string; method?: string }) => decide())
    return { admit, api: fakeApi({ snapshot: keyed, parts: { admission: countedBy(admit) } }) }
  }

  test.each([
    ['at once', () => admitted],
    ['after a round trip', async () => admitted],
  ])('that is admitted %s reaches the function with its id', async (_, decide) => {
    const { admit, api } = counting(decide)
    const response = await api.send('/prod/keyed', { headers: { 'x-api-key': 'secret value' } })
    expect(response.status).toBe(200)
    const name = `keys/${ACCOUNT.id}/${ACCOUNT.region}/${await sha256Hex('secret value')}`
    expect(admit.mock.calls).toEqual([[name, { apiId: API_ID, stage: 'prod', method: 'GET /keyed' }]])
    expect(api.event().requestContext.identity).toMatchObject({ apiKey: 'secret value', apiKeyId: 'key1' })
    expect(api.event().headers['x-api-key']).toBe('secret value')
  })

  test('that is missing is forbidden, and nobody is asked', async () => {
    const { admit, api } = counting(() => admitted)
    for (const headers of [new Headers(), new Headers({ 'x-api-key': '' })]) {
      const response = await api.send('/prod/keyed', { headers })
      expect(await read(response)).toEqual([403, 'ForbiddenException', '{"message":"Forbidden"}'])
    }
    expect(admit).not.toHaveBeenCalled()
    expect(api.invocations).toEqual([])
  })

  test.each([
    ['unknown-key', 403, 'ForbiddenException', 'Forbidden'],
    ['disabled-key', 403, 'ForbiddenException', 'Forbidden'],
    ['no-plan-for-stage', 403, 'ForbiddenException', 'Forbidden'],
    ['throttled', 429, 'TooManyRequestsException', 'Too Many Requests'],
    ['quota-exceeded', 429, 'LimitExceededException', 'Limit Exceeded'],
    ['unreachable', 503, 'ServiceUnavailableException', 'Service Unavailable'],
  ] as const)('that is refused as %s gets %i', async (reason, status, errorType, message) => {
    const { api } = counting(() => ({ admitted: false, reason }))
    const response = await api.send('/prod/keyed', { headers: { 'x-api-key': 'k' } })
    expect(await read(response)).toEqual([status, errorType, JSON.stringify({ message })])
    expect(api.invocations).toEqual([])
  })

  test('is asked for once, and the body is read meanwhile', async () => {
    const arrived = Promise.withResolvers<Verdict>()
    const { api, admit } = counting(() => arrived.promise)
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('hel'))
      },
      pull(controller) {
        // Pulled by a reader that took the first chunk, while the key still waits for its admission.
        controller.enqueue(new TextEncoder().encode('lo'))
        controller.close()
        arrived.resolve(admitted)
      },
    })
    const init = { method: 'POST', body, duplex: 'half', headers: { 'x-api-key': 'k' } } as RequestInit
    expect((await api.send('/prod/keyed', init)).status).toBe(200)
    expect(api.event().body).toBe('hello')
    expect(admit).toHaveBeenCalledTimes(1)
  })

  test('is not counted for a request that an authorizer has yet to let in', async () => {
    const admit = vi.fn()
    const guarded = method({ apiKeyRequired: true, authorizationType: 'AWS_IAM' })
    const api = fakeApi({
      snapshot: snapshot([resource('/keyed', { GET: guarded })]),
      parts: { admission: countedBy(admit) },
    })
    expect((await api.send('/prod/keyed', { headers: { 'x-api-key': 'k' } })).status).toBe(403)
    expect(admit).not.toHaveBeenCalled()
  })

  test('cannot come in a header where an authorizer is to bring it', async () => {
    const admit = vi.fn()
    const api = fakeApi({
      snapshot: { ...keyed, apiKeySource: 'AUTHORIZER' },
      parts: { admission: countedBy(admit) },
    })
    const response = await api.send('/prod/keyed', { headers: { 'x-api-key': 'k' } })
    expect(response.status).toBe(403)
    expect(admit).not.toHaveBeenCalled()
  })
})

test.each([
  ['AWS_IAM', 403],
  ['CUSTOM', 500],
  ['COGNITO_USER_POOLS', 500],
  ['something new', 500],
  ['constructor', 500],
])('a method guarded by %s lets nobody in whom nothing lets in', async (authorizationType, status) => {
  const api = fakeApi({ snapshot: snapshot([resource('/x', { GET: method({ authorizationType }) })]) })
  expect((await api.send('/prod/x')).status).toBe(status)
  expect(api.invocations).toEqual([])
})

describe('a function', () => {
  const sendTo = async (result: InvocationResult | Promise<InvocationResult>, timeoutMs = 29_000) => {
    const api = fakeApi({
      snapshot: snapshot([resource('/x', { GET: method({ integration: functionProxy({ timeoutMs }) }) })]),
      invoke: () => result,
    })
    return { api, response: await api.send('/prod/x') }
  }
  const refused = (reason: Refused['reason']): InvocationResult => ({
    kind: 'refused',
    reason,
    message: 'secret',
  })

  test.each([
    ['not-found', 500],
    ['not-permitted', 500],
    ['throttled', 500],
    ['not-ready', 500],
  ] as const)('that is not invoked (%s) gives %i, and does not say why', async (reason, status) => {
    const { response } = await sendTo(refused(reason))
    expect(await read(response)).toEqual([
      status,
      'InternalServerErrorException',
      '{"message":"Internal server error"}',
    ])
  })

  test('that is out of reach gives 503', async () => {
    expect((await sendTo(refused('unavailable'))).response.status).toBe(503)
  })

  test.each([
    ['fails', { ...answered({ errorMessage: 'secret', trace: [] }), functionError: 'Unhandled' }],
    ['answers null', answered(null)],
    ['answers text', answered('"text"')],
    ['answers with a member that is not known', answered({ statusCode: 200, wrong: 1 })],
  ] as Array<[string, InvocationResult]>)('that %s gives 502', async (_, result) => {
    const { response } = await sendTo(result)
    expect(await read(response)).toEqual([
      502,
      'InternalServerErrorException',
      '{"message":"Internal server error"}',
    ])
  })

  test('that takes longer than the integration allows gives 504 and is left to end', async () => {
    const { promise, resolve } = Promise.withResolvers<InvocationResult>()
    const deferred: Promise<unknown>[] = []
    const api = fakeApi({
      snapshot: snapshot([
        resource('/x', { GET: method({ integration: functionProxy({ timeoutMs: 20 }) }) }),
      ]),
      invoke: () => promise,
      parts: { defer: work => deferred.push(work) },
    })
    const response = await api.send('/prod/x')
    expect(await read(response)).toEqual([
      504,
      'InternalServerErrorException',
      '{"message":"Endpoint request timed out"}',
    ])
    expect(deferred).toHaveLength(1)
    resolve(answered({}))
    await deferred[0]
  })

  test('answers in its own words', async () => {
    const { response } = await sendTo(
      answered({
        statusCode: 418,
        headers: { 'Content-Type': 'text/plain', 'x-one': '1' },
        multiValueHeaders: { 'Set-Cookie': ['a=1', 'b=2'] },
        body: 'short and stout',
      }),
    )
    expect(response.status).toBe(418)
    expect(response.headers.get('content-type')).toBe('text/plain')
    expect(response.headers.get('x-one')).toBe('1')
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect(response.headers.get('x-amzn-requestid')).toBe('01010101-0101-4101-8101-010101010101')
    expect(response.headers.get('x-amz-apigw-id')).toBe('AQEBAQEBAQEBAQE=')
    expect(response.headers.get('x-amzn-trace-id')).toBe(
      'Root=1-69a7bdbf-010101010101010101010101;Parent=0101010101010101;Sampled=0',
    )
    expect(response.headers.get('x-amzn-errortype')).toBeNull()
    expect(await response.text()).toBe('short and stout')
  })

  test('that names no content type answers JSON', async () => {
    expect((await sendTo(answered({ body: '{}' }))).response.headers.get('content-type')).toBe(
      'application/json',
    )
  })

  test.each([204, 205, 304])('may answer %i, which has no body', async statusCode => {
    const { response } = await sendTo(answered({ statusCode, body: 'x' }))
    expect(response.status).toBe(statusCode)
    expect(await response.text()).toBe('')
  })

  test.each([
    ['image/png', ['image/png'], 'Hi'],
    ['image/png,text/html', ['image/png'], 'Hi'],
    ['text/html,image/png', ['image/png'], 'SGk='],
    ['image/webp;q=0.8', ['image/*'], 'Hi'],
    [undefined, ['*/*'], 'Hi'],
    [undefined, ['image/png'], 'SGk='],
    ['image/png', [], 'SGk='],
  ] as Array<[string | undefined, string[], string]>)(
    'base64 for those who accept %s from an API of binary types %j',
    async (accept, binaryMediaTypes, body) => {
      const api = fakeApi({
        snapshot: snapshot([resource('/x')], { binaryMediaTypes }),
        invoke: () => answered({ body: 'SGk=', isBase64Encoded: true }),
      })
      const response = await api.send('/prod/x', accept ? { headers: { accept } } : {})
      expect(await response.text()).toBe(body)
    },
  )

  test('that says base64 and is not gives 500', async () => {
    const api = fakeApi({
      snapshot: snapshot([resource('/x')], { binaryMediaTypes: ['*/*'] }),
      invoke: () => answered({ body: '***', isBase64Encoded: true }),
    })
    expect((await api.send('/prod/x')).status).toBe(500)
  })
})

describe('a request that is too large', () => {
  const tooLarge = [413, 'RequestTooLargeException', '{"message":"Request Too Long"}']

  test('is refused by what it declares', async () => {
    const api = fakeApi({ snapshot: open })
    const headers = { 'content-length': String(LIMITS.body + 1) }
    const response = await api.send('/prod/pets', { method: 'POST', body: 'x', headers })
    expect(await read(response)).toEqual(tooLarge)
  })

  test('is refused as soon as it shows, without being read to its end', async () => {
    let pulled = 0
    const endless = new ReadableStream({
      pull(controller) {
        pulled += 1
        controller.enqueue(new Uint8Array(1024 * 1024))
      },
    })
    const api = fakeApi({ snapshot: open })
    const init = { method: 'POST', body: endless, duplex: 'half' } as RequestInit
    expect(await read(await api.send('/prod/pets', init))).toEqual(tooLarge)
    expect(pulled).toBeLessThan(15)
    expect(api.invocations).toEqual([])
  })

  test('is refused when its event exceeds what a function takes', async () => {
    const api = fakeApi({ snapshot: open })
    const init = { method: 'POST', body: 'x'.repeat(6 * 1024 * 1024) }
    expect(await read(await api.send('/prod/pets', init))).toEqual(tooLarge)
  })
})

describe('a surprise', () => {
  const boom = () => {
    throw new Error('secret detail')
  }

  test.each([
    ['of a function call', { invoke: async () => boom() }, 500],
    ['of a function call at once', { invoke: boom }, 500],
    ['of a pointer', { pointers: { get: boom } }, 503],
    ['of a pointer on its way', { pointers: { get: async () => boom() } }, 503],
    ['of a snapshot', { snapshots: { get: async () => boom() } }, 503],
  ])('%s is reported and never shown', async (_, parts, status) => {
    const api = fakeApi({ snapshot: open, parts })
    const response = await api.send('/prod/pets')
    const text = await response.text()
    expect(response.status).toBe(status)
    expect(text).not.toContain('secret')
    expect(response.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/)
    expect(api.reported).toEqual([new Error('secret detail')])
  })

  test('of admission gives 500 and reaches no function', async () => {
    for (const admit of [boom, async () => boom()]) {
      const api = fakeApi({ snapshot: keyed, parts: { admission: countedBy(admit) } })
      const response = await api.send('/prod/keyed', { headers: { 'x-api-key': 'k' } })
      expect(response.status).toBeGreaterThanOrEqual(500)
      expect(api.invocations).toEqual([])
      expect(api.reported).toHaveLength(1)
    }
  })
})

test('a kind of integration that is not served, and none at all, give 500', async () => {
  for (const integration of [undefined, functionProxy({ type: 'HTTP' }), functionProxy({ uri: undefined })]) {
    const api = fakeApi({ snapshot: snapshot([resource('/x', { GET: method({ integration }) })]) })
    const response = await api.send('/prod/x')
    expect(await read(response)).toEqual([
      500,
      'InternalServerErrorException',
      '{"message":"Internal server error"}',
    ])
  }
})
