import { beforeEach, describe, expect, it } from 'vitest'
import { publishApi } from '../../../../src/gateway/control/publish-api.ts'
import { LARGEST_SNAPSHOT, type Snapshot } from '../../../../src/gateway/snapshot.ts'
import { type ControlPlane, controlPlane, REGION, refusal } from './control-plane.ts'

let plane: ControlPlane
let restApiId: string
let root: string
beforeEach(async () => {
  plane = await controlPlane()
  const api = await plane.api.createRestApi({ name: 'api', binaryMediaTypes: ['image/png'] })
  restApiId = api.id!
  root = api.rootResourceId!
})

async function addMethod(resourceId = root, httpMethod = 'GET', template = '{}') {
  const at = { restApiId, resourceId, httpMethod }
  await plane.api.putMethod({ ...at, authorizationType: 'NONE', apiKeyRequired: true })
  await plane.api.putIntegration({ ...at, type: 'MOCK', requestTemplates: { 'application/json': template } })
  await plane.api.putIntegrationResponse({ ...at, statusCode: '200' })
}

const deploy = (input: object = {}) => plane.api.createDeployment({ restApiId, ...input })
const createStage = (stageName: string, deploymentId: string, input: object = {}) =>
  plane.api.createStage({ restApiId, stageName, deploymentId, ...input })
type Operation = [op: string, path: string, value?: string, from?: string]
const update = (stageName: string, ...operations: Operation[]) =>
  plane.api.updateStage({
    restApiId,
    stageName,
    patchOperations: operations.map(([op, path, value, from]) => ({ op: op as 'add', path, value, from })),
  })

async function snapshotOf(stage: string): Promise<Snapshot> {
  const object = await plane.env.STORE.get(plane.pointer(restApiId)!.stages[stage]!.snapshot)
  return object!.json<Snapshot>()
}

