import { APIGateway } from '@aws-sdk/client-api-gateway'
import { IAM } from '@aws-sdk/client-iam'
import { Lambda } from '@aws-sdk/client-lambda'
import { beforeAll, describe, expect, test } from 'vitest'
import { provideDomParser } from '../../dom-parser.ts'
import { zipOf } from '../../functions/runtime/load-function.ts'
import { signedCall } from '../../sign-call.ts'
import { clientOptions, ORIGIN, send } from '../../whole-weir.ts'

const REGION = 'us-east-1'
const ACCOUNT = '000000000000'

const options = clientOptions(REGION)
const lambda = new Lambda(options)
const api = new APIGateway(options)
const iam = new IAM(options)

async function createFunction(
  FunctionName: string,
  source: string,
  Role = `arn:aws:iam::${ACCOUNT}:role/service`,
): Promise<void> {
  await lambda.createFunction({
    FunctionName,
    Runtime: 'nodejs22.x',
    Role,
    Handler: 'index.handler',
    Code: { ZipFile: zipOf({ 'index.js': source }) },
  })
}

const uri = (name: string) =>
  `arn:aws:apigateway:${REGION}:lambda:path/2015-03-31/functions/arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}/invocations`

const letIn = (FunctionName: string, StatementId: string, SourceArn: string) =>
  lambda.addPermission({
    FunctionName,
    StatementId,
    Action: 'lambda:InvokeFunction',
    Principal: 'apigateway.amazonaws.com',
    SourceArn,
  })

const executeApi = (id: string, rest: string) => `arn:aws:execute-api:${REGION}:${ACCOUNT}:${id}/${rest}`

/** Each call of it can be told from the others. */
const GUARD = `
let calls = 0
exports.handler = async event => {
  calls += 1
  const token = event.authorizationToken ?? event.headers['x-token']
  if (token === 'nobody') throw new Error('Unauthorized')
  if (token === 'broken') return { principalId: 'p' }
  return {
    principalId: token,
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Action: 'execute-api:Invoke', Effect: token === 'bad' ? 'Deny' : 'Allow', Resource: event.methodArn }],
    },
    context: { calls, type: event.type, admin: true },
  }
}`
const ECHO =
  'exports.handler = async event => ({ statusCode: 200, body: JSON.stringify(event.requestContext) })'

async function newApi(settings: { policy?: string } = {}) {
  const { id, rootResourceId } = await api.createRestApi({ name: 'guarded', ...settings })
  await letIn('echo', id!, executeApi(id!, '*'))
  return { restApiId: id!, resourceId: rootResourceId! }
}

async function route(
  { restApiId, resourceId }: { restApiId: string; resourceId: string },
  pathPart: string,
  method: { authorizationType: string; authorizerId?: string },
): Promise<void> {
  const { id } = await api.createResource({ restApiId, parentId: resourceId, pathPart })
  const place = { restApiId, resourceId: id!, httpMethod: 'ANY' }
  await api.putMethod({ ...place, ...method })
  await api.putIntegration({
    ...place,
    type: 'AWS_PROXY',
    integrationHttpMethod: 'POST',
    uri: uri('echo'),
  })
}

const address = (restApiId: string, path: string) =>
  `http://${restApiId}.execute-api.localhost:8787/prod${path}`

async function called(
  request: Request | string,
  init?: RequestInit,
): Promise<[number, Record<string, Record<string, string>>]> {
  const response = await send(new Request(request, init))
  return [response.status, (await response.json()) as Record<string, Record<string, string>>]
}

beforeAll(async () => {
  provideDomParser()
  await createFunction('echo', ECHO)
  await createFunction('guard', GUARD)
})

