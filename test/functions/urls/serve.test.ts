import { beforeEach, describe, expect, test } from 'vitest'
import { statementOf } from '../../../src/functions/control/resource-policy.ts'
import type { Invocation, Refused, Streamed } from '../../../src/functions/invocation.ts'
import type { FunctionPointer } from '../../../src/functions/manifest.ts'
import { urlOfPath } from '../../../src/functions/urls/address.ts'
import type { FunctionUrlPointer } from '../../../src/functions/urls/pointer.ts'
import { serveUrl, type UrlPlane } from '../../../src/functions/urls/serve.ts'
import { type CallerPolicies, ROOT_POLICIES } from '../../../src/identity/authority.ts'
import type { Caller } from '../../../src/identity/caller.ts'

const ID = 'a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6'
const NOW = 1_800_000_000_000
const REQUEST_ID = '5bbd0e3e-fe7a-4299-9076-32d4de45391b'
const account = { id: '111122223333', region: 'eu-central-1' }
const FORBIDDEN = {
  Message:
    'Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html',
}

const grant = (action: string, more: object) =>
  statementOf({ statementId: action, resource: 'arn', action, principal: '*', ...more })
const PUBLIC = [
  grant('lambda:InvokeFunctionUrl', { functionUrlAuthType: 'NONE' }),
  grant('lambda:InvokeFunction', { invokedViaFunctionUrl: true }),
]

let url: FunctionUrlPointer
let target: FunctionPointer | undefined
let calls: Invocation[]
let looked: string[]
let reported: unknown[]
let answers: () => Promise<Streamed | Refused>
let plane: UrlPlane

const said = (text: string, more: Partial<Streamed> = {}): Streamed => ({
  kind: 'streamed',
  executedVersion: '1',
  contentType: 'application/json',
  body: new Blob([text]).stream(),
  ending: Promise.resolve({ logs: '', durationMs: 1 }),
  ...more,
})

beforeEach(() => {
  url = { schema: 1, account, name: 'f', authType: 'NONE', invokeMode: 'BUFFERED' }
  target = { policies: { '': PUBLIC } } as unknown as FunctionPointer
  calls = []
  looked = []
  reported = []
  answers = async () => said('{"ok":true}')
  plane = {
    urls: {
      get: id => {
        looked.push(id)
        return id === ID ? { doc: url, generation: 1, stale: false } : undefined
      },
    },
    functions: { get: async () => target && { doc: target, generation: 1, stale: false } },
    stream: invocation => {
      calls.push(invocation)
      return answers()
    },
    authenticate: async () => {
      throw new Error('this URL asks for no signature')
    },
    policiesOf: () => ({ identity: [] }),
    clock: () => NOW,
    newId: () => REQUEST_ID,
    report: error => reported.push(error),
  }
})

async function send(init: RequestInit = {}, path = `/_aws/lambda-url/${ID}/`, admitted?: Caller) {
  const request = new Request(`http://localhost:8787${path}`, init)
  const response = await serveUrl(request, urlOfPath(request)!, plane, admitted)
  return { response, status: response.status, text: await response.text(), headers: response.headers }
}

