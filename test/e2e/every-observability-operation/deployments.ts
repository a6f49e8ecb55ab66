import { expect } from 'vitest'
import { ACCOUNT, nameOf, publish, REGION, type Steps, soon, type World } from './world.ts'

const applicationName = 'shop'
const deploymentGroupName = 'prod'
const FUNCTION = 'checkout'
const ARN = `arn:aws:codedeploy:${REGION}:${ACCOUNT}:application:${applicationName}`

const appSpec = (to: string, hook?: string) =>
  JSON.stringify({
    version: 0.0,
    Resources: [
      {
        checkout: {
          Type: 'AWS::Lambda::Function',
          Properties: { Name: FUNCTION, Alias: 'live', TargetVersion: to },
        },
      },
    ],
    ...(hook && { Hooks: [{ BeforeAllowTraffic: hook }] }),
  })

const begin = async ({ codedeploy }: World, to: string, hook?: string, deploymentConfigName?: string) => {
  const { deploymentId } = await codedeploy.createDeployment({
    applicationName,
    deploymentGroupName,
    deploymentConfigName,
    revision: { revisionType: 'AppSpecContent', appSpecContent: { content: appSpec(to, hook) } },
  })
  return deploymentId!
}

const statusOf = async ({ codedeploy }: World, deploymentId: string) =>
  (await codedeploy.getDeployment({ deploymentId })).deploymentInfo!.status

const becomes = (world: World, deploymentId: string, status: string) =>
  soon(async () => expect(await statusOf(world, deploymentId)).toBe(status), 40_000)

const aliasOf = async ({ lambda }: World) => {
  const { FunctionVersion, RoutingConfig } = await lambda.getAlias({ FunctionName: FUNCTION, Name: 'live' })
  return [FunctionVersion, RoutingConfig?.AdditionalVersionWeights ?? {}]
}

/** Says to CodeDeploy what a hook is called with. */
const HOOK = `const { CodeDeploy } = require('@aws-sdk/client-codedeploy')
exports.handler = async ({ DeploymentId, LifecycleEventHookExecutionId }) => {
  console.log('HOOK ' + DeploymentId + ' ' + LifecycleEventHookExecutionId)
}`

