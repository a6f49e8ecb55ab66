import type { InvocationResult } from '../../../src/functions/invocation.ts'
import { answered, functionProxy, method, resource, snapshot } from '../fake-gateway.ts'
import type { RecordedCase } from './recorded-case.ts'

const post = (body: BodyInit | null, type?: string): RequestInit => ({
  method: 'POST',
  body,
  headers: type ? { 'content-type': type } : {},
})

export const emptyBodies: RecordedCase[] = [
  {
    kind: 'empty body',
    source: 'lambda',
    name: 'a GET has the body null',
    target: '/test/x',
    event: { body: null, isBase64Encoded: false },
  },
  {
    kind: 'empty body',
    source: 'dotnet',
    name: 'values-put-no-body-request.json',
    target: '/Prod/api/values/no-body',
    request: { method: 'PUT', headers: { 'content-type': 'application/json' } },
    event: { httpMethod: 'PUT', body: null, isBase64Encoded: false },
  },
  {
    kind: 'empty body',
    source: 'dotnet',
    name: 'check-content-length-nocontent-apigateway.json',
    target: '/Prod/api/values',
    request: post('', 'text/plain'),
    event: { httpMethod: 'POST', body: null, isBase64Encoded: false },
  },
  {
    kind: 'empty body',
    source: 'lambda',
    name: 'an answer of a status alone',
    target: '/test/x',
    answer: { statusCode: 200 },
    status: 200,
    body: '',
    headers: { 'content-type': 'application/json' },
  },
  {
    kind: 'empty body',
    source: 'lambda',
    name: 'an answer of headers alone',
    target: '/test/x',
    answer: { headers: { 'test-header': 'value' } },
    status: 200,
    body: '',
    headers: { 'test-header': 'value' },
  },
  {
    kind: 'empty body',
    source: 'lambda',
    name: 'an answer of nothing (lambda_aws_proxy_format)',
    target: '/test/empty-response',
    answer: {},
    status: 200,
    body: '',
  },
]

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mP8/wIAAgkBAyMAlYwAAAAASUVORK5CYII='
const BYTES = Uint8Array.from(atob(PNG), char => char.charCodeAt(0))

const binary = (
  binaryMediaTypes: readonly string[],
  accept: string | undefined,
  expected: 'bytes' | 'base64',
  over: { type?: string | null; isBase64Encoded?: boolean } = {},
): RecordedCase => {
  const { type = 'image/png', isBase64Encoded = true } = over
  return {
    kind: 'binary body',
    source: 'binary',
    name: `an answer of ${type} for who accepts ${accept}, of [${binaryMediaTypes}]${isBase64Encoded ? '' : ', not encoded'}`,
    api: snapshot([resource('/{proxy+}')], { binaryMediaTypes }),
    target: '/test/test',
    request: { method: 'POST', body: '{}', ...(accept && { headers: { accept } }) },
    answer: {
      statusCode: 200,
      body: PNG,
      isBase64Encoded,
      headers: { ...(type && { 'Content-Type': type }), 'Cache-Control': 'no-cache' },
    },
    status: 200,
    body: expected === 'bytes' ? BYTES : PNG,
  }
}
const second = ['image/png', '*/test']
const third = ['image/png', 'application/*', 'image/jpg']

const sent = (
  name: string,
  binaryMediaTypes: string[],
  request: RequestInit,
  body: string,
  isBase64Encoded: boolean,
  source: RecordedCase['source'] = 'encodings',
): RecordedCase => ({
  kind: 'binary body',
  source,
  name,
  api: snapshot([resource('/{proxy+}')], { binaryMediaTypes }),
  target: '/test/x',
  request,
  event: { body, isBase64Encoded },
})

