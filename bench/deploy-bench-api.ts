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
} from '@aws-sdk/client-api-gateway'
import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateFunctionCommand,
  LambdaClient,
  PublishVersionCommand,
} from '@aws-sdk/client-lambda'
import { strToU8, zipSync } from 'fflate'

/** A function behind an alias behind a keyed method, on a plan whose limits the bench does not reach. */
export async function deployBenchApi(url: URL, body: string): Promise<{ apiId: string; key: string }> {
  const config = {
    endpoint: url.origin,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  }
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
  const { id: resourceId } = await apigateway.send(
    new CreateResourceCommand({ restApiId, parentId: api.rootResourceId!, pathPart: 'hello' }),
  )
  const method = { restApiId, resourceId: resourceId!, httpMethod: 'GET' }
  await apigateway.send(new PutMethodCommand({ ...method, authorizationType: 'NONE', apiKeyRequired: true }))
  await apigateway.send(
    new PutIntegrationCommand({
      ...method,
      type: 'AWS_PROXY',
      integrationHttpMethod: 'POST',
      uri: `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${alias.AliasArn}/invocations`,
    }),
  )
  await apigateway.send(new CreateDeploymentCommand({ restApiId, stageName: 'prod' }))
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
  return { apiId: restApiId, key: key.value! }
}
