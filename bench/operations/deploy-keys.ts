import {
  APIGatewayClient,
  CreateApiKeyCommand,
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
  AddPermissionCommand,
  CreateAliasCommand,
  CreateFunctionCommand,
  LambdaClient,
  PublishVersionCommand,
} from '@aws-sdk/client-lambda'
import { strToU8, zipSync } from 'fflate'
import { requestHandlerTo } from '../../test/sdk-request-handler.ts'

export interface KeyedApi {
  /** Of the keyed method, on the API's own host. */
  readonly url: string
  /** Values of its keys. */
  readonly keys: readonly string[]
}

/** Nobody reaches these: what is counted is what asking costs. Below the account's, or the stage has no bucket. */
const RATE = 5_000
const BURST = 2_500

/**
 * A function behind an alias behind a keyed method, with a limit of the stage's and `keys` keys on one plan with a
 * rate and a quota.
 */
export async function deployKeys(
  send: (request: Request) => Promise<Response>,
  [accessKeyId, secretAccessKey]: readonly [string, string],
  keys: number,
  now: () => number,
): Promise<KeyedApi> {
  const origin = 'https://weir.example.com'
  const config = {
    region: 'us-east-1',
    endpoint: origin,
    maxAttempts: 1,
    credentials: { accessKeyId, secretAccessKey },
    systemClockOffset: now() - Date.now(),
    requestHandler: requestHandlerTo(origin, send),
  }
  const lambda = new LambdaClient(config)
  const apigateway = new APIGatewayClient(config)
  const FunctionName = 'bench'
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      Runtime: 'nodejs22.x',
      Handler: 'index.handler',
      Role: 'arn:aws:iam::000000000000:role/bench',
      Code: {
        ZipFile: zipSync({ 'index.js': strToU8('exports.handler = async () => ({ statusCode: 200 })') }),
      },
    }),
  )
  await lambda.send(new PublishVersionCommand({ FunctionName }))
  const alias = await lambda.send(
    new CreateAliasCommand({ FunctionName, Name: 'prod', FunctionVersion: '1' }),
  )
  await lambda.send(
    new AddPermissionCommand({
      FunctionName,
      Qualifier: 'prod',
      StatementId: 'gateway',
      Action: 'lambda:InvokeFunction',
      Principal: 'apigateway.amazonaws.com',
    }),
  )
  const { id, rootResourceId } = await apigateway.send(new CreateRestApiCommand({ name: 'bench' }))
  const restApiId = id!
  const resource = await apigateway.send(
    new CreateResourceCommand({ restApiId, parentId: rootResourceId!, pathPart: 'hello' }),
  )
  const method = { restApiId, resourceId: resource.id!, httpMethod: 'GET' }
  await apigateway.send(new PutMethodCommand({ ...method, authorizationType: 'NONE', apiKeyRequired: true }))
  await apigateway.send(
    new PutIntegrationCommand({
      ...method,
      type: 'AWS_PROXY',
      integrationHttpMethod: 'POST',
      uri: `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${alias.AliasArn}/invocations`,
    }),
  )
  const stageName = 'prod'
  await apigateway.send(new CreateDeploymentCommand({ restApiId, stageName }))
  const patchOperations = [
    { op: 'replace' as const, path: '/*/*/throttling/rateLimit', value: String(RATE) },
    { op: 'replace' as const, path: '/*/*/throttling/burstLimit', value: String(BURST) },
  ]
  await apigateway.send(new UpdateStageCommand({ restApiId, stageName, patchOperations }))
  const plan = await apigateway.send(
    new CreateUsagePlanCommand({
      name: 'bench',
      apiStages: [{ apiId: restApiId, stage: stageName }],
      throttle: { rateLimit: RATE, burstLimit: BURST },
      quota: { limit: 1_000_000_000, period: 'MONTH' },
    }),
  )
  const values: string[] = []
  for (let i = 0; i < keys; i++) {
    // Weir's clock goes faster than that of signatures.
    apigateway.config.systemClockOffset = now() - Date.now()
    const key = await apigateway.send(new CreateApiKeyCommand({ name: `bench ${i}`, enabled: true }))
    await apigateway.send(
      new CreateUsagePlanKeyCommand({ usagePlanId: plan.id!, keyId: key.id!, keyType: 'API_KEY' }),
    )
    values.push(key.value!)
  }
  return { url: `https://${restApiId}.execute-api.weir.example.com/${stageName}/hello`, keys: values }
}
