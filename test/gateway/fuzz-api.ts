import fc from 'fast-check'
import type {
  Snapshot,
  SnapshotAuthorizer,
  SnapshotGatewayResponse,
  SnapshotIntegration,
  SnapshotMethod,
  SnapshotResource,
  StagePointer,
} from '../../src/gateway/snapshot.ts'
import { functionProxy, functionUri, snapshot } from './fake-gateway.ts'

// Random APIs: what an owner may have deployed, sense or nonsense, as far as the control plane would take it.

const variable = (name: string) => `\${stageVariables.${name}}`

/** Few names, so that paths collide with each other and with requests; a variable's name tells its level. */
const PARTS = ['a', 'b', 'A', 'x.y', 'caf%C3%A9', '{}', '{+}'] as const

const resourcePath = fc.array(fc.constantFrom(...PARTS), { maxLength: 4 }).map(parts => {
  const end = parts.indexOf('{+}')
  const kept = end < 0 ? parts : parts.slice(0, end + 1)
  return `/${kept.map((part, level) => (part === '{}' ? `{v${level}}` : part === '{+}' ? `{g${level}+}` : part)).join('/')}`
})

/** Siblings have one variable at most. */
const resourcePaths = fc
  .uniqueArray(resourcePath, { minLength: 1, maxLength: 8 })
  .map(paths => paths.filter(path => !path.endsWith('+}') || !paths.some(other => clashes(path, other))))
  .filter(paths => paths.length > 0)

function clashes(greedy: string, other: string): boolean {
  const level = greedy.split('/').length - 1
  const parts = other.split('/')
  const sameParent = greedy.split('/').slice(0, level).join('/') === parts.slice(0, level).join('/')
  return sameParent && /^\{[^+]*\}$/.test(parts[level] ?? '')
}

const expression = fc.oneof(
  fc.constantFrom(
    ...[
      "'text'",
      "'*'",
      'method.request.header.x-y',
      'method.request.querystring.a',
      'method.request.path.v0',
    ],
    ...['method.request.body', 'method.request.body.a.b', 'method.request.body.a[0]', 'context.requestId'],
    ...['context.identity.sourceIp', 'stageVariables.name', 'integration.response.header.x', 'nonsense', ''],
    ...['integration.response.body', 'integration.response.body.a', 'method.request.multivalueheader.x-y'],
  ),
  fc.string({ maxLength: 12 }),
)

const template = fc.oneof(
  fc.constantFrom(
    ...[
      '',
      '{"statusCode": 200}',
      '{"statusCode": 404}',
      '{statusCode: 200}',
      '$input.body',
      "$input.json('$')",
    ],
    ...[
      "$input.path('$.a.b')",
      "$input.params('a')",
      '$context.requestId',
      '$stageVariables.name',
      '$context',
    ],
    ...[
      "#set($x = $input.path('$'))$x.a",
      '#foreach($i in [1..3])$i#end',
      '#if($x)',
      '#set($x = 1',
      '#end',
      '$$$',
    ],
    ...[
      '#macro(m $a)$a#m($a)#end#m(1)',
      '#foreach($i in [1..2000000])x#end',
      '$util.parseJson($input.body).a',
    ],
    ...[
      '$util.base64Decode($input.body)',
      '$util.urlDecode("%zz")',
      '#set($context.responseOverride.status = 418)',
    ],
    ...[
      '#set($context.responseOverride.header.x = "a\nb")',
      '$x.y.z()',
      '$input.__proto__',
      '$x.constructor.name',
    ],
    ...['#set($a = {})#set($a.b = $a)$a', '#set($s = "ab")#foreach($i in [1..40])#set($s = "$s$s")#end$s'],
  ),
  fc.string({ unit: fc.constantFrom(...'#$(){}[]."\'abinput set\n'), maxLength: 30 }),
)
const mediaType = fc.constantFrom('application/json', 'text/plain', 'application/xml', '$default', '')
const templates = fc.dictionary(mediaType, template, { maxKeys: 2 })

