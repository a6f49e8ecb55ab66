import { APIGateway } from '@aws-sdk/client-api-gateway'
import { CloudWatch } from '@aws-sdk/client-cloudwatch'
import { CodeDeploy } from '@aws-sdk/client-codedeploy'
import { Lambda } from '@aws-sdk/client-lambda'
import { SNS } from '@aws-sdk/client-sns'
import { zipSync } from 'fflate'
import type { WeirServer } from '../server.ts'
import type { Scenario } from './watched-deployment.ts'

const ACCOUNT = '000000000000'
const ROLE = `arn:aws:iam::${ACCOUNT}:role/deployer`
const CODE = `exports.handler = async () => 'well'`
export const HOOKS = ['check-before', 'check-after'] as const
const EVENTS = ['Start', 'Ready', 'Success', 'Failure', 'Stop', 'Rollback'] as const

/** An account with functions, stages and deployment groups, each for one deployment after the other. */
export class Shop {
  readonly lambda: Lambda
  readonly codeDeploy: CodeDeploy
  readonly cloudWatch: CloudWatch
  readonly apiGateway: APIGateway
  readonly #sns: SNS
  readonly #apis = new Map<string, { readonly id: string; readonly deployments: readonly [string, string] }>()
  #topic = ''

  constructor({ sdk }: WeirServer) {
    this.lambda = new Lambda(sdk)
    this.codeDeploy = new CodeDeploy(sdk)
    this.cloudWatch = new CloudWatch(sdk)
    this.apiGateway = new APIGateway(sdk)
    this.#sns = new SNS(sdk)
  }

  async open(): Promise<void> {
    const { codeDeploy, cloudWatch } = this
    this.#topic = (await this.#sns.createTopic({ Name: 'deployments' })).TopicArn!
    await codeDeploy.createApplication({ applicationName: 'shop', computePlatform: 'Lambda' })
    await codeDeploy.createDeploymentConfig({
      deploymentConfigName: 'quick',
      computePlatform: 'Lambda',
      trafficRoutingConfig: {
        type: 'TimeBasedCanary',
        timeBasedCanary: { canaryPercentage: 10, canaryInterval: 1 },
      },
    })
    await this.#makeAlarm('quiet')
    for (const hook of HOOKS) await this.#makeFunction(hook)
    await cloudWatch.setAlarmState({ AlarmName: 'quiet', StateValue: 'OK', StateReason: 'quiet' })
  }

