import {
  type APIGatewayClient,
  CreateApiKeyCommand,
  CreateDeploymentCommand,
  CreateResourceCommand,
  CreateRestApiCommand,
  CreateUsagePlanCommand,
  CreateUsagePlanKeyCommand,
  PutIntegrationCommand,
  PutMethodCommand,
  type QuotaSettings,
  type ThrottleSettings,
} from '@aws-sdk/client-api-gateway'
import { ACCOUNT, REGION } from './clients.ts'

/** An integration's URI for a function; `target` may hold a qualifier and stage variables. */
export const functionUri = (target: string): string =>
  `arn:aws:apigateway:${REGION}:lambda:path/2015-03-31/functions/arn:aws:lambda:${REGION}:${ACCOUNT}:function:${target}/invocations`

export interface Route {
  readonly path: string
  /** Of the function, see {@link functionUri}. */
  readonly target: string
  readonly keyed: boolean
}

/** A REST API with GET methods on resources one level deep, each a proxy to a function; not deployed yet. */
export async function createApi(
  apigateway: APIGatewayClient,
  name: string,
  routes: readonly Route[],
): Promise<string> {
  const api = await apigateway.send(new CreateRestApiCommand({ name }))
  const restApiId = api.id!
  for (const { path, target, keyed } of routes) {
    const resource = await apigateway.send(
      new CreateResourceCommand({ restApiId, parentId: api.rootResourceId!, pathPart: path }),
    )
    const method = { restApiId, resourceId: resource.id!, httpMethod: 'GET' }
    await apigateway.send(
      new PutMethodCommand({ ...method, authorizationType: 'NONE', apiKeyRequired: keyed }),
    )
    await apigateway.send(
      new PutIntegrationCommand({
        ...method,
        type: 'AWS_PROXY',
        integrationHttpMethod: 'POST',
        uri: functionUri(target),
      }),
    )
  }
  return restApiId
}

export async function deploy(
  apigateway: APIGatewayClient,
  restApiId: string,
  stageName: string,
  variables?: Record<string, string>,
): Promise<void> {
  await apigateway.send(new CreateDeploymentCommand({ restApiId, stageName, variables }))
}

export interface PlannedKey {
  readonly planId: string
  readonly keyId: string
  readonly value: string
}

/** An API key on a usage plan of its own. */
export async function createPlannedKey(
  apigateway: APIGatewayClient,
  name: string,
  stage: { apiId: string; stage: string },
  limits: { throttle?: ThrottleSettings; quota?: QuotaSettings },
): Promise<PlannedKey> {
  const plan = await apigateway.send(new CreateUsagePlanCommand({ name, apiStages: [stage], ...limits }))
  const key = await apigateway.send(new CreateApiKeyCommand({ name, enabled: true }))
  await apigateway.send(
    new CreateUsagePlanKeyCommand({ usagePlanId: plan.id!, keyId: key.id!, keyType: 'API_KEY' }),
  )
  return { planId: plan.id!, keyId: key.id!, value: key.value! }
}

export const stageUrl = (url: string, apiId: string, stage: string): string =>
  `${url}/_aws/execute-api/${apiId}/${stage}`

export interface Answer {
  readonly status: number
  readonly body: string
}

export async function call(url: string, key?: string, signal?: AbortSignal): Promise<Answer> {
  const response = await fetch(url, { headers: key === undefined ? {} : { 'x-api-key': key }, signal })
  return { status: response.status, body: await response.text() }
}