const responses = fc.array(
  fc.record(
    {
      statusCode: fc.constantFrom('200', '404', '500'),
      selectionPattern: fc.constantFrom('', '4\\d\\d', '.*', '-', '(a+)+b', '['),
      parameters: fc.dictionary(
        fc.constantFrom('method.response.header.X-One', 'method.response.header.Content-Type', 'nonsense'),
        expression,
        { maxKeys: 2 },
      ),
      templates,
      contentHandling: fc.constantFrom('CONVERT_TO_BINARY', 'CONVERT_TO_TEXT'),
    },
    { requiredKeys: ['statusCode'] },
  ),
  { maxLength: 3 },
)

const mapped = {
  passthroughBehavior: fc.constantFrom('WHEN_NO_MATCH', 'WHEN_NO_TEMPLATES', 'NEVER'),
  timeoutMs: fc.constant(29_000),
  requestTemplates: templates,
  requestParameters: fc.dictionary(
    fc.constantFrom(
      ...['integration.request.header.x', 'integration.request.querystring.q', 'integration.request.path.v0'],
      'nonsense',
    ),
    expression,
    { maxKeys: 2 },
  ),
  contentHandling: fc.constantFrom('CONVERT_TO_BINARY', 'CONVERT_TO_TEXT'),
  responses,
}
const requiredKeys = ['type', 'passthroughBehavior', 'timeoutMs', 'responses'] as const
const mock = fc.record({ type: fc.constant('MOCK'), ...mapped }, { requiredKeys: [...requiredKeys] })
const uris = fc.constantFrom(
  ...[
    'https://example.com/',
    'https://example.com/{v0}/x',
    `https://${variable('name')}/`,
    'ftp://x',
    'not a uri',
    '',
  ],
)
const http = fc.record(
  {
    type: fc.constantFrom('HTTP', 'HTTP_PROXY'),
    httpMethod: fc.constantFrom('GET', 'POST', 'ANY'),
    uri: uris,
    ...mapped,
  },
  { requiredKeys: [...requiredKeys, 'uri'] },
)
const aws = fc.record(
  {
    type: fc.constant('AWS'),
    httpMethod: fc.constant('POST'),
    uri: fc.constantFrom(
      functionUri('echo'),
      functionUri(variable('name')),
      'arn:aws:apigateway:us-east-1:dynamodb:action/PutItem',
      'arn:aws:apigateway:us-east-1:s3:path/bucket/{v0}',
      'nonsense',
    ),
    ...mapped,
  },
  { requiredKeys: [...requiredKeys, 'uri', 'httpMethod'] },
)
const proxy = fc.constantFrom(functionProxy(), functionProxy({ uri: functionUri('echo:live') }))
const brokenProxy = fc.constantFrom(
  functionProxy({ uri: functionUri(variable('missing')) }),
  functionProxy({ uri: 'nonsense' }),
  functionProxy({ uri: '' }),
)
const integration = fc.oneof(
  { weight: 5, arbitrary: proxy },
  { weight: 1, arbitrary: brokenProxy },
  { weight: 4, arbitrary: mock },
  { weight: 3, arbitrary: http },
  { weight: 3, arbitrary: aws },
) as fc.Arbitrary<SnapshotIntegration>

