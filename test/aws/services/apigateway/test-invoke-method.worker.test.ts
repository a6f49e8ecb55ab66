import { beforeEach, describe, expect, it } from 'vitest'
import type { Invocation, InvocationResult } from '../../../../src/functions/invocation.ts'
import { createGateway } from '../../../../src/gateway/gateway.ts'
import { type ControlPlane, controlPlane, REGION, refusal } from './control-plane.ts'

let plane: ControlPlane
let restApiId: string
let root: string
let invocations: Invocation[]
let results: Array<Partial<Extract<InvocationResult, { kind: 'answered' }>>>
let reached: string[]
let now: number

const never = () => {
  throw new Error('nobody is to be asked when a method is tried out')
}

beforeEach(async () => {
  invocations = []
  results = []
  reached = []
  now = Date.UTC(2026, 2, 4, 5, 6, 7)
  const gateway = createGateway({
    pointers: { get: never },
    snapshots: { get: never },
    admission: { admit: never },
    async invoke(invocation) {
      invocations.push(invocation)
      now += 40
      const payload = JSON.stringify({ statusCode: 201, headers: { 'X-Mine': 'yes' }, body: 'made' })
      return { kind: 'answered', executedVersion: '7', logs: '', durationMs: 1, payload, ...results.shift() }
    },
    async fetch(url) {
      reached.push(url)
      return new Response('from afar', { headers: { 'x-there': '1' } })
    },
    clock: () => now,
    defer: () => {},
  })
  plane = await controlPlane(() => gateway)
  const api = await plane.api.createRestApi({ name: 'api' })
  restApiId = api.id!
  root = api.rootResourceId!
})

const functionUri = `arn:aws:apigateway:${REGION}:lambda:path/2015-03-31/functions/arn:aws:lambda:${REGION}:123456789012:function:\${stageVariables.name}/invocations`

async function addMethod(input: object, resourceId = root, httpMethod = 'GET', more: object = {}) {
  const at = { restApiId, resourceId, httpMethod }
  await plane.api.putMethod({ ...at, authorizationType: 'NONE', ...more })
  await plane.api.putIntegration({ ...at, type: 'AWS_PROXY', integrationHttpMethod: 'POST', ...input })
}

const tryOut = (input: object = {}, resourceId = root, httpMethod = 'GET') =>
  plane.api.testInvokeMethod({ restApiId, resourceId, httpMethod, ...input })

