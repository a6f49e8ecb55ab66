import {
  type APIGatewayClient,
  CreateApiKeyCommand,
  CreateResourceCommand,
  CreateUsagePlanKeyCommand,
  PutIntegrationCommand,
  PutMethodCommand,
  type PutMethodCommandInput,
  UpdateStageCommand,
} from '@aws-sdk/client-api-gateway'
import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateFunctionCommand,
  type LambdaClient,
  PublishVersionCommand,
} from '@aws-sdk/client-lambda'
import { strToU8, zipSync } from 'fflate'

/** A function of one file behind an alias that APIs may call. Returns the alias's ARN. */
export async function deployFunction(
  lambda: LambdaClient,
  source: string,
  FunctionName = 'bench',
): Promise<string> {
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      Runtime: 'nodejs22.x',
      Handler: 'index.handler',
      Role: 'arn:aws:iam::000000000000:role/bench',
      Code: { ZipFile: zipSync({ 'index.js': strToU8(source) }) },
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
  return alias.AliasArn!
}

/** `GET /{pathPart}`, for keys alone, answered by a function. */
export async function putKeyedMethod(
  apigateway: APIGatewayClient,
  { restApiId, rootId, pathPart }: { restApiId: string; rootId: string; pathPart: string },
  functionArn: string,
  protection: Pick<PutMethodCommandInput, 'authorizationType' | 'authorizerId'>,
): Promise<void> {
  const { id: resourceId } = await apigateway.send(
    new CreateResourceCommand({ restApiId, parentId: rootId, pathPart }),
  )
  const method = { restApiId, resourceId: resourceId!, httpMethod: 'GET' }
  await apigateway.send(new PutMethodCommand({ ...method, ...protection, apiKeyRequired: true }))
  await apigateway.send(
    new PutIntegrationCommand({
      ...method,
      type: 'AWS_PROXY',
      integrationHttpMethod: 'POST',
      uri: `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${functionArn}/invocations`,
    }),
  )
}

/** Limits of a stage for each of its methods. */
export async function limitMethods(
  apigateway: APIGatewayClient,
  stage: { restApiId: string; stageName: string },
  rate: number,
  burst: number,
): Promise<void> {
  const patchOperations = [
    { op: 'replace' as const, path: '/*/*/throttling/rateLimit', value: String(rate) },
    { op: 'replace' as const, path: '/*/*/throttling/burstLimit', value: String(burst) },
  ]
  await apigateway.send(new UpdateStageCommand({ ...stage, patchOperations }))
}

/** Returns the value of a new key on a plan. */
export async function createPlanKey(
  apigateway: APIGatewayClient,
  usagePlanId: string,
  name: string,
): Promise<string> {
  const key = await apigateway.send(new CreateApiKeyCommand({ name, enabled: true }))
  await apigateway.send(new CreateUsagePlanKeyCommand({ usagePlanId, keyId: key.id!, keyType: 'API_KEY' }))
  return key.value!
}
