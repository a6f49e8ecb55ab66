import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import type { InvocationResult } from '../../src/functions/invocation.ts'
import { formatProblem, readFormat, renderLine } from '../../src/gateway/logs/access-log-format.ts'
import { hidden, Secrets } from '../../src/gateway/logs/hide-secrets.ts'
import { isLogDestination } from '../../src/gateway/logs/log-destination.ts'
import { BatchedLog, type LogLine } from '../../src/gateway/logs/log-sink.ts'
import { Observation } from '../../src/gateway/logs/observation.ts'
import type { Gateway } from '../../src/gateway/pipeline.ts'
import type { StagePointer } from '../../src/gateway/snapshot.ts'
import { FlushCycle } from '../../src/lib/flush-cycle.ts'
import { letIn } from './authorizers/guarded-api.ts'
import {
  ACCOUNT,
  API_ID,
  answered,
  type FakeOptions,
  fakeApi,
  functionProxy,
  functionUri,
  method,
  NOW,
  resource,
  snapshot,
} from './fake-gateway.ts'

const GROUP = 'arn:aws:logs:us-east-1:123456789012:log-group:/apis/prod'
const ID = '01010101-0101-4101-8101-010101010101'
const EXECUTION = `API-Gateway-Execution-Logs_${API_ID}/prod`

const mock = method({
  integration: {
    type: 'MOCK',
    passthroughBehavior: 'WHEN_NO_MATCH',
    timeoutMs: 29_000,
    requestTemplates: { 'application/json': '{"statusCode": 200}' },
    responses: [{ statusCode: '200', templates: { 'application/json': '{"hello": "wörld"}' } }],
  },
})
const api = snapshot([
  resource('/', { GET: method(), POST: method() }),
  resource('/mock/{id}', { GET: mock }),
  resource('/keyed', { GET: method({ apiKeyRequired: true }) }),
  resource('/http', {
    GET: method({ integration: functionProxy({ type: 'HTTP_PROXY', uri: 'http://back.end/x' }) }),
  }),
])

/** An API that is logged, with a clock that goes on by 7 ms whenever a function or a back end is called. */
function logged(
  pointer: Partial<StagePointer>,
  more: Partial<FakeOptions> = {},
  parts: Partial<Gateway> = {},
) {
  const lines: LogLine[] = []
  const deferred: Promise<unknown>[] = []
  let now = NOW
  const fake = fakeApi({
    snapshot: api,
    pointer,
    ...more,
    invoke: async invocation => {
      now += 7
      return more.invoke ? more.invoke(invocation) : answered({ statusCode: 201, body: 'done' })
    },
    parts: {
      clock: () => now,
      logs: { write: line => lines.push(line) },
      defer: work => deferred.push(work),
      fetch: async () => {
        now += 7
        return new Response('from afar', { headers: { 'x-amzn-requestid': 'r1' } })
      },
      ...parts,
    },
  })
  return {
    ...fake,
    lines,
    /** The answer, once all of it was read and all logs are written. */
    async send(target: string, init?: RequestInit) {
      const response = await fake.send(target, init)
      const text = await response.text()
      await Promise.all(deferred)
      expect(fake.reported).toEqual([])
      return { response, text }
    },
    messages: () => lines.map(line => line.message),
  }
}

const accessLog = (format: string) => ({ accessLog: { destinationArn: GROUP, format } })

