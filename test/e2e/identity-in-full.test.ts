import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { zip } from './acceptance/functions.ts'
import { accountsCommand, clientsOf, createAccount } from './identity-in-full/account.ts'
import {
  customersAreRight,
  partnersAreRight,
  programsAreRight,
  sessionIsRight,
  userIsRight,
} from './identity-in-full/callers.ts'
import { customerOf, programToken } from './identity-in-full/customers.ts'
import { startIssuer } from './identity-in-full/issuer.ts'
import {
  arn,
  CUSTOMER,
  createRole,
  made,
  nameOf,
  newCustomer,
  newPool,
  PASSWORD,
  policy,
  signed,
  soon,
  trust,
  withToken,
} from './identity-in-full/scenario.ts'
import { startWeir } from './server.ts'

const DESK = `exports.handler = async ({ requestContext: { identity, authorizer } }) => ({
  statusCode: 200,
  body: JSON.stringify({ signed: identity.userArn, claims: authorizer?.claims, secret: process.env.SECRET }),
})`

const CLERK = `
  const { LambdaClient, ListFunctionsCommand } = require('@aws-sdk/client-lambda')
  const { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } = require('@aws-sdk/client-sts')
  exports.handler = async ({ role: RoleArn }) => {
    const list = config => new LambdaClient(config).send(new ListFunctionsCommand({}))
      .then(({ Functions }) => Functions.map(({ FunctionName }) => FunctionName).sort(), ({ name }) => name)
    const { Credentials: given } = await new STSClient({}).send(
      new AssumeRoleCommand({ RoleArn, RoleSessionName: 'clerk' }))
    const credentials = {
      accessKeyId: given.AccessKeyId,
      secretAccessKey: given.SecretAccessKey,
      sessionToken: given.SessionToken,
    }
    const { Arn } = await new STSClient({ credentials }).send(new GetCallerIdentityCommand({}))
    return { self: await list({}), as: Arn, later: await list({ credentials }) }
  }`

beforeAll(async () => {
  Object.assign(made, { issuer: await startIssuer(), weir: await startWeir() })
})

afterAll(async () => {
  await made.weir?.[Symbol.asyncDispose]()
  made.issuer?.stop()
})

const OWNER_SEES = { users: [], roles: [], providers: [], functions: [], apis: [], pools: [], keys: [] }

