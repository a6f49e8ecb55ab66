import { APIGateway } from '@aws-sdk/client-api-gateway'
import { CognitoIdentityProvider } from '@aws-sdk/client-cognito-identity-provider'
import { IAM } from '@aws-sdk/client-iam'
import { KMS } from '@aws-sdk/client-kms'
import { Lambda } from '@aws-sdk/client-lambda'
import { STS } from '@aws-sdk/client-sts'
import { beforeAll, expect, it } from 'vitest'
import { apigatewayService } from '../../../src/aws/services/apigateway/model.ts'
import { cognitoService } from '../../../src/aws/services/cognito-idp/model.ts'
import { iamService } from '../../../src/aws/services/iam/model.ts'
import { kmsService } from '../../../src/aws/services/kms/model.ts'
import { lambdaService } from '../../../src/aws/services/lambda/model.ts'
import { stsService } from '../../../src/aws/services/sts/model.ts'
import type { ServiceDefinition } from '../../../src/aws/wire/service.ts'
import { storePages } from '../../../src/lib/store-pages.ts'
import type { Platform } from '../../../src/platform.ts'
import { newAccount } from '../../ask-weir.ts'
import { zipOf } from '../../aws/services/lambda/lambda-harness.ts'
import { provideDomParser } from '../../dom-parser.ts'
import { randomSource } from '../../random-source.ts'
import { requestHandlerTo } from '../../sdk-request-handler.ts'
import { signedCall } from '../../sign-call.ts'
import { clientOptions, env, ORIGIN, send } from '../../whole-weir.ts'
import { oneOf, type Random, randomInput, type Values } from './random-inputs.ts'

provideDomParser()

const CALLS = 500
const REGION = 'us-east-1'

/** Printed with a failure; put one here to have it again. */
const SEED = Math.floor(Math.random() * 2 ** 31)

/** In descriptions, tags and values of what one account has, and in nothing that the other sends. */
const CANARY = `canary${crypto.randomUUID().replaceAll('-', '')}`

interface Key {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** Clients of one caller. What the wire answered last is in `answers`. */
function clientsOf(credentials: Key) {
  const answers: string[] = []
  const options = {
    ...clientOptions(REGION),
    credentials,
    requestHandler: requestHandlerTo(ORIGIN, async request => {
      const response = await send(request)
      answers.push(JSON.stringify([...response.headers]) + (await response.clone().text()))
      return response
    }),
  }
  return {
    answers,
    lambda: new Lambda(options),
    apigateway: new APIGateway(options),
    iam: new IAM(options),
    kms: new KMS(options),
    sts: new STS(options),
    cognito: new CognitoIdentityProvider(options),
  }
}

type Clients = ReturnType<typeof clientsOf>
type ServiceName = Exclude<keyof Clients, 'answers'>

const NOTHING = {} as never
const SERVICES = {
  lambda: lambdaService(NOTHING),
  apigateway: apigatewayService(),
  iam: iamService(),
  kms: kmsService(),
  sts: stsService(NOTHING),
  cognito: cognitoService(NOTHING),
} satisfies Record<ServiceName, ServiceDefinition<Platform>>

/** Operations that take no signature are the users' of a pool: whoever knows a public client may sign up there. */
const OPERATIONS = (Object.keys(SERVICES) as ServiceName[]).flatMap(name => {
  const { handlers, unsigned } = SERVICES[name] as ServiceDefinition<Platform>
  return Object.keys(handlers)
    .filter(operation => handlers[operation] && !unsigned?.has(operation))
    .map(operation => ({ name, operation }))
})

const TRUST = (account: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: account, Service: 'lambda.amazonaws.com' },
        Action: 'sts:AssumeRole',
      },
    ],
  })

const EVERYTHING = JSON.stringify({
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Action: '*', Resource: '*' },
})