describe('an access log', () => {
  const line = async (format: string, target = '/prod/', init?: RequestInit, more?: Partial<FakeOptions>) => {
    const { send, messages } = logged(accessLog(format), more)
    await send(target, init)
    const [message, ...rest] = messages()
    expect(rest).toEqual([])
    return message
  }

  test('has a line for each request, at its destination', async () => {
    const { send, lines } = logged(accessLog('$context.requestId $context.status'))
    await send('/prod/')
    await send('/prod/mock/4')
    const at = { destination: GROUP, account: ACCOUNT.id, region: ACCOUNT.region, at: NOW + 7 }
    expect(lines).toEqual([
      { ...at, message: `${ID} 201` },
      { ...at, message: `${ID} 200` },
    ])
  })

  test.each([
    [
      'CLF',
      '$context.identity.sourceIp $context.identity.caller $context.identity.user [$context.requestTime]"$context.httpMethod $context.resourcePath $context.protocol" $context.status $context.responseLength $context.requestId $context.extendedRequestId',
      `127.0.0.1 - - [04/Mar/2026:05:06:07 +0000]"GET /mock/{id} HTTP/1.1" 200 19 ${ID} AQEBAQEBAQEBAQE=`,
    ],
    [
      'JSON',
      '{ "requestId":"$context.requestId", "ip":"$context.identity.sourceIp", "status":"$context.status", "path":"$context.path" }',
      `{ "requestId":"${ID}", "ip":"127.0.0.1", "status":"200", "path":"/prod/mock/4" }`,
    ],
    [
      'XML',
      '<request id="$context.requestId"> <ip>$context.identity.sourceIp</ip> <stage>$context.stage</stage> </request>',
      `<request id="${ID}"> <ip>127.0.0.1</ip> <stage>prod</stage> </request>`,
    ],
    [
      'CSV',
      '$context.requestId,$context.apiId,$context.deploymentId,$context.status',
      `${ID},${API_ID},dep123,200`,
    ],
  ])('may be %s', async (_, format, expected) => {
    const headers = { 'x-forwarded-for': '127.0.0.1', 'cf-connecting-ip': '127.0.0.1' }
    expect(await line(format, '/prod/mock/4', { headers })).toBe(expected)
  })

  test('tells latencies and statuses of the call and of the function apart', async () => {
    const format =
      '$context.requestId $context.responseLatency $context.integrationLatency $context.integration.latency $context.integrationStatus $context.integration.integrationStatus $context.integration.status $context.integration.requestId $context.integration.error $context.responseLength $context.xrayTraceId'
    expect(await line(format)).toBe(`${ID} 7 7 7 200 200 201 ${ID} - 4 1-69a7bdbf-010101010101010101010101`)
    expect(await line(format, '/prod/mock/4')).toBe(
      `${ID} 0 - - - - - - - 19 1-69a7bdbf-010101010101010101010101`,
    )
    expect(await line(format, '/prod/http')).toBe(
      `${ID} 7 7 7 200 200 200 r1 - 9 1-69a7bdbf-010101010101010101010101`,
    )
  })

  test('tells of a function that fails, and of one that is not called', async () => {
    const format =
      '$context.requestId $context.status $context.integrationStatus $context.integration.status $context.integration.error $context.error.responseType $context.error.message $context.error.messageString'
    const failed = { ...answered({ errorMessage: 'boom' }), functionError: 'Unhandled' } as InvocationResult
    expect(await line(format, '/prod/', {}, { invoke: () => failed })).toBe(
      `${ID} 502 200 - boom DEFAULT_5XX Internal server error "Internal server error"`,
    )
    const refused = { kind: 'refused', reason: 'not-permitted', message: 'no' } as const
    expect(await line(format, '/prod/', {}, { invoke: () => refused })).toBe(
      `${ID} 500 403 - no INTEGRATION_FAILURE Internal server error "Internal server error"`,
    )
  })

  test('has requests that no method serves, and that a method refuses', async () => {
    const format =
      '$context.requestId $context.status $context.resourcePath $context.error.responseType $context.responseLength $context.path'
    expect(await line(format, '/prod/none')).toBe(`${ID} 403 - MISSING_AUTHENTICATION_TOKEN 42 /prod/none`)
    expect(await line(format, '/prod/keyed')).toBe(`${ID} 403 /keyed INVALID_API_KEY 23 /prod/keyed`)
  })

  test('has the canary’s requests in a group of their own, too', async () => {
    const { send, lines } = logged({
      ...accessLog('$context.requestId $context.isCanaryRequest $context.deploymentId'),
      canary: {
        percentTraffic: 100,
        deploymentId: 'dep456',
        snapshot: 'x',
        variables: {},
        useStageCache: false,
      },
    })
    await send('/prod/none')
    await send('/prod/')
    expect(lines.map(({ destination, message }) => [destination, message.slice(36)])).toEqual([
      [GROUP, ' true dep456'],
      [`API-Gateway-Access-Logs_${API_ID}/prod/Canary`, ' true dep456'],
      [GROUP, ' true dep456'],
      [`API-Gateway-Access-Logs_${API_ID}/prod/Canary`, ' true dep456'],
    ])
  })

  test('cannot be given lines by whoever calls', async () => {
    const format = '$context.requestId $context.identity.userAgent'
    const { send, messages } = logged(accessLog(format))
    await send('/prod/mock/4', { headers: { 'user-agent': 'a\tb' } })
    expect(messages()).toEqual([`${ID} a\tb`])
    expect(renderLine(readFormat('$context.x'), () => 'a\r\nb\nc')).toBe('a b c')
  })

  test('is told of a streamed answer when it has ended', async () => {
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new Uint8Array(1000))
        controller.enqueue(new Uint8Array(500))
        controller.close()
      },
    })
    const format = '$context.requestId $context.responseLength'
    const fetch = async () => new Response(stream)
    const fake = logged(accessLog(format), {}, { fetch })
    const { text } = await fake.send('/prod/http')
    expect(text).toHaveLength(1500)
    expect(fake.messages()).toEqual([`${ID} 1500`])
  })
})

