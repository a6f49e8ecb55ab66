import { expect } from 'vitest'
import { createFunction, deploy, expectAnswer, nameOf, STAGE, type Steps } from './world.ts'

const AUTHORIZER = `let calls = 0
exports.handler = async event => {
  if (event.authorizationToken === 'nobody') throw 'Unauthorized'
  return {
    principalId: 'somebody',
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{
        Action: 'execute-api:Invoke',
        Effect: event.authorizationToken === 'friend' ? 'Allow' : 'Deny',
        Resource: event.methodArn,
      }],
    },
    context: { calls: ++calls },
  }
}`

const today = () => new Date().toISOString().slice(0, 10)

/** Who may call an API, and how often. */
export const access: Steps = {
  async CreateAuthorizer(world) {
    const { gateway, made } = world
    const { id } = await gateway.createAuthorizer({
      restApiId: made.api,
      name: 'friends',
      type: 'TOKEN',
      authorizerUri: await createFunction(world, 'authorizer', AUTHORIZER),
      identitySource: 'method.request.header.Authorization',
    })
    made.authorizer = id!
    await gateway.updateMethod({
      restApiId: made.api,
      resourceId: made.pet,
      httpMethod: 'GET',
      patchOperations: [
        { op: 'replace', path: '/authorizationType', value: 'CUSTOM' },
        { op: 'replace', path: '/authorizerId', value: id },
      ],
    })
    await gateway.updateIntegrationResponse({
      restApiId: made.api,
      resourceId: made.pet,
      httpMethod: 'GET',
      statusCode: '200',
      patchOperations: [
        {
          op: 'replace',
          path: '/responseTemplates/application~1json',
          value: '$context.authorizer.principalId after $context.authorizer.calls',
        },
      ],
    })
    await deploy(world)
    const as = (authorization: string): RequestInit => ({ headers: { authorization } })
    await expectAnswer(world, '/animals/rex', { status: 401, text: '{"message":"Unauthorized"}' })
    await expectAnswer(world, '/animals/rex', { status: 401 }, as('nobody'))
    await expectAnswer(world, '/animals/rex', { status: 403 }, as('foe'))
    await expectAnswer(world, '/animals/rex', { status: 200, text: 'somebody after 2' }, as('friend'))
    await expectAnswer(world, '/animals/rex', { status: 200, text: 'somebody after 2' }, as('friend'))
  },
  async FlushStageAuthorizersCache(world) {
    const { gateway, made } = world
    await gateway.flushStageAuthorizersCache({ restApiId: made.api, stageName: STAGE })
    const friend = { headers: { authorization: 'friend' } }
    await expectAnswer(world, '/animals/rex', { status: 200, text: 'somebody after 3' }, friend)
  },
  async TestInvokeAuthorizer({ gateway, made }) {
    const tried = { restApiId: made.api, authorizerId: made.authorizer }
    const friend = await gateway.testInvokeAuthorizer({ ...tried, headers: { Authorization: 'friend' } })
    expect(friend).toMatchObject({ clientStatus: 0, principalId: 'somebody' })
    expect(JSON.parse(friend.policy!).Statement[0].Effect).toBe('Allow')
    const nobody = await gateway.testInvokeAuthorizer({ ...tried, headers: { Authorization: 'nobody' } })
    expect(nobody.clientStatus).toBe(401)
  },
  async GetAuthorizer({ gateway, made }) {
    const authorizer = { restApiId: made.api, authorizerId: made.authorizer }
    expect(await gateway.getAuthorizer(authorizer)).toMatchObject({ name: 'friends', type: 'TOKEN' })
  },
  async UpdateAuthorizer({ gateway, made }) {
    await gateway.updateAuthorizer({
      restApiId: made.api,
      authorizerId: made.authorizer,
      patchOperations: [{ op: 'replace', path: '/name', value: 'all friends' }],
    })
  },
  async GetAuthorizers({ gateway, made }) {
    const { items } = await gateway.getAuthorizers({ restApiId: made.api })
    expect(items!.map(({ name }) => name)).toEqual(['all friends'])
  },
  async DeleteAuthorizer({ gateway, made }) {
    await gateway.updateMethod({
      restApiId: made.api,
      resourceId: made.pet,
      httpMethod: 'GET',
      patchOperations: [{ op: 'replace', path: '/authorizationType', value: 'NONE' }],
    })
    const authorizer = { restApiId: made.api, authorizerId: made.authorizer }
    await gateway.deleteAuthorizer(authorizer)
    expect(await nameOf(gateway.getAuthorizer(authorizer))).toBe('NotFoundException')
  },
  async CreateApiKey({ gateway, made }) {
    const key = await gateway.createApiKey({
      name: 'first',
      enabled: true,
      value: 'a-key-of-twenty-characters',
    })
    made.key = key.id!
  },
  async CreateUsagePlan({ gateway, made }) {
    const { id } = await gateway.createUsagePlan({
      name: 'plan',
      apiStages: [{ apiId: made.api, stage: STAGE }],
      quota: { limit: 3, period: 'DAY' },
    })
    made.plan = id!
  },
  async CreateUsagePlanKey(world) {
    const { gateway, made } = world
    await gateway.createUsagePlanKey({ usagePlanId: made.plan, keyId: made.key, keyType: 'API_KEY' })
    await gateway.updateMethod({
      restApiId: made.api,
      resourceId: made.pet,
      httpMethod: 'POST',
      patchOperations: [{ op: 'replace', path: '/apiKeyRequired', value: 'true' }],
    })
    await deploy(world)
    const post = (key: string) => ({ method: 'POST', headers: { 'x-api-key': key } })
    await expectAnswer(world, '/animals/rex', { status: 403, text: '{"message":"Forbidden"}' }, post('x'))
    const keyed = post('a-key-of-twenty-characters')
    await expectAnswer(world, '/animals/rex', { status: 200 }, keyed)
  },
  async GetUsage({ gateway, made }) {
    const day = { usagePlanId: made.plan, startDate: today(), endDate: today() }
    const { items } = await gateway.getUsage(day)
    expect(items![made.key!]!.at(-1)).toEqual([1, 2])
  },
  async UpdateUsage(world) {
    const { gateway, made } = world
    await gateway.updateUsage({
      usagePlanId: made.plan,
      keyId: made.key,
      patchOperations: [{ op: 'replace', path: '/remaining', value: '0' }],
    })
    const keyed = { method: 'POST', headers: { 'x-api-key': 'a-key-of-twenty-characters' } }
    await expectAnswer(world, '/animals/rex', { status: 429, text: '{"message":"Limit Exceeded"}' }, keyed)
  },
  async GetUsagePlanKey({ gateway, made }) {
    const { name } = await gateway.getUsagePlanKey({ usagePlanId: made.plan, keyId: made.key })
    expect(name).toBe('first')
  },
  async GetUsagePlanKeys({ gateway, made }) {
    const { items } = await gateway.getUsagePlanKeys({ usagePlanId: made.plan })
    expect(items!.map(({ id }) => id)).toEqual([made.key])
  },
  async DeleteUsagePlanKey(world) {
    const { gateway, made } = world
    await gateway.deleteUsagePlanKey({ usagePlanId: made.plan, keyId: made.key })
    const keyed = { method: 'POST', headers: { 'x-api-key': 'a-key-of-twenty-characters' } }
    await expectAnswer(world, '/animals/rex', { status: 403 }, keyed)
  },
  async GetUsagePlan({ gateway, made }) {
    expect((await gateway.getUsagePlan({ usagePlanId: made.plan })).quota?.limit).toBe(3)
  },
  async UpdateUsagePlan({ gateway, made }) {
    await gateway.updateUsagePlan({
      usagePlanId: made.plan,
      patchOperations: [
        { op: 'replace', path: '/quota/limit', value: '30' },
        { op: 'remove', path: '/apiStages', value: `${made.api}:${STAGE}` },
      ],
    })
  },
  async GetUsagePlans({ gateway }) {
    const { items } = await gateway.getUsagePlans({})
    expect(items!.map(({ name, quota, apiStages }) => [name, quota?.limit, apiStages])).toEqual([
      ['plan', 30, []],
    ])
  },
  async DeleteUsagePlan({ gateway, made }) {
    await gateway.deleteUsagePlan({ usagePlanId: made.plan })
    expect(await nameOf(gateway.getUsagePlan({ usagePlanId: made.plan }))).toBe('NotFoundException')
  },
  async ImportApiKeys({ gateway }) {
    const body = new TextEncoder().encode('name,key,enabled\nsecond,another-key-of-20-characters,true\n')
    const { ids } = await gateway.importApiKeys({ format: 'csv', body })
    expect(ids).toHaveLength(1)
  },
  async UpdateApiKey({ gateway, made }) {
    await gateway.updateApiKey({
      apiKey: made.key,
      patchOperations: [{ op: 'replace', path: '/name', value: 'renamed' }],
    })
  },
  async GetApiKey({ gateway, made }) {
    const { name, value } = await gateway.getApiKey({ apiKey: made.key, includeValue: true })
    expect([name, value]).toEqual(['renamed', 'a-key-of-twenty-characters'])
  },
  async GetApiKeys({ gateway }) {
    const { items } = await gateway.getApiKeys({})
    expect(items!.map(({ name }) => name).sort()).toEqual(['renamed', 'second'])
  },
  async DeleteApiKey({ gateway, made }) {
    await gateway.deleteApiKey({ apiKey: made.key })
    expect(await nameOf(gateway.getApiKey({ apiKey: made.key }))).toBe('NotFoundException')
  },
}