const authorization = fc.oneof(
  { weight: 8, arbitrary: fc.constant({ authorizationType: 'NONE' }) },
  { weight: 1, arbitrary: fc.constant({ authorizationType: 'AWS_IAM' }) },
  {
    weight: 2,
    arbitrary: fc.record({
      authorizationType: fc.constantFrom('CUSTOM', 'COGNITO_USER_POOLS', 'nonsense'),
      authorizerId: fc.constantFrom('token', 'request', 'pools', 'absent'),
    }),
  },
)
const method = fc
  .record(
    {
      integration,
      apiKeyRequired: fc.boolean(),
      validator: fc.record({ body: fc.boolean(), parameters: fc.boolean() }),
      requestModels: fc.dictionary(mediaType, fc.constantFrom('M', 'N', 'Odd'), { maxKeys: 2 }),
      requestParameters: fc.dictionary(
        fc.constantFrom(
          ...[
            'method.request.header.x-y',
            'method.request.querystring.a',
            'method.request.path.v0',
            'nonsense',
          ],
        ),
        fc.boolean(),
      ),
    },
    { requiredKeys: ['integration'] },
  )
  .chain(made => authorization.map(how => ({ apiKeyRequired: false, responses: {}, ...made, ...how })))

const resource = fc.dictionary(fc.constantFrom('GET', 'POST', 'ANY', 'OPTIONS', 'HEAD', 'DELETE'), method, {
  minKeys: 1,
  maxKeys: 3,
})

const authorizers: Record<string, SnapshotAuthorizer> = {
  token: {
    name: 'token',
    type: 'TOKEN',
    uri: functionUri('authorizer'),
    identitySource: 'method.request.header.Authorization',
    identityValidationExpression: '^[a-z]+$',
    ttlSeconds: 300,
  },
  request: {
    name: 'request',
    type: 'REQUEST',
    uri: functionUri('authorizer'),
    identitySource: 'method.request.header.x-y,method.request.querystring.a,context.identity.sourceIp',
    ttlSeconds: 0,
  },
  pools: {
    name: 'pools',
    type: 'COGNITO_USER_POOLS',
    providerArns: ['arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_abc'],
    identitySource: 'method.request.header.Authorization',
    ttlSeconds: 300,
  },
}

const models = {
  M: '{"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}, "b": {"$ref": "https://apigateway.amazonaws.com/restapis/a1b2c3d4e5/models/N"}}}',
  N: '{"oneOf": [{"type": "null"}, {"type": "string", "pattern": "^(a+)+$"}, {"$ref": "#"}]}',
  Odd: '{"type": ["string", "object"], "format": "nonsense", "maximum": 0, "extends": {"$ref": "#/nowhere"}}',
}

const gatewayResponses = fc.dictionary(
  fc.constantFrom(
    'DEFAULT_4XX',
    'DEFAULT_5XX',
    'MISSING_AUTHENTICATION_TOKEN',
    'BAD_REQUEST_BODY',
    'INVALID_API_KEY',
  ),
  fc.record(
    {
      statusCode: fc.constantFrom('400', '404', '500', '200', '599'),
      parameters: fc.dictionary(
        fc.constantFrom('gatewayresponse.header.X-Made', 'gatewayresponse.header.Content-Type', 'nonsense'),
        expression,
        { maxKeys: 2 },
      ),
      templates: fc.dictionary(
        mediaType,
        fc.oneof(fc.constant('{"message":$context.error.messageString}'), template),
        { maxKeys: 2 },
      ),
    },
    { requiredKeys: [] },
  ),
  { maxKeys: 3 },
) as fc.Arbitrary<Record<string, SnapshotGatewayResponse>>

/** Any API. */
export const anyApi: fc.Arbitrary<Snapshot> = fc
  .tuple(
    resourcePaths.chain(paths =>
      fc.tuple(
        ...paths.map(path => resource.map(methods => ({ id: path, path, methods }) as SnapshotResource)),
      ),
    ),
    fc.record(
      {
        apiKeySource: fc.constantFrom<Snapshot['apiKeySource']>('HEADER', 'AUTHORIZER'),
        binaryMediaTypes: fc.subarray(['image/*', '*/*', 'application/json', '*/x', 'nonsense']),
        minimumCompressionSize: fc.constantFrom(0, 10, 10_000),
        gatewayResponses,
        disableExecuteApiEndpoint: fc.constantFrom(false, false, false, true),
        policy: fc.constantFrom(
          '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}',
          '{"Statement":{"Effect":"Deny","Principal":"*","Action":"execute-api:*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}}',
        ),
      },
      { requiredKeys: [] },
    ),
  )
  .map(([resources, over]) => snapshot(resources, { ...over, models, authorizers }))