describe('a format', () => {
  test.each([
    ['$context.requestId', undefined],
    ['x$context.extendedRequestId.', undefined],
    [
      '$context.status',
      'Access Log format must include either $context.requestId or $context.extendedRequestId',
    ],
    [
      '$context.requestIds',
      'Access Log format must include either $context.requestId or $context.extendedRequestId',
    ],
    ['$context.requestId\n', 'Access Log format must be single line'],
  ])('%j: %s', (format, problem) => {
    expect(formatProblem(format)).toBe(problem)
  })

  test('has at most 3 KB', () => {
    const format = (bytes: number) => `$context.requestId ${'x'.repeat(bytes - 19)}`
    expect(formatProblem(format(3072))).toBeUndefined()
    expect(formatProblem(format(3073))).toBe('Access Log format cannot be larger than 3072 bytes')
  })

  test('keeps every text and puts every variable in its place', () => {
    const name = fc.stringMatching(/^[A-Za-z0-9_]{1,8}(\.[A-Za-z0-9_]{1,8}){0,2}$/)
    // Text that cannot be read as part of the name before it.
    const text = fc.string().map(made => ` ${made.replaceAll('$', '')} `)
    fc.assert(
      fc.property(fc.array(fc.tuple(text, name)), text, (pairs, last) => {
        const format = pairs.map(([before, variable]) => `${before}$context.${variable}`).join('') + last
        const asked: string[] = []
        const line = renderLine(readFormat(format), variable => {
          asked.push(variable)
          return `<${variable}>`
        })
        expect(asked).toEqual(pairs.map(([, variable]) => variable))
        expect(line).toBe(pairs.map(([before, variable]) => `${before}<${variable}>`).join('') + last)
      }),
    )
  })

  test('shows what is not there as a hyphen, and what is, as it is', () => {
    const format = readFormat('$context.v|')
    const shown = [undefined, null, '', 0, false, 'x'].map(value => renderLine(format, () => value))
    expect(shown).toEqual(['-|', '-|', '-|', '0|', 'false|', 'x|'])
  })
})

test.each([
  [GROUP, true],
  [`${GROUP}:*`, true],
  ['arn:aws:firehose:us-east-1:123456789012:deliverystream/amazon-apigateway-x', true],
  ['arn:aws:firehose:us-east-1:123456789012:deliverystream/x', false],
  ['arn:aws:logs:us-east-1:123456789012:log-group:', false],
  ['arn:aws:s3:::bucket', false],
])('%s as a destination: %s', (arn, isOne) => {
  expect(isLogDestination(arn)).toBe(isOne)
})

