import { functionProxy, functionUri, method, resource, snapshot } from '../fake-gateway.ts'
import type { RecordedCase } from './recorded-case.ts'

const tree = (...paths: string[]) => snapshot(paths.map(path => resource(path)))

/** The path of a request as the function sees it: of `/{proxy+}` and stage `stage`, unless said otherwise. */
const path = (
  kind: RecordedCase['kind'],
  source: RecordedCase['source'],
  name: string,
  target: string,
  expected: { path: string; proxy?: string; context?: string },
): RecordedCase => ({
  kind,
  source,
  name,
  target,
  event: {
    resource: '/{proxy+}',
    path: expected.path,
    ...(expected.proxy !== undefined && { pathParameters: { proxy: expected.proxy } }),
    ...(expected.context !== undefined && { requestContext: { path: expected.context } }),
  },
})

const emails = 'api/user/test%2Balias@gmail.com/plus/test+alias@gmail.com'

export const encodedPaths: RecordedCase[] = [
  path('encoded path', 'lambda', 'an encoded plus beside a plain one', `/stage/proxy-value/${emails}`, {
    path: `/proxy-value/${emails}`,
    proxy: `proxy-value/${emails}`,
    context: `/stage/proxy-value/${emails}`,
  }),
  path(
    'encoded path',
    'dotnet',
    'encode-slash-in-resource-path.json',
    '/Prod/api/resourcepath/encoding/a%2Fb',
    {
      path: '/api/resourcepath/encoding/a%2Fb',
      proxy: 'api/resourcepath/encoding/a%2Fb',
      context: '/Prod/api/resourcepath/encoding/a%2Fb',
    },
  ),
  path('encoded path', 'dotnet', 'rawtarget-escaped-percent-in-path.json', '/Prod/foo%25bar', {
    path: '/foo%25bar',
    proxy: 'foo%25bar',
  }),
  path('encoded path', 'dotnet', 'rawtarget-escaped-percent-slash-in-path.json', '/Prod/foo%25%2Fbar', {
    path: '/foo%25%2Fbar',
    proxy: 'foo%25%2Fbar',
  }),
  path('encoded path', 'dotnet', 'rawtarget-escaped-slash-in-path.json', '/Prod/foo%2Fbar', {
    path: '/foo%2Fbar',
    proxy: 'foo%2Fbar',
  }),
  {
    ...path(
      'encoded path',
      'dotnet',
      'encode-space-in-resource-path-and-query.json',
      '/Prod/foo%20bar?greeting=hello%20world',
      {
        path: '/foo%20bar',
        proxy: 'foo%20bar',
        context: '/Prod/foo%20bar',
      },
    ),
  },
  {
    kind: 'encoded path',
    source: 'lambda',
    name: 'a query is decoded, and a plus in it is a space',
    target:
      '/stage/proxy-value/api?dateTimeOffset=2023-06-12T18:05:10.123456+00:00&email=test%2Balias@gmail.com&plus=test+alias@gmail.com&url=https://www.google.com/&whitespace=foo%20bar&zhash=abort/#&ignored=this',
    event: {
      path: '/proxy-value/api',
      queryStringParameters: {
        dateTimeOffset: '2023-06-12T18:05:10.123456 00:00',
        email: 'test+alias@gmail.com',
        plus: 'test alias@gmail.com',
        url: 'https://www.google.com/',
        whitespace: 'foo bar',
        zhash: 'abort/',
      },
      multiValueQueryStringParameters: {
        dateTimeOffset: ['2023-06-12T18:05:10.123456 00:00'],
        email: ['test+alias@gmail.com'],
        plus: ['test alias@gmail.com'],
        url: ['https://www.google.com/'],
        whitespace: ['foo bar'],
        zhash: ['abort/'],
      },
    },
  },
]