describe('an account that the owner made', () => {
  test('is made by a command, and its root is who the command says', async () => {
    made.blue = createAccount(made.weir, 'team blue')
    await soon(async () => {
      const { Arn } = await made.blue.sts.getCallerIdentity({})
      expect(Arn).toBe(`arn:aws:iam::${made.blue.account}:root`)
    })
    expect(accountsCommand(made.weir, 'list')).toMatch(new RegExp(`^${made.blue.account} .* team blue$`, 'm'))
  })

  test('has a function whose variables only a key of its own opens', async () => {
    const { KeyMetadata } = await made.blue.kms.createKey({ Description: 'desk' })
    made.keyArn = KeyMetadata!.Arn!
    const { FunctionArn } = await made.blue.lambda.createFunction({
      FunctionName: 'desk',
      Runtime: 'nodejs22.x',
      Handler: 'index.handler',
      Role: await createRole('desk', trust({ Service: 'lambda.amazonaws.com' })),
      Code: { ZipFile: zip({ 'index.js': DESK }) },
      Environment: { Variables: { SECRET: 'under the counter' } },
      KMSKeyArn: made.keyArn,
    })
    made.desk = FunctionArn!
    const { Environment, KMSKeyArn } = await made.blue.lambda.getFunctionConfiguration({
      FunctionName: 'desk',
    })
    expect([Environment!.Variables, KMSKeyArn]).toEqual([{ SECRET: 'under the counter' }, made.keyArn])
  })

  test('has a function whose role may become another, which may do what it may not', async () => {
    const clerk = await createRole('clerk', trust({ Service: 'lambda.amazonaws.com' }), {
      Action: 'sts:AssumeRole',
      Resource: arn('iam', 'role/auditor', ''),
    })
    const role = await createRole('auditor', trust({ AWS: clerk }), {
      Action: 'lambda:ListFunctions',
      Resource: '*',
    })
    await made.blue.lambda.createFunction({
      FunctionName: 'clerk',
      Runtime: 'nodejs22.x',
      Handler: 'index.handler',
      Role: clerk,
      Timeout: 20,
      Code: { ZipFile: zip({ 'index.js': CLERK }) },
    })
    const { Payload, FunctionError } = await made.blue.lambda.invoke({
      FunctionName: 'clerk',
      Payload: JSON.stringify({ role }),
    })
    expect([FunctionError, JSON.parse(Payload!.transformToString())]).toEqual([
      undefined,
      {
        self: 'AccessDeniedException',
        as: arn('sts', 'assumed-role/auditor/clerk', ''),
        later: ['clerk', 'desk'],
      },
    ])
  })

  test('has pools of customers, a program of its own, and partners who trust another issuer', async () => {
    made.customers = await newPool('customers')
    made.strangers = await newPool('strangers')
    const { UserPoolId } = made.customers
    await made.blue.cognito.createResourceServer({
      UserPoolId,
      Identifier: 'orders',
      Name: 'Orders',
      Scopes: [{ ScopeName: 'read', ScopeDescription: 'Read orders' }],
    })
    await made.blue.cognito.createUserPoolDomain({ UserPoolId, Domain: 'blue-shop' })
    const { UserPoolClient } = await made.blue.cognito.createUserPoolClient({
      UserPoolId,
      ClientName: 'report',
      GenerateSecret: true,
      AllowedOAuthFlowsUserPoolClient: true,
      AllowedOAuthFlows: ['client_credentials'],
      AllowedOAuthScopes: ['orders/read'],
    })
    made.program = { id: UserPoolClient!.ClientId!, secret: UserPoolClient!.ClientSecret! }
    const { OpenIDConnectProviderArn } = await made.blue.iam.createOpenIDConnectProvider({
      Url: made.issuer.url,
      ClientIDList: ['partner-app'],
      ThumbprintList: ['0'.repeat(40)],
    })
    made.provider = OpenIDConnectProviderArn!
    expect(made.provider).toBe(arn('iam', `oidc-provider/${made.issuer.url.replace('http://', '')}`, ''))
  })

  test('has an API, imported from one document, which all of them guard', async () => {
    const put: Record<string, string> = {
      DESK: made.desk,
      POOL: arn('cognito-idp', `userpool/${made.customers.UserPoolId}`),
      ISSUER: made.provider,
    }
    const shop = readFileSync(join(import.meta.dirname, 'identity-in-full/shop.yaml'), 'utf8')
    const body = shop.replace(/@(\w+)@/g, (_, name: string) => put[name]!)
    const imported = await made.blue.gateway.importRestApi({ body, failOnWarnings: true })
    made.restApiId = imported.id!
    await made.blue.lambda.addPermission({
      FunctionName: 'desk',
      StatementId: 'shop',
      Action: 'lambda:InvokeFunction',
      Principal: 'apigateway.amazonaws.com',
      SourceArn: arn('execute-api', `${made.restApiId}/*`),
    })
    await made.blue.gateway.createDeployment({ restApiId: made.restApiId, stageName: 'prod' })
    made.url = `${made.weir.url}/_aws/execute-api/${made.restApiId}/prod`
    await soon(async () =>
      expect(await withToken('/me')).toEqual({ status: 401, body: { message: 'Unauthorized' } }),
    )
    expect(await withToken('/orders')).toEqual({
      status: 403,
      body: { message: 'Missing Authentication Token' },
    })
  })
})

