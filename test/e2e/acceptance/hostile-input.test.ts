import { randomBytes } from 'node:crypto'
import { CreateAliasCommand, PublishVersionCommand } from '@aws-sdk/client-lambda'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import apiGatewayFacts from '../../../src/aws/services/apigateway/facts.generated.json' with { type: 'json' }
import lambdaFacts from '../../../src/aws/services/lambda/facts.generated.json' with { type: 'json' }
import { serviceFacts } from '../../../src/aws/wire/constraints/facts.ts'
import { borrowWeir, type Weir } from '../server.ts'
import { createApi, createPlannedKey, deploy } from './apis.ts'
import { arbitraryCall } from './arbitrary-input.ts'
import { apiGatewayAt, lambdaAt } from './clients.ts'
import { createFunction, letGatewayCall, zip } from './functions.ts'
import { expectComposed, type RawAnswer, type RawRequest, send, sendSigned, sign } from './raw-request.ts'

const FUNCTIONS = '/2015-03-31/functions'
const JSON_TYPE = { 'content-type': 'application/json' }

describe('whatever is sent', () => {
  let weir: Weir
  let apiId: string
  /** Names of things that exist. */
  let known: string[]

  beforeAll(async () => {
    weir = await borrowWeir()
    const lambda = lambdaAt(weir.url)
    const apigateway = apiGatewayAt(weir.url)
    const echo = 'exports.handler = async event => ({ statusCode: 200, body: JSON.stringify(event) })'
    await createFunction(lambda, 'echo', zip({ 'index.js': echo }))
    await lambda.send(new PublishVersionCommand({ FunctionName: 'echo' }))
    await lambda.send(new CreateAliasCommand({ FunctionName: 'echo', Name: 'prod', FunctionVersion: '1' }))
    await letGatewayCall(lambda, 'echo')
    apiId = await createApi(apigateway, 'echo', [
      { path: 'open', target: 'echo', keyed: false },
      { path: 'keyed', target: 'echo', keyed: true },
    ])
    await deploy(apigateway, apiId, 'live')
    const key = await createPlannedKey(apigateway, 'echo', { apiId, stage: 'live' }, {})
    known = ['echo', 'prod', '1', apiId, 'live', key.keyId, key.planId, 'GET', '200']
  })
  afterAll(() => weir[Symbol.asyncDispose]())

  const lambdaCall = (request: Partial<RawRequest>): Promise<RawAnswer> =>
    sendSigned(weir.url, 'lambda', { method: 'POST', target: FUNCTIONS, headers: JSON_TYPE, ...request })
  const apiGatewayCall = (request: Partial<RawRequest>): Promise<RawAnswer> =>
    sendSigned(weir.url, 'apigateway', {
      method: 'POST',
      target: '/restapis',
      headers: JSON_TYPE,
      ...request,
    })
  test('answers documents that are none, and values that are absurd, with an error of the client', async () => {
    const create = (over: object) =>
      JSON.stringify({
        FunctionName: 'absurd',
        Runtime: 'nodejs22.x',
        Handler: 'index.handler',
        Role: 'arn:aws:iam::000000000000:role/acceptance',
        Code: { ZipFile: Buffer.from(zip({ 'index.js': '' })).toString('base64') },
        ...over,
      })
    const bodies: (string | Uint8Array)[] = [
      '',
      '{',
      'null',
      '[]',
      '"text"',
      '12',
      '{"FunctionName":}',
      '\0',
      '\ufeff{}',
      '{"__proto__":{"FunctionName":"x"}}',
      `{"FunctionName":"a","FunctionName":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
      `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`,
      `[${'['.repeat(200_000)}`,
      Buffer.from([0xff, 0xfe, 0xfd]),
      randomBytes(2000),
      create({ Timeout: -1 }),
      create({ Timeout: 1e308 }),
      create({ Timeout: 0.5 }),
      create({ Timeout: '5' }),
      create({}).replace('"absurd"', '"absurd","Timeout":1e400'),
      create({ MemorySize: 2 ** 53 }),
      create({ Code: { ZipFile: 'not base64!' } }),
      create({ Code: { ZipFile: `${'A'.repeat(10_000)}!` } }),
      create({ Code: { ZipFile: 'A' } }),
      create({ Code: { ZipFile: 12 } }),
      create({ Code: 'x' }),
      create({ Code: { S3Bucket: 'b', S3Key: 'k' } }),
      create({ Environment: { Variables: { ['x'.repeat(5000)]: 'y' } } }),
      create({ Environment: { Variables: { __proto__: 'y', 'a b': 'c' } } }),
      create({ FunctionName: 'ä' }),
      create({ FunctionName: 'x'.repeat(100_000) }),
      create({ Tags: { '': '' } }),
    ]
    for (const body of bodies) {
      const answer = await lambdaCall({ body })
      const about = `body ${Buffer.from(body as string)
        .toString('latin1')
        .slice(0, 80)}`
      expectComposed(answer, about)
      expect(answer.status, `${about}: ${answer.body.slice(0, 200)}`).toBeGreaterThanOrEqual(400)
    }
    const weights = ['-0.1', '1.1', '1e400', '"0.5"', 'null', '{}', '[0.1]']
    for (const weight of weights) {
      const answer = await lambdaCall({
        method: 'PUT',
        target: `${FUNCTIONS}/echo/aliases/prod`,
        body: `{"RoutingConfig":{"AdditionalVersionWeights":{"$LATEST":${weight}}}}`,
      })
      expectComposed(answer, `weight ${weight}`)
      expect(answer.status, answer.body).toBe(400)
    }
    const plans = [
      { throttle: { rateLimit: -1, burstLimit: 1 } },
      { throttle: { rateLimit: 1, burstLimit: 2 ** 40 } },
      { throttle: { rateLimit: 1, burstLimit: 1.5 } },
      { quota: { limit: -5, period: 'DAY' } },
      { quota: { limit: 2 ** 63, period: 'DAY' } },
      { quota: { limit: 5, offset: 6, period: 'DAY' } },
      { quota: { limit: 5, period: 'CENTURY' } },
    ]
    for (const plan of plans) {
      const answer = await apiGatewayCall({
        target: '/usageplans',
        body: JSON.stringify({ name: 'absurd', ...plan }),
      })
      expectComposed(answer, JSON.stringify(plan))
      expect(answer.status, `${JSON.stringify(plan)}: ${answer.body}`).toBe(400)
    }
    for (const query of ['limit=-1', 'limit=1e9', 'limit=x', 'position=%00', 'position=%F0%9F', 'limit=']) {
      expectComposed(await apiGatewayCall({ method: 'GET', target: `/restapis?${query}` }), query)
    }
    for (const query of [
      'MaxItems=-1',
      'MaxItems=x',
      'Marker=%00',
      'Marker=AAAA',
      'MaxItems=99999999999999999999',
    ]) {
      expectComposed(await lambdaCall({ method: 'GET', target: `${FUNCTIONS}/?${query}` }), query)
    }
  })

  test('answers other content types and operations that nobody has', async () => {
    const types = [
      'text/plain',
      'application/xml',
      'multipart/form-data; boundary=x',
      'application/cbor',
      'x',
      '',
      ';;;',
    ]
    for (const type of types) {
      expectComposed(await lambdaCall({ headers: { 'content-type': type }, body: '{}' }), type)
      expectComposed(await apiGatewayCall({ headers: { 'content-type': type }, body: '{}' }), type)
    }
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const targets: [string, RawRequest][] = [
      ['lambda', { method: 'PATCH', target: '/2015-03-31/nothing' }],
      [
        'lambda',
        { method: 'POST', target: '/', headers: { 'x-amz-target': 'AWSLambda.NoSuchThing' }, body: '{}' },
      ],
      ['lambda', { method: 'POST', target: '/', headers: { 'x-amz-target': '...' }, body: '{}' }],
      [
        'lambda',
        { method: 'POST', target: '/', headers: form, body: 'Action=NoSuchThing&Version=2015-03-31' },
      ],
      ['lambda', { method: 'POST', target: '/', headers: form, body: 'Action=__proto__' }],
      ['lambda', { method: 'GET', target: '/?Action=ListFunctions' }],
      ['apigateway', { method: 'DELETE', target: '/' }],
      ['apigateway', { method: 'GET', target: '/restapis/%zz/%' }],
      ['nosuchservice', { method: 'POST', target: '/', body: '{}' }],
      ['constructor', { method: 'POST', target: '/', body: '{}' }],
      ['lambda', { method: 'PROPFIND', target: FUNCTIONS }],
      ['lambda', { method: 'GET', target: '//2015-03-31//functions//' }],
      ['lambda', { method: 'GET', target: `${FUNCTIONS}/${'x'.repeat(6000)}` }],
    ]
    for (const [service, request] of targets) {
      const answer = await sendSigned(weir.url, service, request)
      expectComposed(answer, `${request.method} ${request.target} of ${service}`)
    }
  })

  test('lets nobody in whose signature is wrong, in any way', async () => {
    const list: RawRequest = { method: 'GET', target: FUNCTIONS }
    const now = Date.now()
    const signed = await sign(weir.url, 'lambda', list)
    const { authorization } = signed.headers!
    const wrong: RawRequest[] = [
      { ...list },
      await sign(weir.url, 'lambda', list, {
        credentials: { accessKeyId: 'test', secretAccessKey: 'wrong' },
      }),
      await sign(weir.url, 'lambda', list, {
        credentials: { accessKeyId: 'nobody', secretAccessKey: 'test' },
      }),
      await sign(weir.url, 'lambda', list, { signedAt: new Date(now - 20 * 60_000) }),
      await sign(weir.url, 'lambda', list, { signedAt: new Date(now + 20 * 60_000) }),
      { ...signed, target: `${FUNCTIONS}?MaxItems=1` },
      { ...signed, method: 'POST', body: '{}' },
      ...[
        '',
        'AWS4-HMAC-SHA256',
        'AWS4-HMAC-SHA256 Credential=',
        'Bearer x',
        `${authorization}0`,
        'Basic dDp0',
      ].map(value => ({ ...signed, headers: { ...signed.headers, authorization: value } })),
      {
        ...list,
        target: `${FUNCTIONS}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a&X-Amz-Signature=b`,
      },
      { ...list, target: `${FUNCTIONS}?X-Amz-Algorithm=%00&X-Amz-Expires=-1&X-Amz-Date=x` },
    ]
    for (const request of wrong) {
      const answer = await send(weir.url, request)
      expectComposed(answer, JSON.stringify(request))
      expect([400, 403], answer.body).toContain(answer.status)
    }
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map(String.fromCharCode) }),
        async text => {
          const at = authorization!.length - (text.length % authorization!.length)
          const altered = authorization!.slice(0, at) + text + authorization!.slice(at + text.length)
          if (altered === authorization) return
          const answer = await send(weir.url, {
            ...signed,
            headers: { ...signed.headers, authorization: altered.trim() },
          })
          expectComposed(answer, altered)
          expect([400, 403], answer.body).toContain(answer.status)
        },
      ),
      { numRuns: 60 },
    )
  })

  test('answers requests of the data plane that no client would send', async () => {
    const stage = `/_aws/execute-api/${apiId}/live`
    const targets = [
      '/_aws/execute-api',
      '/_aws/execute-api/',
      '/_aws/execute-api//',
      '/_aws/execute-api/__proto__/live/open',
      '/_aws/execute-api/constructor/live/open',
      `/_aws/execute-api/${apiId}`,
      `/_aws/execute-api/${apiId}/__proto__/open`,
      `/_aws/execute-api/${apiId}/constructor/open`,
      `/_aws/execute-api/${'x'.repeat(5000)}/live/open`,
      `${stage}/__proto__`,
      `${stage}/%`,
      `${stage}/%zz`,
      `${stage}/%00`,
      `${stage}/%ff%fe`,
      `${stage}/../../../open`,
      `${stage}//open`,
      `${stage}/open?%`,
      `${stage}/open?%ff=%fe&&&=&a[b]=c`,
      `${stage}/open?__proto__=1&constructor=2&toString=3`,
      `${stage}/open?${'a=b&'.repeat(2000)}`,
      `${stage}/open/${'x/'.repeat(3000)}`,
    ]
    for (const target of targets) expectComposed(await send(weir.url, { method: 'GET', target }), target)
    for (const key of [
      '',
      ' ',
      '__proto__',
      'constructor',
      '../x',
      'x'.repeat(8000),
      'é'.repeat(10),
      '%00',
      '*',
    ]) {
      const headers = { 'x-api-key': Buffer.from(key).toString('latin1') }
      const answer = await send(weir.url, { method: 'GET', target: `${stage}/keyed`, headers })
      expectComposed(answer, `key ${key.slice(0, 20)}`)
      expect(answer.status, answer.body).toBe(403)
    }
    const open = `${stage}/open`
    for (const size of [8, 16, 64, 200]) {
      const headers = { 'x-large': 'x'.repeat(size * 1024) }
      expectComposed(await send(weir.url, { method: 'GET', target: open, headers }), `a header of ${size} KB`)
    }
    const many = Object.fromEntries(Array.from({ length: 400 }, (_, n) => [`x-${n}`, String(n)]))
    expectComposed(await send(weir.url, { method: 'GET', target: open, headers: many }), 'many headers')
    const odd = {
      'content-type': '\t;;=',
      accept: ';',
      cookie: '=;=',
      'x-forwarded-for': '%',
      'x-__proto__': '1',
    }
    expectComposed(await send(weir.url, { method: 'GET', target: open, headers: odd }), 'odd headers')
    for (const method of ['POST', 'PROPFIND', 'OPTIONS', 'PATCH', 'HEAD', 'BREW']) {
      expectComposed(await send(weir.url, { method, target: open }), method)
    }
  })

  test.each(['lambda', 'apigateway'] as const)('answers any call of %s', async service => {
    const facts = serviceFacts(service === 'lambda' ? lambdaFacts : apiGatewayFacts)
    // Deleting what the other calls find would end the search early; taking it away is tried with other names.
    const operations = Object.keys(facts.operations).filter(name => !name.startsWith('Delete'))
    const names = [
      '{}',
      'application/json',
      'us-east-1',
      'arn:aws:iam::000000000000:role/acceptance',
      ...known,
    ]
    await fc.assert(
      fc.asyncProperty(arbitraryCall(facts, operations, names), async ({ operation, request }) => {
        expectComposed(
          await sendSigned(weir.url, service, request),
          `${operation}: ${JSON.stringify(request)}`,
        )
      }),
      { numRuns: 400 },
    )
  })

  test('answers random bytes, signed or not', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 3000 }),
        fc.constantFrom('lambda', 'apigateway', ''),
        async (bytes, service) => {
          const request: RawRequest = {
            method: 'POST',
            target: service === 'apigateway' ? '/restapis' : FUNCTIONS,
            headers: JSON_TYPE,
            body: bytes,
          }
          const answer =
            service === '' ? await send(weir.url, request) : await sendSigned(weir.url, service, request)
          expectComposed(answer, `${bytes.length} random bytes`)
          expect(answer.status).toBeGreaterThanOrEqual(400)
        },
      ),
      { numRuns: 60 },
    )
  })
})