describe('a deployment', () => {
  it('needs methods, and an integration for each', async () => {
    expect(await refusal(deploy())).toBe("400 BadRequestException: The REST API doesn't contain any methods")
    await plane.api.putMethod({ restApiId, resourceId: root, httpMethod: 'GET', authorizationType: 'NONE' })
    expect(await refusal(deploy())).toBe('400 BadRequestException: No integration defined for method')
    expect(await refusal(plane.api.createDeployment({ restApiId: 'nope' }))).toContain(
      '404 NotFoundException',
    )
  })

  it('freezes the API as it is, and makes the stage it names', async () => {
    await addMethod()
    const pets = await plane.api.createResource({ restApiId, parentId: root, pathPart: '{id}' })
    await addMethod(pets.id, 'ANY')
    const { $metadata, ...deployment } = await deploy({
      stageName: 'prod',
      stageDescription: 'live',
      description: 'first',
      variables: { lambdaAlias: 'prod' },
    })
    expect($metadata.httpStatusCode).toBe(201)
    expect(deployment).toEqual({
      id: expect.any(String),
      description: 'first',
      createdDate: expect.any(Date),
    })
    expect(plane.pointer(restApiId)).toEqual({
      schema: 1,
      account: plane.account,
      region: REGION,
      apiId: restApiId,
      name: 'api',
      stages: {
        prod: {
          deploymentId: deployment.id,
          snapshot: expect.stringMatching(/^snapshots\/[0-9a-f]{64}\.json$/),
          variables: { lambdaAlias: 'prod' },
        },
      },
    })
    const snapshot = await snapshotOf('prod')
    expect(snapshot).toMatchObject({ schema: 1, apiId: restApiId, binaryMediaTypes: ['image/png'] })
    expect(snapshot.resources).toEqual([
      {
        id: root,
        path: '/',
        methods: {
          GET: {
            authorizationType: 'NONE',
            apiKeyRequired: true,
            responses: {},
            integration: {
              type: 'MOCK',
              requestTemplates: { 'application/json': '{}' },
              passthroughBehavior: 'WHEN_NO_MATCH',
              cacheNamespace: root,
              timeoutMs: 29000,
              responses: [{ statusCode: '200' }],
            },
          },
        },
      },
      { id: pets.id, path: '/{id}', methods: { ANY: expect.anything() } },
    ])

    await plane.api.deleteResource({ restApiId, resourceId: pets.id })
    expect((await snapshotOf('prod')).resources).toHaveLength(2)
    const summary = await plane.api.getDeployment({
      restApiId,
      deploymentId: deployment.id,
      embed: ['apisummary'],
    })
    expect(summary.apiSummary).toEqual({
      '/': { GET: { authorizationType: 'NONE', apiKeyRequired: true } },
      '/{id}': { ANY: { authorizationType: 'NONE', apiKeyRequired: true } },
    })
    expect(
      (await plane.api.getDeployment({ restApiId, deploymentId: deployment.id })).apiSummary,
    ).toBeUndefined()
  })

  it('moves a stage that is there already and keeps its variables', async () => {
    await addMethod()
    await deploy({ stageName: 'prod', variables: { a: '1', b: '2' } })
    const second = await deploy({ stageName: 'prod', variables: { b: '3' } })
    expect(plane.pointer(restApiId)?.stages.prod).toMatchObject({
      deploymentId: second.id,
      variables: { a: '1', b: '3' },
    })
    const { items } = await plane.api.getDeployments({ restApiId })
    expect(items).toHaveLength(2)
  })

  it('cannot be deleted while a stage points at it', async () => {
    await addMethod()
    const first = await deploy({ stageName: 'prod' })
    const second = await deploy()
    const remove = (deploymentId?: string) => plane.api.deleteDeployment({ restApiId, deploymentId })
    expect(await refusal(remove(first.id))).toBe(
      '400 BadRequestException: Active stages pointing to this deployment must be moved or deleted',
    )
    await update('prod', ['replace', '/deploymentId', second.id])
    expect((await remove(first.id)).$metadata.httpStatusCode).toBe(202)
    expect(await refusal(remove(second.id))).toContain('Active stages')
    expect(await refusal(plane.api.getDeployment({ restApiId, deploymentId: first.id }))).toBe(
      '404 NotFoundException: Invalid Deployment identifier specified',
    )
  })

  it('is not deleted under a stage that comes to it at the same moment', async () => {
    await addMethod()
    const { id = '' } = await deploy()
    const remove = () => plane.api.deleteDeployment({ restApiId, deploymentId: id })
    plane.beforeNextCommit(() => createStage('dev', id))
    expect(await refusal(remove())).toContain(
      'Active stages pointing to this deployment must be moved or deleted',
    )
    await plane.api.deleteStage({ restApiId, stageName: 'dev' })
    plane.beforeNextCommit(remove)
    expect(await refusal(createStage('dev', id))).toBe(
      '400 BadRequestException: Deployment id does not exist',
    )
  })

  it('holds the API as it was at one moment, whatever changes while it is made', async () => {
    await addMethod()
    const { id } = await plane.api.createResource({ restApiId, parentId: root, pathPart: 'old' })
    await addMethod(id)
    const patchOperations = [{ op: 'replace' as const, path: '/pathPart', value: 'new' }]
    plane.beforeNextCommit(() => plane.api.updateResource({ restApiId, resourceId: id, patchOperations }))
    await deploy({ stageName: 'dev' })
    expect((await snapshotOf('dev')).resources.map(resource => resource.path)).toEqual(['/', '/new'])
  })

  it('is no larger than what the data plane serves, and one that was refused changes nothing', async () => {
    await addMethod()
    const { id } = await deploy({ stageName: 'prod' })
    for (const pathPart of ['a', 'b', 'c']) {
      const { id: resourceId } = await plane.api.createResource({ restApiId, parentId: root, pathPart })
      await addMethod(resourceId, 'GET', '#'.repeat(LARGEST_SNAPSHOT / 3))
    }
    expect(await refusal(deploy({ stageName: 'prod' }))).toMatch(
      /^400 BadRequestException: A deployment of this API would take 209\d{4} characters with its templates; at most 2097152 can be served$/,
    )
    expect((await plane.api.getStage({ restApiId, stageName: 'prod' })).deploymentId).toBe(id)
    expect((await plane.api.getDeployments({ restApiId })).items).toHaveLength(1)

    await plane.api.deleteResource({
      restApiId,
      resourceId: (await plane.api.getResources({ restApiId })).items!.find(({ path }) => path === '/c')!.id,
    })
    await deploy({ stageName: 'prod' })
    expect((await snapshotOf('prod')).resources.map(({ path }) => path)).toEqual(['/', '/a', '/b'])
  })

  it('describes itself anew', async () => {
    await addMethod()
    const { id } = await deploy()
    const patchOperations = [{ op: 'replace' as const, path: '/description', value: 'new' }]
    const after = await plane.api.updateDeployment({ restApiId, deploymentId: id, patchOperations })
    expect(after).toMatchObject({ id, description: 'new' })
  })

  it('says what its stage has of a cache and of tracing', async () => {
    await addMethod()
    await deploy({ stageName: 'prod', cacheClusterEnabled: true, tracingEnabled: true })
    expect(await plane.api.getStage({ restApiId, stageName: 'prod' })).toMatchObject({
      cacheClusterEnabled: true,
      cacheClusterSize: '0.5',
      cacheClusterStatus: 'AVAILABLE',
      tracingEnabled: true,
    })
    await deploy({ stageName: 'prod', cacheClusterSize: '6.1' })
    expect(await plane.api.getStage({ restApiId, stageName: 'prod' })).toMatchObject({
      cacheClusterEnabled: true,
      cacheClusterSize: '6.1',
      tracingEnabled: true,
    })
    expect(plane.pointer(restApiId)?.stages.prod).toMatchObject({ cache: {}, tracingEnabled: true })
  })
})