describe('callers', () => {
  test('who sign are users with a key, and call what their policies allow and nothing else', async () => {
    await made.blue.iam.createUser({ UserName: 'ann' })
    await made.blue.iam.putUserPolicy({
      UserName: 'ann',
      PolicyName: 'reads-orders',
      PolicyDocument: policy({
        Action: 'execute-api:Invoke',
        Resource: arn('execute-api', `${made.restApiId}/prod/GET/orders`),
      }),
    })
    const { AccessKey } = await made.blue.iam.createAccessKey({ UserName: 'ann' })
    const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey } = AccessKey!
    made.user = clientsOf(made.weir, { accessKeyId: accessKeyId!, secretAccessKey: secretAccessKey! })
    await userIsRight()
    expect(await nameOf(made.user.lambda.listFunctions({}))).toBe('AccessDeniedException')
    const forged = await signed('GET', '/orders', { ...made.user.keys, secretAccessKey: 'made-up' })
    expect(forged.status).toBe(403)
  })

  test('who are customers sign up and in from a page, and are known by their tokens', async () => {
    const session = await newCustomer(made.customers, CUSTOMER)
    made.identity = session.getIdToken().getJwtToken()
    made.access = session.getAccessToken().getJwtToken()
    made.refresh = session.getRefreshToken().getToken()
    await customersAreRight()
  })

  test('who are customers of another pool are not known', async () => {
    const session = await newCustomer(made.strangers, CUSTOMER)
    const unknown = { status: 401, body: { message: 'Unauthorized' } }
    expect(await withToken('/me', session.getIdToken().getJwtToken())).toEqual(unknown)
    expect(await withToken('/me/settings', session.getAccessToken().getJwtToken())).toEqual(unknown)
  })

  test('who are programs get a token at the domain, for the scopes that are theirs', async () => {
    const { status, body } = await programToken(made.weir, 'blue-shop', made.program, 'orders/read')
    expect(status).toBe(200)
    made.report = body.access_token
    await programsAreRight()
    const forged = { ...made.program, secret: 'made-up' }
    expect(await programToken(made.weir, 'blue-shop', forged, 'orders/read')).toMatchObject({
      status: 400,
      body: { error: 'invalid_client' },
    })
    expect(await programToken(made.weir, 'blue-shop', made.program, 'orders/write')).toMatchObject({
      status: 400,
      body: { error: 'invalid_scope' },
    })
  })

  test('who are partners show tokens of an issuer outside', async () => {
    await partnersAreRight()
    const elsewhere = await made.issuer.token({ aud: 'another-app', sub: 'eve' })
    expect((await withToken('/partner', elsewhere)).status).toBe(401)
    const asked = made.issuer.asked()
    for (let i = 0; i < 20; i++) await partnersAreRight()
    expect(made.issuer.asked()).toBe(asked)
  })

  test('who are partners become a role for a while, and sign as that', async () => {
    const RoleArn = await createRole(
      'partner',
      policy({
        Principal: { Federated: made.provider },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: { StringEquals: { [`${made.issuer.url.replace('http://', '')}:sub`]: 'carl' } },
      }),
      { Action: 'execute-api:Invoke', Resource: arn('execute-api', `${made.restApiId}/prod/*/orders`) },
    )
    const assume = async (sub: string) =>
      made.blue.sts.assumeRoleWithWebIdentity({
        RoleArn,
        RoleSessionName: sub,
        WebIdentityToken: await made.issuer.token({ aud: 'partner-app', sub }),
      })
    const { Credentials } = await soon(() => assume('carl'))
    made.session = clientsOf(made.weir, {
      accessKeyId: Credentials!.AccessKeyId!,
      secretAccessKey: Credentials!.SecretAccessKey!,
      sessionToken: Credentials!.SessionToken!,
    })
    await sessionIsRight()
    expect(await nameOf(assume('eve'))).toBe('AccessDenied')
  })
})

