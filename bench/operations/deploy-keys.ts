import {
  APIGatewayClient,
  CreateDeploymentCommand,
  CreateRestApiCommand,
  CreateUsagePlanCommand,
} from '@aws-sdk/client-api-gateway'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { requestHandlerTo } from '../../test/sdk-request-handler.ts'
import { createPlanKey, deployFunction, limitMethods, putKeyedMethod } from '../deploy-parts.ts'

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
  const source = 'exports.handler = async () => ({ statusCode: 200 })'
  const functionArn = await deployFunction(lambda, source)
  const { id, rootResourceId } = await apigateway.send(new CreateRestApiCommand({ name: 'bench' }))
  const restApiId = id!
  const place = { restApiId, rootId: rootResourceId!, pathPart: 'hello' }
  await putKeyedMethod(apigateway, place, functionArn, { authorizationType: 'NONE' })
  const stageName = 'prod'
  await apigateway.send(new CreateDeploymentCommand({ restApiId, stageName }))
  await limitMethods(apigateway, { restApiId, stageName }, RATE, BURST)
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
    values.push(await createPlanKey(apigateway, plan.id!, `bench ${i}`))
  }
  return { url: `https://${restApiId}.execute-api.weir.example.com/${stageName}/hello`, keys: values }
}