describe('a function that decides', () => {
  let restApiId: string
  let authorizerId: string

  beforeAll(async () => {
    const place = await newApi()
    restApiId = place.restApiId
    const made = await api.createAuthorizer({
      restApiId,
      name: 'guard',
      type: 'TOKEN',
      authorizerUri: uri('guard'),
      identitySource: 'method.request.header.X-Token',
      authorizerResultTtlInSeconds: 300,
    })
    authorizerId = made.id!
    await route(place, 'pets', { authorizationType: 'CUSTOM', authorizerId })
    await route(place, 'cats', { authorizationType: 'CUSTOM', authorizerId })
    await api.createDeployment({ restApiId, stageName: 'prod' })
  })

  const sendToken = (token: string | undefined, path = '/pets') =>
    called(address(restApiId, path), { headers: token === undefined ? {} : { 'x-token': token } })

  test('is not asked before it lets the gateway call it', async () => {
    expect(await sendToken('good')).toEqual([500, { message: null }])
    await letIn('guard', 'other', executeApi(restApiId, 'authorizers/other0'))
    expect(await sendToken('good')).toEqual([500, { message: null }])
    await letIn('guard', 'this', executeApi(restApiId, `authorizers/${authorizerId}`))
    expect((await sendToken('good'))[0]).toBe(200)
  })

  test('lets in, turns away, and is asked once', async () => {
    const [status, context] = await sendToken('good')
    expect([status, context.authorizer]).toEqual([
      200,
      { principalId: 'good', integrationLatency: 0, calls: '1', type: 'TOKEN', admin: 'true' },
    ])
    expect((await sendToken(undefined))[0]).toBe(401)
    expect((await sendToken('nobody'))[0]).toBe(401)
    expect((await sendToken('bad'))[0]).toBe(403)
    expect(await sendToken('broken')).toEqual([500, { message: null }])
    // What was decided for the one method says nothing of the other.
    expect((await sendToken('good', '/cats'))[0]).toBe(403)
  })

  test('is asked again after a flush', async () => {
    const calls = async () => Number((await sendToken('flushed'))[1].authorizer!.calls)
    const before = await calls()
    expect(await calls()).toBe(before)
    await api.flushStageAuthorizersCache({ restApiId, stageName: 'prod' })
    expect(await calls()).toBeGreaterThan(before)
  })

  test('can be tried out', async () => {
    const good = await api.testInvokeAuthorizer({
      restApiId,
      authorizerId,
      headers: { 'X-Token': 'a-good-token-123456' },
    })
    expect(good).toMatchObject({ clientStatus: 0, principalId: 'a-good-token-123456' })
    expect(JSON.parse(good.policy!)).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Action: 'execute-api:Invoke',
          Effect: 'Allow',
          Resource: executeApi(restApiId, 'test-invoke-stage/GET/'),
        },
      ],
    })
    expect(good.latency).toBeGreaterThanOrEqual(0)
    expect(good.log).toMatch(
      /^Execution log for request [0-9a-f-]{36}\n\w{3} \w{3} \d\d [\d:]{8} UTC \d{4} : Starting authorizer: \w{6} for request: /,
    )
    expect(good.log).toContain('Successfully completed authorizer execution')
    expect(good.log).toContain('Incoming identity: *************123456')

    for (const token of ['a-good-token-45678$&', 'a-good-token-"45678']) {
      const { log } = await api.testInvokeAuthorizer({
        restApiId,
        authorizerId,
        headers: { 'x-token': token },
      })
      expect(log).not.toContain('a-good-token')
    }

    const tried = async (headers: Record<string, string>) => {
      const { clientStatus, log } = await api.testInvokeAuthorizer({ restApiId, authorizerId, headers })
      return [clientStatus, log!.trim().split(' : ').at(-1)]
    }
    expect(await tried({})).toEqual([401, 'UnauthorizedException'])
    expect(await tried({ 'x-token': 'nobody' })).toEqual([401, 'UnauthorizedException'])
    expect(await tried({ 'x-token': 'broken' })).toEqual([500, 'AuthorizerConfigurationException'])
  })

  test('can be tried out before it is deployed anywhere, of the whole request', async () => {
    const { id } = await api.createAuthorizer({
      restApiId,
      name: 'whole',
      type: 'REQUEST',
      authorizerUri: uri(`\${stageVariables.function}`),
      identitySource: 'method.request.querystring.q',
    })
    await letIn('guard', 'whole', executeApi(restApiId, `authorizers/${id}`))
    const tried = await api.testInvokeAuthorizer({
      restApiId,
      authorizerId: id,
      multiValueHeaders: { 'x-token': ['many'] },
      pathWithQueryString: '/pets/4?q=1',
      stageVariables: { function: 'guard' },
    })
    expect(tried).toMatchObject({ clientStatus: 0, principalId: 'many' })
    expect(tried.policy).toContain('test-invoke-stage/GET/pets/4')
  })
})

test('the function may be called in a role, which has to allow it', async () => {
  const place = await newApi()
  const RoleName = 'gateway-caller'
  const trust = (Service: string) =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service }, Action: 'sts:AssumeRole' }],
    })
  await iam.createRole({ RoleName, AssumeRolePolicyDocument: trust('apigateway.amazonaws.com') })
  const { id: authorizerId } = await api.createAuthorizer({
    restApiId: place.restApiId,
    name: 'by role',
    type: 'TOKEN',
    authorizerUri: uri('guard'),
    authorizerCredentials: `arn:aws:iam::${ACCOUNT}:role/${RoleName}`,
    authorizerResultTtlInSeconds: 0,
  })
  await route(place, 'pets', { authorizationType: 'CUSTOM', authorizerId })
  await api.createDeployment({ restApiId: place.restApiId, stageName: 'prod' })
  const status = async () =>
    (await called(address(place.restApiId, '/pets'), { headers: { authorization: 'good' } }))[0]
  expect(await status()).toBe(500)
  await iam.putRolePolicy({
    RoleName,
    PolicyName: 'call',
    PolicyDocument: JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: '*' }],
    }),
  })
  expect(await status()).toBe(200)
  await iam.updateAssumeRolePolicy({ RoleName, PolicyDocument: trust('lambda.amazonaws.com') })
  expect(await status()).toBe(500)
})

