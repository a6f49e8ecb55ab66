import { beforeEach, describe, expect, it } from 'vitest'
import { sha256Hex } from '../../../../src/lib/hash.ts'
import { KEYS_AT_ONCE } from '../../../../src/metering/control/publish-usage-plan.ts'
import { type KeyRecord, keyMeterName } from '../../../../src/metering/key-record.ts'
import { readKeyRecord } from '../../../../src/metering/publish-key-record.ts'
import { type ControlPlane, controlPlane, REGION, refusal } from './control-plane.ts'

let plane: ControlPlane
beforeEach(async () => {
  plane = await controlPlane()
})

/** What the data plane knows of the key with this value. */
async function record(value: string): Promise<KeyRecord | undefined> {
  return readKeyRecord(plane.env.STORE, keyMeterName(plane.account, REGION, await sha256Hex(value)))
}

async function deployedApi(...stages: string[]): Promise<string> {
  const { id: restApiId, rootResourceId: resourceId } = await plane.api.createRestApi({ name: 'api' })
  const method = { restApiId, resourceId, httpMethod: 'GET' }
  await plane.api.putMethod({ ...method, authorizationType: 'NONE' })
  await plane.api.putIntegration({ ...method, type: 'MOCK' })
  for (const stageName of stages) await plane.api.createDeployment({ restApiId, stageName })
  return restApiId!
}

const createKey = async (input: object = {}) => {
  const { id, value } = await plane.api.createApiKey({ enabled: true, ...input })
  return { id: id!, value: value! }
}
const join = (usagePlanId: string | undefined, keyId: string) =>
  plane.api.createUsagePlanKey({ usagePlanId, keyId, keyType: 'API_KEY' })
type Operation = [op: string, path: string, value?: string]
const update = (usagePlanId: string | undefined, ...operations: Operation[]) =>
  plane.api.updateUsagePlan({
    usagePlanId,
    patchOperations: operations.map(([op, path, value]) => ({ op: op as 'add', path, value })),
  })

