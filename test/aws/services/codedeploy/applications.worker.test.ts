import { beforeAll, describe, expect, it } from 'vitest'
import { codedeployHarness, failure, revision, STYLE } from './codedeploy-harness.ts'

let weir: Awaited<ReturnType<typeof codedeployHarness>>
const arn = (resource: string) => `arn:aws:codedeploy:us-east-1:${weir.account}:${resource}`

beforeAll(async () => {
  weir = await codedeployHarness('applications')
})

describe('an application', () => {
  it('is created, described, listed, renamed and deleted', async () => {
    const { deploy } = weir
    const { applicationId } = await deploy.createApplication({
      applicationName: 'first',
      computePlatform: 'Lambda',
      tags: [{ Key: 'team', Value: 'a' }],
    })
    expect((await deploy.getApplication({ applicationName: 'first' })).application).toEqual({
      applicationId,
      applicationName: 'first',
      createTime: expect.any(Date),
      linkedToGitHub: false,
      computePlatform: 'Lambda',
    })
    expect(await failure(deploy.createApplication({ applicationName: 'first' }))).toContain(
      'ApplicationAlreadyExistsException',
    )
    await deploy.updateApplication({ applicationName: 'first', newApplicationName: 'second' })
    expect((await deploy.listApplications({})).applications).toEqual(['second'])
    const batch = await deploy.batchGetApplications({ applicationNames: ['second'] })
    expect(batch.applicationsInfo).toMatchObject([{ applicationId }])
    await deploy.deleteApplication({ applicationName: 'second' })
    await deploy.deleteApplication({ applicationName: 'second' })
    expect(await failure(deploy.getApplication({ applicationName: 'second' }))).toBe(
      'ApplicationDoesNotExistException: No application found for name: second',
    )
  })

  it('is for functions alone', async () => {
    const server = { applicationName: 'servers', computePlatform: 'Server' } as const
    expect(await failure(weir.deploy.createApplication(server))).toContain('InvalidComputePlatformException')
  })

  it('and its groups have tags', async () => {
    const { deploy } = weir
    await weir.makeGroup('tagged', { tags: [{ Key: 'stage', Value: 'prod' }] })
    for (const ResourceArn of [arn('application:tagged'), arn('deploymentgroup:tagged/all')]) {
      await deploy.tagResource({ ResourceArn, Tags: [{ Key: 'team', Value: 'b' }] })
      expect((await deploy.listTagsForResource({ ResourceArn })).Tags).toContainEqual({
        Key: 'team',
        Value: 'b',
      })
      await deploy.untagResource({ ResourceArn, TagKeys: ['team', 'stage'] })
      expect((await deploy.listTagsForResource({ ResourceArn })).Tags).toEqual([])
    }
    const refused = (ResourceArn: string) => failure(deploy.listTagsForResource({ ResourceArn }))
    expect(await refused(arn('deploymentconfig:x'))).toContain('ArnNotSupportedException')
    expect(await refused('arn:aws:s3:::bucket')).toContain('InvalidArnException')
    const spelled = arn('application:x').replace('arn:aws:', 'arn:aws-other:')
    expect(await refused(spelled)).toContain('InvalidArnException')
    expect(await refused(arn('application:none'))).toContain('ApplicationDoesNotExistException')
  })

  it('remembers revisions', async () => {
    const { deploy } = weir
    await deploy.createApplication({ applicationName: 'revised' })
    const applicationName = 'revised'
    await deploy.registerApplicationRevision({
      applicationName,
      revision: revision('revised'),
      description: 'the first',
    })
    const { revisions } = await deploy.listApplicationRevisions({ applicationName, deployed: 'exclude' })
    expect(revisions).toEqual([
      {
        revisionType: 'AppSpecContent',
        appSpecContent: { ...revision('revised').appSpecContent, sha256: expect.any(String) },
      },
    ])
    const found = await deploy.getApplicationRevision({ applicationName, revision: revisions![0]! })
    expect(found.revisionInfo).toMatchObject({ description: 'the first', deploymentGroups: [] })
    const missing = deploy.getApplicationRevision({ applicationName, revision: revision('other') })
    expect(await failure(missing)).toContain('RevisionDoesNotExistException')
  })
})