describe('a method for callers who sign', () => {
  let restApiId: string

  beforeAll(async () => {
    const place = await newApi()
    restApiId = place.restApiId
    await route(place, 'pets', { authorizationType: 'AWS_IAM' })
    await api.createDeployment({ restApiId, stageName: 'prod' })
  })

  test('lets in the account itself, by host and by path', async () => {
    const byPath = `${ORIGIN}/_aws/execute-api/${restApiId}/prod/pets`
    for (const url of [address(restApiId, '/pets'), byPath]) {
      const init = { method: 'POST', body: '{"a":"é"}' }
      const [status, context] = await called(await signedCall(url, init, { region: REGION }))
      expect([status, context.identity]).toMatchObject([
        200,
        { userArn: `arn:aws:iam::${ACCOUNT}:root`, accountId: ACCOUNT, accessKey: 'test' },
      ])
    }
    const wrong = { region: REGION, credentials: { accessKeyId: 'test', secretAccessKey: 'guess' } }
    const [status, body] = await called(await signedCall(address(restApiId, '/pets'), {}, wrong))
    expect(status).toBe(403)
    expect(JSON.stringify(body)).toContain('does not match')
    expect((await called(address(restApiId, '/pets')))[0]).toBe(403)
  })

  /** What a function is answered that signs with the credentials of its environment. */
  async function calledBy(RoleName: string, allowed: string) {
    await iam.createRole({
      RoleName,
      AssumeRolePolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
        ],
      }),
    })
    await iam.putRolePolicy({
      RoleName,
      PolicyName: 'call',
      PolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: allowed }],
      }),
    })
    await createFunction(
      RoleName,
      `exports.handler = async () => {
        const authorization = 'AWS4-HMAC-SHA256 Credential=' + process.env.AWS_ACCESS_KEY_ID +
          '/20261123/${REGION}/execute-api/aws4_request, SignedHeaders=host, Signature=00'
        const response = await fetch('https://${restApiId}.execute-api.${REGION}.amazonaws.com/prod/pets', {
          headers: { authorization },
        })
        return { status: response.status, body: await response.json() }
      }`,
      `arn:aws:iam::${ACCOUNT}:role/${RoleName}`,
    )
    const { Payload } = await lambda.invoke({ FunctionName: RoleName })
    return JSON.parse(Payload!.transformToString()) as { status: number; body: Record<string, unknown> }
  }

  const session = (name: string) => `arn:aws:sts::${ACCOUNT}:assumed-role/${name}/${name}`

  test('lets in a function whose role may call', async () => {
    const { status, body } = await calledBy('api-caller', executeApi(restApiId, 'prod/GET/pets'))
    expect(status).toBe(200)
    expect(body.identity).toMatchObject({ userArn: session('api-caller'), accountId: ACCOUNT })
  })

  test('keeps out a function whose role may call another', async () => {
    const { status, body } = await calledBy('cats-caller', executeApi(restApiId, 'prod/GET/cats'))
    expect(status).toBe(403)
    expect(JSON.stringify(body)).toContain(
      `User: ${session('cats-caller')} is not authorized to perform: execute-api:Invoke on resource: `,
    )
  })
})

test('an API’s own policy is asked, and counts from the next deployment on', async () => {
  const place = await newApi()
  const { restApiId } = place
  await route(place, 'pets', { authorizationType: 'NONE' })
  await route(place, 'cats', { authorizationType: 'NONE' })
  await api.createDeployment({ restApiId, stageName: 'prod' })
  const status = async (path: string) => (await called(address(restApiId, path)))[0]
  expect([await status('/pets'), await status('/cats')]).toEqual([200, 200])
  await api.updateRestApi({
    restApiId,
    patchOperations: [
      {
        op: 'replace',
        path: '/policy',
        value: JSON.stringify({
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: '*',
              Action: 'execute-api:Invoke',
              Resource: 'execute-api:/prod/*/pets',
            },
          ],
        }),
      },
    ],
  })
  expect([await status('/pets'), await status('/cats')]).toEqual([200, 200])
  await api.createDeployment({ restApiId, stageName: 'prod' })
  expect([await status('/pets'), await status('/cats')]).toEqual([200, 403])
})
