import {
  CodeDeploy,
  type CreateDeploymentCommandInput,
  type DeploymentInfo,
} from '@aws-sdk/client-codedeploy'
import { Lambda } from '@aws-sdk/client-lambda'
import { strToU8, zipSync } from 'fflate'
import type { Env } from '../../../../src/env.ts'
import { newAccount } from '../../../ask-weir.ts'
import { clientOptions, env } from '../../../whole-weir.ts'

export const STYLE = { deploymentType: 'BLUE_GREEN', deploymentOption: 'WITH_TRAFFIC_CONTROL' } as const

/** An account of its own in a whole Weir, whose deployments have minutes of `minuteMs`. */
export async function codedeployHarness(name: string, minuteMs = 20) {
  const account = await newAccount(name)
  const bound: Env = { ...env, WEIR_MINUTE_MS: String(minuteMs) }
  const options = { ...clientOptions('us-east-1', bound), credentials: account }
  const deploy = new CodeDeploy(options)
  const role = `arn:aws:iam::${account.account}:role/deploy`
  const lambda = new Lambda(options)
  return {
    account: account.account,
    /** One that nobody made: in development it may do everything. */
    role,
    credentials: account,
    bound,
    deploy,
    lambda,

    /** A function with versions 1 and 2, and an alias `live` of the first. */
    async makeFunction(FunctionName: string) {
      const files = { 'index.mjs': strToU8('export const handler = async () => 1') }
      await lambda.createFunction({
        FunctionName,
        Runtime: 'nodejs22.x',
        Handler: 'index.handler',
        Role: role,
        Code: { ZipFile: zipSync(files) },
        Publish: true,
      })
      await lambda.updateFunctionConfiguration({ FunctionName, Description: 'another' })
      await lambda.publishVersion({ FunctionName })
      await lambda.createAlias({ FunctionName, Name: 'live', FunctionVersion: '1' })
    },

    async weightsOf(FunctionName: string) {
      const { FunctionVersion, RoutingConfig } = await lambda.getAlias({ FunctionName, Name: 'live' })
      return { version: FunctionVersion, weights: RoutingConfig?.AdditionalVersionWeights }
    },

    async makeGroup(applicationName: string, settings: object = {}) {
      await deploy.createApplication({ applicationName, computePlatform: 'Lambda' })
      await deploy.createDeploymentGroup({
        applicationName,
        deploymentGroupName: 'all',
        serviceRoleArn: role,
        deploymentStyle: STYLE,
        ...settings,
      })
    },

    async begin(
      applicationName: string,
      further: Partial<CreateDeploymentCommandInput> = {},
    ): Promise<string> {
      const { deploymentId } = await deploy.createDeployment({
        applicationName,
        deploymentGroupName: 'all',
        revision: revision(applicationName),
        ...further,
      })
      return deploymentId!
    },

    /** Asks until a deployment is as wanted. */
    async until(deploymentId: string, wanted: (info: DeploymentInfo) => boolean): Promise<DeploymentInfo> {
      for (let tries = 0; tries < 200; tries++) {
        const { deploymentInfo } = await deploy.getDeployment({ deploymentId })
        if (wanted(deploymentInfo!)) return deploymentInfo!
        await scheduler.wait(20)
      }
      throw new Error(`deployment ${deploymentId} did not become so`)
    },
  }
}

export const isOver = ({ status }: DeploymentInfo): boolean =>
  status === 'Succeeded' || status === 'Failed' || status === 'Stopped'

/** An AppSpec that moves the alias `live` of a function from version 1 to 2. */
export const appSpec = (functionName: string, further: object = {}): string =>
  JSON.stringify({
    version: 0.0,
    Resources: [
      {
        code: {
          Type: 'AWS::Lambda::Function',
          Properties: { Name: functionName, Alias: 'live', CurrentVersion: '1', TargetVersion: '2' },
        },
      },
    ],
    ...further,
  })

export const revision = (functionName: string, further: object = {}) => ({
  revisionType: 'AppSpecContent' as const,
  appSpecContent: { content: appSpec(functionName, further) },
})

/** The exception that a call ends in. */
export const failure = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'the call succeeded',
    ({ name, message }: Error) => `${name}: ${message}`,
  )
