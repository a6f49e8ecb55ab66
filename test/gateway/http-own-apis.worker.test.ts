import { APIGateway } from '@aws-sdk/client-api-gateway'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { clientOptions, env, ORIGIN, send } from '../whole-weir.ts'

const client = new APIGateway(clientOptions())

/** Makes an API with one method for everything and deploys it; its id. */
async function deploy(integration: object, apiId?: string): Promise<string> {
  const restApiId = apiId ?? (await client.createRestApi({ name: 'api' })).id!
  const { items = [] } = await client.getResources({ restApiId })
  const root = items.find(({ path }) => path === '/')!
  const known = items.find(({ path }) => path === '/{proxy+}')
  const { id: resourceId } =
    known ?? (await client.createResource({ restApiId, parentId: root.id!, pathPart: '{proxy+}' }))
  const at = { restApiId, resourceId: resourceId!, httpMethod: 'ANY' }
  if (!known) {
    await client.putMethod({
      ...at,
      authorizationType: 'NONE',
      requestParameters: { 'method.request.path.proxy': true },
    })
  }
  await client.putIntegration({
    ...at,
    type: 'HTTP_PROXY',
    integrationHttpMethod: 'ANY',
    requestParameters: { 'integration.request.path.proxy': 'method.request.path.proxy' },
    ...integration,
  })
  await client.createDeployment({ restApiId, stageName: 'prod' })
  return restApiId
}

const addressOf = (apiId: string): string => `http://${apiId}.execute-api.localhost:8787/prod`

let behind: string
beforeAll(async () => {
  behind = await deploy({ uri: `${inject('backEnd')}/{proxy}` })
})

describe('an API in front of another API of the same Weir', () => {
  it.each([
    ['by its host', () => addressOf(behind)],
    ['by its path', () => `${ORIGIN}/_aws/execute-api/${behind}/prod`],
    ['by another name of this machine', () => `http://127.0.0.1:8787/_aws/execute-api/${behind}/prod`],
    ['by the name that it has on AWS', () => `https://${behind}.execute-api.us-east-1.amazonaws.com/prod`],
  ])('reaches it %s', async (_, address) => {
    const front = await deploy({ uri: `${address()}/{proxy}` })
    const response = await send(`${addressOf(front)}/echo/pets?a=b`, { method: 'POST', body: 'hello' })
    expect(response.status).toBe(200)
    const echo = (await response.json()) as { url: string; body: string; headers: Record<string, string> }
    expect([echo.url, atob(echo.body)]).toEqual(['/echo/pets?a=b', 'hello'])
    expect(echo.headers['x-amzn-apigateway-api-id']).toBe(behind)
    expect(echo.headers['x-amzn-trace-id']).toMatch(/;Lineage=[0-9a-f]{8}:1\|[0-9a-f]{8}:1$/)
  })

  it('is stopped when it leads back to itself', async () => {
    const apiId = await deploy({ uri: addressOf(behind) })
    await deploy({ uri: `${addressOf(apiId)}/{proxy}` }, apiId)
    const response = await send(`${addressOf(apiId)}/x`)
    expect([response.status, await response.json()]).toEqual([508, { message: 'Loop detected' }])
  })

  it('by a custom domain reaches those of its own account alone', async () => {
    const domains = env.DOMAIN_ROUTER.getByName('domains')
    const mappings = [{ basePath: '', apiId: behind, stage: 'prod' }]
    const region = 'us-east-1'
    await domains.publish('own.weir.invalid', 1, { account: '000000000000', region, mappings })
    // Nobody asked a registrar who may take a name.
    await domains.publish('taken.weir.invalid', 1, { account: '111111111111', region, mappings })
    await scheduler.wait(2_100)
    const statuses: Record<string, number> = {}
    for (const host of ['own', 'taken']) {
      const front = await deploy({ uri: `http://${host}.weir.invalid/{proxy}`, timeoutInMillis: 5_000 })
      statuses[host] = (await send(`${addressOf(front)}/echo/pets`)).status
    }
    // The network knows no such host.
    expect(statuses).toEqual({ own: 200, taken: 504 })
  })

  it('does not reach the control plane', async () => {
    const front = await deploy({ uri: `${ORIGIN}/{proxy}` })
    for (const path of ['restapis', '_weir/reset', '2015-03-31/functions']) {
      const response = await send(`${addressOf(front)}/${path}`, { method: 'POST' })
      expect([response.status, await response.json()]).toEqual([500, { message: 'Internal server error' }])
    }
  })
})

describe('a VPC link', () => {
  it('takes an API to its binding from the moment it is deployed', async () => {
    const targetArn =
      'arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/stand-in/1f8df693cd094a72'
    const { id: connectionId } = await client.createVpcLink({ name: 'orders', targetArns: [targetArn] })
    expect((await client.getVpcLink({ vpcLinkId: connectionId })).status).toBe('AVAILABLE')
    const apiId = await deploy({
      uri: 'http://orders.internal/{proxy}',
      connectionType: 'VPC_LINK',
      connectionId,
    })
    const response = await send(`${addressOf(apiId)}/orders/7`)
    expect(await response.json()).toMatchObject({
      binding: 'WEIR_LINK_STAND_IN',
      url: 'http://orders.internal/orders/7',
    })
    const { items } = await client.getResources({ restApiId: apiId })
    const tried = await client.testInvokeMethod({
      restApiId: apiId,
      resourceId: items!.find(({ path }) => path === '/{proxy+}')!.id,
      httpMethod: 'GET',
      pathWithQueryString: '/orders/8',
    })
    expect([tried.status, JSON.parse(tried.body!)]).toMatchObject([
      200,
      { url: 'http://orders.internal/orders/8' },
    ])
  })
})