/** An API of proxied functions alone, open to all: whatever comes of a request is the gateway's doing. */
export const plainApi: fc.Arbitrary<Snapshot> = resourcePaths
  .chain(paths =>
    fc.tuple(
      ...paths.map(path =>
        fc
          .uniqueArray(fc.constantFrom('GET', 'POST', 'ANY', 'OPTIONS', 'HEAD', 'DELETE'), {
            minLength: 1,
            maxLength: 3,
          })
          .map(names => ({ id: path, path, methods: Object.fromEntries(names.map(name => [name, plain])) })),
      ),
    ),
  )
  .map(resources => snapshot(resources as SnapshotResource[]))

const plain: SnapshotMethod = {
  authorizationType: 'NONE',
  apiKeyRequired: false,
  responses: {},
  integration: functionProxy(),
}

// Random requests.

const piece = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom('/a', '/b', '/A', '/x.y', '/caf%C3%A9', '/café', '/%61', '/', '//'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...[
        '..',
        '.',
        '%2F',
        '%2f',
        '%',
        '%zz',
        '%00',
        '%ff',
        '\\',
        '?',
        '&',
        '=',
        ';',
        '+',
        '#',
        '@',
        ':',
        ' ',
        '\t',
      ],
      ...['{v0}', '{g0+}', '__proto__', 'constructor', '\ud800', '💥', 'ſ', 'İ', 'x'.repeat(3000)],
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
)
const target = fc.array(piece, { maxLength: 8 }).map(pieces => pieces.join(''))
const query = fc.option(
  fc
    .array(
      fc.oneof(
        fc.constantFrom('a=1', 'a=%zz', 'a', '=', '&', '%ff=1', 'a=1;a=2', '__proto__=1'),
        fc.string({ maxLength: 5 }),
      ),
      {
        maxLength: 4,
      },
    )
    .map(parts => `?${parts.join('&')}`),
  { nil: '' },
)
/** What HTTP lets a value be. */
const byte = fc.integer({ min: 0x20, max: 0xff }).filter(code => code !== 0x7f)
const headerValue = fc.oneof(
  fc.constantFrom(
    ...[
      'application/json',
      'text/plain; charset=utf-8',
      'image/png',
      'gzip',
      'deflate',
      'br',
      '*/*',
      'Bearer abc',
    ],
    ...[
      'Root=1-x;Self=2',
      'max-age=0',
      'no-cache',
      'AWS4-HMAC-SHA256 Credential=x',
      'POST',
      'patch',
      '100',
      '1.1.1.1',
    ],
  ),
  fc.array(byte, { maxLength: 12 }).map(codes => String.fromCharCode(...codes).trim()),
)
const headers = fc.dictionary(
  fc.constantFrom(
    ...[
      'accept',
      'accept-encoding',
      'authorization',
      'cache-control',
      'cf-connecting-ip',
      'content-encoding',
    ],
    ...['content-type', 'cookie', 'expect', 'host', 'origin', 'range', 'upgrade', 'user-agent', 'x-amz-date'],
    ...[
      'x-amzn-trace-id',
      'x-api-key',
      'x-forwarded-for',
      'x-http-method-override',
      'x-y',
      'access-control-request-method',
    ],
  ),
  headerValue,
  { maxKeys: 6 },
)
const body = fc.oneof(
  fc.constant(undefined),
  fc.uint8Array({ maxLength: 40 }).map(bytes => new Uint8Array(bytes)),
  fc.json({ maxDepth: 2 }),
  fc.constantFrom('', '{', '{"a": 1}', '{"a": {"b": [1, 2]}}', '{"__proto__": 1}', `${'['.repeat(5000)}`),
)