/** Something of every kind; the values that name it, by the members that take them. */
async function furnish(account: string, clients: Clients) {
  const { lambda, apigateway, iam, kms, cognito } = clients
  const Tags = [{ Key: 'note', Value: CANARY }]
  const tags = { note: CANARY }
  const roleArn = (
    await iam.createRole({ RoleName: 'victim-role', AssumeRolePolicyDocument: TRUST(account), Tags })
  ).Role!.Arn!
  await iam.putRolePolicy({
    RoleName: 'victim-role',
    PolicyName: 'victim-inline',
    PolicyDocument: EVERYTHING,
  })
  await iam.createUser({ UserName: 'victim-user', Tags })
  await iam.createGroup({ GroupName: 'victim-group' })
  await iam.addUserToGroup({ GroupName: 'victim-group', UserName: 'victim-user' })
  const policyArn = (
    await iam.createPolicy({ PolicyName: 'victim-policy', PolicyDocument: EVERYTHING, Description: CANARY })
  ).Policy!.Arn!
  await iam.attachUserPolicy({ UserName: 'victim-user', PolicyArn: policyArn })
  const userKey = (await iam.createAccessKey({ UserName: 'victim-user' })).AccessKey!
  const provider = (
    await iam.createOpenIDConnectProvider({ Url: 'https://victim.example.com', ClientIDList: [CANARY] })
  ).OpenIDConnectProviderArn!

  const key = (await kms.createKey({ Description: CANARY, Tags: [{ TagKey: 'note', TagValue: CANARY }] }))
    .KeyMetadata!
  await kms.createAlias({ AliasName: 'alias/victim', TargetKeyId: key.KeyId })
  const { CiphertextBlob } = await kms.encrypt({
    KeyId: key.KeyId,
    Plaintext: new TextEncoder().encode(CANARY),
  })

  const layer = await lambda.publishLayerVersion({
    LayerName: 'victim-layer',
    Description: CANARY,
    Content: { ZipFile: zipOf(CANARY) },
  })
  const created = await lambda.createFunction({
    FunctionName: 'victim-function',
    Runtime: 'nodejs22.x',
    Handler: 'index.handler',
    Role: roleArn,
    Description: CANARY,
    Environment: { Variables: { SECRET: CANARY } },
    KMSKeyArn: key.Arn,
    Code: { ZipFile: zipOf(CANARY) },
    Layers: [layer.LayerVersionArn!],
    Tags: tags,
    Publish: true,
  })
  const functionArn = `arn:aws:lambda:${REGION}:${account}:function:victim-function`
  await lambda.createAlias({
    FunctionName: 'victim-function',
    Name: 'victim-live',
    FunctionVersion: '1',
    Description: CANARY,
  })
  await lambda.createFunctionUrlConfig({ FunctionName: 'victim-function', AuthType: 'AWS_IAM' })
  await lambda.putFunctionConcurrency({ FunctionName: 'victim-function', ReservedConcurrentExecutions: 7 })
  await lambda.putFunctionEventInvokeConfig({ FunctionName: 'victim-function', MaximumRetryAttempts: 1 })

  const api = (await apigateway.createRestApi({ name: CANARY, description: CANARY, tags })).id!
  const root = (await apigateway.getResources({ restApiId: api })).items![0]!.id!
  await apigateway.putMethod({
    restApiId: api,
    resourceId: root,
    httpMethod: 'GET',
    authorizationType: 'AWS_IAM',
  })
  await apigateway.putMethodResponse({
    restApiId: api,
    resourceId: root,
    httpMethod: 'GET',
    statusCode: '200',
  })
  await apigateway.putIntegration({
    restApiId: api,
    resourceId: root,
    httpMethod: 'GET',
    type: 'MOCK',
    requestTemplates: { 'application/json': '{"statusCode":200}' },
  })
  await apigateway.putIntegrationResponse({
    restApiId: api,
    resourceId: root,
    httpMethod: 'GET',
    statusCode: '200',
    responseTemplates: { 'application/json': CANARY },
  })
  const deployment = (
    await apigateway.createDeployment({ restApiId: api, stageName: 'victim', description: CANARY })
  ).id!
  await apigateway.createModel({
    restApiId: api,
    name: 'VictimModel',
    contentType: 'application/json',
    description: CANARY,
    schema: '{}',
  })
  const validator = await apigateway.createRequestValidator({ restApiId: api, name: CANARY })
  const authorizer = await apigateway.createAuthorizer({
    restApiId: api,
    name: CANARY,
    type: 'TOKEN',
    identitySource: 'method.request.header.Authorization',
    authorizerUri: `arn:aws:apigateway:${REGION}:lambda:path/2015-03-31/functions/${functionArn}/invocations`,
  })
  const part = await apigateway.createDocumentationPart({
    restApiId: api,
    location: { type: 'API' },
    properties: JSON.stringify({ description: CANARY }),
  })
  await apigateway.createDocumentationVersion({ restApiId: api, documentationVersion: 'victim-v1' })
  const apiKey = await apigateway.createApiKey({ name: CANARY, enabled: true, value: `${CANARY}-value` })
  const plan = await apigateway.createUsagePlan({
    name: CANARY,
    apiStages: [{ apiId: api, stage: 'victim' }],
  })
  await apigateway.createUsagePlanKey({ usagePlanId: plan.id, keyId: apiKey.id, keyType: 'API_KEY' })
  const domain = `${CANARY.slice(0, 20)}.example.com`
  await apigateway.createDomainName({
    domainName: domain,
    regionalCertificateArn: `arn:aws:acm:${REGION}:${account}:certificate/x`,
  })
  await apigateway.createBasePathMapping({
    domainName: domain,
    restApiId: api,
    basePath: 'victim',
    stage: 'victim',
  })

  const pool = (
    await cognito.createUserPool({
      PoolName: CANARY,
      UserPoolTags: tags,
      Schema: [{ Name: 'email', AttributeDataType: 'String' }],
    })
  ).UserPool!
  const client = (
    await cognito.createUserPoolClient({ UserPoolId: pool.Id, ClientName: CANARY, GenerateSecret: true })
  ).UserPoolClient!
  await cognito.createGroup({ UserPoolId: pool.Id, GroupName: 'victim-team', Description: CANARY })
  await cognito.adminCreateUser({
    UserPoolId: pool.Id,
    Username: 'victim-person',
    UserAttributes: [{ Name: 'email', Value: `${CANARY}@example.com` }],
    MessageAction: 'SUPPRESS',
  })
  await cognito.adminAddUserToGroup({
    UserPoolId: pool.Id,
    Username: 'victim-person',
    GroupName: 'victim-team',
  })
  await cognito.createResourceServer({ UserPoolId: pool.Id, Identifier: 'victim-server', Name: CANARY })

  const apiArn = `arn:aws:apigateway:${REGION}::/restapis/${api}`
  const layerArn = layer.LayerArn!
  const keyNames = [key.KeyId, key.Arn, 'alias/victim', `arn:aws:kms:${REGION}:${account}:alias/victim`]
  const shared: Values = {
    role: [roleArn],
    rolearn: [roleArn],
    kmskeyarn: [key.Arn],
    tagkeys: ['note'],
    policydocument: [EVERYTHING],
    assumerolepolicydocument: [EVERYTHING],
  }
  const values: Record<ServiceName, Values> = {
    lambda: {
      ...shared,
      functionname: [
        'victim-function',
        functionArn,
        `${functionArn}:victim-live`,
        `${functionArn}:1`,
        `${account}:function:victim-function`,
        `${account}:victim-function:1`,
      ],
      qualifier: ['victim-live', '1', '$LATEST'],
      name: ['victim-live'],
      layername: ['victim-layer', layerArn],
      layers: [layer.LayerVersionArn],
      arn: [layer.LayerVersionArn],
      versionnumber: [1],
      resource: [functionArn, layer.LayerVersionArn],
      statementid: ['stranger'],
      principal: ['*'],
      action: ['lambda:InvokeFunction'],
      revisionid: [created.RevisionId],
      zipfile: [zipOf('stranger')],
      runtime: ['nodejs22.x'],
      handler: ['index.handler'],
      eventsourcearn: [functionArn, `arn:aws:sqs:${REGION}:${account}:victim`],
      authtype: ['NONE'],
      destination: [functionArn],
      payload: [new TextEncoder().encode('{}')],
      invokeargs: [new TextEncoder().encode('{}')],
      invocationtype: ['RequestResponse', 'Event', 'DryRun'],
      functionversion: ['1', '$LATEST'],
    },
    apigateway: {
      ...shared,
      restapiid: [api],
      clonefrom: [api],
      apiid: [api],
      resourceid: [root],
      parentid: [root],
      httpmethod: ['GET'],
      statuscode: ['200'],
      stagename: ['victim'],
      stage: ['victim'],
      deploymentid: [deployment],
      modelname: ['VictimModel'],
      requestvalidatorid: [validator.id],
      authorizerid: [authorizer.id],
      documentationpartid: [part.id],
      documentationversion: ['victim-v1'],
      apikey: [apiKey.id],
      keyid: [apiKey.id],
      keytype: ['API_KEY'],
      usageplanid: [plan.id],
      domainname: [domain],
      basepath: ['victim'],
      resourcearn: [
        apiArn,
        `${apiArn}/stages/victim`,
        `arn:aws:apigateway:${REGION}::/usageplans/${plan.id}`,
      ],
      uri: [`arn:aws:apigateway:${REGION}:lambda:path/2015-03-31/functions/${functionArn}/invocations`],
      credentials: [roleArn],
      op: ['replace', 'add', 'remove'],
      path: ['/name', '/description', '/apiStages', '/variables/x', '/*/*/throttling/rateLimit'],
      value: ['stranger', `${api}:victim`, '7'],
      startdate: ['2026-11-01'],
      enddate: ['2026-11-23'],
      exporttype: ['swagger', 'oas30'],
      sdktype: ['javascript'],
    },
    iam: {
      ...shared,
      username: ['victim-user'],
      groupname: ['victim-group'],
      rolename: ['victim-role'],
      policyname: ['victim-inline', 'victim-policy'],
      policyarn: [policyArn],
      permissionsboundary: [policyArn],
      accesskeyid: [userKey.AccessKeyId],
      openidconnectproviderarn: [provider],
      policysourcearn: [`arn:aws:iam::${account}:user/victim-user`, roleArn],
      versionid: ['v1'],
      actionnames: ['lambda:InvokeFunction'],
      resourcearns: [functionArn],
      arn: [roleArn],
    },
    kms: {
      ...shared,
      keyid: keyNames,
      targetkeyid: keyNames,
      sourcekeyid: keyNames,
      destinationkeyid: keyNames,
      aliasname: ['alias/victim'],
      ciphertextblob: [CiphertextBlob],
      policyname: ['default'],
      policy: [EVERYTHING],
      keyspec: ['AES_256'],
      pendingwindowindays: [7],
      rotationperiodindays: [90],
    },
    sts: {
      ...shared,
      rolesessionname: ['stranger'],
      accesskeyid: [userKey.AccessKeyId],
      policyarns: [policyArn],
      durationseconds: [900],
    },
    cognito: {
      ...shared,
      userpoolid: [pool.Id],
      clientid: [client.ClientId],
      username: ['victim-person'],
      groupname: ['victim-team'],
      identifier: ['victim-server'],
      resourcearn: [pool.Arn],
      password: ['Stranger-1234'],
      authflow: ['ADMIN_USER_PASSWORD_AUTH'],
      domain: ['victim'],
    },
  }
  return { values, functionArn, api, pool: pool.Id! }
}

