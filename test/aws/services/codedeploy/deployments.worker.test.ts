import { CloudWatch } from '@aws-sdk/client-cloudwatch'
import { CodeDeploy } from '@aws-sdk/client-codedeploy'
import { IAM } from '@aws-sdk/client-iam'
import { beforeAll, describe, expect, it } from 'vitest'
import { askWeir } from '../../../ask-weir.ts'
import { provideDomParser } from '../../../dom-parser.ts'
import { clientOptions } from '../../../whole-weir.ts'
import { appSpec, codedeployHarness, failure, isOver, revision } from './codedeploy-harness.ts'

let weir: Awaited<ReturnType<typeof codedeployHarness>>
const LINEAR = { deploymentConfigName: 'CodeDeployDefault.LambdaLinear10PercentEvery1Minute' }
/** Longer than any test here takes. */
const SLOW = { deploymentConfigName: 'CodeDeployDefault.LambdaLinear10PercentEvery10Minutes' }

beforeAll(async () => {
  provideDomParser()
  weir = await codedeployHarness('deployments', 10)
})

const policyOf = (statement: object) =>
  JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Allow', ...statement } })

async function prepared(name: string, settings: object = {}) {
  await Promise.all([weir.makeFunction(name), weir.makeGroup(name, settings)])
  return name
}

