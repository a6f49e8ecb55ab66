import { beforeAll, describe, expect, test } from 'vitest'
import { type ControlPlane, controlPlane, refusal } from './control-plane.ts'

let plane: ControlPlane
let restApiId: string

const uri = (name = 'guard') =>
  `arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-central-1:123456789012:function:${name}/invocations`
const POOL = 'arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_aWcZeQbuD'
const SOURCE = 'method.request.header.Authorization'

beforeAll(async () => {
  plane = await controlPlane()
  restApiId = (await plane.api.createRestApi({ name: 'guarded' })).id!
})

const create = (over: Record<string, unknown> = {}) =>
  plane.api.createAuthorizer({
    restApiId,
    name: `a${crypto.randomUUID()}`,
    type: 'TOKEN',
    authorizerUri: uri(),
    ...over,
  } as never)

/** Authorizers are few to an API; each test leaves none behind. */
async function removeAll(): Promise<void> {
  const { items = [] } = await plane.api.getAuthorizers({ restApiId })
  for (const { id } of items) await plane.api.deleteAuthorizer({ restApiId, authorizerId: id })
}

describe('an authorizer', () => {
  test('of a token is answered as it was made, with the usual header', async () => {
    const { $metadata, ...made } = await create({ name: 'token', authorizerResultTtlInSeconds: 300 })
    expect($metadata.httpStatusCode).toBe(201)
    expect(made).toEqual({
      id: expect.stringMatching(/^[a-z0-9]{6}$/),
      name: 'token',
      type: 'TOKEN',
      authType: 'custom',
      authorizerUri: uri(),
      identitySource: SOURCE,
      authorizerResultTtlInSeconds: 300,
    })
    const { $metadata: _, ...got } = await plane.api.getAuthorizer({ restApiId, authorizerId: made.id! })
    expect(got).toEqual(made)
    await removeAll()
  })

  test('of user pools has their ARNs', async () => {
    const made = await create({
      name: 'pool',
      type: 'COGNITO_USER_POOLS',
      authorizerUri: undefined,
      providerARNs: [POOL],
      identitySource: SOURCE,
    })
    expect(made).toMatchObject({ authType: 'cognito_user_pools', providerARNs: [POOL] })
    await removeAll()
  })

  test('of OpenID providers has theirs', async () => {
    const provider = 'arn:aws:iam::123456789012:oidc-provider/idp.example.com/tenant'
    const made = await create({
      name: 'open',
      type: 'COGNITO_USER_POOLS',
      authorizerUri: undefined,
      providerARNs: [provider, POOL],
    })
    expect(made).toMatchObject({ providerARNs: [provider, POOL], identitySource: SOURCE })
    await removeAll()
  })

  test('is listed page by page', async () => {
    const names = ['one', 'two', 'three']
    for (const name of names) await create({ name })
    const first = await plane.api.getAuthorizers({ restApiId, limit: 2 })
    expect(first.items?.length).toBe(2)
    const second = await plane.api.getAuthorizers({ restApiId, limit: 2, position: first.position })
    expect([...first.items!, ...second.items!].map(({ name }) => name).sort()).toEqual(names.sort())
    expect(second.position).toBeUndefined()
    await removeAll()
  })

  test('is changed by patch', async () => {
    const { id: authorizerId } = await create({
      type: 'REQUEST',
      identitySource: 'method.request.header.A',
    })
    const patched = await plane.api.updateAuthorizer({
      restApiId,
      authorizerId,
      patchOperations: [
        { op: 'replace', path: '/name', value: 'renamed' },
        { op: 'replace', path: '/authorizerUri', value: uri('other') },
        { op: 'replace', path: '/identitySource', value: 'method.request.querystring.a, context.accountId' },
        { op: 'replace', path: '/authorizerResultTtlInSeconds', value: '0' },
        { op: 'replace', path: '/authorizerCredentials', value: 'arn:aws:iam::123456789012:role/gateway' },
      ],
    })
    const expected = {
      id: authorizerId,
      name: 'renamed',
      type: 'REQUEST',
      authorizerUri: uri('other'),
      identitySource: 'method.request.querystring.a, context.accountId',
      authorizerResultTtlInSeconds: 0,
      authorizerCredentials: 'arn:aws:iam::123456789012:role/gateway',
    }
    expect(patched).toMatchObject(expected)
    expect(await plane.api.getAuthorizer({ restApiId, authorizerId })).toMatchObject(expected)
    await removeAll()
  })

  test('gains and loses user pools by patch', async () => {
    const { id: authorizerId } = await create({ type: 'COGNITO_USER_POOLS', providerARNs: [POOL] })
    const patch = (op: 'add' | 'remove', value: string) =>
      plane.api.updateAuthorizer({
        restApiId,
        authorizerId,
        patchOperations: [{ op, path: '/providerARNs', value }],
      })
    expect((await patch('add', `${POOL}2`)).providerARNs).toEqual([POOL, `${POOL}2`])
    expect((await patch('remove', POOL)).providerARNs).toEqual([`${POOL}2`])
    expect(await refusal(patch('remove', `${POOL}2`))).toBe(
      '400 BadRequestException: At least one provider ARN must be specified',
    )
    await removeAll()
  })
})

