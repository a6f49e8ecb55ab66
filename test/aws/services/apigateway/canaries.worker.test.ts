import { beforeEach, describe, expect, it } from 'vitest'
import { type ControlPlane, controlPlane, refusal } from './control-plane.ts'

let plane: ControlPlane
let restApiId: string
let first: string

beforeEach(async () => {
  plane = await controlPlane()
  const api = await plane.api.createRestApi({ name: 'api' })
  restApiId = api.id!
  const at = { restApiId, resourceId: api.rootResourceId!, httpMethod: 'GET' }
  await plane.api.putMethod({ ...at, authorizationType: 'NONE' })
  await plane.api.putIntegration({ ...at, type: 'MOCK' })
  first = (await deploy({ stageName: 'prod', variables: { testVar: 'test', testVar2: 'test2' } })).id!
})

const deploy = (input: object = {}) => plane.api.createDeployment({ restApiId, ...input })
const stage = async (stageName = 'prod') => plane.api.getStage({ restApiId, stageName })
type Operation = [op: string, path: string, value?: string, from?: string]
const update = (...operations: Operation[]) =>
  plane.api.updateStage({
    restApiId,
    stageName: 'prod',
    patchOperations: operations.map(([op, path, value, from]) => ({ op: op as 'add', path, value, from })),
  })

describe('a canary', () => {
  it('is what a deployment with canary settings makes of a stage that is there', async () => {
    const { id } = await deploy({
      stageName: 'prod',
      canarySettings: { percentTraffic: 10.5, stageVariableOverrides: { testVar: 'canary', more: '1' } },
    })
    expect(await stage()).toMatchObject({
      deploymentId: first,
      variables: { testVar: 'test', testVar2: 'test2' },
      canarySettings: {
        deploymentId: id,
        percentTraffic: 10.5,
        stageVariableOverrides: { testVar: 'canary', more: '1' },
        useStageCache: false,
      },
    })
    const pointer = plane.pointer(restApiId)?.stages.prod
    expect(pointer).toMatchObject({
      deploymentId: first,
      variables: { testVar: 'test', testVar2: 'test2' },
      canary: {
        deploymentId: id,
        percentTraffic: 10.5,
        snapshot: pointer?.snapshot,
        variables: { testVar: 'canary', testVar2: 'test2', more: '1' },
        useStageCache: false,
      },
    })
    const second = await deploy({
      stageName: 'prod',
      canarySettings: { percentTraffic: 20, useStageCache: true },
    })
    expect((await stage()).canarySettings).toEqual({
      deploymentId: second.id,
      percentTraffic: 20,
      useStageCache: true,
    })
  })

  it('needs a stage that is there, and then no other deployment is made to it', async () => {
    const canarySettings = { percentTraffic: 50 }
    const invalid = '400 BadRequestException: Invalid deployment content specified.'
    expect(await refusal(deploy({ canarySettings }))).toBe(
      `${invalid}Non null and non empty stageName must be provided for canary deployment. Provided value is null`,
    )
    expect(await refusal(deploy({ canarySettings, stageName: 'beta' }))).toBe(
      `${invalid}Stage beta must already be created before making a canary release deployment`,
    )
    await deploy({ canarySettings, stageName: 'prod' })
    expect(await refusal(deploy({ stageName: 'prod' }))).toBe(
      `${invalid}Non canary deployment not supported on stage prod because Canary is enabled. Provide CanarySettings in deploymentInput.`,
    )
    await update(['remove', '/canarySettings'])
    const { id } = await deploy({ stageName: 'prod' })
    expect(await stage()).toMatchObject({ deploymentId: id })
  })

  it('may come with a new stage', async () => {
    const { id } = await deploy()
    const created = await plane.api.createStage({
      restApiId,
      stageName: 'beta',
      deploymentId: first,
      variables: { testVar: 'default' },
      canarySettings: { deploymentId: id, percentTraffic: 50, stageVariableOverrides: { testVar: 'canary' } },
    })
    const canarySettings = {
      deploymentId: id,
      percentTraffic: 50,
      stageVariableOverrides: { testVar: 'canary' },
      useStageCache: false,
    }
    expect(created.canarySettings).toEqual(canarySettings)
    expect((await stage('beta')).canarySettings).toEqual(canarySettings)
  })

  it('begins with the first of its settings that is patched', async () => {
    const { id } = await deploy()
    expect((await update(['replace', '/canarySettings/deploymentId', id])).canarySettings).toEqual({
      deploymentId: id,
      percentTraffic: 0,
      useStageCache: false,
    })
    expect((await update(['remove', '/canarySettings'])).canarySettings).toBeUndefined()
    expect(plane.pointer(restApiId)?.stages.prod).not.toHaveProperty('canary')
    expect(
      (
        await update(
          ['replace', '/canarySettings/percentTraffic', '50'],
          ['replace', '/canarySettings/useStageCache', 'true'],
          ['replace', '/canarySettings/stageVariableOverrides/testVar', 'updated'],
        )
      ).canarySettings,
    ).toEqual({
      deploymentId: first,
      percentTraffic: 50,
      useStageCache: true,
      stageVariableOverrides: { testVar: 'updated' },
    })
    expect(
      (await update(['remove', '/canarySettings/stageVariableOverrides/testVar'])).canarySettings,
    ).not.toHaveProperty('stageVariableOverrides')
  })

  it('is promoted by copying, stays, and is removed', async () => {
    const { id } = await deploy({
      stageName: 'prod',
      canarySettings: { percentTraffic: 50, stageVariableOverrides: { testVar: 'override' } },
    })
    const promoted = await update(
      ['replace', '/canarySettings/percentTraffic', '0.0'],
      ['copy', '/deploymentId', undefined, '/canarySettings/deploymentId'],
      ['copy', '/variables', undefined, '/canarySettings/stageVariableOverrides'],
    )
    expect(promoted).toMatchObject({
      deploymentId: id,
      variables: { testVar: 'override', testVar2: 'test2' },
      canarySettings: {
        deploymentId: id,
        percentTraffic: 0,
        stageVariableOverrides: { testVar: 'override' },
      },
    })
    await update(['remove', '/canarySettings'])
    expect(plane.pointer(restApiId)?.stages.prod).toMatchObject({
      deploymentId: id,
      variables: { testVar: 'override', testVar2: 'test2' },
    })
    await plane.api.deleteDeployment({ restApiId, deploymentId: first })
  })

  it('holds its deployment against deletion, also against one at the same moment', async () => {
    const { id } = await deploy({ stageName: 'prod', canarySettings: { percentTraffic: 50 } })
    const remove = (deploymentId?: string) => plane.api.deleteDeployment({ restApiId, deploymentId })
    expect(await refusal(remove(id))).toBe(
      '400 BadRequestException: Active stages pointing to this deployment must be moved or deleted',
    )
    const { id: other } = await deploy()
    plane.beforeNextCommit(() => remove(other))
    expect(await refusal(update(['replace', '/canarySettings/deploymentId', other]))).toBe(
      '400 BadRequestException: Deployment id does not exist',
    )
    expect((await stage()).canarySettings?.deploymentId).toBe(id)
  })
})
