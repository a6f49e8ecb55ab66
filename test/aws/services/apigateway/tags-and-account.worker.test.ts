import { beforeEach, describe, expect, it } from 'vitest'
import { type ControlPlane, controlPlane, REGION, refusal } from './control-plane.ts'

let plane: ControlPlane
beforeEach(async () => {
  plane = await controlPlane()
})

const arn = (path: string, region = REGION) => `arn:aws:apigateway:${region}::${path}`

describe('tags', () => {
  it('are put on APIs, stages, keys and plans, and taken off', async () => {
    const { id: restApiId, rootResourceId: resourceId } = await plane.api.createRestApi({ name: 'a' })
    const method = { restApiId, resourceId, httpMethod: 'GET' }
    await plane.api.putMethod({ ...method, authorizationType: 'NONE' })
    await plane.api.putIntegration({ ...method, type: 'MOCK' })
    await plane.api.createDeployment({ restApiId, stageName: 'dev' })
    const key = await plane.api.createApiKey({ tags: { a: '0' } })
    const plan = await plane.api.createUsagePlan({ name: 'p' })
    for (const path of [
      `/restapis/${restApiId}`,
      `/restapis/${restApiId}/stages/dev`,
      `/apikeys/${key.id}`,
      `/usageplans/${plan.id}`,
    ]) {
      const resourceArn = arn(path)
      const { $metadata } = await plane.api.tagResource({ resourceArn, tags: { a: '1', b: '2' } })
      expect($metadata.httpStatusCode).toBe(204)
      expect((await plane.api.getTags({ resourceArn })).tags).toEqual({ a: '1', b: '2' })
      await plane.api.untagResource({ resourceArn, tagKeys: ['a', 'unknown'] })
      expect((await plane.api.getTags({ resourceArn })).tags).toEqual({ b: '2' })
    }
    expect((await plane.api.getRestApi({ restApiId })).tags).toEqual({ b: '2' })
  })

  it('are refused when there are too many, or they are too long or reserved', async () => {
    const { id } = await plane.api.createRestApi({ name: 'a' })
    const tag = (tags: Record<string, string>) =>
      refusal(plane.api.tagResource({ resourceArn: arn(`/restapis/${id}`), tags }))
    const many = Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`t${i}`, '']))
    for (const bad of [many, { 'aws:a': '' }, { ['x'.repeat(129)]: '' }, { a: 'x'.repeat(257) }]) {
      expect(await tag(bad)).toContain('400 BadRequestException')
    }
  })

  it('need an ARN of something that is there', async () => {
    const { id } = await plane.api.createRestApi({ name: 'a' })
    const get = (resourceArn: string) => refusal(plane.api.getTags({ resourceArn }))
    expect(await get('invalid-arn')).toBe(
      '400 BadRequestException: Invalid ARN. ARN is not well formed invalid-arn',
    )
    expect(await get(arn('/restapis/nope'))).toContain('404 NotFoundException: Invalid API identifier')
    expect(await get(arn(`/restapis/${id}`, 'us-east-1'))).toContain('404 NotFoundException')
    expect(await get(arn('/apikeys/nope'))).toContain('404 NotFoundException: Invalid API Key identifier')
  })
})

describe('the account', () => {
  it("has API Gateway's default limits, and keeps a role", async () => {
    expect(await plane.api.getAccount({})).toMatchObject({
      throttleSettings: { burstLimit: 5000, rateLimit: 10000 },
      features: ['UsagePlans'],
      apiKeyVersion: '4',
    })
    const update = (path: string, value?: string, op = 'replace') =>
      plane.api.updateAccount({ patchOperations: [{ op: op as 'replace', path, value }] })
    const role = 'arn:aws:iam::000000000001:role/logs'
    await Promise.all([update('/cloudwatchRoleArn', role), update('/features', 'UsagePlans', 'add')])
    expect((await plane.api.getAccount({})).cloudwatchRoleArn).toBe(role)
    expect((await update('/cloudwatchRoleArn', '')).cloudwatchRoleArn).toBeUndefined()
    expect(await refusal(update('/features', 'UsagePlans', 'remove'))).toBe(
      '400 BadRequestException: Usage Plans cannot be disabled once enabled',
    )
    expect(await refusal(update('/nope', 'x'))).toBe('400 BadRequestException: Invalid patch path /nope')
  })
})

describe('operations that are not built', () => {
  it('are refused by name', async () => {
    expect(await refusal(plane.api.getClientCertificates({}))).toBe(
      '501 NotImplementedException: Weir does not implement GetClientCertificates yet',
    )
  })
})