describe('refused', () => {
  const mapping = (expression: string) =>
    `400 BadRequestException: Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression specified: ${expression}]`
  const ttl =
    '400 BadRequestException: Invalid authorizer result TTL specified: it must be between 0 and 3600 seconds'

  test.each<[string, Record<string, unknown>, string]>([
    [
      'a function’s ARN where an invocation’s belongs',
      { authorizerUri: 'arn:aws:lambda:eu-central-1:123456789012:function:guard' },
      '400 BadRequestException: Invalid Authorizer URI: arn:aws:lambda:eu-central-1:123456789012:function:guard. Authorizer URI should be a valid API Gateway ARN that represents a Lambda function invocation.',
    ],
    ['a negative time', { authorizerResultTtlInSeconds: -1 }, ttl],
    ['more than an hour', { authorizerResultTtlInSeconds: 3601 }, ttl],
    [
      'a token in the query',
      { identitySource: 'method.request.querystring.token' },
      mapping('method.request.querystring.token'),
    ],
    [
      'two tokens',
      { identitySource: 'method.request.header.A,method.request.header.B' },
      mapping('method.request.header.A,method.request.header.B'),
    ],
    [
      'a source of another kind',
      { type: 'REQUEST', identitySource: 'method.request.path.id' },
      mapping('method.request.path.id'),
    ],
    [
      'answers that are kept under nothing',
      { type: 'REQUEST' },
      '400 BadRequestException: Identity source is required for a REQUEST authorizer whose results are cached',
    ],
    [
      'user pools that are none',
      { type: 'COGNITO_USER_POOLS', providerARNs: ['arn:aws:s3:::pool', POOL, 'arn:aws:iam::1:user/jane'] },
      '400 BadRequestException: ProviderARNs need to be valid Cognito Userpools. Invalid ARNs- arn:aws:s3:::pool, arn:aws:iam::1:user/jane',
    ],
    [
      'no user pool at all',
      { type: 'COGNITO_USER_POOLS' },
      '400 BadRequestException: At least one provider ARN must be specified',
    ],
    [
      'a client of user pools that nobody can be',
      { type: 'COGNITO_USER_POOLS', providerARNs: [POOL], identityValidationExpression: '[' },
      '400 BadRequestException: Weir does not support the identity validation expression [ yet',
    ],
    [
      'a token of user pools in the query',
      {
        type: 'COGNITO_USER_POOLS',
        providerARNs: [POOL],
        identitySource: 'method.request.querystring.token',
      },
      mapping('method.request.querystring.token'),
    ],
    [
      'credentials that are no role',
      { authorizerCredentials: 'role' },
      '400 BadRequestException: Invalid ARN specified in the request',
    ],
    [
      'an expression that is none',
      { identityValidationExpression: '(' },
      '400 BadRequestException: Weir does not support the identity validation expression ( yet',
    ],
    [
      'a type that there is not',
      { type: 'JWT' },
      "400 ValidationException: 1 validation error detected: Value 'JWT' at 'createAuthorizerInput.type' failed to satisfy constraint: Member must satisfy enum value set: [REQUEST, COGNITO_USER_POOLS, TOKEN]",
    ],
  ])('is %s', async (_, over, expected) => {
    expect(await refusal(create(over))).toBe(expected)
  })

  test('is a name that is taken, and the eleventh authorizer of an API', async () => {
    await create({ name: 'taken' })
    const taken =
      '400 BadRequestException: Authorizer name must be unique. Authorizer taken already exists in this RestApi.'
    expect(await refusal(create({ name: 'taken' }))).toBe(taken)
    const other = await create()
    const rename = plane.api.updateAuthorizer({
      restApiId,
      authorizerId: other.id,
      patchOperations: [{ op: 'replace', path: '/name', value: 'taken' }],
    })
    expect(await refusal(rename)).toBe(taken)
    for (let i = 0; i < 8; i += 1) await create()
    expect(await refusal(create())).toMatch(/^429 LimitExceededException: .*: 10$/)
    await removeAll()
  })

  test('is what is not there', async () => {
    const missing = '404 NotFoundException: Invalid Authorizer identifier specified'
    expect(await refusal(plane.api.getAuthorizer({ restApiId, authorizerId: 'none00' }))).toBe(missing)
    expect(await refusal(plane.api.deleteAuthorizer({ restApiId, authorizerId: 'none00' }))).toBe(missing)
    expect(await refusal(plane.api.getAuthorizers({ restApiId: 'none000000' }))).toBe(
      `404 NotFoundException: Invalid API identifier specified ${plane.account}:none000000`,
    )
    expect(await refusal(create({ restApiId: 'none000000' }))).toMatch(/^404 NotFoundException/)
  })

  test('is to delete one that a method uses', async () => {
    const { id: authorizerId } = await create({ name: 'used' })
    const { rootResourceId } = await plane.api.getRestApi({ restApiId })
    const { id: resourceId } = await plane.api.createResource({
      restApiId,
      parentId: rootResourceId,
      pathPart: 'expenses',
    })
    const method = { restApiId, resourceId, httpMethod: 'POST' }
    await plane.api.putMethod({ ...method, authorizationType: 'CUSTOM', authorizerId })
    expect(await refusal(plane.api.deleteAuthorizer({ restApiId, authorizerId }))).toBe(
      "409 ConflictException: Cannot delete authorizer 'used', is referenced in method: POST//expenses",
    )
    await plane.api.deleteMethod(method)
    await plane.api.deleteAuthorizer({ restApiId, authorizerId })
  })
})