describe('a deployment group', () => {
  const settings = {
    deploymentConfigName: 'CodeDeployDefault.LambdaCanary10Percent5Minutes',
    alarmConfiguration: { enabled: true, alarms: [{ name: 'errors' }], ignorePollAlarmFailure: true },
    autoRollbackConfiguration: { enabled: true, events: ['DEPLOYMENT_FAILURE' as const] },
    triggerConfigurations: [
      {
        triggerName: 'tell',
        triggerTargetArn: 'arn:aws:sns:us-east-1:000000000000:ops',
        triggerEvents: ['DeploymentStart' as const],
      },
    ],
  }

  it('is described as it was created, changed in part, renamed, and deleted', async () => {
    const { deploy } = weir
    await weir.makeGroup('grouped', settings)
    const applicationName = 'grouped'
    const groupOf = async (deploymentGroupName: string) =>
      (await deploy.getDeploymentGroup({ applicationName, deploymentGroupName })).deploymentGroupInfo!
    expect(await groupOf('all')).toMatchObject({
      ...settings,
      serviceRoleArn: weir.role,
      deploymentStyle: STYLE,
      computePlatform: 'Lambda',
    })
    await deploy.updateDeploymentGroup({
      applicationName,
      currentDeploymentGroupName: 'all',
      newDeploymentGroupName: 'renamed',
      alarmConfiguration: { enabled: false, alarms: [] },
    })
    expect(await groupOf('renamed')).toMatchObject({
      ...settings,
      alarmConfiguration: { enabled: false, alarms: [], ignorePollAlarmFailure: false },
    })
    expect((await deploy.listDeploymentGroups({ applicationName })).deploymentGroups).toEqual(['renamed'])
    const batch = await deploy.batchGetDeploymentGroups({
      applicationName,
      deploymentGroupNames: ['renamed', 'all'],
    })
    expect(batch.deploymentGroupsInfo).toHaveLength(1)
    expect(batch.errorMessage).toBe('No Deployment Group found for name: all')
    await deploy.deleteDeploymentGroup({ applicationName, deploymentGroupName: 'renamed' })
    expect(await failure(groupOf('renamed'))).toBe(
      'DeploymentGroupDoesNotExistException: No Deployment Group found for name: renamed',
    )
  })

  it.each([
    ['InvalidDeploymentStyle', { deploymentStyle: { deploymentType: 'IN_PLACE' } }],
    ['DeploymentConfigDoesNotExist', { deploymentConfigName: 'none' }],
    ['InvalidAlarmConfig', { alarmConfiguration: { enabled: true, alarms: [] } }],
    [
      'AlarmsLimitExceeded',
      {
        alarmConfiguration: {
          enabled: true,
          alarms: Array.from({ length: 11 }, (_, n) => ({ name: `${n}` })),
        },
      },
    ],
    ['InvalidAutoRollbackConfig', { autoRollbackConfiguration: { enabled: true } }],
    [
      'InvalidTriggerConfig',
      { triggerConfigurations: [{ ...settings.triggerConfigurations[0]!, triggerTargetArn: 'x' }] },
    ],
    ['InvalidLoadBalancerInfo', { loadBalancerInfo: {} }],
    [
      'InvalidBlueGreenDeploymentConfiguration',
      { blueGreenDeploymentConfiguration: { deploymentReadyOption: { actionOnTimeout: 'STOP_DEPLOYMENT' } } },
    ],
  ])('is refused with %s', async (code, further) => {
    await weir.deploy.createApplication({ applicationName: 'refusing' }).catch(() => {})
    const created = weir.deploy.createDeploymentGroup({
      applicationName: 'refusing',
      deploymentGroupName: 'all',
      serviceRoleArn: weir.role,
      ...(further as object),
    })
    expect(await failure(created)).toContain(`${code}Exception`)
  })
})

describe('a deployment configuration', () => {
  it('is one of CodeDeploy, or of the account', async () => {
    const { deploy } = weir
    const name = 'Canary5PercentFor1Hour'
    await deploy.createDeploymentConfig({
      deploymentConfigName: name,
      computePlatform: 'Lambda',
      trafficRoutingConfig: {
        type: 'TimeBasedCanary',
        timeBasedCanary: { canaryPercentage: 5, canaryInterval: 60 },
      },
    })
    const { deploymentConfigsList } = await deploy.listDeploymentConfigs({})
    expect(deploymentConfigsList).toHaveLength(10)
    expect(deploymentConfigsList).toContain(name)
    const predefined = 'CodeDeployDefault.LambdaLinear10PercentEvery3Minutes'
    const { deploymentConfigInfo } = await deploy.getDeploymentConfig({ deploymentConfigName: predefined })
    expect(deploymentConfigInfo).toEqual({
      deploymentConfigName: predefined,
      computePlatform: 'Lambda',
      trafficRoutingConfig: {
        type: 'TimeBasedLinear',
        timeBasedLinear: { linearPercentage: 10, linearInterval: 3 },
      },
    })
    await weir.makeGroup('configured', { deploymentConfigName: name })
    const remove = (deploymentConfigName: string) =>
      failure(deploy.deleteDeploymentConfig({ deploymentConfigName }))
    expect(await remove(name)).toContain('DeploymentConfigInUseException')
    expect(await remove(predefined)).toContain('InvalidOperationException')
    await deploy.deleteApplication({ applicationName: 'configured' })
    expect(await remove(name)).toBe('the call succeeded')
  })

  it.each([
    ['InvalidTrafficRoutingConfiguration', { trafficRoutingConfig: { type: 'TimeBasedCanary' } }],
    ['InvalidTrafficRoutingConfiguration', {}],
    ['InvalidDeploymentConfigName', { deploymentConfigName: 'CodeDeployDefault.Mine' }],
    ['InvalidComputePlatform', { computePlatform: 'ECS' }],
  ])('is refused with %s', async (code, further) => {
    const created = weir.deploy.createDeploymentConfig({
      deploymentConfigName: 'refused',
      ...(further as object),
    })
    expect(await failure(created)).toContain(`${code}Exception`)
  })
})