describe('what an account has', () => {
  test('is there after all processes of the server were killed, and who was signed in goes on', async () => {
    const { AccessKey } = await made.blue.iam.createAccessKey({ UserName: 'ann' })
    const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey } = AccessKey!
    // The end comes while users are made: whoever was said to be there is.
    const answered: string[] = []
    const making = Array.from({ length: 20 }, async (_, n) => {
      const { User } = await made.blue.iam.createUser({ UserName: `clerk-${n}` })
      answered.push(User!.UserName!)
    })
    await Promise.any(making)
    await made.weir.kill9()
    await Promise.allSettled(making)
    await made.weir.restart()
    const { Users } = await made.blue.iam.listUsers({})
    expect(Users!.map(({ UserName }) => UserName)).toEqual(expect.arrayContaining(['ann', ...answered]))
    expect(
      (await signed('GET', '/orders', { accessKeyId: accessKeyId!, secretAccessKey: secretAccessKey! }))
        .status,
    ).toBe(200)
    await userIsRight()
    await sessionIsRight()
    await customersAreRight()
    await programsAreRight()
    await partnersAreRight()
    const again = await customerOf(made.weir, made.customers, CUSTOMER, PASSWORD).signIn()
    expect((await withToken('/me', again.getIdToken().getJwtToken())).status).toBe(200)
    const { status } = await programToken(made.weir, 'blue-shop', made.program, 'orders/read')
    expect(status).toBe(200)
  })

  test('goes on when the issuer outside signs with another key', async () => {
    const signedByOld = await made.issuer.token({ aud: 'partner-app', sub: 'carl' })
    await made.issuer.rotate()
    // An issuer is asked once in a quarter of a minute at most.
    await soon(partnersAreRight, 40_000)
    await soon(async () => expect((await withToken('/partner', signedByOld)).status).toBe(401))
  })

  test('is nothing that another account sees or uses', async () => {
    const owner = clientsOf(made.weir, made.weir.sdk.credentials)
    const seen = {
      users: (await owner.iam.listUsers({})).Users,
      roles: (await owner.iam.listRoles({})).Roles,
      providers: (await owner.iam.listOpenIDConnectProviders({})).OpenIDConnectProviderList,
      functions: (await owner.lambda.listFunctions({})).Functions,
      apis: (await owner.gateway.getRestApis({})).items ?? [],
      pools: (await owner.cognito.listUserPools({ MaxResults: 60 })).UserPools,
      keys: (await owner.kms.listKeys({})).Keys,
    }
    expect(seen).toEqual(OWNER_SEES)
    const { UserPoolId } = made.customers
    const refusals = {
      function: await nameOf(owner.lambda.invoke({ FunctionName: made.desk })),
      api: await nameOf(owner.gateway.getRestApi({ restApiId: made.restApiId })),
      pool: await nameOf(owner.cognito.describeUserPool({ UserPoolId })),
      customer: await nameOf(owner.cognito.adminGetUser({ UserPoolId, Username: CUSTOMER })),
      key: await nameOf(owner.kms.describeKey({ KeyId: made.keyArn })),
      role: await nameOf(
        owner.sts.assumeRole({ RoleArn: arn('iam', 'role/partner', ''), RoleSessionName: 'owner' }),
      ),
      provider: await nameOf(owner.iam.getOpenIDConnectProvider({ OpenIDConnectProviderArn: made.provider })),
    }
    expect(refusals).toEqual({
      function: 'AccessDeniedException',
      api: 'NotFoundException',
      pool: 'ResourceNotFoundException',
      customer: 'ResourceNotFoundException',
      key: 'AccessDeniedException',
      role: 'AccessDenied',
      provider: 'NoSuchEntityException',
    })
    expect((await signed('GET', '/orders', made.weir.sdk.credentials)).status).toBe(403)
  })

  test('opens no longer what is closed by a key that was disabled', async () => {
    await made.blue.kms.disableKey({ KeyId: made.keyArn })
    await made.blue.lambda.updateFunctionConfiguration({ FunctionName: 'desk', MemorySize: 256 })
    await soon(async () =>
      expect(await nameOf(made.blue.lambda.invoke({ FunctionName: 'desk' }))).toBe('KMSDisabledException'),
    )
  })
})