const TABLES = [
  'resources',
  'publications',
  'pool_users',
  'pool_aliases',
  'pool_members',
  'pool_sign_ins',
  'usage',
]

/** Everything that an account has, as it lies in the database and in the store. */
async function snapshotOf(account: string): Promise<Record<string, unknown>> {
  const rows: Record<string, unknown> = {}
  for (const table of TABLES) {
    const { results } = await env.DB.prepare(`SELECT * FROM ${table} WHERE account = ?`).bind(account).all()
    rows[table] = results.map(row => JSON.stringify(row)).sort()
  }
  const uids = await env.DB.prepare(
    "SELECT doc ->> '$.uid' AS uid FROM resources WHERE account = ? AND kind = 'lambda.function'",
  )
    .bind(account)
    .all<{ uid: string }>()
  const objects: string[] = []
  for (const prefix of [`keys/${account}/`, ...uids.results.map(({ uid }) => `functions/${uid}/`)]) {
    for await (const page of storePages(env.STORE, prefix)) {
      objects.push(...page.map(({ key, etag }) => `${key} ${etag}`))
    }
  }
  return { ...rows, objects: objects.sort() }
}

/** Identifiers that nobody can guess: an answer that has one, and was not asked with it, tells of the other account. */
const unguessable = (account: string, values: Record<ServiceName, Values>): string[] =>
  [account, ...Object.values(values).flatMap(of => Object.values(of).flat())].filter(
    (value): value is string =>
      typeof value === 'string' &&
      (/^\d{12}$/.test(value) || /[0-9a-zA-Z]{10}/.test(value)) &&
      !/^arn:|[^\w-]/.test(value) &&
      !/victim|text|INVOKE|lambda|nodejs|javascript|ADMIN|AES|API_KEY|LATEST|Request|note/i.test(value),
  )

