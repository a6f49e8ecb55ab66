import { env } from 'cloudflare:workers'
import { APIGateway, type PutIntegrationCommandInput } from '@aws-sdk/client-api-gateway'
import { IAM } from '@aws-sdk/client-iam'
import { beforeAll, expect, test } from 'vitest'
import type { Env } from '../../../../src/env.ts'
import { planesOf } from '../../../../src/planes.ts'
import { provideDomParser } from '../../../dom-parser.ts'
import { requestHandlerTo } from '../../../sdk-request-handler.ts'

provideDomParser()

/** The whole of Weir in this isolate, as its own Worker puts it together. */
const planes = planesOf(env as unknown as Env)
const ORIGIN = 'http://localhost:8787'
const REGION = 'eu-central-1'
const ACCOUNT = '000000000000'

const options = {
  region: REGION,
  endpoint: ORIGIN,
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  maxAttempts: 1,
  requestHandler: requestHandlerTo(
    ORIGIN,
    request => planes.control(request),
    async response => new Uint8Array(await response.arrayBuffer()),
  ),
  streamCollector: async (bytes: Uint8Array) => bytes,
}
const apis = new APIGateway(options as never)
const iam = new IAM(options as never)

const trusting = (service: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
  })

async function role(name: string, service: string, actions: string[]): Promise<string> {
  const { Role } = await iam.createRole({ RoleName: name, AssumeRolePolicyDocument: trusting(service) })
  await iam.putRolePolicy({
    RoleName: name,
    PolicyName: 'inline',
    PolicyDocument: JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }],
    }),
  })
  return Role!.Arn!
}

/** An API with one integration on its root, deployed; gives the answer of a request. */
async function answerOf(
  integration: Omit<PutIntegrationCommandInput, 'restApiId' | 'resourceId' | 'httpMethod'>,
  response: { readonly selectionPattern?: string; readonly template?: string } = {},
  init: RequestInit = {},
): Promise<Response> {
  const { id: restApiId, rootResourceId: resourceId } = await apis.createRestApi({ name: 'mapped' })
  const method = { restApiId: restApiId!, resourceId: resourceId!, httpMethod: 'POST' }
  await apis.putMethod({ ...method, authorizationType: 'NONE' })
  await apis.putMethodResponse({ ...method, statusCode: '200' })
  await apis.putMethodResponse({ ...method, statusCode: '400' })
  await apis.putIntegration({ ...method, ...integration })
  await apis.putIntegrationResponse({
    ...method,
    statusCode: '200',
    ...(response.template && { responseTemplates: { 'application/json': response.template } }),
  })
  await apis.putIntegrationResponse({ ...method, statusCode: '400', selectionPattern: '4\\d{2}' })
  await apis.createDeployment({ restApiId: restApiId!, stageName: 'prod' })
  const request = new Request(`${ORIGIN}/_aws/execute-api/${restApiId}/prod/`, { method: 'POST', ...init })
  return (await planes.serveAddressed(request))!
}

const sts = {
  type: 'AWS',
  integrationHttpMethod: 'POST',
  uri: `arn:aws:apigateway:${REGION}:sts:action/GetCallerIdentity`,
} as const

let gatewayRole = ''

beforeAll(async () => {
  gatewayRole = await role('gateway', 'apigateway.amazonaws.com', [
    'sts:*',
    'lambda:ListFunctions',
    'apigateway:GET',
  ])
})

test('an integration asks a service as its role', async () => {
  const response = await answerOf({ ...sts, credentials: gatewayRole })
  expect(response.status).toBe(200)
  const text = await response.text()
  expect(text).toContain(`<Account>${ACCOUNT}</Account>`)
  expect(text).toContain(`<Arn>arn:aws:sts::${ACCOUNT}:assumed-role/gateway/BackplaneAssumeRoleSession</Arn>`)
})

test('... by a path, with the answer mapped', async () => {
  const response = await answerOf(
    {
      type: 'AWS',
      integrationHttpMethod: 'GET',
      uri: `arn:aws:apigateway:${REGION}:lambda:path/2015-03-31/functions/`,
      credentials: gatewayRole,
    },
    { template: '{"count": $input.path("$.Functions").size()}' },
  )
  expect([response.status, await response.json()]).toEqual([200, { count: 0 }])
})

test('a role may do what its policies allow, and nothing else', async () => {
  const response = await answerOf({
    type: 'AWS',
    integrationHttpMethod: 'POST',
    uri: `arn:aws:apigateway:${REGION}:iam:action/ListRoles`,
    credentials: gatewayRole,
    requestParameters: { 'integration.request.querystring.Version': "'2010-05-08'" },
  })
  expect(response.status).toBe(400)
  const text = await response.text()
  expect(text).toContain('AccessDenied')
  expect(text).toContain('is not authorized to perform: iam:ListRoles')
})

test('a role that trusts another service is not taken', async () => {
  const credentials = await role('of-lambda', 'lambda.amazonaws.com', ['sts:*'])
  const response = await answerOf({
    ...sts,
    credentials,
    uri: `arn:aws:apigateway:${REGION}:lambda:path/2015-03-31/functions/`,
    integrationHttpMethod: 'GET',
  })
  expect(response.status).toBe(400)
  expect(await response.text()).toContain('does not allow apigateway.amazonaws.com to sts:AssumeRole')
})

test('a role of another account is nobody’s to give', async () => {
  const response = await answerOf({ ...sts, credentials: 'arn:aws:iam::999999999999:role/gateway' })
  expect([response.status, await response.json()]).toEqual([500, { message: 'Internal server error' }])
})

test('MOCK answers with what templates make of the request', async () => {
  const response = await answerOf(
    { type: 'MOCK', requestTemplates: { 'application/json': '{"statusCode": 200}' } },
    { template: '#set($all = $input.params())[#foreach($n in $all.querystring.keySet())"$n"#end]' },
  )
  expect([response.status, await response.json()]).toEqual([200, []])
})