describe('a deployment', () => {
  it('takes an alias from one version to the next, step by step, and tells how far it is', async () => {
    const name = await prepared('linear', LINEAR)
    const id = await weir.begin(name, { description: 'the next one' })
    const info = await weir.until(id, isOver)
    expect(info).toMatchObject({
      deploymentId: id,
      status: 'Succeeded',
      creator: 'user',
      description: 'the next one',
      computePlatform: 'Lambda',
      revision: revision(name),
      deploymentOverview: { Succeeded: 1, Failed: 0 },
    })
    expect(info.deploymentStatusMessages!.filter(line => line.includes('% of traffic'))).toHaveLength(10)
    expect(info.deploymentStatusMessages![0]).toContain(`arn:aws:iam::${weir.account}:root`)
    expect(await weir.weightsOf(name)).toEqual({ version: '2', weights: undefined })
    const { targetIds } = await weir.deploy.listDeploymentTargets({ deploymentId: id })
    expect(targetIds).toEqual([`${name}:live`])
    const { deploymentTarget } = await weir.deploy.getDeploymentTarget({
      deploymentId: id,
      targetId: targetIds![0],
    })
    expect(deploymentTarget).toMatchObject({
      deploymentTargetType: 'LambdaTarget',
      lambdaTarget: {
        status: 'Succeeded',
        lambdaFunctionInfo: {
          functionName: name,
          functionAlias: 'live',
          currentVersion: '1',
          targetVersion: '2',
          targetVersionWeight: 100,
        },
        lifecycleEvents: [
          { lifecycleEventName: 'BeforeAllowTraffic', status: 'Skipped' },
          { lifecycleEventName: 'AllowTraffic', status: 'Succeeded' },
          { lifecycleEventName: 'AfterAllowTraffic', status: 'Skipped' },
        ],
      },
    })
    const { deploymentGroupInfo } = await weir.deploy.getDeploymentGroup({
      applicationName: name,
      deploymentGroupName: 'all',
    })
    expect(deploymentGroupInfo).toMatchObject({
      lastSuccessfulDeployment: { deploymentId: id },
      lastAttemptedDeployment: { deploymentId: id, status: 'Succeeded' },
    })
    const { body } = await askWeir('GET', `/_weir/deployments/${id}`, undefined, weir.credentials, weir)
    expect(body).toMatchObject({
      status: 'Succeeded',
      targets: [{ id: `${name}:live`, share: 1, from: { version: '1' }, to: { version: '2', calls: 0 } }],
    })
  })

  it('is the only one of its group, and goes back when it is stopped so', async () => {
    const name = await prepared('stopped', SLOW)
    const id = await weir.begin(name)
    await weir.until(id, ({ deploymentStatusMessages }) => deploymentStatusMessages!.length > 1)
    expect(await weir.weightsOf(name)).toEqual({ version: '1', weights: { 2: 0.1 } })
    expect(await failure(weir.begin(name))).toBe(
      `DeploymentLimitExceededException: The Deployment Group 'all' already has an active Deployment '${id}'`,
    )
    const stop = { deploymentId: id, autoRollbackEnabled: true }
    expect(await weir.deploy.stopDeployment(stop)).toMatchObject({ status: 'Succeeded' })
    const info = await weir.until(id, isOver)
    expect(info).toMatchObject({ status: 'Stopped', errorInformation: { code: 'MANUAL_STOP' } })
    const rollBack = info.rollbackInfo!.rollbackDeploymentId!
    expect(await weir.until(rollBack, isOver)).toMatchObject({
      status: 'Succeeded',
      creator: 'codeDeployRollback',
      rollbackInfo: { rollbackTriggeringDeploymentId: id },
    })
    expect(await weir.weightsOf(name)).toEqual({ version: '1', weights: undefined })
    expect(await failure(weir.deploy.stopDeployment(stop))).toContain('DeploymentAlreadyCompletedException')
    const batch = await weir.deploy.batchGetDeployments({ deploymentIds: [rollBack, id] })
    expect(batch.deploymentsInfo!.map(({ deploymentId }) => deploymentId)).toEqual([rollBack, id])
  })

  it('waits to be continued where its group says so', async () => {
    const ready = { deploymentReadyOption: { actionOnTimeout: 'STOP_DEPLOYMENT', waitTimeInMinutes: 2_000 } }
    const name = await prepared('waiting', { blueGreenDeploymentConfiguration: ready })
    const deploymentId = await weir.begin(name)
    await weir.until(deploymentId, ({ status }) => status === 'Ready')
    expect(await weir.weightsOf(name)).toEqual({ version: '1', weights: undefined })
    await weir.deploy.continueDeployment({ deploymentId })
    expect((await weir.until(deploymentId, isOver)).status).toBe('Succeeded')
    expect(await failure(weir.deploy.continueDeployment({ deploymentId }))).toContain(
      'DeploymentAlreadyCompletedException',
    )
  })

  it('fails where the alias is not what it was said to be', async () => {
    const name = await prepared('moved')
    const content = appSpec(name).replace('"CurrentVersion":"1"', '"CurrentVersion":"2"')
    const id = await weir.begin(name, {
      revision: { revisionType: 'AppSpecContent', appSpecContent: { content } },
    })
    expect(await weir.until(id, isOver)).toMatchObject({
      status: 'Failed',
      errorInformation: { code: 'INVALID_LAMBDA_CONFIGURATION' },
    })
    expect(await weir.weightsOf(name)).toEqual({ version: '1', weights: undefined })
  })

  it('is done as the role of its group, and fails before anything is done where that may not do it', async () => {
    const iam = new IAM({ ...clientOptions('us-east-1', weir.bound), credentials: weir.credentials })
    const outcomeFor = async (RoleName: string, Action: string) => {
      const { Role } = await iam.createRole({
        RoleName,
        AssumeRolePolicyDocument: policyOf({
          Principal: { Service: 'codedeploy.amazonaws.com' },
          Action: 'sts:AssumeRole',
        }),
      })
      const PolicyDocument = policyOf({ Action, Resource: '*' })
      await iam.putRolePolicy({ RoleName, PolicyName: 'own', PolicyDocument })
      const name = await prepared(RoleName, { serviceRoleArn: Role!.Arn })
      const { status, errorInformation } = await weir.until(await weir.begin(name), isOver)
      return { status, errorInformation }
    }
    expect(await outcomeFor('reader', 'lambda:GetAlias')).toEqual({
      status: 'Failed',
      errorInformation: {
        code: 'IAM_ROLE_PERMISSIONS',
        message: `The IAM role arn:aws:iam::${weir.account}:role/reader does not give you permission to perform lambda:UpdateAlias on arn:aws:lambda:us-east-1:${weir.account}:function:reader:live.`,
      },
    })
    expect(await outcomeFor('mover', 'lambda:UpdateAlias')).toEqual({ status: 'Succeeded' })
  })

  it('is shown, among others too, to nobody whom a policy forbids its group', async () => {
    const name = await prepared('secret')
    const id = await weir.begin(name)
    const iam = new IAM({ ...clientOptions('us-east-1', weir.bound), credentials: weir.credentials })
    await iam.createUser({ UserName: 'curious' })
    const Resource = `arn:aws:codedeploy:us-east-1:${weir.account}:deploymentgroup:${name}/all`
    const PolicyDocument = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: 'codedeploy:*', Resource: '*' },
        { Effect: 'Deny', Action: 'codedeploy:*', Resource },
      ],
    })
    await iam.putUserPolicy({ UserName: 'curious', PolicyName: 'own', PolicyDocument })
    const { AccessKey } = await iam.createAccessKey({ UserName: 'curious' })
    const credentials = { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! }
    const curious = new CodeDeploy({ ...clientOptions('us-east-1', weir.bound), credentials })
    const denied = 'codedeploy:BatchGetDeployments'
    const many = [...Array(30).fill('d-000000000'), id]
    for (const deploymentIds of [[id], many])
      expect(await failure(curious.batchGetDeployments({ deploymentIds }))).toContain(denied)
    expect(await failure(curious.getDeployment({ deploymentId: id }))).toContain('codedeploy:GetDeployment')
    expect((await curious.batchGetDeployments({ deploymentIds: ['d-000000000'] })).deploymentsInfo).toEqual(
      [],
    )
    await weir.until(id, isOver)
  })

  it('goes back when an alarm of its group fires', async () => {
    const alarms = new CloudWatch({
      ...clientOptions('us-east-1', weir.bound),
      credentials: weir.credentials,
    })
    await alarms.putMetricAlarm({
      AlarmName: 'too-many',
      Namespace: 'Shop',
      MetricName: 'Errors',
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanThreshold',
    })
    await alarms.setAlarmState({ AlarmName: 'too-many', StateValue: 'OK', StateReason: 'quiet' })
    const name = await prepared('alarmed', {
      ...SLOW,
      alarmConfiguration: { enabled: true, alarms: [{ name: 'too-many' }] },
      autoRollbackConfiguration: { enabled: true, events: ['DEPLOYMENT_STOP_ON_ALARM'] },
    })
    const id = await weir.begin(name)
    await weir.until(id, ({ deploymentStatusMessages: lines }) => lines!.some(line => line.includes('10 %')))
    await alarms.setAlarmState({ AlarmName: 'too-many', StateValue: 'ALARM', StateReason: 'loud' })
    const stopped = await weir.until(id, isOver)
    expect(stopped).toMatchObject({
      status: 'Stopped',
      errorInformation: { code: 'ALARM_ACTIVE', message: expect.stringContaining('<too-many>') },
      rollbackInfo: { rollbackDeploymentId: expect.any(String) },
    })
    await weir.until(stopped.rollbackInfo!.rollbackDeploymentId!, isOver)
    // Nothing can be told of the next version from an alarm that fires already: that has to be chosen.
    const next = await weir.begin(name)
    const held = await weir.until(next, isOver)
    expect(held).toMatchObject({ status: 'Stopped', errorInformation: { code: 'ALARM_ACTIVE' } })
    await weir.until(held.rollbackInfo!.rollbackDeploymentId!, isOver)
    const fix = await weir.begin(name, {
      revision: revision(name, { Weir: { FiringAlarms: 'Compare' } }),
      deploymentConfigName: 'CodeDeployDefault.LambdaAllAtOnce',
    })
    const { status, deploymentStatusMessages } = await weir.until(fix, isOver)
    expect(status).toBe('Succeeded')
    expect(deploymentStatusMessages).toContainEqual(expect.stringMatching(/too-many fired before.+root\)$/))
  })

  it('is listed by application, group, status and time, newest first', async () => {
    const name = await prepared('listed')
    const ids: string[] = []
    for (const _ of [1, 2]) {
      const id = await weir.begin(name)
      await weir.until(id, isOver)
      ids.unshift(id)
    }
    const list = async (input: object) => (await weir.deploy.listDeployments(input)).deployments
    const group = { applicationName: name, deploymentGroupName: 'all' }
    expect(await list(group)).toEqual(ids)
    expect(await list({ ...group, includeOnlyStatuses: ['Succeeded'] })).toEqual([ids[1]])
    expect(await list({ ...group, createTimeRange: { start: new Date(Date.now() + 60_000) } })).toEqual([])
    expect(await failure(list({ deploymentGroupName: 'all' }))).toContain('ApplicationNameRequiredException')
    expect(await failure(list({ applicationName: name }))).toContain('DeploymentGroupNameRequiredException')
    expect(await failure(list({ createTimeRange: { start: new Date(2), end: new Date(1) } }))).toContain(
      'InvalidTimeRangeException',
    )
  })

  it.each([
    ['RevisionRequired', { revision: undefined }],
    ['InvalidRevision', { revision: { revisionType: 'S3', s3Location: { bucket: 'b', key: 'k' } } }],
    ['InvalidRevision', { revision: { revisionType: 'AppSpecContent', appSpecContent: { content: '[1' } } }],
    [
      'InvalidRevision',
      { revision: { revisionType: 'AppSpecContent', appSpecContent: { content: '{}', sha256: '00' } } },
    ],
    ['DeploymentGroupDoesNotExist', { deploymentGroupName: 'none' }],
    ['DeploymentGroupNameRequired', { deploymentGroupName: undefined }],
    ['DeploymentConfigDoesNotExist', { deploymentConfigName: 'none' }],
  ])('is refused with %s', async (code, further) => {
    await weir.makeGroup('refused').catch(() => {})
    expect(await failure(weir.begin('refused', further as object))).toContain(`${code}Exception`)
  })

  it('that there is not is not found', async () => {
    const ofNone = (deploymentId: string) => failure(weir.deploy.getDeployment({ deploymentId }))
    expect(await ofNone('d-ABCDEFGHI')).toBe(
      'DeploymentDoesNotExistException: The deployment d-ABCDEFGHI could not be found',
    )
    expect(await ofNone('nonsense')).toContain('InvalidDeploymentIdException')
  })
})
