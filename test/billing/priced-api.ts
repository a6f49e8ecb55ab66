import { APIGateway } from '@aws-sdk/client-api-gateway'
import { askWeir, type Credentials, newAccount } from '../ask-weir.ts'
import { clientOptions, ORIGIN, send } from '../whole-weir.ts'

export interface PricedApi {
  readonly account: string
  readonly credentials: Credentials
  readonly client: APIGateway
  readonly apiId: string
  readonly planId: string
  ask(method: string, path: string, body?: object): ReturnType<typeof askWeir>
  /** A key on the plan, or on others. */
  newKey(name: string, ...planIds: string[]): Promise<{ id: string; value: string }>
  /** A plan of a stage of its own. */
  newPlan(name: string): Promise<{ planId: string; stage: string }>
  call(value: string, stage?: string): Promise<Response>
  /** Statuses of so many calls, one after the other. */
  calls(value: string, count: number, stage?: string): Promise<number[]>
}

/** An account of its own with an API that asks for keys and answers 200, and a usage plan. */
export async function pricedApi(): Promise<PricedApi> {
  const { account, ...credentials } = await newAccount('seller')
  const client = new APIGateway({ ...clientOptions(), credentials } as never)
  const { id } = await client.createRestApi({ name: 'sold' })
  const restApiId = id!
  const { items } = await client.getResources({ restApiId })
  const method = { restApiId, resourceId: items![0]!.id, httpMethod: 'GET' }
  await client.putMethod({ ...method, authorizationType: 'NONE', apiKeyRequired: true })
  const requestTemplates = { 'application/json': '{"statusCode": 200}' }
  await client.putIntegration({ ...method, type: 'MOCK', requestTemplates })
  await client.putMethodResponse({ ...method, statusCode: '200' })
  await client.putIntegrationResponse({ ...method, statusCode: '200' })
  const { id: deploymentId } = await client.createDeployment({ restApiId, stageName: 'prod' })
  const planOn = async (name: string, stage: string) => {
    const apiStages = [{ apiId: restApiId, stage }]
    return (await client.createUsagePlan({ name, apiStages })).id!
  }
  const planId = await planOn('gold', 'prod')
  const call = (value: string, stage = 'prod') =>
    send(`${ORIGIN}/_aws/execute-api/${restApiId}/${stage}/`, { headers: { 'x-api-key': value } })
  return {
    account,
    credentials,
    client,
    apiId: restApiId,
    planId,
    ask: (verb, path, body) => askWeir(verb, `/_weir/billing${path}`, body, credentials),
    async newKey(name, ...planIds) {
      const { id, value } = await client.createApiKey({ name, enabled: true })
      for (const usagePlanId of planIds.length > 0 ? planIds : [planId])
        await client.createUsagePlanKey({ usagePlanId, keyId: id!, keyType: 'API_KEY' })
      return { id: id!, value: value! }
    },
    async newPlan(name) {
      const stage = `stage${name}`
      await client.createStage({ restApiId, stageName: stage, deploymentId })
      return { planId: await planOn(name, stage), stage }
    },
    call,
    async calls(value, count, stage) {
      const statuses: number[] = []
      for (let i = 0; i < count; i++) statuses.push((await call(value, stage)).status)
      return statuses
    },
  }
}