describe('a function URL', () => {
  test('calls its function with the request and answers what it said', async () => {
    url = { ...url, qualifier: 'prod' }
    target = { policies: { prod: PUBLIC } } as unknown as FunctionPointer
    const trace = 'Root=1-643eccfa-2c6028925c2b249524664087;Sampled=1'
    const { status, text, headers } = await send(
      { method: 'PUT', body: 'hi', headers: { 'x-amzn-trace-id': trace, 'content-type': 'text/plain' } },
      `/_aws/lambda-url/${ID}/a%2Fb?c=d`,
    )
    expect([status, text, headers.get('content-type')]).toEqual([200, '{"ok":true}', 'application/json'])
    expect(headers.get('x-amzn-requestid')).toBe(REQUEST_ID)
    expect(headers.get('x-amzn-trace-id')).toContain('Root=1-643eccfa-2c6028925c2b249524664087;')
    const [{ payload, ...call }] = calls as [Invocation]
    expect(call).toEqual({
      account,
      name: 'f',
      qualifier: 'prod',
      requestId: REQUEST_ID,
      traceId: trace,
      // By which a deployment may keep somebody on a version.
      source: { request: expect.any(Request) },
    })
    expect(JSON.parse(payload as string)).toMatchObject({
      rawPath: '/a%2Fb',
      rawQueryString: 'c=d',
      body: 'hi',
      requestContext: { requestId: REQUEST_ID, timeEpoch: NOW, domainName: 'localhost:8787' },
    })
  })

  test('begins a trace where the client has none', async () => {
    await send()
    expect(calls[0]!.traceId).toMatch(/^Root=1-6b49d200-[0-9a-f]{24}$/)
  })

  test('that is not there is not told from one that is forbidden by its status', async () => {
    const other = await send({}, `/_aws/lambda-url/${'b'.repeat(32)}/`)
    expect([other.status, other.text]).toEqual([403, '{"Message":null}'])
    expect(other.headers.get('x-amzn-errortype')).toBe('AccessDeniedException')
    expect(other.headers.get('content-type')).toBe('application/json')
    looked = []
    for (const id of ['x', 'a'.repeat(33), `${'a'.repeat(31)}_`]) {
      expect((await send({}, `/_aws/lambda-url/${id}/`)).text).toBe('{"Message":null}')
    }
    expect(looked).toEqual([])
  })

  test('is forbidden to whom the function’s policy does not let in', async () => {
    const refused = async () => {
      const { status, text, headers } = await send({ method: 'POST', body: 'x' })
      expect([status, headers.get('x-amzn-errortype')]).toEqual([403, 'AccessDeniedException'])
      expect(JSON.parse(text)).toEqual(FORBIDDEN)
    }
    target = { policies: { '': PUBLIC.slice(1) } } as unknown as FunctionPointer
    await refused()
    target = undefined
    await refused()
    expect(calls).toEqual([])
  })

  test('has an answer of no body for HEAD, and for statuses that have none', async () => {
    answers = async () => said('{"statusCode":206,"headers":{"x-a":"b"},"body":"long"}')
    const head = await send({ method: 'HEAD' })
    expect([head.status, head.text, head.headers.get('x-a')]).toEqual([206, '', 'b'])
    for (const statusCode of [204, 205, 304]) {
      answers = async () => said(JSON.stringify({ statusCode, body: 'x' }))
      expect(await send()).toMatchObject({ status: statusCode, text: '' })
    }
  })

  test('sends each cookie on a line of its own', async () => {
    answers = async () => said('{"statusCode":200,"cookies":["a=1; Expires=Wed, 21 Oct 2026","b=2"]}')
    expect((await send()).headers.getSetCookie()).toEqual(['a=1; Expires=Wed, 21 Oct 2026', 'b=2'])
  })

  test('answers for a function that failed or said what cannot be sent', async () => {
    const ending = Promise.resolve({ functionError: 'Unhandled', logs: '', durationMs: 1 } as const)
    for (const streamed of [said('', { ending }), said('{"statusCode":7}'), said('half {')]) {
      answers = async () => streamed
      const { status, text, headers } = await send()
      expect([status, text, headers.get('content-type')]).toEqual([
        502,
        'Internal Server Error',
        'application/json',
      ])
    }
  })

  test.each<[Refused['reason'], number, object]>([
    [
      'throttled',
      429,
      { Reason: 'ConcurrentInvocationLimitExceeded', Type: 'User', message: 'Rate Exceeded.' },
    ],
    [
      'over-ceiling',
      429,
      {
        Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
        Type: 'User',
        message: 'Rate Exceeded.',
      },
    ],
    ['not-found', 403, FORBIDDEN],
    ['not-permitted', 403, FORBIDDEN],
    ['recursive', 400, { Type: 'User', message: 'Rate Exceeded.' }],
    ['not-ready', 502, { Type: 'User', message: 'Rate Exceeded.' }],
    ['unavailable', 503, { message: 'Service Unavailable' }],
  ])('says that the call was not made: %s', async (reason, expected, document) => {
    answers = async () => ({ kind: 'refused', reason, message: 'Rate Exceeded.' })
    const { status, text } = await send()
    expect(status).toBe(expected)
    expect(JSON.parse(text)).toEqual(document)
  })

  test('takes requests whose event has up to 6 MB', async () => {
    const post = (bytes: number, type = 'text/plain') =>
      send({ method: 'POST', body: new Uint8Array(bytes).fill(0x61), headers: { 'content-type': type } })
    const limit = 6 * 1024 * 1024
    expect((await post(limit - 5000)).status).toBe(200)
    expect(calls).toHaveLength(1)
    for (const answer of [
      await post(limit - 5000, 'application/octet-stream'),
      await post(limit - 100),
      await post(limit + 1),
    ]) {
      expect(answer.status).toBe(413)
      expect(answer.headers.get('x-amzn-errortype')).toBe('RequestEntityTooLargeException')
    }
    expect(calls).toHaveLength(1)
  })

  test('stops reading a body of unknown length that is too large', async () => {
    let produced = 0
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        produced++
        controller.enqueue(new Uint8Array(1024 * 1024))
      },
    })
    expect((await send({ method: 'POST', body, duplex: 'half' } as RequestInit)).status).toBe(413)
    expect(produced).toBeLessThan(12)
  })

  test('says nothing of what went wrong inside', async () => {
    answers = async () => {
      throw new Error('a secret')
    }
    const { status, text } = await send()
    expect([status, text]).toEqual([503, '{"message":"Service Unavailable"}'])
    expect(reported).toHaveLength(1)
  })
})

