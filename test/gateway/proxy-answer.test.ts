import { expect, test } from 'vitest'
import { proxyAnswer } from '../../src/gateway/integrations/proxy-answer.ts'

const of = (answer: unknown, binaryAccepted = false) => proxyAnswer(JSON.stringify(answer), binaryAccepted)

test.each([
  // The first group is what API Gateway itself made of such answers.
  [{ statusCode: 200 }, { status: 200, headers: [], body: '' }],
  [
    { statusCode: 200, headers: { 'test-header': 'value', 'header-bool': true } },
    {
      headers: [
        ['test-header', 'value'],
        ['header-bool', 'true'],
      ],
    },
  ],
  [
    { statusCode: 200, headers: null },
    { status: 200, headers: [] },
  ],
  [{ statusCode: '201' }, { status: 201 }],
  [{ headers: { 'test-header': 'value' } }, { status: 200, headers: [['test-header', 'value']] }],
  [
    { multiValueHeaders: { 'test-multi': ['value1', 'value2'] } },
    {
      headers: [
        ['test-multi', 'value1'],
        ['test-multi', 'value2'],
      ],
    },
  ],
  [
    { multiValueHeaders: { 'tesT-Multi': ['value-multi'] }, headers: { 'test-multi': 'value-solo' } },
    {
      headers: [
        ['tesT-Multi', 'value-multi'],
        ['tesT-Multi', 'value-solo'],
      ],
    },
  ],

  [{}, { status: 200, headers: [], body: '' }],
  [
    { statusCode: 404, body: '{"a":"é"}' },
    { status: 404, body: '{"a":"é"}' },
  ],
  [
    { body: null, isBase64Encoded: null, multiValueHeaders: null },
    { status: 200, body: '' },
  ],
  [{ body: 42 }, { body: '42' }],
  [{ headers: { a: 1, b: null } }, { headers: [['a', '1']] }],
  [
    // "If the same key-value pair is specified in both, only the values from multiValueHeaders will appear"
    { multiValueHeaders: { A: ['x', 'y'] }, headers: { a: 'y' } },
    {
      headers: [
        ['A', 'x'],
        ['A', 'y'],
      ],
    },
  ],
  [
    { multiValueHeaders: { 'Set-Cookie': ['a=1', 'b=2'] } },
    {
      headers: [
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
      ],
    },
  ],
])('%j', (answer, expected) => {
  expect(of(answer)).toMatchObject(expected)
})

test.each([
  { statusCode: 200, wrongValue: 'value' },
  { multiValueHeaders: { a: 'value1' } },
  { statusCode: 'test' },
  'justAString',

  null,
  [],
  { statusCode: 200.5 },
  { statusCode: 100 },
  { statusCode: 1000 },
  { statusCode: '2000' },
  { statusCode: {} },
  { body: { a: 1 } },
  { headers: { a: {} } },
  { headers: ['a'] },
  { headers: 'a' },
  { multiValueHeaders: { a: [{}] } },
  { isBase64Encoded: 'maybe' },
  { headers: { 'bad name': 'x' } },
  { headers: { a: 'x\r\nb: y' } },
])('%j is malformed', answer => {
  expect(of(answer)).toBeUndefined()
})

test('what is not JSON is malformed', () => {
  for (const payload of ['', 'null', 'undefined', '{', 'not json'])
    expect(proxyAnswer(payload, false)).toBeUndefined()
})

test('base64 is decoded only for those who accept a binary type', () => {
  const answer = { body: 'dGVzdC1kYXRh', isBase64Encoded: true }
  expect(of(answer)).toMatchObject({ body: 'dGVzdC1kYXRh' })
  const decoded = of(answer, true)
  expect(typeof decoded === 'object' && new TextDecoder().decode(decoded.body as Uint8Array)).toBe(
    'test-data',
  )
  expect(of({ ...answer, isBase64Encoded: false }, true)).toMatchObject({ body: 'dGVzdC1kYXRh' })
  expect(of({ ...answer, body: 'not base64!' }, true)).toBe('not-base64')
})

test('headers that the gateway says itself are renamed, those of the connection dropped', () => {
  const renamed = [
    ...['Authorization', 'Connection', 'Content-Length', 'Content-MD5', 'Date', 'Max-Forwards', 'Server'],
    ...['User-Agent', 'WWW-Authenticate', 'x-amzn-RequestId', 'x-amz-apigw-id'],
  ]
  const dropped = [
    ...['Expect', 'Host', 'Proxy-Authenticate', 'TE', 'Transfer-Encoding', 'Trailer', 'Upgrade', 'Via'],
    'Keep-Alive',
  ]
  const kept = ['Age', 'Accept', 'Content-Encoding', 'Content-Type', 'Pragma', 'Range', 'Referer', 'Location']
  const headers = Object.fromEntries([...renamed, ...dropped, ...kept].map(name => [name, 'v']))
  const answer = of({ headers })
  expect(typeof answer === 'object' && answer.headers.map(([name]) => name)).toEqual([
    ...renamed.map(name => `x-amzn-Remapped-${name}`),
    ...kept,
  ])
})