describe('an execution log', () => {
  const settings = (loggingLevel: 'INFO' | 'ERROR', dataTraceEnabled?: boolean): Partial<StagePointer> => ({
    settings: { '*/*': { loggingLevel, ...(dataTraceEnabled && { dataTraceEnabled }) } },
  })
  const texts = (lines: readonly LogLine[]) => {
    for (const { message } of lines) expect(message).toMatch(/^\([0-9a-f-]{36}\) /)
    return lines.map(({ message }) => message.slice(39))
  }
  const URI =
    'https://lambda.us-east-1.amazonaws.com/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:echo/invocations'

  test('tells of an execution in API Gateway’s words', async () => {
    const { send, lines } = logged(settings('INFO'))
    await send('/prod/?a=1', { headers: { authorization: 'secret' } })
    expect(new Set(lines.map(line => line.destination))).toEqual(new Set([EXECUTION]))
    expect(texts(lines)).toEqual([
      'Extended Request Id: AQEBAQEBAQEBAQE=',
      `Verifying Usage Plan for request: ${ID}. API Key:  API Stage: ${API_ID}/prod`,
      "API Key authorized because method 'GET /' does not require API Key. Request will not contribute to throttle or quota limits",
      `Usage Plan check succeeded for API Key  and API Stage ${API_ID}/prod`,
      `Starting execution for request: ${ID}`,
      'HTTP Method: GET, Resource Path: /',
      `Sending request to ${URI}`,
      'Received response. Status: 200, Integration latency: 7 ms',
      'Successfully completed execution',
      'Method completed with status: 201',
      `AWS Integration Endpoint RequestId : ${ID}`,
    ])
  })

  test('has headers and bodies where they are traced, and no secret in them', async () => {
    const { send, lines } = logged(settings('INFO', true))
    const token = 'Bearer 0123456789abcdef'
    await send('/prod/?a=1&b=2', {
      method: 'POST',
      body: '{"n":1}',
      headers: { authorization: token, 'x-api-key': 'short', 'content-type': 'application/json' },
    })
    const told = texts(lines)
    expect(told).toContain('Method request path: {}')
    expect(told).toContain('Method request query string: {a=1, b=2}')
    expect(told).toContain('Method request body before transformations: {"n":1}')
    expect(told).toContain(`Endpoint request URI: ${URI}`)
    expect(told).toContain('Endpoint response body before transformations: {"statusCode":201,"body":"done"}')
    expect(told).toContain('Method response body after transformations: done')
    expect(told.find(text => text.startsWith('Method request headers: '))).toContain(
      'Authorization=*****************abcdef',
    )
    expect(told.find(text => text.startsWith('Endpoint request body'))).toMatch(/ \[TRUNCATED\]$/)
    const all = told.join('\n')
    expect(all).not.toContain('0123456789')
    expect(all).not.toContain('short')
  })

  test('has nothing that callers identify themselves by, nor their cookies', async () => {
    const guarded = snapshot(
      [resource('/', { GET: method({ authorizationType: 'CUSTOM', authorizerId: 'auth01' }) })],
      {
        authorizers: {
          auth01: {
            name: 'guard',
            type: 'REQUEST',
            uri: functionUri('guard'),
            identitySource: 'method.request.querystring.token, method.request.header.X-Tenant-Token',
            ttlSeconds: 300,
          },
        },
      },
    )
    const { send, lines } = logged(settings('INFO', true), {
      snapshot: guarded,
      invoke: ({ name }) => (name.startsWith('guard') ? letIn() : answered({ statusCode: 200, body: 'in' })),
    })
    const headers = { 'x-tenant-token': 'tenant/42/secret$&', cookie: 'session=0123456789abcdef' }
    // The second time the decision is a kept one.
    for (let i = 0; i < 2; i += 1) {
      const { response } = await send('/prod/?token=query%2Ftoken-123456', { headers })
      expect(response.status).toBe(200)
    }
    const all = texts(lines).join('\n')
    expect(all).toContain('Method request query string: {token=************123456}')
    for (const secret of ['query/token', 'query%2Ftoken', 'tenant/42', '0123456789']) {
      expect(all).not.toContain(secret)
    }
  })

  test('tells of events that a function is to have later, and of services', async () => {
    const observation = new Observation(() => NOW, true)
    const own = fakeApi({
      snapshot: api,
      parts: {
        acceptEvent: async () => undefined,
        callService: async () => new Response('{"ok":true}', { headers: { 'x-amzn-requestid': 'r2' } }),
      },
    }).gateway
    observation.integrating()
    const gateway = observation.listen(own)
    const event = { account: ACCOUNT, name: 'later', payload: '{}', requestId: 'r1' }
    expect(await gateway.acceptEvent!(event)).toBeUndefined()
    const request = new Request('https://sqs.us-east-1.amazonaws.com/', { method: 'POST', body: 'x' })
    const call = { account: ACCOUNT, role: 'r', service: 'sqs', region: 'us-east-1', origin: 'http://x' }
    expect(await (await gateway.callService!(request, call))!.text()).toBe('{"ok":true}')
    expect(observation.calls).toMatchObject([
      { kind: 'function', status: 202, requestId: 'r1', body: '{}' },
      { kind: 'http', uri: 'https://sqs.us-east-1.amazonaws.com/', status: 200, requestId: 'r2' },
    ])
    expect(await observation.calls[1]!.answer).toBe('{"ok":true}')
    expect(observation.listen(fakeApi({ snapshot: api }).gateway).callService).toBeUndefined()
  })

  test('tells of an HTTP back end without keeping its answer from the client', async () => {
    const { send, lines } = logged(settings('INFO', true))
    expect((await send('/prod/http')).text).toBe('from afar')
    const told = texts(lines)
    expect(told).toContain('Endpoint request URI: http://back.end/x')
    expect(told).toContain('Received response. Status: 200, Integration latency: 7 ms')
    expect(told).toContain('Endpoint response body before transformations: from afar')
  })

  test('has only errors at the level ERROR, with their reason', async () => {
    const failed = { ...answered({ errorMessage: 'boom' }), functionError: 'Unhandled' } as InvocationResult
    const results = [answered({ statusCode: 200 }), failed, answered('"nothing"')]
    const { send, lines } = logged(settings('ERROR'), { invoke: () => results.shift()! })
    await send('/prod/')
    expect(lines).toEqual([])
    await send('/prod/')
    expect(texts(lines.splice(0)).slice(-5)).toEqual([
      'Received response. Status: 200, Integration latency: 7 ms',
      `Lambda execution failed with status 200 due to customer function error: boom. Lambda request id: ${ID}`,
      'Gateway response type: DEFAULT_5XX with status code: 502',
      'Method completed with status: 502',
      `AWS Integration Endpoint RequestId : ${ID}`,
    ])
    await send('/prod/')
    expect(texts(lines)).toContain(
      'Execution failed due to configuration error: Malformed Lambda proxy response',
    )
  })

  test('of a request that nobody counts tells of no execution', async () => {
    const { send, lines, invocations } = logged(settings('INFO'))
    await send('/prod/keyed')
    expect(invocations).toEqual([])
    expect(texts(lines)).toEqual([
      'Extended Request Id: AQEBAQEBAQEBAQE=',
      `Verifying Usage Plan for request: ${ID}. API Key:  API Stage: ${API_ID}/prod`,
      'Gateway response type: INVALID_API_KEY with status code: 403',
      'Method completed with status: 403',
    ])
  })

  test('of the canary is in a group of its own, too', async () => {
    const canary = {
      percentTraffic: 100,
      deploymentId: 'dep456',
      snapshot: 'x',
      variables: {},
      useStageCache: false,
    }
    const { send, lines } = logged({ ...settings('INFO'), canary })
    await send('/prod/')
    const own = lines.filter(line => line.destination === `${EXECUTION}/Canary`).map(line => line.message)
    const all = lines.filter(line => line.destination === EXECUTION).map(line => line.message)
    expect(own).toEqual(all)
    expect(own.length).toBeGreaterThan(5)
  })
})

