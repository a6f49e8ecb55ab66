import {
  APIGatewayClient,
  CreateAuthorizerCommand,
  CreateDeploymentCommand,
  CreateRestApiCommand,
  CreateUsagePlanCommand,
} from '@aws-sdk/client-api-gateway'
import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
  InitiateAuthCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { createPlanKey, deployFunction, limitMethods, putKeyedMethod } from './deploy-parts.ts'

export interface BenchApi {
  readonly apiId: string
  readonly key: string
  /** An identity token of the pool that guards `/guarded`. */
  readonly token: string
}

export const configOf = (url: URL) => ({
  endpoint: url.origin,
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
})

/** Of the function that writes a line whenever it is called. */
export const LOGGING_FUNCTION = 'bench-logging'

/**
 * A function behind an alias behind a keyed method, `/hello`, with limits of the stage's and of a plan's that the bench
 * does not reach; the same once more behind an authorizer of a user pool, `/guarded`; and `/logged`, whose function
 * writes a line.
 */
export async function deployBenchApi(url: URL, body: string): Promise<BenchApi> {
  const config = configOf(url)
  const lambda = new LambdaClient(config)
  const apigateway = new APIGatewayClient(config)
  const answer = `({ statusCode: 200, headers: { 'content-type': 'application/json' }, body: ${JSON.stringify(body)} })`
  const functionArn = await deployFunction(lambda, `exports.handler = async event => ${answer}`)
  const loggingArn = await deployFunction(
    lambda,
    `exports.handler = async event => { console.log('asked for', event.path); return ${answer} }`,
    LOGGING_FUNCTION,
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
    logged: { authorizationType: 'NONE' },
  }
  for (const [pathPart, protection] of Object.entries(protections)) {
    const place = { restApiId, rootId: api.rootResourceId!, pathPart }
    await putKeyedMethod(apigateway, place, pathPart === 'logged' ? loggingArn : functionArn, protection)
  }
  await apigateway.send(new CreateDeploymentCommand({ restApiId, stageName: 'prod' }))
  // Below the account's, or the stage would have no bucket of its own.
  await limitMethods(apigateway, { restApiId, stageName: 'prod' }, 9_000, 4_500)
  const plan = await apigateway.send(
    new CreateUsagePlanCommand({
      name: 'bench',
      apiStages: [{ apiId: restApiId, stage: 'prod' }],
      throttle: { rateLimit: 100_000, burstLimit: 50_000 },
      quota: { limit: 1_000_000_000, period: 'MONTH' },
    }),
  )
  const key = await createPlanKey(apigateway, plan.id!, 'bench')
  return { apiId: restApiId, key, token }
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