  /** A function with two versions, an alias of the first, and a group; and whatever else the scenario asks for. */
  async stock(name: string, { group, withStage, withAlarm, interference }: Scenario): Promise<void> {
    const { lambda, codeDeploy } = this
    await Promise.all([
      this.#makeFunction(name).then(async () => {
        await lambda.updateFunctionConfiguration({ FunctionName: name, Description: 'another' })
        await lambda.publishVersion({ FunctionName: name })
        await lambda.createAlias({ FunctionName: name, Name: 'live', FunctionVersion: '1' })
      }),
      withStage && this.#makeStage(name),
      withAlarm && this.#makeAlarm(name),
      codeDeploy.createDeploymentGroup({
        applicationName: 'shop',
        deploymentGroupName: name,
        deploymentConfigName: interference ? 'CodeDeployDefault.LambdaCanary10Percent30Minutes' : 'quick',
        serviceRoleArn: ROLE,
        deploymentStyle: { deploymentType: 'BLUE_GREEN', deploymentOption: 'WITH_TRAFFIC_CONTROL' },
        autoRollbackConfiguration: {
          enabled: true,
          events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM'],
        },
        alarmConfiguration: { enabled: true, alarms: [{ name: withAlarm ? name : 'quiet' }] },
        triggerConfigurations: [
          {
            triggerName: 'tell',
            triggerTargetArn: this.#topic,
            triggerEvents: EVENTS.map(event => `Deployment${event}` as const),
          },
        ],
        ...group,
      }),
    ])
  }

  async begin(name: string, { appSpec, withStage }: Scenario): Promise<string> {
    return this.#deploy(name, '2', withStage ? 1 : undefined, appSpec)
  }

  /** Takes everything to where it is not, at once: which only somebody can who is the only one. */
  async beginNext(name: string): Promise<string> {
    const { FunctionVersion } = await this.lambda.getAlias({ FunctionName: name, Name: 'live' })
    const api = this.#apis.get(name)
    const stage = api && (await this.apiGateway.getStage({ restApiId: api.id, stageName: 'live' }))
    return this.#deploy(
      name,
      FunctionVersion === '1' ? '2' : '1',
      api && (stage!.deploymentId === api.deployments[0] ? 1 : 0),
      undefined,
      'CodeDeployDefault.LambdaAllAtOnce',
    )
  }

  async #deploy(
    name: string,
    TargetVersion: string,
    stageTo: 0 | 1 | undefined,
    appSpec?: object,
    deploymentConfigName?: string,
  ): Promise<string> {
    const alias = {
      Type: 'AWS::Lambda::Function',
      Properties: { Name: name, Alias: 'live', TargetVersion },
    }
    const api = this.#apis.get(name)
    const stage = stageTo !== undefined && {
      Type: 'Weir::ApiGateway::Stage',
      Properties: { RestApiId: api!.id, StageName: 'live', TargetDeployment: api!.deployments[stageTo] },
    }
    const content = JSON.stringify({
      version: 0.0,
      Resources: [{ alias }, ...(stage ? [{ stage }] : [])],
      ...appSpec,
    })
    const { deploymentId } = await this.codeDeploy.createDeployment({
      applicationName: 'shop',
      deploymentGroupName: name,
      deploymentConfigName,
      revision: { revisionType: 'AppSpecContent', appSpecContent: { content } },
    })
    return deploymentId!
  }

  async infoOf(deploymentId: string) {
    return (await this.codeDeploy.getDeployment({ deploymentId })).deploymentInfo!
  }

  /** Also what takes it back. */
  async isOver(deploymentId: string): Promise<boolean> {
    const { status, rollbackInfo } = await this.infoOf(deploymentId)
    if (!['Succeeded', 'Failed', 'Stopped'].includes(status!)) return false
    const back = rollbackInfo?.rollbackDeploymentId
    return back === undefined || (await this.infoOf(back)).status === 'Succeeded'
  }

  /** What the alias and the stage, if there is one, serve: version, and share of the other one. */
  async servedBy(name: string): Promise<Array<{ readonly version: string; readonly weight: number }>> {
    const { FunctionVersion, RoutingConfig } = await this.lambda.getAlias({
      FunctionName: name,
      Name: 'live',
    })
    const weight = RoutingConfig?.AdditionalVersionWeights?.['2'] ?? 0
    const api = this.#apis.get(name)
    if (!api) return [{ version: FunctionVersion!, weight }]
    const stage = await this.apiGateway.getStage({ restApiId: api.id, stageName: 'live' })
    return [
      { version: FunctionVersion!, weight },
      {
        version: stage.deploymentId === api.deployments[0] ? '1' : '2',
        weight: (stage.canarySettings?.percentTraffic ?? 0) / 100,
      },
    ]
  }

  async undivide(name: string): Promise<void> {
    await this.lambda.updateAlias({
      FunctionName: name,
      Name: 'live',
      RoutingConfig: { AdditionalVersionWeights: {} },
    })
    const api = this.#apis.get(name)
    if (!api) return
    await this.apiGateway.updateStage({
      restApiId: api.id,
      stageName: 'live',
      patchOperations: [{ op: 'remove', path: '/canarySettings' }],
    })
  }

  async #makeFunction(FunctionName: string): Promise<void> {
    await this.lambda.createFunction({
      FunctionName,
      Runtime: 'nodejs22.x',
      Role: ROLE,
      Handler: 'index.handler',
      Code: { ZipFile: zipSync({ 'index.js': new TextEncoder().encode(CODE) }) },
      Publish: true,
    })
  }

  async #makeStage(name: string): Promise<void> {
    const { apiGateway } = this
    const { id: restApiId, rootResourceId: resourceId } = await apiGateway.createRestApi({ name })
    const method = { restApiId, resourceId, httpMethod: 'GET' }
    await apiGateway.putMethod({ ...method, authorizationType: 'NONE' })
    await apiGateway.putIntegration({ ...method, type: 'MOCK' })
    const first = await apiGateway.createDeployment({ restApiId, stageName: 'live' })
    const second = await apiGateway.createDeployment({ restApiId })
    this.#apis.set(name, { id: restApiId!, deployments: [first.id!, second.id!] })
  }

  async #makeAlarm(AlarmName: string): Promise<void> {
    await this.cloudWatch.putMetricAlarm({
      AlarmName,
      Namespace: 'Shop',
      MetricName: 'Errors',
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'ignore',
    })
  }
}
