import { CloudWatch } from '@aws-sdk/client-cloudwatch'
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs'
import { CodeDeploy, waitUntilDeploymentSuccessful } from '@aws-sdk/client-codedeploy'
import { Lambda, waitUntilFunctionActiveV2, waitUntilFunctionUpdatedV2 } from '@aws-sdk/client-lambda'
import { zipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Called, chiSquareP, keepCalling } from './safe-deployments/calls.ts'
import { startWeir, type WeirServer } from './server.ts'
import { soon } from './soon.ts'

const ACCOUNT = '000000000000'
const GOOD = `exports.handler = async () => 'well'`
/** As good, but not the same: of what has not changed, no other version is published. */
const AS_GOOD = `exports.handler = async () => ('well')`
/** Fails every fifth call, by chance. */
const BAD = `exports.handler = async () => { if (Math.random() < 0.2) throw new Error('not well'); return 'well' }`

/** A deployment's minute, and an alarm's, in real time. */
const MINUTE_MS = 1_000

describe('a deployment', () => {
  let weir: WeirServer
  let lambda: Lambda
  let codeDeploy: CodeDeploy
  let cloudWatch: CloudWatch

  beforeAll(async () => {
    weir = await startWeir({ vars: { WEIR_MINUTE_MS: String(MINUTE_MS), WEIR_PRINT_LOGS: '0' } })
    lambda = new Lambda(weir.sdk)
    codeDeploy = new CodeDeploy(weir.sdk)
    cloudWatch = new CloudWatch(weir.sdk)
    await codeDeploy.createApplication({ applicationName: 'shop', computePlatform: 'Lambda' })
  })
  afterAll(() => weir?.[Symbol.asyncDispose]())

  /** A function whose alias `live` points at version 1, beside a version 2. */
  async function makeFunction(FunctionName: string, first: string, second: string): Promise<void> {
    const zip = (code: string) => zipSync({ 'index.js': new TextEncoder().encode(code) })
    await lambda.createFunction({
      FunctionName,
      Runtime: 'nodejs22.x',
      Role: `arn:aws:iam::${ACCOUNT}:role/any`,
      Handler: 'index.handler',
      Code: { ZipFile: zip(first) },
    })
    await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 30 }, { FunctionName })
    await lambda.publishVersion({ FunctionName })
    await lambda.updateFunctionCode({ FunctionName, ZipFile: zip(second) })
    await waitUntilFunctionUpdatedV2({ client: lambda, maxWaitTime: 30 }, { FunctionName })
    await lambda.publishVersion({ FunctionName })
    await lambda.createAlias({ FunctionName, Name: 'live', FunctionVersion: '1' })
  }

  const makeGroup = (deploymentGroupName: string, deploymentConfigName: string, alarm?: string) =>
    codeDeploy.createDeploymentGroup({
      applicationName: 'shop',
      deploymentGroupName,
      deploymentConfigName,
      serviceRoleArn: `arn:aws:iam::${ACCOUNT}:role/deployer`,
      deploymentStyle: { deploymentType: 'BLUE_GREEN', deploymentOption: 'WITH_TRAFFIC_CONTROL' },
      autoRollbackConfiguration: {
        enabled: true,
        events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM'],
      },
      alarmConfiguration: alarm ? { enabled: true, alarms: [{ name: alarm }] } : undefined,
    })

  async function begin(name: string, weirSection: object = {}): Promise<string> {
    const content = JSON.stringify({
      version: 0.0,
      Resources: [
        {
          [name]: {
            Type: 'AWS::Lambda::Function',
            Properties: { Name: name, Alias: 'live', TargetVersion: '2' },
          },
        },
      ],
      ...weirSection,
    })
    const { deploymentId } = await codeDeploy.createDeployment({
      applicationName: 'shop',
      deploymentGroupName: name,
      revision: { revisionType: 'AppSpecContent', appSpecContent: { content } },
    })
    return deploymentId!
  }

  const infoOf = async (deploymentId: string) =>
    (await codeDeploy.getDeployment({ deploymentId })).deploymentInfo!

  /** Share of the new version, as the alias says it. */
  async function shareOf(FunctionName: string): Promise<number> {
    const { FunctionVersion, RoutingConfig } = await lambda.getAlias({ FunctionName, Name: 'live' })
    return FunctionVersion === '2' ? 1 : (RoutingConfig?.AdditionalVersionWeights?.['2'] ?? 0)
  }

  /** When a deployment decided to go back, by its own history; epoch milliseconds. */
  async function decidedAt(deploymentId: string): Promise<number> {
    const { deploymentStatusMessages, rollbackInfo } = await infoOf(deploymentId)
    const failed = deploymentStatusMessages!.find(message => / (?:failed|stopped)\b/i.test(message))
    expect(rollbackInfo!.rollbackDeploymentId).toBeDefined()
    return Date.parse(failed!.split(' ')[0]!)
  }

  /** That no call which began two seconds after a decision, whoever made it, came to version 2. */
  async function expectGoneBy(name: string, called: readonly Called[], at: number): Promise<void> {
    const late = called.filter(call => call.at >= at + 2_000)
    expect(late.length).toBeGreaterThan(20)
    expect(late.filter(({ version }) => version === '2')).toEqual([])
    const logs = new CloudWatchLogs(weir.sdk)
    await soon(async () => {
      const lines = (filterPattern: string) =>
        logs.filterLogEvents({ logGroupName: `/aws/lambda/${name}`, startTime: at + 2_000, filterPattern })
      expect((await lines('"START" "Version: 1"')).events!.length).toBeGreaterThan(0)
      expect((await lines('"START" "Version: 2"')).events).toEqual([])
    })
  }

  it('moves an alias in ten steps, each of which is seen in the alias and in what answers', async () => {
    const name = 'linear'
    await makeFunction(name, GOOD, AS_GOOD)
    await makeGroup(name, 'CodeDeployDefault.LambdaLinear10PercentEvery2Minutes')
    const traffic = keepCalling(weir, name, 'live')
    const steps: { share: number; at: number }[] = []
    const deploymentId = await begin(name)
    await soon(async () => {
      const share = await shareOf(name)
      if (steps.at(-1)?.share !== share) steps.push({ share, at: Date.now() })
      const { status, deploymentStatusMessages } = await infoOf(deploymentId)
      expect(status, deploymentStatusMessages?.join('\n')).toBe('Succeeded')
    }, 60_000)
    await traffic.stop()
    await waitUntilDeploymentSuccessful({ client: codeDeploy, minDelay: 1, maxWaitTime: 5 }, { deploymentId })

    const shifted = steps.filter(({ share }) => share > 0)
    expect(shifted.map(({ share }) => share)).toEqual([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1])
    expect(traffic.refused).toEqual([])
    for (const [index, { share, at }] of shifted.slice(0, -1).entries()) {
      // An isolate knows a step a second after it was made.
      const seen = traffic.called.filter(
        call => call.at > at + 1_000 && call.at < shifted[index + 1]!.at - 250,
      )
      const canary = seen.filter(({ version }) => version === '2').length
      expect(seen.length, `calls at ${share}`).toBeGreaterThan(30)
      // Ten looks at chance a run: one run in a thousand fails by it.
      expect(
        chiSquareP(canary, seen.length, share),
        `${canary} of ${seen.length} at ${share}`,
      ).toBeGreaterThan(0.0001)
    }
  }, 90_000)

  it('goes back when an alarm fires, and leaves nothing of the bad version', async () => {
    const name = 'alarmed'
    await makeFunction(name, GOOD, BAD)
    await cloudWatch.putMetricAlarm({
      AlarmName: 'errors',
      Namespace: 'AWS/Lambda',
      MetricName: 'Errors',
      Dimensions: [
        { Name: 'FunctionName', Value: name },
        { Name: 'Resource', Value: `${name}:live` },
      ],
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    })
    await makeGroup(name, 'CodeDeployDefault.LambdaCanary10Percent30Minutes', 'errors')
    const traffic = keepCalling(weir, name, 'live')
    await soon(async () => {
      const { MetricAlarms } = await cloudWatch.describeAlarms({ AlarmNames: ['errors'] })
      expect(MetricAlarms![0]!.StateValue).toBe('OK')
    })
    const deploymentId = await begin(name, { Weir: { Comparison: { Enabled: false } } })
    await soon(
      async () => expect(['Failed', 'Stopped']).toContain((await infoOf(deploymentId)).status),
      40_000,
    )
    const at = await decidedAt(deploymentId)
    expect((await infoOf(deploymentId)).errorInformation).toMatchObject({ code: 'ALARM_ACTIVE' })
    await soon(async () => expect(Date.now()).toBeGreaterThan(at + 4_000))
    await traffic.stop()
    expect(await shareOf(name)).toBe(0)
    await expectGoneBy(name, traffic.called, at)
  }, 90_000)

  it('goes back within 300 requests of a version that fails a fifth of them, and leaves nothing of it', async () => {
    const name = 'compared'
    await makeFunction(name, GOOD, BAD)
    await makeGroup(name, 'CodeDeployDefault.LambdaCanary10Percent30Minutes')
    const traffic = keepCalling(weir, name, 'live')
    const deploymentId = await begin(name, { Weir: { Sticky: [{ Header: 'x-user' }] } })
    await soon(async () => {
      // What waits in a queue is called later, by others.
      await lambda.invoke({ FunctionName: name, Qualifier: 'live', InvocationType: 'Event', Payload: '{}' })
      expect((await infoOf(deploymentId)).status).toBe('Failed')
    }, 40_000)
    const at = await decidedAt(deploymentId)
    await soon(async () => {
      await lambda.invoke({ FunctionName: name, Qualifier: 'live', InvocationType: 'Event', Payload: '{}' })
      expect(Date.now()).toBeGreaterThan(at + 4_000)
    })
    await traffic.stop()
    const canary = traffic.called.filter(({ version }) => version === '2')
    const until = canary.filter(call => call.at < at).length
    console.log(
      `decided after ${until} requests of the new version; ${canary.length} had come when it was gone`,
    )
    expect(until).toBeLessThanOrEqual(300)
    expect(await shareOf(name)).toBe(0)
    await expectGoneBy(name, traffic.called, at)
  }, 90_000)
})
