import { expect, test } from 'vitest'
import type { StageSpec } from '../../../src/deployments/release.ts'
import { stageTarget } from '../../../src/gateway/control/stage-target.ts'
import { controlPlane, REGION, refusal } from '../../aws/services/apigateway/control-plane.ts'

const DRIVER = { driver: 'deployments/somebody/g' }

async function twoDeployments() {
  const plane = await controlPlane()
  const { api, env, account } = plane
  const { id, rootResourceId } = await api.createRestApi({ name: 'shop' })
  const restApiId = id!
  const at = { restApiId, resourceId: rootResourceId!, httpMethod: 'GET' }
  await api.putMethod({ ...at, authorizationType: 'NONE' })
  await api.putIntegration({ ...at, type: 'MOCK', requestTemplates: { 'application/json': '{}' } })
  const variables = { color: 'blue', size: 'big' }
  const old = await api.createDeployment({ restApiId, stageName: 'prod', variables })
  const fresh = await api.createDeployment({ restApiId })
  const spec: StageSpec = {
    type: 'stage',
    restApi: restApiId,
    stage: 'prod',
    current: old.id!,
    target: fresh.id!,
    variables: { color: 'green' },
  }
  return {
    plane,
    api,
    spec,
    target: stageTarget(env, { id: account, region: REGION }, spec),
    prod: { restApiId, stageName: 'prod' },
    pointer: () => plane.pointer(restApiId)!.stages.prod!,
  }
}

test('a stage is moved by its canary, which is promoted in the end', async () => {
  const { api, spec, target, prod, pointer } = await twoDeployments()
  expect(await target.claim({ owner: 'd-1', seq: 1, ...DRIVER })).toBeUndefined()
  expect((await api.getStage(prod)).canarySettings).toEqual({
    percentTraffic: 0,
    deploymentId: spec.target,
    stageVariableOverrides: { color: 'green' },
    useStageCache: false,
  })
  await target.set({ owner: 'd-1', seq: 2 }, { share: 0.07, mirror: 0.5 })
  expect(await target.read()).toEqual({
    current: spec.current,
    other: { version: spec.target, share: 0.07 },
    owner: 'd-1',
  })
  expect(pointer()).toMatchObject({
    deploymentId: spec.current,
    canary: { percentTraffic: 7, variables: { color: 'green', size: 'big' } },
    shift: {
      deployment: 'd-1',
      ...DRIVER,
      target: `${spec.restApi}:prod`,
      from: spec.current,
      to: spec.target,
      mirror: 0.5,
    },
  })
  await target.set({ owner: 'd-1', seq: 3 }, { share: 1 })
  expect(await target.settle({ owner: 'd-1', seq: 4 })).toBeUndefined()
  const { deploymentId, variables, canarySettings } = await api.getStage(prod)
  expect({ deploymentId, variables, canarySettings }).toEqual({
    deploymentId: spec.target,
    variables: { color: 'green', size: 'big' },
  })
  expect(await target.settle({ owner: 'd-1', seq: 4 })).toBeUndefined()
  expect(pointer()).toMatchObject({ deploymentId: spec.target, variables: { color: 'green', size: 'big' } })
  expect(pointer()).not.toHaveProperty('shift')
})

test('a stage that goes back has its deployment, its variables and no canary', async () => {
  const { api, spec, target, prod, pointer } = await twoDeployments()
  await target.claim({ owner: 'd-1', seq: 1, ...DRIVER })
  await target.set({ owner: 'd-1', seq: 2 }, { share: 0.5 })
  expect(await target.restore({ owner: 'd-1', seq: 3 })).toBeUndefined()
  expect(await target.set({ owner: 'd-1', seq: 2 }, { share: 0.9 })).toMatchObject({ reason: 'late' })
  const { deploymentId, variables, canarySettings } = await api.getStage(prod)
  expect({ deploymentId, variables, canarySettings }).toEqual({
    deploymentId: spec.current,
    variables: { color: 'blue', size: 'big' },
  })
  expect(pointer()).not.toHaveProperty('canary')
})

test('while a deployment has a stage, nobody else moves or removes it, and all else of it may be changed', async () => {
  const { api, spec, target, prod } = await twoDeployments()
  await target.claim({ owner: 'd-1', seq: 1, ...DRIVER })
  const patched = (path: string, value: string) =>
    api.updateStage({ ...prod, patchOperations: [{ op: 'replace', path, value }] })
  const by = expect.stringContaining('409 ConflictException: Deployment d-1 is shifting the traffic')
  expect(await refusal(patched('/canarySettings/percentTraffic', '50'))).toEqual(by)
  expect(await refusal(patched('/deploymentId', spec.target))).toEqual(by)
  expect(await refusal(api.deleteStage(prod))).toEqual(by)
  expect(await refusal(api.createDeployment(prod))).toEqual(by)
  await patched('/variables/size', 'small')
  await patched('/*/*/logging/loglevel', 'INFO')
  expect(await target.read()).toMatchObject({ owner: 'd-1' })
  await target.restore({ owner: 'd-1', seq: 2 })
  await patched('/deploymentId', spec.target)
})

test('a stage is not taken over unless it is as the deployment expects it', async () => {
  const { plane, api, spec, prod } = await twoDeployments()
  const claim = (more: Partial<StageSpec>) =>
    stageTarget(plane.env, { id: plane.account, region: REGION }, { ...spec, ...more }).claim({
      owner: 'd-1',
      seq: 1,
      ...DRIVER,
    })
  expect(await claim({ stage: 'test' })).toMatchObject({ reason: 'gone' })
  expect(await claim({ target: 'nope' })).toMatchObject({ reason: 'gone' })
  expect(await claim({ current: spec.target })).toMatchObject({ reason: 'moved' })
  expect(await claim({ target: spec.current! })).toMatchObject({ reason: 'moved' })
  await api.createDeployment({ ...prod, canarySettings: { percentTraffic: 1 } })
  expect(await claim({})).toMatchObject({ reason: 'moved' })
})
