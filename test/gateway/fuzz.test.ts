import fc from 'fast-check'
import { expect, test } from 'vitest'
import { answered, fakeApi, HOST, method, resource, snapshot } from './fake-gateway.ts'

const mock = method({
  integration: {
    type: 'MOCK',
    passthroughBehavior: 'WHEN_NO_TEMPLATES',
    timeoutMs: 29_000,
    requestTemplates: { 'application/json': '{"statusCode": 200}' },
    responses: [
      {
        statusCode: '200',
        parameters: { 'method.response.header.X-Echo': 'method.request.querystring.a' },
        templates: { 'application/json': '{"a": "$util.escapeJavaScript($input.params(\'a\'))"}' },
      },
    ],
  },
})
const api = snapshot(
  [
    resource('/'),
    resource('/a/{b}', { GET: method(), POST: method() }),
    resource('/mock', { ANY: mock }),
    resource('/files/{path+}'),
  ],
  { binaryMediaTypes: ['image/*'] },
)

const piece = fc.oneof(
  fc.constantFrom(
    '/',
    '//',
    '..',
    '%2F',
    '%',
    '%zz',
    '%00',
    'a',
    'mock',
    'files',
    'é',
    '\\',
    '?',
    '&',
    '=',
    ';',
    '+',
    '#',
    '__proto__',
  ),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
)
const target = fc.array(piece, { maxLength: 12 }).map(pieces => pieces.join(''))
const headerValue = fc.string({ unit: fc.constantFrom(...'abcXYZ019 ,;=/*+-."%'), maxLength: 20 })
const headers = fc.dictionary(
  fc.constantFrom(
    ...['accept', 'content-type', 'x-api-key', 'authorization', 'x-amzn-trace-id', 'x-forwarded-for', 'x-y'],
    'x-http-method-override',
  ),
  headerValue,
)
const httpMethod = fc.constantFrom('GET', 'POST', 'HEAD', 'OPTIONS', 'DELETE')

test('no request makes the gateway fail', async () => {
  await fc.assert(
    fc.asyncProperty(
      target,
      headers,
      httpMethod,
      fc.uint8Array({ maxLength: 20 }),
      async (path, sent, name, body) => {
        const { send, reported } = fakeApi({ snapshot: api })
        const hasBody = name !== 'GET' && name !== 'HEAD'
        const response = await send(`http://${HOST}/prod/${path}`, {
          method: name,
          headers: sent,
          ...(hasBody && { body: body as Uint8Array<ArrayBuffer> }),
        })
        expect(reported).toEqual([])
        expect([200, 403, 415, ...(path.includes('mock') ? [500] : [])]).toContain(response.status)
        const text = await response.text()
        if (response.status >= 400) expect(Object.keys(JSON.parse(text))).toEqual(['message'])
      },
    ),
    { numRuns: 600 },
  )
})

test('no answer of a function makes the gateway fail', async () => {
  const answer = fc.oneof(
    fc.json(),
    fc.string(),
    fc.record(
      {
        statusCode: fc.oneof(fc.integer(), fc.string(), fc.constant(200)),
        headers: fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.boolean(), fc.integer())),
        multiValueHeaders: fc.dictionary(fc.string(), fc.array(fc.oneof(fc.string(), fc.integer()))),
        body: fc.oneof(fc.string(), fc.integer(), fc.base64String()),
        isBase64Encoded: fc.boolean(),
      },
      { requiredKeys: [] },
    ),
  )
  await fc.assert(
    fc.asyncProperty(answer, fc.boolean(), async (value, binary) => {
      const { send, reported } = fakeApi({
        snapshot: { ...api, binaryMediaTypes: binary ? ['*/*'] : [] },
        invoke: () => answered(value),
      })
      const response = await send('/prod/a/b')
      expect(reported).toEqual([])
      expect(response.status).toBeGreaterThanOrEqual(200)
      await response.arrayBuffer()
    }),
    { numRuns: 600 },
  )
})
