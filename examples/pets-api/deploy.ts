import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  APIGatewayClient,
  CreateApiKeyCommand,
  CreateDeploymentCommand,
  CreateResourceCommand,
  CreateRestApiCommand,
  CreateStageCommand,
  CreateUsagePlanCommand,
  CreateUsagePlanKeyCommand,
  DeleteRestApiCommand,
  GetApiKeysCommand,
  GetResourcesCommand,
  GetRestApisCommand,
  GetStagesCommand,
  GetUsagePlanKeysCommand,
  GetUsagePlansCommand,
  PutIntegrationCommand,
  PutMethodCommand,
  UpdateUsagePlanCommand,
} from '@aws-sdk/client-api-gateway'
import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateFunctionCommand,
  GetAliasCommand,
  GetFunctionConfigurationCommand,
  LambdaClient,
  PublishVersionCommand,
  paginateListVersionsByFunction,
  ResourceConflictException,
  UpdateFunctionCodeCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
} from '@aws-sdk/client-lambda'
import { zipSync } from 'fflate'

/** What is deployed, with what it takes to call it. */
export interface Deployed {
  readonly functionName: string
  readonly apiId: string
  readonly planId: string
  readonly keyId: string
  /** Goes into `x-api-key`. */
  readonly key: string
  readonly limits: typeof LIMITS
  readonly versions: { readonly first: string; readonly second: string }
  /** With the share of its calls, 0 to 1, that each version answers. */
  readonly stages: ReadonlyArray<{ readonly name: string; readonly runs: Readonly<Record<string, number>> }>
}

/** As any AWS client takes them. */
export interface Target {
  readonly endpoint: string
  readonly region: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
}

export const FUNCTION = 'pets'
const API = 'pets-api'
const LIMITS = { rateLimit: 50, burstLimit: 100, quotaPerDay: 10_000 } as const
const STAGES = ['prod', 'beta', 'dev'] as const

/** Makes what is missing and leaves what is there, a shifted alias included: running it twice changes nothing. */
export async function deploy(target: Target): Promise<Deployed> {
  const lambda = new LambdaClient(target)
  const apiGateway = new APIGatewayClient(target)
  try {
    const [{ arn, versions, stages }, key] = await Promise.all([
      deployFunction(lambda),
      deployKey(apiGateway),
    ])
    const apiId = await deployApi(apiGateway, target.region, arn)
    const planId = await deployPlan(apiGateway, apiId, key.id)
    return {
      functionName: FUNCTION,
      apiId,
      planId,
      keyId: key.id,
      key: key.value,
      limits: LIMITS,
      versions,
      stages,
    }
  } finally {
    lambda.destroy()
    apiGateway.destroy()
  }
}

async function deployFunction(lambda: LambdaClient) {
  const arn = await makeFunction(lambda)
  const first = await versionOf(lambda, zipOf('version-1'))
  const second = await versionOf(lambda, zipOf('version-2'))
  const aliases = { prod: first, beta: second, dev: '$LATEST' }
  await Promise.all(
    Object.entries(aliases).map(async ([Name, FunctionVersion]) => {
      await unlessThere(() =>
        lambda.send(new CreateAliasCommand({ FunctionName: FUNCTION, Name, FunctionVersion })),
      )
      // A function answers an API only where its policy says so, for each alias by itself.
      await unlessThere(() =>
        lambda.send(
          new AddPermissionCommand({
            FunctionName: FUNCTION,
            Qualifier: Name,
            StatementId: 'pets-api',
            Action: 'lambda:InvokeFunction',
            Principal: 'apigateway.amazonaws.com',
          }),
        ),
      )
    }),
  )
  return {
    arn,
    versions: { first, second },
    stages: await Promise.all(STAGES.map(name => stage(lambda, name))),
  }
}

async function stage(lambda: LambdaClient, name: string): Promise<Deployed['stages'][number]> {
  const alias = await lambda.send(new GetAliasCommand({ FunctionName: FUNCTION, Name: name }))
  const weights = alias.RoutingConfig?.AdditionalVersionWeights ?? {}
  const rest = Object.values(weights).reduce((sum, weight) => sum - weight, 1)
  return { name, runs: { [alias.FunctionVersion!]: rest, ...weights } }
}

/** The function's ARN. */
async function makeFunction(lambda: LambdaClient): Promise<string> {
  await unlessThere(() =>
    lambda.send(
      new CreateFunctionCommand({
        FunctionName: FUNCTION,
        Description: 'Answers the pets API',
        Runtime: 'nodejs22.x',
        Role: 'arn:aws:iam::000000000000:role/pets',
        Handler: 'index.handler',
        Code: { ZipFile: zipOf('version-1') },
      }),
    ),
  )
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 30 }, { FunctionName: FUNCTION })
  const { FunctionArn } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: FUNCTION }))
  return FunctionArn!
}