describe('a usage plan', () => {
  it('is created, got, listed and deleted', async () => {
    const apiId = await deployedApi('dev')
    const { $metadata, ...plan } = await plane.api.createUsagePlan({
      name: 'basic',
      description: 'd',
      apiStages: [{ apiId, stage: 'dev' }],
      throttle: { rateLimit: 10, burstLimit: 20 },
      quota: { limit: 10, period: 'DAY' },
    })
    expect($metadata.httpStatusCode).toBe(201)
    expect(plan).toEqual({
      id: expect.stringMatching(/^[a-z0-9]{6}$/),
      name: 'basic',
      description: 'd',
      apiStages: [{ apiId, stage: 'dev' }],
      throttle: { rateLimit: 10, burstLimit: 20 },
      quota: { limit: 10, offset: 0, period: 'DAY' },
    })
    expect(await plane.api.getUsagePlan({ usagePlanId: plan.id })).toMatchObject({ ...plan, tags: {} })
    expect((await plane.api.getUsagePlans({})).items).toEqual([plan])
    expect(await refusal(plane.api.deleteUsagePlan({ usagePlanId: plan.id }))).toBe(
      `400 BadRequestException: Cannot delete Usage Plan ${plan.id} because there are API Stages associated with it, including ${apiId}:dev`,
    )
    await update(plan.id, ['remove', '/apiStages', `${apiId}:dev`])
    expect((await plane.api.deleteUsagePlan({ usagePlanId: plan.id })).$metadata.httpStatusCode).toBe(202)
    expect(await refusal(plane.api.getUsagePlan({ usagePlanId: plan.id }))).toBe(
      '404 NotFoundException: Invalid Usage Plan ID specified',
    )
  })

  it('is patched', async () => {
    const apiId = await deployedApi('dev', 'prod')
    const { id } = await plane.api.createUsagePlan({ name: 'p' })
    const after = await update(
      id,
      ['replace', '/name', 'q'],
      ['replace', '/throttle/burstLimit', '100'],
      ['replace', '/throttle/rateLimit', '200.5'],
      ['replace', '/quota/period', 'MONTH'],
      ['replace', '/quota/limit', '5000'],
      ['add', '/apiStages', `${apiId}:dev`],
      ['add', '/apiStages', `${apiId}:prod`],
      ['replace', `/apiStages/${apiId}:dev/throttle//pets/GET/rateLimit`, '5'],
      ['replace', `/apiStages/${apiId}:dev/throttle/~1pets/GET/burstLimit`, '6'],
      ['replace', `/apiStages/${apiId}:dev/throttle/*/*/rateLimit`, '7'],
    )
    expect(after).toMatchObject({
      name: 'q',
      throttle: { burstLimit: 100, rateLimit: 200.5 },
      quota: { limit: 5000, offset: 0, period: 'MONTH' },
      apiStages: [
        {
          apiId,
          stage: 'dev',
          throttle: { '/pets/GET': { rateLimit: 5, burstLimit: 6 }, '*/*': { rateLimit: 7 } },
        },
        { apiId, stage: 'prod' },
      ],
      tags: {},
    })
    const removed = await update(
      id,
      ['remove', '/throttle'],
      ['remove', '/quota'],
      ['remove', `/apiStages/${apiId}:dev/throttle//pets/GET`],
    )
    expect(removed.apiStages?.[0]?.throttle).toEqual({ '*/*': { rateLimit: 7 } })
    expect([removed.throttle, removed.quota]).toEqual([undefined, undefined])
    expect(
      (await update(id, ['remove', `/apiStages/${apiId}:dev/throttle`])).apiStages?.[0]?.throttle,
    ).toBeUndefined()
  })

  it("refuses patches in AWS's words", async () => {
    const apiId = await deployedApi('dev')
    const { id } = await plane.api.createUsagePlan({ name: 'p', apiStages: [{ apiId, stage: 'dev' }] })
    const refused = async (...operation: Operation) => refusal(update(id, operation))
    expect(await refused('remove', '/apiStages')).toBe('400 BadRequestException: Invalid API Stage specified')
    expect(await refused('remove', '/apiStages', 'fakevalue')).toBe(
      '400 BadRequestException: Invalid API Stage specified',
    )
    expect(await refused('remove', '/apiStages', `${apiId}:fake`)).toBe(
      `404 NotFoundException: Invalid API Stage {api: ${apiId}, stage: fake} specified for usageplan ${id}`,
    )
    expect(await refused('add', '/apiStages', 'nope:dev')).toBe(
      `404 NotFoundException: Invalid API Stage {api: nope, stage: dev} specified for usageplan ${id}`,
    )
    expect(await refused('add', '/apiStages', `${apiId}:dev`)).toBe(
      '409 ConflictException: Api Stage already exists',
    )
    expect(await refused('remove', `/apiStages/${apiId}:dev`)).toContain(
      `Invalid patch path  '/apiStages/${apiId}:dev' specified for op 'remove'. Must be one of: [/apiStages, /quota, /throttle, /productCode, `,
    )
    expect(await refused('replace', '/throttle/rateLimit', 'fast')).toContain('400 BadRequestException')
    expect(await refused('replace', '/throttle/rateLimit', '-1')).toContain('400 BadRequestException')
    expect(await refused('replace', '/quota/limit', '5')).toContain('must have a limit and a period')
  })

  it.each([
    [
      { quota: { limit: 1, period: 'DAY', offset: 1 } },
      'Usage Plan quota offset must be zero in the DAY period',
    ],
    [
      { quota: { limit: 1, period: 'WEEK', offset: 7 } },
      'Usage Plan quota offset must be between zero and six inclusive in the WEEK period',
    ],
    [
      { quota: { limit: 1, period: 'MONTH', offset: -1 } },
      'Usage Plan quota offset must be between zero and 27 inclusive in the MONTH period',
    ],
    [{ quota: { limit: -1, period: 'DAY' } }, 'Usage Plan quota limit must not be negative'],
    [{ quota: { period: 'DAY' } }, 'Usage Plan quota must have a limit and a period'],
    [{ throttle: { rateLimit: -1 } }, 'Usage Plan throttle rate limit must not be negative'],
    [{ throttle: { burstLimit: -1 } }, 'Usage Plan throttle burst limit must not be negative'],
    [
      { apiStages: [{ stage: 'dev' }] },
      'Invalid API Stage {api: null, stage: dev} specified for usageplan p',
    ],
  ])('is refused with %j', async (input, message) => {
    expect(await refusal(plane.api.createUsagePlan({ name: 'p', ...(input as object) }))).toBe(
      `400 BadRequestException: ${message}`,
    )
  })
})

