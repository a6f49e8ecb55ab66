import { APIGatewayClient, GetUsagePlanCommand } from '@aws-sdk/client-api-gateway'
import { LambdaClient, UpdateAliasCommand } from '@aws-sdk/client-lambda'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Deployed, deploy } from '../../examples/pets-api/deploy.ts'
import { borrowWeir, type Weir } from './server.ts'

describe('the pets example', () => {
  let weir: Weir
  let deployed: Deployed

  beforeAll(async () => {
    weir = await borrowWeir()
    deployed = await deploy(weir.sdk)
  })
  afterAll(() => weir?.[Symbol.asyncDispose]())

  const call = (stage: string, path: string, key: string | undefined = deployed.key) =>
    fetch(`${weir.url}/_aws/execute-api/${deployed.apiId}/${stage}${path}`, {
      headers: key ? { 'x-api-key': key } : {},
    })

  it('runs what each stage selects through its variable', async () => {
    const answers = await Promise.all(
      ['prod', 'beta', 'dev'].map(async stage => (await call(stage, '/pets')).json()),
    )
    const withAges = ['ada, 9 years', 'bello, 4 years', 'coco, 31 years']
    expect(answers).toEqual([
      { version: '1', stage: 'prod', pets: ['ada', 'bello', 'coco'] },
      { version: '2', stage: 'beta', pets: withAges },
      { version: '$LATEST', stage: 'dev', pets: withAges },
    ])
  })

  it('finds one pet by the path, and those of a kind by the query string', async () => {
    expect(await (await call('prod', '/pets/bello')).json()).toMatchObject({
      pet: { name: 'bello', kind: 'dog' },
    })
    expect(await (await call('beta', '/pets?kind=parrot')).json()).toMatchObject({ pets: ['coco, 31 years'] })
    const missing = await call('prod', '/pets/dodo')
    expect([missing.status, await missing.json()]).toEqual([404, { message: 'No pet is called dodo' }])
  })

  it('lets nobody in without its key', async () => {
    const keyless = await call('prod', '/pets', '')
    expect([keyless.status, await keyless.json()]).toEqual([403, { message: 'Forbidden' }])
    expect((await call('prod', '/pets', 'a-key-that-nobody-ever-had')).status).toBe(403)
  })

  it('has the limits that it says', async () => {
    const plan = await new APIGatewayClient(weir.sdk).send(
      new GetUsagePlanCommand({ usagePlanId: deployed.planId }),
    )
    const { rateLimit, burstLimit, quotaPerDay } = deployed.limits
    expect(plan.throttle).toEqual({ rateLimit, burstLimit })
    expect(plan.quota).toMatchObject({ limit: quotaPerDay, period: 'DAY' })
  })

  it('stays as it is when it is deployed again, shifted traffic included', async () => {
    await new LambdaClient(weir.sdk).send(
      new UpdateAliasCommand({
        FunctionName: deployed.functionName,
        Name: 'prod',
        RoutingConfig: { AdditionalVersionWeights: { [deployed.versions.second]: 0.25 } },
      }),
    )
    const again = await deploy(weir.sdk)
    expect(again).toEqual({
      ...deployed,
      stages: [{ name: 'prod', runs: { 1: 0.75, 2: 0.25 } }, ...deployed.stages.slice(1)],
    })
  })
})
