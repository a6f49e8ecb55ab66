import { APIGateway, type PutIntegrationCommandInput } from '@aws-sdk/client-api-gateway'
import { IAM } from '@aws-sdk/client-iam'
import { Lambda } from '@aws-sdk/client-lambda'
import { beforeAll, expect, test } from 'vitest'
import { provideDomParser } from '../../../dom-parser.ts'
import { zipOf } from '../../../functions/runtime/load-function.ts'
import { clientOptions, ORIGIN, send } from '../../../whole-weir.ts'

provideDomParser()

const REGION = 'eu-central-1'
const ACCOUNT = '000000000000'

const options = clientOptions(REGION)
const apis = new APIGateway(options)
const iam = new IAM(options)
const lambda = new Lambda(options)

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
  response: { readonly errors?: string; readonly template?: string } = {},
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
  await apis.putIntegrationResponse({
    ...method,
    statusCode: '400',
    selectionPattern: response.errors ?? '4\\d{2}',
  })
  await apis.createDeployment({ restApiId: restApiId!, stageName: 'prod' })
  const request = new Request(`${ORIGIN}/_aws/execute-api/${restApiId}/prod/`, { method: 'POST', ...init })
  return send(request)
}

const sts = {
  type: 'AWS',
  integrationHttpMethod: 'POST',
  uri: `arn:aws:apigateway:${REGION}:sts:action/GetCallerIdentity`,
} as const

let gatewayRole = ''
const functionArn = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:pets`
const pets = {
  type: 'AWS',
  integrationHttpMethod: 'POST',
  uri: `arn:aws:apigateway:${REGION}:lambda:path/2015-03-31/functions/${functionArn}/invocations`,
  requestTemplates: { 'application/json': `{"id": $input.json('$.id'), "stage": "$context.stage"}` },
} as const

const PETS = `
exports.handler = async event => {
  if (event.id === 0) throw new Error('[NotFound] no pet 0')
  return { pet: { id: event.id, of: event.stage } }
}`

beforeAll(async () => {
  await lambda.createFunction({
    FunctionName: 'pets',
    Runtime: 'nodejs22.x',
    Role: `arn:aws:iam::${ACCOUNT}:role/service`,
    Handler: 'index.handler',
    Code: { ZipFile: zipOf({ 'index.js': PETS }) },
  })
  gatewayRole = await role('gateway', 'apigateway.amazonaws.com', [
    'sts:*',
    'lambda:ListFunctions',
    'lambda:InvokeFunction',
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
    { template: `$input.json('$.Functions[*].FunctionName')` },
  )
  expect([response.status, await response.json()]).toEqual([200, expect.arrayContaining(['pets'])])
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

const json = (body: unknown): RequestInit => ({
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json' },
})

test('a function gets what the template makes, and its answer goes through another', async () => {
  const template = '{"id": $input.path("$.pet").id, "stage": $input.json("$.pet.of")}'
  const integration = { ...pets, credentials: gatewayRole }
  const response = await answerOf(integration, { template }, json({ id: 7 }))
  expect([response.status, await response.json()]).toEqual([200, { id: 7, stage: 'prod' }])
})

test('the message of a function’s error chooses the response', async () => {
  const integration = { ...pets, credentials: gatewayRole }
  const response = await answerOf(integration, { errors: '\\[NotFound\\].*' }, json({ id: 0 }))
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({ errorMessage: '[NotFound] no pet 0' })
})

test('without credentials the function’s policy decides', async () => {
  const refused = await answerOf(pets, {}, json({ id: 1 }))
  expect(refused.status).toBe(500)
  await lambda.addPermission({
    FunctionName: 'pets',
    StatementId: 'gateway',
    Action: 'lambda:InvokeFunction',
    Principal: 'apigateway.amazonaws.com',
    SourceArn: `arn:aws:execute-api:${REGION}:${ACCOUNT}:*/prod/POST/`,
  })
  expect((await answerOf(pets, {}, json({ id: 1 }))).status).toBe(200)
})

test('a role has to be allowed to call the function', async () => {
  const credentials = await role('no-calls', 'apigateway.amazonaws.com', ['sts:*'])
  expect((await answerOf({ ...pets, credentials }, {}, json({ id: 1 }))).status).toBe(500)
})

test('an event is accepted, and answered at once', async () => {
  const response = await answerOf(
    {
      ...pets,
      credentials: gatewayRole,
      requestParameters: { 'integration.request.header.X-Amz-Invocation-Type': "'Event'" },
    },
    {},
    json({ id: 'later' }),
  )
  expect([response.status, await response.text()]).toEqual([200, ''])
})