export const binaryBodies: RecordedCase[] = [
  binary([], 'image/png', 'base64'),
  binary(second, 'image/png', 'bytes'),
  binary(second, 'image/jpg', 'base64'),
  binary(second, 'image/*', 'base64'),
  binary(second, '*/test', 'base64'),
  binary(second, 'random/test', 'base64'),
  binary(second, '*/*', 'base64'),
  binary(second, 'image/webp,image/png,*/*;q=0.8', 'base64'),
  binary(second, 'image/png,image/*,*/*;q=0.8', 'bytes'),
  binary(second, 'image/png', 'base64', { isBase64Encoded: false }),
  binary(third, 'application/whatever', 'bytes', { type: 'application/test' }),
  binary(third, 'application/*', 'bytes', { type: 'application/test' }),
  binary(third, 'image/jpg', 'bytes'),
  binary(third, 'image/png', 'bytes', { type: 'application/whatever' }),
  binary(third, 'image/png', 'bytes', { type: null }),
  binary(third, 'application', 'base64'),
  binary(third, undefined, 'base64'),
  {
    ...binary(third, 'image/png', 'bytes'),
    name: 'an answer that says base64 and is not',
    answer: { statusCode: 200, body: 'èé+à)(', isBase64Encoded: true },
    status: 500,
    body: { message: 'Internal server error' },
  },
  sent('a request of a binary type', ['image/png'], post(BYTES, 'image/png'), PNG, true),
  sent(
    'a request of another type',
    ['image/png'],
    post('{"hello":"world"}', 'text/plain'),
    '{"hello":"world"}',
    false,
  ),
]

export const unicode: RecordedCase[] = [
  {
    kind: 'unicode',
    source: 'basic',
    name: 'an answer beyond the basic plane',
    target: '/test/x',
    request: post('{"return_raw_body":"🙀 - 参よ"}', 'application/json'),
    answer: { statusCode: 200, body: '🙀 - 参よ' },
    event: { body: '{"return_raw_body":"🙀 - 参よ"}', isBase64Encoded: false },
    body: '🙀 - 参よ',
  },
  {
    kind: 'unicode',
    source: 'proxy',
    name: 'a path stays percent-encoded',
    target: '/test/caf%C3%A9/%F0%9F%99%80',
    event: { path: '/caf%C3%A9/%F0%9F%99%80', pathParameters: { proxy: 'caf%C3%A9/%F0%9F%99%80' } },
  },
  {
    kind: 'unicode',
    source: 'lambda',
    name: 'names and values of a query are decoded as UTF-8',
    target: '/test/x?%C3%BC=%E5%8F%82%E3%82%88&emoji=%F0%9F%99%80',
    event: {
      queryStringParameters: { ü: '参よ', emoji: '🙀' },
      multiValueQueryStringParameters: { ü: ['参よ'], emoji: ['🙀'] },
    },
  },
  {
    kind: 'unicode',
    source: 'encodings',
    name: 'text of a binary type is the base64 of its UTF-8',
    api: snapshot([resource('/{proxy+}')], { binaryMediaTypes: ['*/*'] }),
    target: '/test/x',
    request: post('参よ', 'text/plain;charset=utf-8'),
    event: { body: '5Y+C44KI', isBase64Encoded: true },
  },
  {
    kind: 'unicode',
    source: 'encodings',
    name: 'bytes that are no UTF-8 become replacement characters where the type is not binary',
    target: '/test/x',
    request: post(Uint8Array.of(0xff, 0x20, 0xaa, 0x20, 0x11), 'application/json'),
    event: { body: '\ufffd \ufffd \u0011', isBase64Encoded: false },
  },
]