describe('a flush of what authorizers decided', () => {
  test('is told to the stage, each time anew', async () => {
    const { rootResourceId: resourceId } = await plane.api.getRestApi({ restApiId })
    const method = { restApiId, resourceId, httpMethod: 'GET' }
    await plane.api.putMethod({ ...method, authorizationType: 'NONE' })
    await plane.api.putIntegration({ ...method, type: 'MOCK' })
    await plane.api.createDeployment({ restApiId, stageName: 'prod' })
    const flushedAt = () => plane.pointer(restApiId)?.stages.prod?.authorizersFlushedAt
    expect(flushedAt()).toBeUndefined()
    await plane.api.flushStageAuthorizersCache({ restApiId, stageName: 'prod' })
    const first = flushedAt()!
    expect(first).toBeGreaterThan(0)
    await plane.api.flushStageAuthorizersCache({ restApiId, stageName: 'prod' })
    expect(flushedAt()).toBeGreaterThan(first)
    expect(await refusal(plane.api.flushStageAuthorizersCache({ restApiId, stageName: 'beta' }))).toBe(
      '404 NotFoundException: Invalid stage identifier specified',
    )
  })
})

describe('the policy of an API', () => {
  const document = (Resource: string | string[], more: object = {}) => ({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: '*', Action: 'execute-api:Invoke', Resource, ...more }],
  })
  const kept = async (id: string): Promise<unknown> => {
    const { policy } = await plane.api.getRestApi({ restApiId: id })
    return policy === undefined ? undefined : JSON.parse(JSON.parse(`"${policy}"`) as string)
  }

  test('is answered escaped, its short ARNs in full', async () => {
    const created = await plane.api.createRestApi({
      name: 'p',
      policy: JSON.stringify(document(['execute-api:/prod/GET/pets', 'execute-api:/*'])),
    })
    const start = `arn:aws:execute-api:eu-central-1:${plane.account}:${created.id}/`
    expect(created.policy).toContain('{\\"Version\\":\\"2012-10-17\\"')
    expect(await kept(created.id!)).toEqual(document([`${start}prod/GET/pets`, `${start}*`]))
  })

  test('is replaced and removed by patch, and may be written back as it was answered', async () => {
    const { id } = await plane.api.createRestApi({ name: 'p' })
    const patch = (op: 'replace' | 'remove', value?: string) =>
      plane.api.updateRestApi({ restApiId: id, patchOperations: [{ op, path: '/policy', value }] })
    const { policy } = await patch('replace', JSON.stringify(document('*')))
    expect(await kept(id!)).toEqual(document('*'))
    await patch('replace', policy)
    expect(await kept(id!)).toEqual(document('*'))
    await patch('replace', '')
    expect(await kept(id!)).toBeUndefined()
    await patch('replace', JSON.stringify(document('*')))
    await patch('remove')
    expect(await kept(id!)).toBeUndefined()
  })

  test.each([
    ['no JSON', '{'],
    ['a number', '1'],
    ['without a principal', JSON.stringify(document('*', { Principal: undefined }))],
    ['without a resource', JSON.stringify(document('*', { Resource: undefined }))],
    ['with an effect that is none', JSON.stringify(document('*', { Effect: 'allow' }))],
    ['with an element that is none', JSON.stringify(document('*', { Actions: 'x' }))],
    ['for a principal that is none', JSON.stringify(document('*', { Principal: 'everybody' }))],
    ['for a resource that is none', JSON.stringify(document('pets'))],
  ])('is refused where it is %s', async (_, policy) => {
    expect(await refusal(plane.api.createRestApi({ name: 'p', policy }))).toBe(
      '400 BadRequestException: Invalid policy document. Please check the policy syntax and ensure that Principals are valid.',
    )
  })

  test('has 8192 characters at most', async () => {
    const policy = JSON.stringify(
      document(Array.from({ length: 200 }, (_, i) => `execute-api:/prod/GET/${i}`)),
    )
    expect(await refusal(plane.api.createRestApi({ name: 'p', policy }))).toBe(
      '400 BadRequestException: Invalid policy document. It may have at most 8192 characters.',
    )
  })
})