describe('a page of another origin', () => {
  const origin = 'https://page.example'

  beforeEach(() => {
    url = { ...url, cors: { allowOrigins: [origin], allowMethods: ['PUT'], maxAge: 60 } }
  })

  test('asks first, and is answered without the function', async () => {
    const { status, text, headers } = await send({
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'PUT' },
    })
    expect([status, text]).toEqual([200, ''])
    expect(headers.get('access-control-allow-origin')).toBe(origin)
    expect(headers.get('access-control-allow-methods')).toBe('PUT')
    expect(calls).toEqual([])
  })

  test('may read every answer, errors too', async () => {
    expect((await send({ headers: { origin } })).headers.get('access-control-allow-origin')).toBe(origin)
    target = undefined
    const refused = await send({ headers: { origin } })
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([403, origin])
  })

  test('gets what is set beside what the function says', async () => {
    answers = async () =>
      said('{"statusCode":200,"headers":{"Access-Control-Allow-Origin":"*","Vary":"Accept"}}')
    const { headers } = await send({ headers: { origin } })
    expect(headers.get('access-control-allow-origin')).toBe(`*, ${origin}`)
    expect(headers.get('vary')).toBe('Accept, Origin')
  })

  test('asks the function where nothing is set', async () => {
    url = { ...url, cors: undefined }
    const asked = { origin, 'access-control-request-method': 'PUT' }
    await send({ method: 'OPTIONS', headers: asked })
    expect(JSON.parse(calls[0]!.payload as string).requestContext.http.method).toBe('OPTIONS')
  })
})

