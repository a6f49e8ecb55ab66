import { Buffer } from 'node:buffer'
import { describe, expect, test } from 'vitest'
import { urlOfHost } from '../../../src/functions/urls/address.ts'
import { type UrlCaller, urlEvent } from '../../../src/functions/urls/event.ts'

const ID = 'a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6'
const HOST = `${ID}.lambda-url.us-west-2.on.aws`
const TRACE = 'Root=1-643eccfa-2c6028925c2b249524664087'

interface Draft {
  readonly method?: string
  readonly path?: string
  readonly headers?: HeadersInit
  readonly body?: string | Uint8Array<ArrayBuffer>
  readonly caller?: UrlCaller
}

function eventOf({ method = 'GET', path = '/', headers, body = '', caller }: Draft) {
  const request = new Request(`https://${HOST}${path}`, { method, headers })
  return JSON.parse(
    urlEvent({
      request,
      address: urlOfHost(request)!,
      body: Buffer.from(body as string),
      account: { id: '111122223333', region: 'us-west-2' },
      caller,
      requestId: '5bbd0e3e-fe7a-4299-9076-32d4de45391b',
      receivedAt: 1681837306806,
      trace: TRACE,
    }),
  )
}

describe('the event of a request', () => {
  test('says what Lambda says', () => {
    const event = eventOf({
      method: 'POST',
      path: '/hello?hello=world&foo=bar',
      headers: {
        'content-type': 'application/json',
        'content-length': '18',
        cookie: 'foo=bar; hello=hello',
        header2: 'h1,h2',
        'user-agent': 'python-requests/2.28.2',
        'cf-connecting-ip': '203.0.113.7',
        'cf-ray': 'x',
        host: HOST,
      },
      body: '{"hello": "world"}',
    })
    expect(event).toEqual({
      version: '2.0',
      routeKey: '$default',
      rawPath: '/hello',
      rawQueryString: 'hello=world&foo=bar',
      cookies: ['foo=bar', 'hello=hello'],
      headers: {
        'content-type': 'application/json',
        'content-length': '18',
        cookie: 'foo=bar; hello=hello',
        header2: 'h1,h2',
        host: HOST,
        'user-agent': 'python-requests/2.28.2',
        'x-amzn-trace-id': TRACE,
        'x-forwarded-for': '203.0.113.7',
        'x-forwarded-port': '443',
        'x-forwarded-proto': 'https',
      },
      queryStringParameters: { hello: 'world', foo: 'bar' },
      requestContext: {
        accountId: 'anonymous',
        apiId: ID,
        authentication: null,
        domainName: HOST,
        domainPrefix: ID,
        http: {
          method: 'POST',
          path: '/hello',
          protocol: 'HTTP/1.1',
          sourceIp: '203.0.113.7',
          userAgent: 'python-requests/2.28.2',
        },
        requestId: '5bbd0e3e-fe7a-4299-9076-32d4de45391b',
        routeKey: '$default',
        stage: '$default',
        time: '18/Apr/2023:17:01:46 +0000',
        timeEpoch: 1681837306806,
      },
      body: '{"hello": "world"}',
      isBase64Encoded: false,
    })
  })

  test('has nothing of what was not sent', () => {
    const event = eventOf({})
    for (const name of ['cookies', 'queryStringParameters', 'body']) expect(event).not.toHaveProperty(name)
    expect(event).toMatchObject({ rawPath: '/', rawQueryString: '', isBase64Encoded: false })
    expect(event.requestContext).not.toHaveProperty('authorizer')
    expect(event.requestContext.http).toMatchObject({ sourceIp: '127.0.0.1', userAgent: '' })
  })

  test('names who signed, and keeps the signature back', () => {
    const caller = {
      accessKeyId: 'AKID',
      account: '444455556666',
      arn: 'arn:aws:iam::444455556666:user/ann',
      userId: 'AIDAEXAMPLE',
    }
    const authorization = 'AWS4-HMAC-SHA256 Credential=AKID/20230418/us-west-2/lambda/aws4_request, ...'
    const event = eventOf({ caller, headers: { authorization, 'x-amz-date': '20230418T170146Z' } })
    expect(event.headers).not.toHaveProperty('authorization')
    expect(event.headers['x-amz-date']).toBe('20230418T170146Z')
    expect(event.requestContext).toMatchObject({
      accountId: '444455556666',
      authorizer: {
        iam: {
          accessKey: 'AKID',
          accountId: '444455556666',
          userArn: caller.arn,
          userId: 'AIDAEXAMPLE',
          callerId: 'AIDAEXAMPLE',
          cognitoIdentity: null,
          principalOrgId: null,
        },
      },
    })
    expect(eventOf({ headers: { authorization: 'Bearer x' } }).headers.authorization).toBe('Bearer x')
  })

  test('joins what was sent several times, decoded, and leaves path and query as they came', () => {
    const headers = new Headers([
      ['x-many', 'a'],
      ['X-Many', 'b'],
    ])
    const event = eventOf({ path: '/a%2Fb//c%20d?p=1&p=2%2C3&q=x+y;z&%C3%A9', headers })
    expect(event).toMatchObject({
      rawPath: '/a%2Fb//c%20d',
      rawQueryString: 'p=1&p=2%2C3&q=x+y;z&%C3%A9',
      queryStringParameters: { p: '1,2,3', q: 'x y;z', é: '' },
      requestContext: { http: { path: '/a%2Fb//c%20d' } },
    })
    expect(event.headers['x-many']).toBe('a, b')
  })

  test.each([
    ['text/plain; charset=utf-8', true],
    ['application/json', true],
    ['application/problem+json', true],
    ['application/xml', true],
    ['image/svg+xml', false],
    ['application/x-www-form-urlencoded', false],
    ['multipart/form-data; boundary=x', false],
    ['application/octet-stream', false],
    ['idk', false],
    [undefined, false],
  ])('of content type %s is text: %s', (type, isText) => {
    const headers = type === undefined ? undefined : { 'content-type': type }
    const event = eventOf({ method: 'POST', headers, body: '<grüß/>' })
    expect(event.isBase64Encoded).toBe(!isText)
    expect(event.body).toBe(isText ? '<grüß/>' : Buffer.from('<grüß/>').toString('base64'))
  })

  test('loses no byte of a text that is none', () => {
    const body = Uint8Array.of(0x61, 0xff, 0x62)
    const event = eventOf({ method: 'POST', headers: { 'content-type': 'text/plain' }, body })
    expect(event.isBase64Encoded).toBe(true)
    expect(Buffer.from(event.body, 'base64')).toEqual(Buffer.from(body))
  })
})