export const repeatedQueries: RecordedCase[] = [
  {
    kind: 'repeated query',
    source: 'lambda',
    name: 'has all values, and alone the last one',
    target: '/stage/proxy-value?category=electronics&category=books&price=10&price=20&price=30',
    request: {
      method: 'POST',
      body: '{"message": "hello world"}',
      headers: {
        'content-type': 'application/json;charset=utf-8',
        authorization: 'Bearer token123;API key456',
      },
    },
    event: {
      headers: {
        authorization: 'Bearer token123;API key456',
        'content-type': 'application/json;charset=utf-8',
      },
      queryStringParameters: { category: 'books', price: '30' },
      multiValueQueryStringParameters: { category: ['electronics', 'books'], price: ['10', '20', '30'] },
      body: '{"message": "hello world"}',
    },
  },
  {
    kind: 'repeated query',
    source: 'lambda',
    name: 'without one both members are null',
    target: '/stage/proxy-value',
    event: { queryStringParameters: null, multiValueQueryStringParameters: null },
  },
  {
    kind: 'repeated query',
    source: 'lambda',
    name: 'a single value is a list of one',
    target: '/stage/proxy-value?urlparam=test',
    event: {
      queryStringParameters: { urlparam: 'test' },
      multiValueQueryStringParameters: { urlparam: ['test'] },
    },
  },
  {
    kind: 'repeated query',
    source: 'notes',
    name: 'a semicolon splits parameters',
    target: '/stage/x?a=1;a=2',
    event: { queryStringParameters: { a: '2' }, multiValueQueryStringParameters: { a: ['1', '2'] } },
  },
  {
    kind: 'repeated query',
    source: 'proxy',
    name: 'the example of the guide: one name twice, another once',
    target: '/test/x?parameter1=value1&parameter1=value2&parameter2=value',
    event: {
      queryStringParameters: { parameter1: 'value2', parameter2: 'value' },
      multiValueQueryStringParameters: { parameter1: ['value1', 'value2'], parameter2: ['value'] },
    },
  },
]

const REMAPPED = [
  'Authorization',
  'Connection',
  'Content-Length',
  'Content-MD5',
  'Date',
  'Max-Forwards',
  'Server',
].concat(['User-Agent', 'WWW-Authenticate'])