describe('a URL for callers who sign', () => {
  const caller = { accessKeyId: 'AKID', account: account.id, arn: `arn:aws:iam::${account.id}:root` }
  const refusal = { ok: false, reason: 'signature-mismatch', status: 403, code: 'InvalidSignatureException' }

  beforeEach(() => {
    url = { ...url, authType: 'AWS_IAM' }
    plane = { ...plane, policiesOf: () => ROOT_POLICIES }
  })

  test('calls its function for one who may', async () => {
    const regions: string[] = []
    plane = {
      ...plane,
      authenticate: async (_request, region) => {
        regions.push(region)
        return { ok: true, identity: caller, verifyBody: async () => undefined }
      },
    }
    expect((await send()).status).toBe(200)
    expect(regions).toEqual([account.region])
    expect(JSON.parse(calls[0]!.payload as string).requestContext.authorizer.iam.accessKey).toBe('AKID')
  })

  test('is forbidden without a signature, and tells what is wrong with one', async () => {
    plane = {
      ...plane,
      authenticate: async () => ({ ...refusal, ok: false, reason: 'not-signed', message: '' }),
    }
    expect(JSON.parse((await send()).text)).toEqual(FORBIDDEN)
    plane = { ...plane, authenticate: async () => ({ ...refusal, ok: false, message: 'why' }) }
    const { status, text, headers } = await send()
    expect([status, text]).toEqual([403, '{"message":"why"}'])
    expect(headers.get('x-amzn-errortype')).toBe('InvalidSignatureException')
    expect(calls).toEqual([])
  })

  test('asks for no signature where it is known who calls', async () => {
    const role = `arn:aws:iam::${account.id}:role/r`
    const session = { ...caller, arn: `arn:aws:sts::${account.id}:assumed-role/r/caller`, role }
    const asked: Caller[] = []
    let policies: CallerPolicies = ROOT_POLICIES
    plane = {
      ...plane,
      policiesOf: known => {
        asked.push(known)
        return policies
      },
    }
    expect((await send({}, undefined, session)).status).toBe(200)
    expect(asked).toEqual([session])
    policies = { identity: [] }
    expect((await send({}, undefined, session)).status).toBe(403)
  })

  test('reads no body for strangers, and calls nothing for one that was altered', async () => {
    let reads = 0
    const body = () =>
      new ReadableStream<Uint8Array>(
        {
          pull(controller) {
            reads++
            controller.close()
          },
        },
        { highWaterMark: 0 },
      )
    const post = () => send({ method: 'POST', body: body(), duplex: 'half' } as RequestInit)
    plane = { ...plane, authenticate: async () => ({ ...refusal, ok: false, message: 'why' }) }
    await post()
    expect(reads).toBe(0)
    plane = {
      ...plane,
      authenticate: async () => ({
        ok: true,
        identity: caller,
        verifyBody: async () => ({ ...refusal, ok: false, message: 'another body' }),
      }),
    }
    expect((await post()).text).toBe('{"message":"another body"}')
    expect(reads).toBe(1)
    expect(calls).toEqual([])
  })
})

describe('an answer that is streamed', () => {
  beforeEach(() => {
    url = { ...url, invokeMode: 'RESPONSE_STREAM' }
  })

  test('is begun before it is written', async () => {
    const next = Promise.withResolvers<void>()
    const body = new ReadableStream<Uint8Array>(
      {
        async start(controller) {
          controller.enqueue(new TextEncoder().encode('first '))
          await next.promise
          controller.enqueue(new TextEncoder().encode('second'))
          controller.close()
        },
      },
      { highWaterMark: 0 },
    )
    answers = async () => said('', { body, contentType: 'text/plain' })
    const request = new Request(`http://localhost:8787/_aws/lambda-url/${ID}/`)
    const response = await serveUrl(request, urlOfPath(request)!, plane)
    const reader = response.body!.getReader()
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('first ')
    next.resolve()
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('second')
    expect((await reader.read()).done).toBe(true)
  })

  test('lets go of the function’s body where nobody wants it', async () => {
    let cancelled = 0
    const body = new ReadableStream<Uint8Array>({
      start: controller => controller.enqueue(Uint8Array.of(1)),
      cancel: () => {
        cancelled++
      },
    })
    answers = async () => said('', { body })
    expect((await send({ method: 'HEAD' })).text).toBe('')
    expect(cancelled).toBe(1)
  })
})