/** Deployments of a function, in which a minute is a second. */
export const deployments: Steps = {
  async CreateApplication({ codedeploy }) {
    const { applicationId } = await codedeploy.createApplication({
      applicationName,
      computePlatform: 'Lambda',
      tags: [{ Key: 'team', Value: 'shop' }],
    })
    expect(applicationId).toMatch(/^[0-9a-f-]{36}$/)
    expect(await nameOf(codedeploy.createApplication({ applicationName }))).toBe(
      'ApplicationAlreadyExistsException',
    )
  },
  async GetApplication({ codedeploy }) {
    const { application } = await codedeploy.getApplication({ applicationName })
    expect(application).toMatchObject({ applicationName, computePlatform: 'Lambda' })
  },
  async UpdateApplication({ codedeploy }) {
    await codedeploy.updateApplication({ applicationName, newApplicationName: 'renamed' })
    expect(await nameOf(codedeploy.getApplication({ applicationName }))).toBe(
      'ApplicationDoesNotExistException',
    )
    await codedeploy.updateApplication({ applicationName: 'renamed', newApplicationName: applicationName })
  },
  async ListApplications({ codedeploy }) {
    expect((await codedeploy.listApplications({})).applications).toEqual([applicationName])
  },
  async TagResource({ codedeploy }) {
    await codedeploy.tagResource({ ResourceArn: ARN, Tags: [{ Key: 'stage', Value: 'prod' }] })
  },
  async ListTagsForResource({ codedeploy }) {
    const { Tags } = await codedeploy.listTagsForResource({ ResourceArn: ARN })
    expect(Object.fromEntries(Tags!.map(({ Key, Value }) => [Key, Value]))).toEqual({
      team: 'shop',
      stage: 'prod',
    })
  },
  async CreateDeploymentConfig({ codedeploy }) {
    await codedeploy.createDeploymentConfig({
      deploymentConfigName: 'HalfForTwoMinutes',
      computePlatform: 'Lambda',
      trafficRoutingConfig: {
        type: 'TimeBasedCanary',
        timeBasedCanary: { canaryPercentage: 50, canaryInterval: 2 },
      },
    })
  },
  async GetDeploymentConfig({ codedeploy }) {
    const { deploymentConfigInfo } = await codedeploy.getDeploymentConfig({
      deploymentConfigName: 'CodeDeployDefault.LambdaLinear10PercentEvery2Minutes',
    })
    expect(deploymentConfigInfo!.trafficRoutingConfig).toMatchObject({
      type: 'TimeBasedLinear',
      timeBasedLinear: { linearPercentage: 10, linearInterval: 2 },
    })
  },
  async ListDeploymentConfigs({ codedeploy }) {
    const { deploymentConfigsList } = await codedeploy.listDeploymentConfigs({})
    for (const name of [
      'CodeDeployDefault.LambdaAllAtOnce',
      'CodeDeployDefault.LambdaCanary10Percent30Minutes',
      'HalfForTwoMinutes',
    ]) {
      expect(deploymentConfigsList).toContain(name)
    }
  },
  async CreateDeploymentGroup(world) {
    const { deploymentGroupId } = await world.codedeploy.createDeploymentGroup({
      applicationName,
      deploymentGroupName,
      serviceRoleArn: `arn:aws:iam::${ACCOUNT}:role/deployer`,
      deploymentConfigName: 'HalfForTwoMinutes',
      deploymentStyle: { deploymentType: 'BLUE_GREEN', deploymentOption: 'WITH_TRAFFIC_CONTROL' },
    })
    expect(deploymentGroupId).toMatch(/^[0-9a-f-]{36}$/)
    const answer = (number: number) => `exports.handler = async () => ${number}`
    const first = await publish(world, FUNCTION, answer(1))
    await world.lambda.createAlias({ FunctionName: FUNCTION, Name: 'live', FunctionVersion: first })
    for (const number of [2, 3]) await publish(world, FUNCTION, answer(number))
    await publish(world, 'hook', HOOK)
  },
  async GetDeploymentGroup({ codedeploy }) {
    const { deploymentGroupInfo } = await codedeploy.getDeploymentGroup({
      applicationName,
      deploymentGroupName,
    })
    expect(deploymentGroupInfo).toMatchObject({
      deploymentConfigName: 'HalfForTwoMinutes',
      computePlatform: 'Lambda',
    })
  },
  async UpdateDeploymentGroup({ codedeploy }) {
    await codedeploy.updateDeploymentGroup({
      applicationName,
      currentDeploymentGroupName: deploymentGroupName,
      autoRollbackConfiguration: {
        enabled: true,
        events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_REQUEST'],
      },
    })
    const { deploymentGroupInfo } = await codedeploy.getDeploymentGroup({
      applicationName,
      deploymentGroupName,
    })
    expect(deploymentGroupInfo!.autoRollbackConfiguration).toEqual({
      enabled: true,
      events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_REQUEST'],
    })
  },
  async ListDeploymentGroups({ codedeploy }) {
    const { deploymentGroups } = await codedeploy.listDeploymentGroups({ applicationName })
    expect(deploymentGroups).toEqual([deploymentGroupName])
  },
  async BatchGetDeploymentGroups({ codedeploy }) {
    const { deploymentGroupsInfo } = await codedeploy.batchGetDeploymentGroups({
      applicationName,
      deploymentGroupNames: [deploymentGroupName],
    })
    expect(deploymentGroupsInfo!.map(group => group.deploymentGroupName)).toEqual([deploymentGroupName])
  },
  async CreateDeployment(world) {
    const id = await begin(world, '2', 'hook')
    world.made.first = id
    expect(await nameOf(begin(world, '3'))).toBe('DeploymentLimitExceededException')
  },
  async PutLifecycleEventHookExecutionStatus(world) {
    const { first } = world.made
    const execution = await soon(async () => {
      const { events } = await world.logs.filterLogEvents({
        logGroupName: '/aws/lambda/hook',
        filterPattern: `"${first}"`,
      })
      return /HOOK \S+ (\S+)/.exec(events![0]!.message!)![1]!
    })
    expect(await aliasOf(world)).toEqual(['1', {}])
    await world.codedeploy.putLifecycleEventHookExecutionStatus({
      deploymentId: first,
      lifecycleEventHookExecutionId: execution,
      status: 'Succeeded',
    })
    await soon(async () => expect(await aliasOf(world)).toEqual(['1', { 2: 0.5 }]))
    await becomes(world, first!, 'Succeeded')
    expect(await aliasOf(world)).toEqual(['2', {}])
  },
  async GetDeployment({ codedeploy, made }) {
    const { deploymentInfo } = await codedeploy.getDeployment({ deploymentId: made.first! })
    expect(deploymentInfo).toMatchObject({
      status: 'Succeeded',
      creator: 'user',
      applicationName,
      deploymentGroupName,
    })
    expect(deploymentInfo!.completeTime!.getTime()).toBeGreaterThan(
      deploymentInfo!.startTime!.getTime() + 1_900,
    )
  },
  async ListDeploymentTargets({ codedeploy, made }) {
    const { targetIds } = await codedeploy.listDeploymentTargets({ deploymentId: made.first! })
    expect(targetIds).toHaveLength(1)
    made.target = targetIds![0]!
  },
  async GetDeploymentTarget({ codedeploy, made }) {
    const { deploymentTarget } = await codedeploy.getDeploymentTarget({
      deploymentId: made.first!,
      targetId: made.target!,
    })
    expect(deploymentTarget!.lambdaTarget).toMatchObject({
      status: 'Succeeded',
      lambdaFunctionInfo: {
        functionName: FUNCTION,
        functionAlias: 'live',
        currentVersion: '1',
        targetVersion: '2',
      },
    })
    const events = deploymentTarget!.lambdaTarget!.lifecycleEvents!
    expect(events.map(({ lifecycleEventName, status }) => [lifecycleEventName, status])).toEqual([
      ['BeforeAllowTraffic', 'Succeeded'],
      ['AllowTraffic', 'Succeeded'],
      ['AfterAllowTraffic', 'Skipped'],
    ])
  },
  async BatchGetDeploymentTargets({ codedeploy, made }) {
    const { deploymentTargets } = await codedeploy.batchGetDeploymentTargets({
      deploymentId: made.first!,
      targetIds: [made.target!],
    })
    expect(deploymentTargets!.map(({ lambdaTarget }) => lambdaTarget!.targetId)).toEqual([made.target])
  },
  async StopDeployment(world) {
    const id = await begin(world, '3', undefined, 'CodeDeployDefault.LambdaCanary10Percent30Minutes')
    await soon(async () => expect(await aliasOf(world)).toEqual(['2', { 3: 0.1 }]))
    await world.codedeploy.stopDeployment({ deploymentId: id, autoRollbackEnabled: true })
    await becomes(world, id, 'Stopped')
    await soon(async () => expect(await aliasOf(world)).toEqual(['2', {}]))
    world.made.stopped = id
  },
  async ContinueDeployment(world) {
    const ready = (actionOnTimeout: 'STOP_DEPLOYMENT' | 'CONTINUE_DEPLOYMENT') =>
      world.codedeploy.updateDeploymentGroup({
        applicationName,
        currentDeploymentGroupName: deploymentGroupName,
        blueGreenDeploymentConfiguration: {
          deploymentReadyOption: { actionOnTimeout, waitTimeInMinutes: 60 },
        },
      })
    await ready('STOP_DEPLOYMENT')
    const id = await begin(world, '3', undefined, 'CodeDeployDefault.LambdaAllAtOnce')
    await becomes(world, id, 'Ready')
    expect(await aliasOf(world)).toEqual(['2', {}])
    await world.codedeploy.continueDeployment({ deploymentId: id, deploymentWaitType: 'READY_WAIT' })
    await becomes(world, id, 'Succeeded')
    expect(await aliasOf(world)).toEqual(['3', {}])
    await ready('CONTINUE_DEPLOYMENT')
  },
  async ListDeployments({ codedeploy, made }) {
    const { deployments } = await codedeploy.listDeployments({ applicationName, deploymentGroupName })
    expect(deployments).toEqual(expect.arrayContaining([made.first, made.stopped]))
    const stopped = await codedeploy.listDeployments({
      applicationName,
      deploymentGroupName,
      includeOnlyStatuses: ['Stopped'],
    })
    expect(stopped.deployments).toEqual([made.stopped])
  },
  async BatchGetDeployments({ codedeploy, made }) {
    const { deploymentsInfo } = await codedeploy.batchGetDeployments({
      deploymentIds: [made.first!, made.stopped!],
    })
    expect(deploymentsInfo!.map(({ status }) => status).sort()).toEqual(['Stopped', 'Succeeded'])
  },
  async DeleteDeploymentConfig({ codedeploy }) {
    expect(
      await nameOf(codedeploy.deleteDeploymentConfig({ deploymentConfigName: 'HalfForTwoMinutes' })),
    ).toBe('DeploymentConfigInUseException')
    await codedeploy.updateDeploymentGroup({
      applicationName,
      currentDeploymentGroupName: deploymentGroupName,
      deploymentConfigName: 'CodeDeployDefault.LambdaAllAtOnce',
    })
    await codedeploy.deleteDeploymentConfig({ deploymentConfigName: 'HalfForTwoMinutes' })
  },
  async DeleteDeploymentGroup({ codedeploy }) {
    await codedeploy.deleteDeploymentGroup({ applicationName, deploymentGroupName })
    expect((await codedeploy.listDeploymentGroups({ applicationName })).deploymentGroups).toEqual([])
  },
  async DeleteApplication({ codedeploy }) {
    await codedeploy.deleteApplication({ applicationName })
    expect((await codedeploy.listApplications({})).applications).toEqual([])
  },
}
