import {
  APIGatewayClient,
  CreateApiKeyCommand,
  CreateAuthorizerCommand,
  CreateDeploymentCommand,
  CreateResourceCommand,
  CreateRestApiCommand,
  CreateUsagePlanCommand,
  CreateUsagePlanKeyCommand,
  PutIntegrationCommand,
  PutMethodCommand,
  UpdateStageCommand,
} from '@aws-sdk/client-api-gateway'
import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  InitiateAuthCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateFunctionCommand,
  LambdaClient,
  PublishVersionCommand,
} from '@aws-sdk/client-lambda'
import { strToU8, zipSync } from 'fflate'

export interface BenchApi {
  readonly apiId: string
  readonly key: string
  /** An identity token of the pool that guards `/guarded`. */
  readonly token: string
}

const configOf = (url: URL) => ({
  endpoint: url.origin,
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
})

/**
 * A function behind an alias behind a keyed method, `/hello`, with limits of the stage's and of a plan's that the bench
 * does not reach; and the same once more behind an authorizer of a user pool, `/guarded`.
 */
export async function deployBenchApi(url: URL, body: string): Promise<BenchApi> {
  const config = configOf(url)
  const lambda = new LambdaClient(config)
  const apigateway = new APIGatewayClient(config)
  const source = `exports.handler = async event => ({ statusCode: 200, headers: { 'content-type': 'application/json' }, body: ${JSON.stringify(body)} })`
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: 'bench',
      Runtime: 'nodejs22.x',
      Handler: 'index.handler',
      Role: 'arn:aws:iam::000000000000:role/bench',
      Code: { ZipFile: zipSync({ 'index.js': strToU8(source) }) },
    }),
  )
  await lambda.send(new PublishVersionCommand({ FunctionName: 'bench' }))
  const alias = await lambda.send(
    new CreateAliasCommand({ FunctionName: 'bench', Name: 'prod', FunctionVersion: '1' }),
  )
  await lambda.send(
    new AddPermissionCommand({
      FunctionName: 'bench',
      Qualifier: 'prod',
      StatementId: 'gateway',
      Action: 'lambda:InvokeFunction',
      Principal: 'apigateway.amazonaws.com',
    }),
  )
  const api = await apigateway.send(new CreateRestApiCommand({ name: 'bench' }))
  const restApiId = api.id!
  const { poolArn, token } = await signIn(url)
  const authorizer = await apigateway.send(
    new CreateAuthorizerCommand({
      restApiId,
      name: 'pool',
      type: 'COGNITO_USER_POOLS',
      providerARNs: [poolArn],
      identitySource: 'method.request.header.Authorization',
    }),
  )
  const protections = {
    hello: { authorizationType: 'NONE' },
    guarded: { authorizationType: 'COGNITO_USER_POOLS', authorizerId: authorizer.id! },
  }
  for (const [pathPart, protection] of Object.entries(protections)) {
    const { id: resourceId } = await apigateway.send(
      new CreateResourceCommand({ restApiId, parentId: api.rootResourceId!, pathPart }),
    )
    const method = { restApiId, resourceId: resourceId!, httpMethod: 'GET' }
    await apigateway.send(new PutMethodCommand({ ...method, ...protection, apiKeyRequired: true }))
    await apigateway.send(
      new PutIntegrationCommand({
        ...method,
        type: 'AWS_PROXY',
        integrationHttpMethod: 'POST',
        uri: `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${alias.AliasArn}/invocations`,
      }),
    )
  }
  await apigateway.send(new CreateDeploymentCommand({ restApiId, stageName: 'prod' }))
  // Below the account's, or the stage would have no bucket of its own.
  const patchOperations = [
    { op: 'replace' as const, path: '/*/*/throttling/rateLimit', value: '9000' },
    { op: 'replace' as const, path: '/*/*/throttling/burstLimit', value: '4500' },
  ]
  await apigateway.send(new UpdateStageCommand({ restApiId, stageName: 'prod', patchOperations }))
  const plan = await apigateway.send(
    new CreateUsagePlanCommand({
      name: 'bench',
      apiStages: [{ apiId: restApiId, stage: 'prod' }],
      throttle: { rateLimit: 100_000, burstLimit: 50_000 },
      quota: { limit: 1_000_000_000, period: 'MONTH' },
    }),
  )
  const key = await apigateway.send(new CreateApiKeyCommand({ name: 'bench', enabled: true }))
  await apigateway.send(
    new CreateUsagePlanKeyCommand({ usagePlanId: plan.id!, keyId: key.id!, keyType: 'API_KEY' }),
  )
  return { apiId: restApiId, key: key.value!, token }
}

/** A user of a new pool, signed in. */
async function signIn(url: URL): Promise<{ poolArn: string; token: string }> {
  const cognito = new CognitoIdentityProviderClient(configOf(url))
  const { UserPool } = await cognito.send(new CreateUserPoolCommand({ PoolName: 'bench' }))
  const UserPoolId = UserPool!.Id!
  const { UserPoolClient } = await cognito.send(
    new CreateUserPoolClientCommand({
      UserPoolId,
      ClientName: 'bench',
      ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    }),
  )
  const user = { UserPoolId, Username: 'jane' }
  const Password = 'Correct-Horse-7'
  await cognito.send(new AdminCreateUserCommand({ ...user, MessageAction: 'SUPPRESS' }))
  await cognito.send(new AdminSetUserPasswordCommand({ ...user, Password, Permanent: true }))
  const { AuthenticationResult } = await cognito.send(
    new InitiateAuthCommand({
      ClientId: UserPoolClient!.ClientId!,
      AuthFlow: 'USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: user.Username, PASSWORD: Password },
    }),
  )
  return { poolArn: UserPool!.Arn!, token: AuthenticationResult!.IdToken! }
}