export const slashes: RecordedCase[] = [
  path('slashes', 'lambda', 'none at the end', '/stage/proxy-value', {
    path: '/proxy-value',
    proxy: 'proxy-value',
    context: '/stage/proxy-value',
  }),
  path('slashes', 'lambda', 'one at the end', '/stage/proxy-value/', {
    path: '/proxy-value/',
    proxy: 'proxy-value',
    context: '/stage/proxy-value/',
  }),
  path('slashes', 'lambda', 'two within', '/stage/proxy-value//double-slash', {
    path: '/proxy-value//double-slash',
    proxy: 'proxy-value//double-slash',
    context: '/stage/proxy-value//double-slash',
  }),
  path('slashes', 'lambda', 'two before the stage', '//stage/proxy-value', {
    path: '/proxy-value',
    proxy: 'proxy-value',
    context: '/stage/proxy-value',
  }),
  path('slashes', 'lambda', 'two behind the stage', '/stage//proxy-value', {
    path: '/proxy-value',
    proxy: 'proxy-value',
    context: '/stage//proxy-value',
  }),
  {
    ...path('slashes', 'lambda', 'one at the end, before a query', '/stage/proxy-value/?urlparam=test', {
      path: '/proxy-value/',
      proxy: 'proxy-value',
      context: '/stage/proxy-value/',
    }),
  },
  {
    kind: 'slashes',
    source: 'lambda',
    name: 'two before a resource that is no variable',
    api: tree('/{proxy+}', '/hardcoded'),
    target: '/stage//hardcoded',
    event: {
      resource: '/hardcoded',
      path: '/hardcoded',
      pathParameters: null,
      requestContext: { path: '/stage//hardcoded', resourcePath: '/hardcoded' },
    },
  },
  path('slashes', 'dotnet', 'trailing-slash-in-path.json', '/Prod/foo/', {
    path: '/foo/',
    proxy: 'foo',
    context: '/Prod/foo/',
  }),
]

const siblings = snapshot([
  resource('/test', { POST: method() }),
  resource('/test/any', { ANY: method() }),
  resource('/{proxy+}', { OPTIONS: method() }),
])
const order = snapshot([
  resource('/part1', { GET: method() }),
  resource('/{param+}', { GET: method() }),
  resource('/part1/hardcoded-value', { GET: method() }),
])

export const greedyPaths: RecordedCase[] = [
  {
    kind: 'greedy path',
    source: 'routing',
    name: 'a literal comes first',
    api: order,
    target: '/dev/part1',
    event: { resource: '/part1' },
  },
  {
    kind: 'greedy path',
    source: 'routing',
    name: 'a literal below a literal comes first',
    api: order,
    target: '/dev/part1/hardcoded-value',
    event: { resource: '/part1/hardcoded-value' },
  },
  {
    kind: 'greedy path',
    source: 'routing',
    name: 'what no literal fits goes back to the greedy resource',
    api: order,
    target: '/dev/part1/random-value',
    event: { resource: '/{param+}', pathParameters: { param: 'part1/random-value' } },
  },
  {
    kind: 'greedy path',
    source: 'proxyResource',
    name: 'stands for any depth',
    target: '/test/a/b/c/d',
    event: { resource: '/{proxy+}', pathParameters: { proxy: 'a/b/c/d' } },
  },
  {
    kind: 'greedy path',
    source: 'proxyResource',
    name: 'does not stand for its parent',
    target: '/test/',
    status: 403,
    body: { message: 'Missing Authentication Token' },
  },
  {
    kind: 'greedy path',
    source: 'dotnet',
    name: 'additional-path-parameters-in-proxy-path.json',
    api: tree('/path/{foo}/{proxy+}'),
    target: '/Prod/path/bar/api',
    event: { resource: '/path/{foo}/{proxy+}', pathParameters: { proxy: 'api', foo: 'bar' } },
  },
  {
    kind: 'greedy path',
    source: 'dotnet',
    name: 'additional-path-parameters-in-non-proxy-path.json',
    api: tree('/path/{foo}/api'),
    target: '/Prod/path/bar/api',
    event: { resource: '/path/{foo}/api', pathParameters: { foo: 'bar' } },
  },
  {
    kind: 'greedy path',
    source: 'methods',
    name: 'a deeper greedy resource comes before one above',
    api: tree('/{proxy+}', '/parent/{proxy+}', '/parent/{child}/{proxy+}'),
    target: '/test/parent/x/y/z',
    event: { resource: '/parent/{child}/{proxy+}', pathParameters: { child: 'x', proxy: 'y/z' } },
  },
  {
    kind: 'greedy path',
    source: 'go',
    name: 'the event of a POST below it',
    target: '/testStage/hello/world?name=me',
    request: { method: 'POST', body: '{\r\n\t"a": 1\r\n}', headers: { 'content-type': 'application/json' } },
    stages: { testStage: { stageVariableName: 'stageVariableValue' } },
    event: {
      resource: '/{proxy+}',
      path: '/hello/world',
      httpMethod: 'POST',
      headers: { 'content-type': 'application/json' },
      queryStringParameters: { name: 'me' },
      multiValueQueryStringParameters: { name: ['me'] },
      pathParameters: { proxy: 'hello/world' },
      stageVariables: { stageVariableName: 'stageVariableValue' },
      requestContext: {
        stage: 'testStage',
        resourcePath: '/{proxy+}',
        httpMethod: 'POST',
        protocol: 'HTTP/1.1',
      },
      body: '{\r\n\t"a": 1\r\n}',
    },
  },
]