describe('a method that is tried out', () => {
  it('is called as it is now, on no stage, with the log of the call', async () => {
    const { id } = await plane.api.createResource({ restApiId, parentId: root, pathPart: 'pets' })
    const pet = await plane.api.createResource({ restApiId, parentId: id, pathPart: '{id}' })
    // Unfinished methods elsewhere do not matter, nor do keys and authorizers.
    await plane.api.putMethod({ restApiId, resourceId: id, httpMethod: 'GET', authorizationType: 'NONE' })
    await addMethod({ uri: functionUri }, pet.id, 'ANY', {
      authorizationType: 'AWS_IAM',
      apiKeyRequired: true,
    })
    const input = {
      pathWithQueryString: '/pets/4?type=cat',
      body: '{"n":1}',
      headers: { Authorization: 'Bearer 0123456789abcdef' },
      multiValueHeaders: { 'X-Many': ['a', 'b'] },
      stageVariables: { name: 'echo' },
    }
    const { $metadata, ...answer } = await tryOut(input, pet.id, 'POST')
    expect($metadata.httpStatusCode).toBe(200)
    expect(answer).toMatchObject({
      status: 201,
      body: 'made',
      headers: { 'X-Mine': 'yes', 'Content-Type': 'application/json' },
      multiValueHeaders: { 'X-Mine': ['yes'], 'X-Amzn-Trace-Id': [expect.stringMatching(/^Root=1-/)] },
      latency: 40,
    })
    expect(invocations[0]).toMatchObject({
      name: 'echo',
      principal: {
        sourceArn: `arn:aws:execute-api:${REGION}:${plane.account}:${restApiId}/test-invoke-stage/POST/pets/{id}`,
      },
    })
    expect(JSON.parse(invocations[0]!.payload as string)).toMatchObject({
      resource: '/pets/{id}',
      path: '/pets/4',
      httpMethod: 'POST',
      queryStringParameters: { type: 'cat' },
      pathParameters: { id: '4' },
      stageVariables: { name: 'echo' },
      body: '{"n":1}',
      requestContext: {
        stage: 'test-invoke-stage',
        path: '/pets/4',
        domainName: 'testPrefix.testDomainName',
        domainPrefix: 'testPrefix',
        identity: {
          apiKey: 'test-invoke-api-key',
          apiKeyId: 'test-invoke-api-key-id',
          sourceIp: 'test-invoke-source-ip',
          userArn: `arn:aws:iam::${plane.account}:root`,
        },
      },
    })
    const date = 'Wed Mar 04 05:06:07 UTC 2026 : '
    const uri = `https://lambda.${REGION}.amazonaws.com/2015-03-31/functions/arn:aws:lambda:${REGION}:123456789012:function:echo/invocations`
    const lines = answer.log!.split('\n')
    const requestId = lines[0]!.slice('Execution log for request '.length)
    expect(lines).toEqual([
      `Execution log for request ${requestId}`,
      `${date}Starting execution for request: ${requestId}`,
      `${date}HTTP Method: POST, Resource Path: /pets/{id}`,
      `${date}Method request path: {id=4}`,
      `${date}Method request query string: {type=cat}`,
      expect.stringMatching(/Method request headers: \{Authorization=\*{17}abcdef, .*x-many=a, b/),
      `${date}Method request body before transformations: {"n":1}`,
      `${date}Endpoint request URI: ${uri}`,
      expect.stringContaining(`Endpoint request headers: {x-amzn-lambda-integration-tag=${requestId}, `),
      expect.stringMatching(/Endpoint request body after transformations: \{"resource":.* \[TRUNCATED\]$/),
      `${date}Sending request to ${uri}`,
      `${date}Received response. Status: 200, Integration latency: 40 ms`,
      expect.stringMatching(/Endpoint response headers: \{.*X-Amz-Executed-Version=7\}/),
      `${date}Endpoint response body before transformations: {"statusCode":201,"headers":{"X-Mine":"yes"},"body":"made"}`,
      `${date}Method response body after transformations: made`,
      expect.stringMatching(/Method response headers: \{.*X-Mine=yes/),
      `${date}Successfully completed execution`,
      `${date}Method completed with status: 201`,
      '',
    ])
    expect(answer.log).not.toContain('0123456789')
  })

  it('answers what a client would get when it fails, and says why', async () => {
    await addMethod({ uri: functionUri })
    results.push({ payload: '"text"' }, { payload: '{"errorMessage":"boom"}', functionError: 'Unhandled' })
    const variables = { stageVariables: { name: 'echo' } }
    const malformed = await tryOut(variables)
    expect(malformed).toMatchObject({
      status: 502,
      body: '{"message":"Internal server error"}',
      headers: { 'x-amzn-ErrorType': 'InternalServerErrorException' },
    })
    expect(malformed.log).toContain(
      'Execution failed due to configuration error: Malformed Lambda proxy response\n',
    )
    expect((await tryOut(variables)).log).toContain(
      'Lambda execution failed with status 200 due to customer function error: boom. Lambda request id: ',
    )
    const unresolved = await tryOut()
    expect([unresolved.status, invocations.length]).toEqual([500, 2])
    expect(unresolved.log).toContain('Method completed with status: 500\n')
  })

  it('is held to its models and parameters, as deployed ones are', async () => {
    const { id: requestValidatorId } = await plane.api.createRequestValidator({
      restApiId,
      name: 'v',
      validateRequestParameters: true,
    })
    await addMethod({ uri: functionUri }, root, 'GET', {
      requestValidatorId,
      requestParameters: { 'method.request.querystring.a': true },
    })
    const answer = await tryOut({ pathWithQueryString: '/?b=1' })
    expect(answer).toMatchObject({
      status: 400,
      body: '{"message":"Missing required request parameters: [a]"}',
    })
    expect(answer.log).toContain('Missing required request parameters: [a]\n')
    expect(invocations).toEqual([])
  })

  it('may be a mock or lead to a server', async () => {
    await addMethod({ type: 'MOCK', requestTemplates: { 'application/json': '{"statusCode": 200}' } })
    await plane.api.putIntegrationResponse({
      restApiId,
      resourceId: root,
      httpMethod: 'GET',
      statusCode: '200',
      responseTemplates: { 'application/json': '$stageVariables.greeting $context.stage' },
    })
    const mock = await tryOut({ stageVariables: { greeting: 'hello' } })
    expect(mock).toMatchObject({ status: 200, body: 'hello test-invoke-stage' })
    expect(mock.log).not.toContain('Sending request')
    await addMethod(
      { type: 'HTTP_PROXY', integrationHttpMethod: 'GET', uri: 'http://example.com/x' },
      root,
      'PUT',
    )
    const proxied = await tryOut({}, root, 'PUT')
    expect([proxied.status, proxied.body, reached]).toEqual([200, 'from afar', ['http://example.com/x']])
    expect(proxied.headers).toMatchObject({ 'x-there': '1' })
    expect(proxied.log).toContain('Endpoint response body before transformations: from afar\n')
  })

  it('has to be there, with an integration', async () => {
    expect(await refusal(tryOut())).toBe('404 NotFoundException: Invalid Method identifier specified')
    expect(await refusal(tryOut({}, 'nope'))).toBe(
      '404 NotFoundException: Invalid Resource identifier specified',
    )
    await plane.api.putMethod({ restApiId, resourceId: root, httpMethod: 'GET', authorizationType: 'NONE' })
    expect(await refusal(tryOut())).toBe('400 BadRequestException: No integration defined for method')
    await addMethod({ uri: functionUri }, root, 'PUT')
    expect(await refusal(tryOut({ headers: { 'a b': 'c' } }, root, 'PUT'))).toBe(
      '400 BadRequestException: Invalid headers specified',
    )
  })
})