export const headers: RecordedCase[] = [
  {
    kind: 'repeated headers',
    source: 'lambda',
    name: 'an answer’s several values',
    target: '/test/x',
    answer: { statusCode: 200, multiValueHeaders: { 'test-multi': ['value1', 'value2'] } },
    status: 200,
    headers: { 'test-multi': 'value1, value2' },
  },
  {
    kind: 'repeated headers',
    source: 'lambda',
    name: 'an answer’s several values and a single one',
    target: '/test/x',
    answer: {
      statusCode: 200,
      multiValueHeaders: { 'test-multi': ['value-multi'] },
      headers: { 'test-multi': 'value-solo' },
    },
    headers: { 'test-multi': 'value-multi, value-solo' },
  },
  {
    kind: 'repeated headers',
    source: 'lambda',
    name: 'the same in another case',
    target: '/test/x',
    answer: {
      statusCode: 200,
      multiValueHeaders: { 'tesT-Multi': ['value-multi'] },
      headers: { 'test-multi': 'value-solo' },
    },
    headers: { 'test-multi': 'value-multi, value-solo' },
  },
  {
    kind: 'repeated headers',
    source: 'proxy',
    name: 'a pair that stands in both appears once',
    target: '/test/x',
    answer: {
      statusCode: 200,
      multiValueHeaders: { 'x-multi': ['one', 'two'] },
      headers: { 'x-multi': 'two' },
    },
    headers: { 'x-multi': 'one, two' },
  },
  {
    kind: 'repeated headers',
    source: 'go',
    name: 'a list in one line is one value',
    target: '/test/x',
    request: { headers: { 'accept-encoding': 'gzip, deflate', 'x-forwarded-for': '54.240.196.186' } },
    event: {
      headers: { 'accept-encoding': 'gzip, deflate', 'x-forwarded-for': '54.240.196.186, 127.0.0.1' },
      multiValueHeaders: {
        'accept-encoding': ['gzip, deflate'],
        'x-forwarded-for': ['54.240.196.186, 127.0.0.1'],
      },
    },
  },
  {
    kind: 'repeated headers',
    source: 'lambda',
    name: 'an answer’s several values have to be a list',
    target: '/test/x',
    answer: { statusCode: 200, multiValueHeaders: { 'test-multi-invalid': 'value1' } },
    status: 502,
    body: { message: 'Internal server error' },
  },
  {
    kind: 'event',
    source: 'lambda',
    name: 'an answer’s header may be a boolean',
    target: '/test/x',
    answer: { statusCode: 200, headers: { 'test-header': 'value', 'header-bool': true } },
    status: 200,
    body: '',
    headers: { 'test-header': 'value', 'header-bool': 'true', 'content-type': 'application/json' },
  },
  {
    kind: 'event',
    source: 'lambda',
    name: 'an answer’s headers may be null',
    target: '/test/x',
    answer: { statusCode: 200, headers: null },
    status: 200,
    body: '',
  },
  {
    kind: 'event',
    source: 'lambda',
    name: 'an answer’s status may be text',
    target: '/test/x',
    answer: { statusCode: '201' },
    status: 201,
    body: '',
  },
  {
    kind: 'event',
    source: 'integrations',
    name: 'headers that a function gets, and those it does not (AWS_PROXY no-param-integration)',
    target: '/test/x',
    request: {
      headers: {
        accept: 'application/json',
        'accept-charset': 'UTF-8',
        'accept-encoding': 'br',
        age: 'request_Age',
        authorization: 'Unauthorized',
        'content-encoding': 'deflate',
        'content-type': 'application/json',
        pragma: 'cache',
        range: 'bytes=500-999',
        referer: 'https://example.com/',
        'user-agent': 'localStack/0.0',
        warn: '299 localStack/0.0',
        ...Object.fromEntries(
          [
            'Content-MD5',
            'Expect',
            'Max-Forwards',
            'Proxy-Authenticate',
            'Server',
            'TE',
            'Trailer',
            'Upgrade',
          ]
            .concat(['WWW-Authenticate'])
            .map(name => [name, 'x']),
        ),
      },
    },
    event: {
      body: null,
      headers: {
        accept: 'application/json',
        'accept-charset': 'UTF-8',
        'accept-encoding': 'br',
        age: 'request_Age',
        authorization: 'Unauthorized',
        'content-encoding': 'deflate',
        'content-type': 'application/json',
        pragma: 'cache',
        range: 'bytes=500-999',
        referer: 'https://example.com/',
        'user-agent': 'localStack/0.0',
        warn: '299 localStack/0.0',
      },
    },
    notInEvent: [
      'content-md5',
      'expect',
      'max-forwards',
      'proxy-authenticate',
      'server',
      'te',
      'trailer',
      'upgrade',
    ].concat(['www-authenticate']),
  },
  {
    kind: 'event',
    source: 'notes',
    name: 'an answer’s headers that the gateway says itself',
    target: '/test/x',
    answer: { statusCode: 200, headers: Object.fromEntries(REMAPPED.map(name => [name, 'v'])) },
    headers: Object.fromEntries(REMAPPED.map(name => [`x-amzn-remapped-${name.toLowerCase()}`, 'v'])),
  },
  {
    kind: 'event',
    source: 'notes',
    name: 'X-HTTP-Method-Override overrides the method',
    target: '/test/x',
    request: { method: 'POST', headers: { 'X-HTTP-Method-Override': 'DELETE' } },
    event: { httpMethod: 'DELETE' },
  },
  {
    kind: 'event',
    source: 'lambdaGuide',
    name: 'the sample event of Lambda’s guide',
    api: snapshot([resource('/', { GET: method() })]),
    target: 'https://a1b2c3d4e5.execute-api.us-east-2.amazonaws.com/Prod/',
    request: {
      headers: {
        accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,image/apng,*/*;q=0.8',
        'accept-encoding': 'gzip, deflate, br',
        host: 'a1b2c3d4e5.execute-api.us-east-2.amazonaws.com',
        'user-agent': 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)',
        'x-amzn-trace-id': 'Root=1-5e66d96f-7491f09a18d79d18acf3d050',
      },
    },
    stages: { Prod: {} },
    event: {
      resource: '/',
      path: '/',
      httpMethod: 'GET',
      requestContext: {
        resourcePath: '/',
        httpMethod: 'GET',
        path: '/Prod/',
        stage: 'Prod',
        protocol: 'HTTP/1.1',
        domainPrefix: 'a1b2c3d4e5',
        domainName: 'a1b2c3d4e5.execute-api.us-east-2.amazonaws.com',
      },
      headers: {
        accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,image/apng,*/*;q=0.8',
        'accept-encoding': 'gzip, deflate, br',
        'user-agent': 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)',
        'x-forwarded-port': '443',
        'x-forwarded-proto': 'https',
      },
      queryStringParameters: null,
      multiValueQueryStringParameters: null,
      pathParameters: null,
      stageVariables: null,
      body: null,
      isBase64Encoded: false,
    },
  },
  {
    kind: 'event',
    source: 'common',
    name: 'a trace that the client began is answered with',
    target: '/dev/x',
    request: {
      headers: {
        'x-amzn-trace-id': 'Root=1-3152b799-8954dae64eda91bc9a23a7e8;Parent=7fa8c0f79203be72;Sampled=1',
      },
    },
    headers: {
      'x-amzn-trace-id': 'Root=1-3152b799-8954dae64eda91bc9a23a7e8;Parent=7fa8c0f79203be72;Sampled=1',
    },
  },
  {
    kind: 'event',
    source: 'lambda',
    name: 'AWS_PROXY heeds no request parameters',
    api: snapshot([
      resource('/{pathVariable}', {
        ANY: method({
          integration: functionProxy({
            requestParameters: {
              'integration.request.header.headerVar': 'method.request.header.foobar',
              'integration.request.path.pathVar': 'method.request.path.pathVariable',
              'integration.request.querystring.queryString': 'method.request.querystring.testQueryString',
            },
          }),
        }),
      }),
    ]),
    target: '/test/foobar?testQueryString=foo&testVar=bar',
    request: {
      method: 'POST',
      body: '{"message": "hello world"}',
      headers: { 'content-type': 'application/json', foobar: 'mapped-value', headerVar: 'request-value' },
    },
    event: {
      headers: { foobar: 'mapped-value', headervar: 'request-value' },
      pathParameters: { pathVariable: 'foobar' },
      queryStringParameters: { testQueryString: 'foo', testVar: 'bar' },
      body: '{"message": "hello world"}',
    },
  },
]