const corsHeaders = {
  'method.response.header.Access-Control-Allow-Headers': "'Content-Type,X-Amz-Date,Authorization,X-Api-Key'",
  'method.response.header.Access-Control-Allow-Methods': "'GET,OPTIONS'",
  'method.response.header.Access-Control-Allow-Origin': "'*'",
}

export const headAndOptions: RecordedCase[] = [
  {
    kind: 'HEAD and OPTIONS',
    source: 'routing',
    name: 'OPTIONS that a literal lacks is the greedy resource’s',
    api: siblings,
    target: '/dev/test',
    request: { method: 'OPTIONS' },
    event: { resource: '/{proxy+}', httpMethod: 'OPTIONS' },
  },
  {
    kind: 'HEAD and OPTIONS',
    source: 'routing',
    name: 'POST is the literal’s own',
    api: siblings,
    target: '/dev/test',
    request: { method: 'POST' },
    event: { resource: '/test', httpMethod: 'POST' },
  },
  {
    kind: 'HEAD and OPTIONS',
    source: 'routing',
    name: 'OPTIONS of a literal’s ANY',
    api: siblings,
    target: '/dev/test/any',
    request: { method: 'OPTIONS' },
    event: { resource: '/test/any', httpMethod: 'OPTIONS' },
  },
  {
    kind: 'HEAD and OPTIONS',
    source: 'routing',
    name: 'GET of a literal’s ANY',
    api: siblings,
    target: '/dev/test/any',
    event: { resource: '/test/any', httpMethod: 'GET' },
  },
  ...(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'] as const).map(
    (name): RecordedCase => ({
      kind: 'HEAD and OPTIONS',
      source: 'methods',
      name: `ANY stands for ${name}`,
      target: '/test/x',
      request: { method: name },
      event: { httpMethod: name, requestContext: { httpMethod: name } },
    }),
  ),
  {
    kind: 'HEAD and OPTIONS',
    source: 'responses',
    name: 'GET does not stand for HEAD',
    api: snapshot([resource('/x', { GET: method() })]),
    target: '/test/x',
    request: { method: 'HEAD' },
    status: 403,
    headers: { 'x-amzn-errortype': 'MissingAuthenticationTokenException' },
  },
  {
    kind: 'HEAD and OPTIONS',
    source: 'cors',
    name: 'a MOCK method answers a preflight',
    api: snapshot([
      resource('/x', {
        OPTIONS: method({
          integration: {
            type: 'MOCK',
            passthroughBehavior: 'WHEN_NO_MATCH',
            timeoutMs: 29_000,
            requestTemplates: { 'application/json': '{"statusCode": 200}' },
            responses: [{ statusCode: '200', parameters: corsHeaders }],
          },
        }),
      }),
    ]),
    target: '/test/x',
    request: {
      method: 'OPTIONS',
      headers: { origin: 'https://example.com', 'access-control-request-method': 'GET' },
    },
    status: 200,
    body: '',
    headers: {
      'access-control-allow-headers': 'Content-Type,X-Amz-Date,Authorization,X-Api-Key',
      'access-control-allow-methods': 'GET,OPTIONS',
      'access-control-allow-origin': '*',
      'x-amzn-trace-id': null,
    },
  },
]

const variable = (name: string) => `\${stageVariables.${name}}`
const withUri = (uri: string) =>
  snapshot([resource('/x', { GET: method({ integration: functionProxy({ uri }) }) })])

export const stageVariables: RecordedCase[] = [
  {
    kind: 'stage variables',
    source: 'variables',
    name: 'are null in the event of a stage without any',
    target: '/test/x',
    event: { stageVariables: null },
  },
  {
    kind: 'stage variables',
    source: 'go',
    name: 'are in the event',
    stages: { testStage: { stageVariableName: 'stageVariableValue' } },
    target: '/testStage/x',
    event: { stageVariables: { stageVariableName: 'stageVariableValue' } },
  },
  {
    kind: 'stage variables',
    source: 'variables',
    name: 'name the function',
    api: withUri(functionUri(variable('functionName'))),
    stages: { beta: { functionName: 'echo' } },
    target: '/beta/x',
    event: { resource: '/x', stageVariables: { functionName: 'echo' } },
  },
  {
    kind: 'stage variables',
    source: 'variables',
    name: 'name the function’s alias',
    api: withUri(functionUri(`echo:${variable('alias')}`)),
    stages: { beta: { alias: 'live' } },
    target: '/beta/x',
    event: { resource: '/x', stageVariables: { alias: 'live' } },
  },
  {
    kind: 'stage variables',
    source: 'lambdaErrors',
    name: 'one that is not set makes an error of the integration',
    api: withUri(functionUri(variable('functionName'))),
    target: '/test/x',
    status: 500,
    body: { message: 'Internal server error' },
  },
]