export interface AnyRequest {
  readonly path: string
  readonly method: string
  readonly headers: Record<string, string>
  readonly body: string | Uint8Array<ArrayBuffer> | undefined
}

export const anyRequest: fc.Arbitrary<AnyRequest> = fc.record({
  path: fc.tuple(target, query).map(([path, search]) => path + search),
  method: fc.constantFrom(
    'GET',
    'GET',
    'POST',
    'PUT',
    'DELETE',
    'OPTIONS',
    'HEAD',
    'PATCH',
    'PROPFIND',
    'get',
    'X',
  ),
  headers,
  body,
})

const percent = fc.constantFrom(0, 50, 100)

/** What a stage adds to its deployment: a canary, settings of methods, a cache, an access log. */
export const anyStage: fc.Arbitrary<Partial<StagePointer>> = fc.record(
  {
    canary: percent.map(percentTraffic => ({
      percentTraffic,
      deploymentId: 'canary1',
      snapshot: 'snapshots/x.json',
      variables: { name: 'echo' },
      useStageCache: percentTraffic === 50,
    })),
    settings: fc.dictionary(
      fc.constantFrom('*/*', '~1a/GET', '~1/GET', '~1{v0}/ANY', 'nonsense'),
      fc.record(
        {
          loggingLevel: fc.constantFrom<'OFF' | 'ERROR' | 'INFO'>('OFF', 'ERROR', 'INFO'),
          dataTraceEnabled: fc.boolean(),
          throttle: fc.constantFrom({ rate: 0, burst: 0 }, { rate: 10, burst: 5 }),
          cache: fc.record({
            ttlSeconds: fc.constantFrom(0, 300),
            requireAuthorization: fc.boolean(),
            unauthorizedStrategy: fc.constantFrom(
              'FAIL_WITH_403',
              'SUCCEED_WITH_RESPONSE_HEADER',
              'SUCCEED_WITHOUT_RESPONSE_HEADER',
            ),
          }),
        },
        { requiredKeys: [] },
      ),
      { maxKeys: 2 },
    ),
    cache: fc.constantFrom({}, { flushedAt: 1 }),
    accessLog: fc.record({
      destinationArn: fc.constantFrom('arn:aws:logs:us-east-1:123456789012:log-group:access', 'nonsense'),
      format: fc.oneof(
        fc.constantFrom(
          '$context.requestId',
          '{"a":"$context.identity.sourceIp","b":"$context.error.message"}',
        ),
        fc.string({ unit: fc.constantFrom(...'$context.aeiou{}[]"\\ '), maxLength: 30 }),
      ),
    }),
    tracingEnabled: fc.boolean(),
  },
  { requiredKeys: [] },
)

/** Numbers that choose a resource of an API and one of its methods, and what its variables stand for. */
export const anyAim = fc.option(
  fc.record({
    resource: fc.nat(),
    method: fc.nat(),
    value: fc.constantFrom('a', 'z', 'caf%C3%A9', '%2F', '%zz', '0'),
  }),
  { freq: 6 },
)

/** The request as one for a method that the API has; as it is without an aim. */
export function aimed(
  { resources }: Snapshot,
  sent: AnyRequest,
  aim: { readonly resource: number; readonly method: number; readonly value: string } | null,
): AnyRequest {
  if (!aim) return sent
  const { path, methods } = resources[aim.resource % resources.length]!
  const names = Object.keys(methods)
  const method = names[aim.method % names.length]!
  const { 'x-http-method-override': _, ...headers } = sent.headers
  const search = sent.path.indexOf('?')
  return {
    ...sent,
    headers,
    path: path.replace(/\{[^}]*\}/g, aim.value) + (search < 0 ? '' : sent.path.slice(search)),
    method: method === 'ANY' ? 'POST' : method,
  }
}