describe('a stage', () => {
  let deploymentId: string
  beforeEach(async () => {
    await addMethod()
    deploymentId = (await deploy()).id!
  })

  it("is created with AWS's defaults and listed by deployment", async () => {
    const { $metadata, ...stage } = await createStage('dev', deploymentId, {
      description: 'a',
      tags: { t: '1' },
    })
    expect($metadata.httpStatusCode).toBe(201)
    expect(stage).toEqual({
      stageName: 'dev',
      deploymentId,
      description: 'a',
      cacheClusterEnabled: false,
      cacheClusterStatus: 'NOT_AVAILABLE',
      methodSettings: {},
      tracingEnabled: false,
      tags: { t: '1' },
      createdDate: expect.any(Date),
      lastUpdatedDate: expect.any(Date),
    })
    const other = await deploy({ stageName: 'prod' })
    expect((await plane.api.getStages({ restApiId })).item?.map(item => item.stageName)).toEqual([
      'dev',
      'prod',
    ])
    const filtered = await plane.api.getStages({ restApiId, deploymentId: other.id })
    expect(filtered.item?.map(item => item.stageName)).toEqual(['prod'])
    expect(await plane.api.getStage({ restApiId, stageName: 'dev' })).toMatchObject(stage)
  })

  it.each([
    ['a b', {}, 'Stage name only allows a-zA-Z0-9_-'],
    ['$default', {}, 'Stage name only allows a-zA-Z0-9_-'],
    ['s'.repeat(129), {}, 'Stage name can be at most 128 characters long'],
    [
      's',
      { variables: { 'a:b': 'x' } },
      'Invalid stage variable name: a:b.  Please use names with only word characters.',
    ],
    [
      's',
      { variables: { a: '' } },
      "Invalid stage variable value: .  Please use values with alphanumeric characters and the symbols ' ', -', '.', '_', ':', '/', '?', '&', '=', and ','.",
    ],
    [
      's',
      { variables: { a: '$LATEST' } },
      "Invalid stage variable value: $LATEST.  Please use values with alphanumeric characters and the symbols ' ', -', '.', '_', ':', '/', '?', '&', '=', and ','.",
    ],
    [
      's',
      { variables: { a: 'x'.repeat(513) } },
      'Stage variable values can be at most 512 characters long: a',
    ],
    [
      's',
      { canarySettings: { percentTraffic: 100.5 } },
      'Invalid percentTraffic specified. Must be between 0.0 and 100.0',
    ],
    [
      's',
      { canarySettings: { stageVariableOverrides: { a: '$' } } },
      "Invalid stage variable value: $.  Please use values with alphanumeric characters and the symbols ' ', -', '.', '_', ':', '/', '?', '&', '=', and ','.",
    ],
    ['s', { canarySettings: { deploymentId: 'nope' } }, 'Deployment id does not exist'],
    ['s', { deploymentId: 'nope' }, 'Deployment id does not exist'],
  ])('%s %j is refused', async (name, input, message) => {
    expect(await refusal(createStage(name, deploymentId, input))).toBe(`400 BadRequestException: ${message}`)
  })

  it('exists once, and ten of an API', async () => {
    for (let i = 0; i < 10; i++) await createStage(`s${i}`, deploymentId)
    expect(await refusal(createStage('s0', deploymentId))).toBe('409 ConflictException: Stage already exists')
    expect(await refusal(createStage('s10', deploymentId))).toBe(
      '429 LimitExceededException: Maximum number of stages for this API has been reached: 10',
    )
  })

  it('is patched, and its API told at once', async () => {
    await createStage('dev', deploymentId)
    const after = await update(
      'dev',
      ['replace', '/description', 'new'],
      ['replace', '/variables/lambdaAlias', 'beta'],
      ['add', '/variables/b', '2'],
      ['replace', '/*/*/throttling/burstLimit', '123'],
      ['replace', '/*/*/caching/enabled', 'true'],
      ['replace', '/tracingEnabled', 'true'],
      ['replace', '/~1test/GET/throttling/burstLimit', '124'],
    )
    const all = {
      cacheDataEncrypted: false,
      cacheTtlInSeconds: 300,
      cachingEnabled: true,
      dataTraceEnabled: false,
      metricsEnabled: false,
      requireAuthorizationForCacheControl: true,
      throttlingBurstLimit: 123,
      throttlingRateLimit: 10000,
      unauthorizedCacheControlHeaderStrategy: 'SUCCEED_WITH_RESPONSE_HEADER',
    }
    expect(after).toMatchObject({
      description: 'new',
      tracingEnabled: true,
      variables: { lambdaAlias: 'beta', b: '2' },
      methodSettings: { '*/*': all, '~1test/GET': { ...all, throttlingBurstLimit: 124 } },
    })
    expect(plane.pointer(restApiId)?.stages.dev?.variables).toEqual({ lambdaAlias: 'beta', b: '2' })
    const removed = await update(
      'dev',
      ['remove', '/*/*'],
      ['remove', '/~1test/GET'],
      ['remove', '/variables/b'],
    )
    expect(removed).toMatchObject({ methodSettings: {}, variables: { lambdaAlias: 'beta' } })
  })

  it('has settings of methods whose paths are written with slashes, too, as Terraform does', async () => {
    await createStage('dev', deploymentId)
    const { methodSettings } = await update(
      'dev',
      ['replace', '/pets/{id}/GET/throttling/burstLimit', '5'],
      ['replace', '/pets/{id}/GET/caching/ttlInSeconds', '0'],
      ['replace', '//GET/logging/loglevel', 'INFO'],
    )
    expect(methodSettings).toMatchObject({
      'pets/{id}/GET': { throttlingBurstLimit: 5, cacheTtlInSeconds: 0 },
      '/GET': { loggingLevel: 'INFO' },
    })
    expect((await update('dev', ['remove', '/pets/{id}/GET'], ['remove', '//GET'])).methodSettings).toEqual(
      {},
    )
  })

  it.each(['-5', '3601', '1.5', 'long', ''])('keeps nothing for %j seconds', async seconds => {
    await createStage('dev', deploymentId)
    expect(await refusal(update('dev', ['replace', '/*/*/caching/ttlInSeconds', seconds]))).toBe(
      '400 BadRequestException: Invalid time-to-live setting, must be an integer no greater than 3600',
    )
  })

  const LOG_GROUP = 'arn:aws:logs:eu-central-1:123456789012:log-group:/apis/dev'

  it.each([LOG_GROUP, 'arn:aws:firehose:eu-central-1:123456789012:deliverystream/amazon-apigateway-x'])(
    'writes its access log to %s',
    async destinationArn => {
      await createStage('dev', deploymentId)
      const format = '$context.identity.sourceIp $context.requestId'
      const path = '/accessLogSettings/destinationArn'
      expect((await update('dev', ['add', '/accessLogSettings/format', format])).accessLogSettings).toEqual({
        format,
      })
      expect(plane.pointer(restApiId)?.stages.dev).not.toHaveProperty('accessLog')
      expect((await update('dev', ['add', path, destinationArn])).accessLogSettings).toEqual({
        destinationArn,
        format,
      })
      expect(plane.pointer(restApiId)?.stages.dev?.accessLog).toEqual({ destinationArn, format })
      expect((await update('dev', ['remove', '/accessLogSettings'])).accessLogSettings).toBeUndefined()
      expect(plane.pointer(restApiId)?.stages.dev).not.toHaveProperty('accessLog')
    },
  )

  it('tells the data plane only of settings that it acts on', async () => {
    await createStage('dev', deploymentId, { cacheClusterEnabled: true })
    const settings = () => plane.pointer(restApiId)?.stages.dev?.settings
    await update('dev', ['replace', '/*/*/caching/dataEncrypted', 'true'])
    expect(settings()).toBeUndefined()
    await update('dev', ['replace', '/*/*/metrics/enabled', 'true'])
    expect(settings()).toEqual({ '*/*': { metricsEnabled: true } })
    await update('dev', ['replace', '/*/*/metrics/enabled', 'false'])
    await update('dev', ['replace', '/*/*/throttling/rateLimit', '0.5'])
    expect(settings()).toEqual({ '*/*': { throttle: { rate: 0.5, burst: 5000 } } })
    await update(
      'dev',
      ['replace', '/~1pets~1{id}/GET/throttling/rateLimit', '-1'],
      ['replace', '/~1pets~1{id}/GET/logging/loglevel', 'INFO'],
      ['replace', '/~1pets~1{id}/GET/logging/dataTrace', 'true'],
      ['replace', '/~1pets~1{id}/GET/caching/enabled', 'true'],
      ['replace', '/~1/GET/throttling/rateLimit', '20000'],
    )
    expect(settings()).toEqual({
      '*/*': { throttle: { rate: 0.5, burst: 5000 } },
      '~1pets~1{id}/GET': {
        loggingLevel: 'INFO',
        dataTraceEnabled: true,
        cache: {
          ttlSeconds: 300,
          requireAuthorization: true,
          unauthorizedStrategy: 'SUCCEED_WITH_RESPONSE_HEADER',
        },
      },
      '~1/GET': {},
    })
  })

  it('has a cache whose size is kept when it is switched off, and what else is only stored', async () => {
    for (const documentationVersion of ['1.0', '2']) {
      await plane.api.createDocumentationVersion({ restApiId, documentationVersion })
    }
    await createStage('dev', deploymentId, { documentationVersion: '1.0' })
    expect(
      await update(
        'dev',
        ['replace', '/cacheClusterEnabled', 'true'],
        ['replace', '/cacheClusterSize', '1.6'],
        ['replace', '/clientCertificateId', 'abc123'],
      ),
    ).toMatchObject({
      cacheClusterEnabled: true,
      cacheClusterSize: '1.6',
      cacheClusterStatus: 'AVAILABLE',
      clientCertificateId: 'abc123',
      documentationVersion: '1.0',
    })
    expect(plane.pointer(restApiId)?.stages.dev?.cache).toEqual({ flushedAt: expect.any(Number) })
    expect(
      await update(
        'dev',
        ['replace', '/cacheClusterEnabled', 'false'],
        ['replace', '/documentationVersion', '2'],
      ),
    ).toMatchObject({
      cacheClusterEnabled: false,
      cacheClusterSize: '1.6',
      cacheClusterStatus: 'NOT_AVAILABLE',
      documentationVersion: '2',
    })
    expect(plane.pointer(restApiId)?.stages.dev).not.toHaveProperty('cache')
  })

  const noSetting = (path: string) =>
    `Cannot remove method setting ${path} because there is no method setting for this method `
  const noLogSetting =
    'Invalid accessLogSettings path. Must be one of : [/accessLogSettings/destinationArn, /accessLogSettings/format]'
  it.each<[Operation, string]>([
    [['remove', '/*/*'], noSetting('*/*')],
    [['remove', '/canarySettings/badPath'], noSetting('canarySettings/badPath')],
    [['remove', '/accessLogSettings/destinationArn'], noSetting('accessLogSettings/destinationArn')],
    [['add', '/accessLogSettings/randomValue', 'x'], noLogSetting],
    [['replace', '/accessLogSettings', 'x'], noLogSetting],
    [['replace', '/accessLogSettings/format', ''], 'Access Log value must not be empty'],
    [['replace', '/deploymentId', 'nope'], 'Deployment id does not exist'],
    [
      ['replace', '/canarySettings/percentTraffic', '101'],
      'Invalid percentTraffic specified. Must be between 0.0 and 100.0',
    ],
    [
      ['remove', '/canarySettings/stageVariableOverrides'],
      noSetting('canarySettings/stageVariableOverrides'),
    ],
    [
      ['remove', '/canarySettings/stageVariableOverrides/a'],
      noSetting('canarySettings/stageVariableOverrides/a'),
    ],
    [
      ['add', '/canarySettings/deploymentId', 'x'],
      'Invalid add operation with path: /canarySettings/deploymentId',
    ],
    [['replace', '/canarySettings/deploymentId', 'deploy'], 'Deployment id does not exist'],
    [
      ['replace', '/cacheClusterSize', '7'],
      'Invalid cacheClusterSize specified. Valid options are 0.5,1.6,6.1,13.5,28.4,58.2,118,237',
    ],
    [
      ['replace', '/accessLogSettings/format', '$context.status'],
      'Access Log format must include either $context.requestId or $context.extendedRequestId',
    ],
    [
      ['replace', '/accessLogSettings/format', '$context.requestId\n'],
      'Access Log format must be single line',
    ],
    [
      ['replace', '/accessLogSettings/destinationArn', 'arn:aws:firehose:x:123456789012:deliverystream/mine'],
      "Invalid ARN specified in the request. ARN 'arn:aws:firehose:x:123456789012:deliverystream/mine' must be of a CloudWatch Logs log group or of a Data Firehose stream whose name begins with amazon-apigateway-",
    ],
    [
      ['copy', '/deploymentId', undefined, '/canarySettings/deploymentId'],
      'Promotion not available. Canary does not exist.',
    ],
    [
      ['copy', '/canarySettings/stageVariableOverrides', undefined, '/variables'],
      'Invalid copy operation with path: /canarySettings/stageVariableOverrides and from /variables. Valid copy:path are [/deploymentId, /variables] and valid copy:from are [/canarySettings/deploymentId, /canarySettings/stageVariableOverrides]',
    ],
  ])('refuses the patch %j', async (operation, message) => {
    await createStage('dev', deploymentId)
    expect(await refusal(update('dev', operation))).toBe(`400 BadRequestException: ${message}`)
  })

  it('lists what can be patched when asked for something else', async () => {
    await createStage('dev', deploymentId)
    expect(await refusal(update('dev', ['replace', '/tags/tag1', 'x']))).toMatch(
      /^400 BadRequestException: Invalid method setting path: \/tags\/tag1\. Must be one of: \[\/deploymentId, \/description, .*\/variables\/\{variable_name\}/,
    )
  })

  it('keeps every one of ten variables that are set at the same moment', async () => {
    await createStage('dev', deploymentId)
    const names = Array.from({ length: 10 }, (_, i) => `v${i}`)
    await Promise.all(names.map(name => update('dev', ['add', `/variables/${name}`, name])))
    const expected = Object.fromEntries(names.map(name => [name, name]))
    expect((await plane.api.getStage({ restApiId, stageName: 'dev' })).variables).toEqual(expected)
    expect(plane.pointer(restApiId)?.stages.dev?.variables).toEqual(expected)
  })

  it('keeps nothing that was cached for one of its name, deleted within the same second', async () => {
    const flushedAt = async () => {
      await createStage('dev', deploymentId, { cacheClusterEnabled: true, cacheClusterSize: '0.5' })
      return plane.pointer(restApiId)!.stages.dev!.cache!.flushedAt!
    }
    const first = await flushedAt()
    await plane.api.deleteStage({ restApiId, stageName: 'dev' })
    plane.now += 20
    expect(await flushedAt()).toBeGreaterThan(first)
  })

  it('is there for the data plane at every moment, also while it moves and its old deployment goes', async () => {
    await createStage('dev', deploymentId)
    const { id: next = '' } = await deploy()
    let hasMoved = false
    const move = async () => {
      hasMoved = true
      await update('dev', ['replace', '/deploymentId', next])
      await plane.api.deleteDeployment({ restApiId, deploymentId })
    }
    // Between reading the stages and reading their deployments.
    const DB = {
      prepare: (query: string) => ({
        bind(...values: unknown[]) {
          const bound = plane.env.DB.prepare(query).bind(...values)
          const isDeployment = values.includes(deploymentId)
          return {
            all: () => bound.all(),
            async first() {
              if (isDeployment && !hasMoved) await move()
              return bound.first()
            },
          }
        },
      }),
    } as unknown as D1Database
    const publish = publishApi({ ...plane.env, DB })
    const generation = Date.now() * 1_000
    await publish({ id: plane.account, region: REGION, kind: 'x', pointer: restApiId, generation })
    expect(hasMoved).toBe(true)
    expect(plane.pointer(restApiId)?.stages.dev?.deploymentId).toBe(next)
  })

  it('is gone for the data plane, and from its usage plans, when it is deleted', async () => {
    await createStage('dev', deploymentId)
    await createStage('prod', deploymentId)
    const plan = await plane.api.createUsagePlan({
      name: 'p',
      apiStages: [
        { apiId: restApiId, stage: 'dev' },
        { apiId: restApiId, stage: 'prod' },
      ],
    })
    expect(await refusal(plane.api.deleteRestApi({ restApiId }))).toBe(
      `400 BadRequestException: Cannot delete API ${restApiId} because its stages are associated with Usage Plans, including ${plan.id}`,
    )
    const { $metadata } = await plane.api.deleteStage({ restApiId, stageName: 'dev' })
    expect($metadata.httpStatusCode).toBe(202)
    expect(Object.keys(plane.pointer(restApiId)?.stages ?? {})).toEqual(['prod'])
    expect((await plane.api.getUsagePlan({ usagePlanId: plan.id })).apiStages).toEqual([
      { apiId: restApiId, stage: 'prod' },
    ])
    expect(await refusal(plane.api.deleteStage({ restApiId, stageName: 'dev' }))).toBe(
      '404 NotFoundException: Invalid stage identifier specified',
    )
    await plane.api.deleteStage({ restApiId, stageName: 'prod' })
    await plane.api.deleteRestApi({ restApiId })
    expect(plane.pointer(restApiId)).toBeNull()
  })
})