describe('the keys of a plan', () => {
  it('are put on it, listed by name and taken off', async () => {
    const { id } = await plane.api.createUsagePlan({ name: 'p' })
    const [a, b] = [await createKey({ name: 'test-a' }), await createKey({ name: 'test-b' })]
    const { $metadata, ...joined } = await join(id, a.id)
    expect($metadata.httpStatusCode).toBe(201)
    expect(joined).toEqual({ id: a.id, type: 'API_KEY', name: 'test-a', value: a.value })
    await join(id, b.id)
    expect(await refusal(join(id, a.id))).toContain('409 ConflictException')
    expect(await refusal(join(id, 'nope'))).toBe(
      '404 NotFoundException: Invalid API Key identifier specified',
    )
    expect(await refusal(join('nope', a.id))).toBe('404 NotFoundException: Invalid Usage Plan ID specified')

    const names = async (nameQuery?: string) =>
      (await plane.api.getUsagePlanKeys({ usagePlanId: id, nameQuery })).items?.map(key => key.name).sort()
    expect(await names()).toEqual(['test-a', 'test-b'])
    expect(await names('test-')).toEqual(['test-a', 'test-b'])
    expect(await names('test-b')).toEqual(['test-b'])
    expect(await names('TEST')).toEqual([])
    const first = await plane.api.getUsagePlanKeys({ usagePlanId: id, limit: 1 })
    const second = await plane.api.getUsagePlanKeys({ usagePlanId: id, limit: 1, position: first.position })
    expect([first.items?.[0]?.id, second.items?.[0]?.id].sort()).toEqual([a.id, b.id].sort())
    expect(second.position).toBeUndefined()
    expect((await plane.api.getUsagePlanKeys({ usagePlanId: 'nope' })).items).toEqual([])
    expect((await plane.api.getUsagePlans({ keyId: a.id })).items?.map(plan => plan.id)).toEqual([id])
    expect(await plane.api.getUsagePlanKey({ usagePlanId: id, keyId: a.id })).toMatchObject(joined)

    const gone = await plane.api.deleteUsagePlanKey({ usagePlanId: id, keyId: a.id })
    expect(gone.$metadata.httpStatusCode).toBe(202)
    await plane.api.deleteApiKey({ apiKey: b.id })
    expect(await names()).toEqual([])
    expect((await plane.api.getUsagePlans({ keyId: a.id })).items).toEqual([])
  })

  it('reach the data plane with their plans, at every change', async () => {
    const apiId = await deployedApi('dev')
    const { id } = await plane.api.createUsagePlan({
      name: 'p',
      apiStages: [{ apiId, stage: 'dev' }],
      throttle: { rateLimit: 5 },
      quota: { limit: 50, period: 'DAY' },
    })
    const key = await createKey({ customerId: 'c' })
    expect(await record(key.value)).toMatchObject({
      keyId: key.id,
      enabled: true,
      customerId: 'c',
      plans: [],
    })
    await join(id, key.id)
    expect((await record(key.value))?.plans).toEqual([
      {
        planId: id,
        since: plane.now,
        // A burst that is not set is the account's.
        throttle: { rateLimit: 5, burstLimit: 5000 },
        quota: { limit: 50, offset: 0, period: 'DAY' },
        stages: [{ apiId, stage: 'dev' }],
      },
    ])
    await update(id, ['replace', '/throttle/burstLimit', '10'], ['remove', '/quota'])
    expect((await record(key.value))?.plans[0]).toMatchObject({ throttle: { rateLimit: 5, burstLimit: 10 } })
    expect((await record(key.value))?.plans[0]?.quota).toBeUndefined()
    await plane.api.deleteStage({ restApiId: apiId, stageName: 'dev' })
    expect((await record(key.value))?.plans[0]?.stages).toEqual([])
    await plane.api.deleteUsagePlanKey({ usagePlanId: id, keyId: key.id })
    expect((await record(key.value))?.plans).toEqual([])
  })

  it('are never on two plans of one stage', async () => {
    const apiId = await deployedApi('dev')
    const stage = { apiId, stage: 'dev' }
    const first = await plane.api.createUsagePlan({ name: 'a', apiStages: [stage] })
    const second = await plane.api.createUsagePlan({ name: 'b', apiStages: [stage] })
    const third = await plane.api.createUsagePlan({ name: 'c' })
    const key = await createKey()
    await join(first.id, key.id)
    const message = `409 ConflictException: API Key ${key.id} is already associated with API Stage ${apiId}:dev by Usage Plan ${first.id}`
    expect(await refusal(join(second.id, key.id))).toBe(message)
    await join(third.id, key.id)
    expect(await refusal(update(third.id, ['add', '/apiStages', `${apiId}:dev`]))).toBe(message)
    await plane.api.deleteUsagePlanKey({ usagePlanId: first.id, keyId: key.id })
    await update(third.id, ['add', '/apiStages', `${apiId}:dev`])
  })

  it('belong to ten plans at most; plans that are gone do not count', async () => {
    const key = await createKey()
    const plans: string[] = []
    for (let i = 0; i < 11; i++) plans.push((await plane.api.createUsagePlan({ name: `p${i}` })).id!)
    for (const plan of plans.slice(0, 10)) await join(plan, key.id)
    expect(await refusal(join(plans[10], key.id))).toBe(
      '429 LimitExceededException: Maximum number of Usage Plans for this API Key has been reached: 10',
    )
    await plane.api.deleteUsagePlan({ usagePlanId: plans[0] })
    await join(plans[10], key.id)
    expect((await record(key.value))?.plans.map(plan => plan.planId).sort()).toEqual(plans.slice(1).sort())
  })

  it('are all told of a change, the first of them before it is acknowledged', async () => {
    const { id } = await plane.api.createUsagePlan({ name: 'p', throttle: { rateLimit: 1, burstLimit: 1 } })
    const total = KEYS_AT_ONCE + 20
    const { DB } = plane.env
    const insert = `INSERT INTO resources (account, region, kind, parent, id, revision, alias, doc)
      VALUES (?, '${REGION}', ?, ?, ?, 1, ?, ?)`
    await DB.batch(
      Array.from({ length: total }, (_, i) => {
        const doc = {
          value: `v${i}`,
          enabled: true,
          stageKeys: [],
          createdDate: 0,
          lastUpdatedDate: 0,
          plans: [id],
        }
        return [
          DB.prepare(insert).bind(
            plane.account,
            'apigateway.api-key',
            '',
            `k${i}`,
            `hash${i}`,
            JSON.stringify(doc),
          ),
          DB.prepare(insert).bind(
            plane.account,
            'apigateway.usage-plan-key',
            id,
            `k${i}`,
            null,
            '{"since":0}',
          ),
        ]
      }).flat(),
    )
    await update(id, ['replace', '/throttle/rateLimit', '9'])
    const known = async () => {
      const records = await Promise.all(
        Array.from({ length: total }, (_, i) =>
          readKeyRecord(plane.env.STORE, keyMeterName(plane.account, REGION, `hash${i}`)),
        ),
      )
      return records.filter(found => found?.plans[0]?.throttle?.rateLimit === 9).length
    }
    expect(await known()).toBe(KEYS_AT_ONCE)
    await plane.platform.publications.publishWaiting(100)
    expect(await known()).toBe(total)
  })
})