/** The published version that has this code, published now if there is none. */
export async function versionOf(lambda: LambdaClient, zip: Uint8Array): Promise<string> {
  const CodeSha256 = createHash('sha256').update(zip).digest('base64')
  const pages = paginateListVersionsByFunction({ client: lambda }, { FunctionName: FUNCTION })
  for await (const { Versions = [] } of pages) {
    const known = Versions.find(version => version.CodeSha256 === CodeSha256 && version.Version !== '$LATEST')
    if (known) return known.Version!
  }
  await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: FUNCTION, ZipFile: zip }))
  await waitUntilFunctionUpdatedV2({ client: lambda, maxWaitTime: 30 }, { FunctionName: FUNCTION })
  // The hash is a condition: nobody else's upload in between is published as ours.
  const { Version } = await lambda.send(new PublishVersionCommand({ FunctionName: FUNCTION, CodeSha256 }))
  return Version!
}

async function deployApi(apiGateway: APIGatewayClient, region: string, functionArn: string): Promise<string> {
  const { items = [] } = await apiGateway.send(new GetRestApisCommand({ limit: 500 }))
  const known = items.find(api => api.name === API)
  if (known) {
    const { item: stages = [] } = await apiGateway.send(new GetStagesCommand({ restApiId: known.id }))
    if (STAGES.every(name => stages.some(({ stageName }) => stageName === name))) return known.id!
    // Whoever made it was interrupted.
    await apiGateway.send(new DeleteRestApiCommand({ restApiId: known.id }))
  }
  const { id: restApiId } = await apiGateway.send(new CreateRestApiCommand({ name: API }))
  const { items: resources = [] } = await apiGateway.send(new GetResourcesCommand({ restApiId }))
  const root = resources.find(({ path }) => path === '/')
  const add = (parentId: string, pathPart: string) =>
    apiGateway.send(new CreateResourceCommand({ restApiId, parentId, pathPart }))
  const pets = await add(root!.id!, 'pets')
  const pet = await add(pets.id!, '{name}')

  // Which alias answers is the stage's business: the URI names its variable.
  const alias = `${functionArn}:\${stageVariables.lambdaAlias}`
  for (const { id: resourceId } of [pets, pet]) {
    const method = { restApiId, resourceId, httpMethod: 'GET' }
    await apiGateway.send(
      new PutMethodCommand({ ...method, authorizationType: 'NONE', apiKeyRequired: true }),
    )
    await apiGateway.send(
      new PutIntegrationCommand({
        ...method,
        type: 'AWS_PROXY',
        integrationHttpMethod: 'POST',
        uri: `arn:aws:apigateway:${region}:lambda:path/2015-03-31/functions/${alias}/invocations`,
      }),
    )
  }
  const { id: deploymentId } = await apiGateway.send(new CreateDeploymentCommand({ restApiId }))
  for (const stageName of STAGES) {
    const variables = { lambdaAlias: stageName }
    await apiGateway.send(new CreateStageCommand({ restApiId, stageName, deploymentId, variables }))
  }
  return restApiId!
}

async function deployKey(apiGateway: APIGatewayClient): Promise<{ id: string; value: string }> {
  const name = `${API}-demo`
  const { items = [] } = await apiGateway.send(
    new GetApiKeysCommand({ nameQuery: name, includeValues: true }),
  )
  const key = items[0] ?? (await apiGateway.send(new CreateApiKeyCommand({ name, enabled: true })))
  return { id: key.id!, value: key.value! }
}

async function deployPlan(apiGateway: APIGatewayClient, apiId: string, keyId: string): Promise<string> {
  const { rateLimit, burstLimit, quotaPerDay } = LIMITS
  const { items = [] } = await apiGateway.send(new GetUsagePlansCommand({ limit: 500 }))
  const plan =
    items.find(({ name }) => name === API) ??
    (await apiGateway.send(
      new CreateUsagePlanCommand({
        name: API,
        throttle: { rateLimit, burstLimit },
        quota: { limit: quotaPerDay, period: 'DAY' },
        apiStages: STAGES.map(stage => ({ apiId, stage })),
      }),
    ))
  const usagePlanId = plan.id!
  const missing = STAGES.filter(
    name => !plan.apiStages?.some(({ apiId: id, stage }) => id === apiId && stage === name),
  )
  if (missing.length > 0) {
    const patchOperations = missing.map(stage => ({
      op: 'add' as const,
      path: '/apiStages',
      value: `${apiId}:${stage}`,
    }))
    await apiGateway.send(new UpdateUsagePlanCommand({ usagePlanId, patchOperations }))
  }
  const { items: keys = [] } = await apiGateway.send(new GetUsagePlanKeysCommand({ usagePlanId }))
  if (!keys.some(({ id }) => id === keyId)) {
    await apiGateway.send(new CreateUsagePlanKeyCommand({ usagePlanId, keyId, keyType: 'API_KEY' }))
  }
  return usagePlanId
}

/** A directory beside this file as a zip. The same files give the same bytes, by which a version is recognised. */
export function zipOf(directory: string): Uint8Array {
  const path = join(import.meta.dirname, directory)
  const files = readdirSync(path).map(name => [name, new Uint8Array(readFileSync(join(path, name)))] as const)
  return zipSync(Object.fromEntries(files), { mtime: new Date(1980, 0, 1) })
}

async function unlessThere(create: () => Promise<unknown>): Promise<void> {
  try {
    await create()
  } catch (error) {
    if (!(error instanceof ResourceConflictException)) throw error
  }
}