let victim: Key & { account: string }
let stranger: Key & { account: string }
let callers: readonly Clients[]
let furnished: Awaited<ReturnType<typeof furnish>>

beforeAll(async () => {
  victim = await newAccount('victim')
  stranger = await newAccount('stranger')
  const root = clientsOf(stranger)
  // Whom the stranger's own account allows everything.
  await root.iam.createUser({ UserName: 'all' })
  await root.iam.putUserPolicy({ UserName: 'all', PolicyName: 'all', PolicyDocument: EVERYTHING })
  const { AccessKey } = await root.iam.createAccessKey({ UserName: 'all' })
  const user = { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! }
  callers = [root, clientsOf(user)]
  furnished = await furnish(victim.account, clientsOf(victim))
})

async function callAtRandom(random: Random): Promise<{ what: string; sent: string; answer: string }> {
  const { name, operation } = oneOf(random, OPERATIONS)
  const clients = oneOf(random, callers)
  const input = randomInput(SERVICES[name].facts, operation, furnished.values[name], random)
  clients.answers.length = 0
  const method = operation[0]!.toLowerCase() + operation.slice(1)
  let outcome = 'answered'
  try {
    // biome-ignore lint/suspicious/noExplicitAny: any operation of any client
    await (clients[name] as any)[method](input)
  } catch (error) {
    outcome = (error as Error).name
  }
  return {
    what: `${name}:${operation} ${outcome}`,
    // What a blob says of itself was sent, too.
    sent: JSON.stringify(input, (_, value) =>
      value instanceof Uint8Array ? new TextDecoder('latin1').decode(value) : value,
    ),
    answer: clients.answers.join('\n'),
  }
}