const INTERNAL = {
  body: { message: 'Internal server error' },
  headers: { 'x-amzn-errortype': 'InternalServerErrorException', 'content-type': 'application/json' },
}
const FAILURE = answered({ errorMessage: 'a secret', errorType: 'Error', trace: ['at secret.js'] })
const answering = (name: string, answer: unknown): RecordedCase => ({
  kind: 'error',
  source: 'lambda',
  name: `a function that answers ${name}`,
  target: '/test/x',
  answer,
  status: 502,
  ...INTERNAL,
})

export const errors: RecordedCase[] = [
  {
    kind: 'error',
    source: 'routing',
    name: 'a path of no resource',
    api: snapshot([resource('/existing', { GET: method() })]),
    target: '/dev/random-non-existing',
    status: 403,
    body: { message: 'Missing Authentication Token' },
    headers: { 'x-amzn-errortype': 'MissingAuthenticationTokenException' },
  },
  {
    kind: 'error',
    source: 'routing',
    name: 'a method that no resource has',
    api: snapshot([resource('/existing', { GET: method() })]),
    target: '/dev/existing',
    request: { method: 'POST' },
    status: 403,
    body: { message: 'Missing Authentication Token' },
    headers: { 'x-amzn-errortype': 'MissingAuthenticationTokenException' },
  },
  answering('with a member that is not known', { statusCode: 200, wrongValue: 'value' }),
  answering('with a status that is none', { statusCode: 'test' }),
  answering('with text', '"justAString"'),
  {
    kind: 'error',
    source: 'lambdaErrors',
    name: 'a function that fails',
    target: '/test/x',
    invoke: () => ({ ...FAILURE, functionError: 'Unhandled' }) as InvocationResult,
    status: 502,
    ...INTERNAL,
  },
  {
    kind: 'error',
    source: 'lambdaErrors',
    name: 'a function that may not be invoked',
    target: '/test/x',
    invoke: () => ({ kind: 'refused', reason: 'not-permitted', message: 'a secret' }),
    status: 500,
    ...INTERNAL,
  },
  {
    kind: 'error',
    source: 'lambdaErrors',
    name: 'a function that is throttled',
    target: '/test/x',
    invoke: () => ({ kind: 'refused', reason: 'throttled', message: 'Rate exceeded' }),
    status: 500,
    ...INTERNAL,
  },
  {
    kind: 'error',
    source: 'lambda',
    name: 'AWS_PROXY that calls Lambda by GET',
    api: snapshot([
      resource('/test-path', { ANY: method({ integration: functionProxy({ httpMethod: 'GET' }) }) }),
    ]),
    target: '/test/test-path',
    status: 500,
    ...INTERNAL,
  },
  ...[
    'Content-Length',
    'Transfer-Encoding',
    'Authorization',
    'Connection',
    'Expect',
    'Proxy-Authenticate',
    'TE',
  ].map(
    (name): RecordedCase => ({
      kind: 'error',
      source: 'integrations',
      name: `AWS_PROXY with a request parameter for the header ${name}`,
      api: snapshot([
        resource('/x', {
          GET: method({
            integration: functionProxy({
              requestParameters: { [`integration.request.header.${name}`]: `method.request.header.${name}` },
            }),
          }),
        }),
      ]),
      target: '/test/x',
      status: 500,
      ...INTERNAL,
    }),
  ),
  {
    kind: 'error',
    source: 'responses',
    name: 'a stage that is not there',
    stages: { prod: {} },
    target: '/beta/x',
    status: 403,
    body: { message: 'Forbidden' },
    headers: { 'x-amzn-errortype': 'ForbiddenException' },
  },
  {
    kind: 'error',
    source: 'responses',
    name: 'a method that wants a key and gets none',
    api: snapshot([resource('/x', { GET: method({ apiKeyRequired: true }) })]),
    target: '/test/x',
    status: 403,
    body: { message: 'Forbidden' },
    headers: { 'x-amzn-errortype': 'ForbiddenException' },
  },
  {
    kind: 'error',
    source: 'limits',
    name: 'a body of more than 10 MB',
    target: '/test/x',
    request: { method: 'POST', body: 'x', headers: { 'content-length': String(10 * 1024 * 1024 + 1) } },
    status: 413,
    body: { message: 'Request Too Long' },
    headers: { 'x-amzn-errortype': 'RequestTooLargeException' },
  },
  {
    kind: 'error',
    source: 'responses',
    name: 'a media type that an integration has no template for',
    api: snapshot([
      resource('/x', {
        POST: method({
          integration: {
            type: 'MOCK',
            passthroughBehavior: 'NEVER',
            timeoutMs: 29_000,
            requestTemplates: { 'application/json': '{"statusCode": 200}' },
            responses: [{ statusCode: '200' }],
          },
        }),
      }),
    ]),
    target: '/test/x',
    request: post('a', 'text/plain'),
    status: 415,
    body: { message: 'Unsupported Media Type' },
    headers: { 'x-amzn-errortype': 'BadRequestException' },
  },
]