test('a request without logs writes none, and its gateway is the isolate’s own', async () => {
  const spread = vi.fn()
  const parts = { logs: { write: spread } }
  const { send, invocations } = fakeApi({ snapshot: api, parts })
  await send('/prod/')
  expect(invocations).toHaveLength(1)
  expect(spread).not.toHaveBeenCalled()
})

describe('secrets', () => {
  test.each([
    ['', ''],
    ['short', '*****'],
    ['0123456789ab', '************'],
    ['0123456789abc', '*******789abc'],
  ])('%j are shown as %j', (secret, shown) => {
    expect(hidden(secret)).toBe(shown)
  })

  test('are in no text, wherever they stand in it', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[!-~]{13,40}$/), fc.string(), fc.string(), (secret, before, after) => {
        const secrets = new Secrets(new Headers({ authorization: secret }))
        const json = JSON.stringify({ before, secret, after })
        expect(secrets.hide(`${before}${secret}${after}`)).not.toContain(secret)
        expect(secrets.hide(json)).not.toContain(JSON.stringify(secret).slice(1, -1))
      }),
    )
  })
})

describe('lines of an isolate', () => {
  const line: LogLine = { destination: 'd', account: 'a', region: 'r', at: 1, message: 'm' }
  function isolate(write: (lines: readonly LogLine[]) => void) {
    const deferred: Promise<unknown>[] = []
    const cycle = new FlushCycle({
      clock: () => 1,
      // What is planned never comes: tests do it themselves.
      sleep: () => new Promise(() => {}),
      defer: work => deferred.push(work),
    })
    return { log: new BatchedLog({ write }, cycle), cycle, deferred }
  }

  test('are handed on together, when the isolate tells what it has to tell', async () => {
    const batches: number[] = []
    const { log, cycle, deferred } = isolate(lines => batches.push(lines.length))
    for (let i = 0; i < 3; i += 1) log.write(line)
    expect([batches, deferred.length]).toEqual([[], 1])
    await cycle.flush()
    expect(batches).toEqual([3])
    await cycle.flush()
    log.write(line)
    await cycle.flush()
    expect(batches).toEqual([3, 1])
  })

  test('are handed on at once when they are many, and a sink that fails harms nobody', async () => {
    const errors = vi.spyOn(console, 'error').mockImplementation(() => {})
    let calls = 0
    const { log, cycle } = isolate(() => {
      calls += 1
      throw new Error('full')
    })
    for (let i = 0; i < 1_000; i += 1) log.write(line)
    expect(calls).toBe(1)
    await cycle.flush()
    expect([calls, errors.mock.calls.length]).toEqual([1, 1])
    errors.mockRestore()
  })
})