it(`sees nothing of another account and changes nothing in it, by ${CALLS} random calls (seed ${SEED})`, async () => {
  console.log(`seed of the calls between accounts: ${SEED}`)
  const random = randomSource(SEED)
  const before = await snapshotOf(victim.account)
  const secrets = unguessable(victim.account, furnished.values)
  expect(secrets.length).toBeGreaterThan(15)
  const outcomes = new Map<string, number>()
  const operations = new Set<string>()
  for (let call = 0; call < CALLS; call++) {
    const { what, sent, answer } = await callAtRandom(random)
    const [operation = '', outcome = ''] = what.split(' ')
    operations.add(operation)
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    expect(answer, `${what} with ${sent}`).not.toContain(CANARY)
    for (const secret of secrets) {
      if (!sent.includes(secret)) expect(answer, `${what} with ${sent}`).not.toContain(secret)
    }
  }
  expect(await snapshotOf(victim.account)).toEqual(before)
  console.log(`${operations.size} of ${OPERATIONS.length} operations`, Object.fromEntries(outcomes))
  // Most calls came as far as asking whose it is.
  const malformed = [...outcomes].filter(([name]) =>
    /Validation|Serialization|BadRequest|InvalidParameter/.test(name),
  )
  expect(malformed.reduce((sum, [, count]) => sum + count, 0)).toBeLessThan(CALLS / 2)
  expect(operations.size).toBeGreaterThan(150)
}, 120_000)

it('reaches no API and no function URL of another account with its own signature', async () => {
  const { FunctionUrl } = await clientsOf(victim).lambda.getFunctionUrlConfig({
    FunctionName: 'victim-function',
  })
  const asked = [
    [`${ORIGIN}/_aws/execute-api/${furnished.api}/victim/`, 'execute-api'],
    [FunctionUrl!, 'lambda'],
  ] as const
  for (const [url, service] of asked) {
    const response = await send(await signedCall(url, {}, { credentials: stranger, service }))
    expect([response.status, await response.text()]).toEqual([403, expect.not.stringContaining(CANARY)])
  }
})

it('is let in where a policy of the other account says so, for what it says, and not longer', async () => {
  const [{ lambda }] = callers as [Clients]
  const owner = clientsOf(victim).lambda
  const FunctionName = furnished.functionArn
  const invoke = async () =>
    lambda.invoke({ FunctionName }).then(
      ({ Payload }) => new TextDecoder().decode(Payload),
      (error: Error) => error.name,
    )
  expect(await invoke()).toBe('AccessDeniedException')
  await owner.addPermission({
    FunctionName: 'victim-function',
    StatementId: 'stranger',
    Action: 'lambda:InvokeFunction',
    Principal: stranger.account,
  })
  expect(await invoke()).toBe(JSON.stringify(CANARY))
  await expect(lambda.getFunction({ FunctionName })).rejects.toThrow('not authorized')
  await owner.removePermission({ FunctionName: 'victim-function', StatementId: 'stranger' })
  expect(await invoke()).toBe('AccessDeniedException')
})
