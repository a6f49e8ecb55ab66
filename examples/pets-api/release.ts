import {
  ApplicationAlreadyExistsException,
  CodeDeployClient,
  CreateApplicationCommand,
  CreateDeploymentCommand,
  CreateDeploymentGroupCommand,
  type CreateDeploymentGroupCommandInput,
  DeploymentGroupAlreadyExistsException,
  UpdateDeploymentGroupCommand,
} from '@aws-sdk/client-codedeploy'
import { GetAliasCommand, LambdaClient, UpdateAliasCommand } from '@aws-sdk/client-lambda'
import { FUNCTION, type Target, versionOf, zipOf } from './deploy.ts'

/** A deployment that has begun. */
export interface Release {
  readonly deploymentId: string
  readonly functionName: string
  readonly alias: string
  /** What the alias pointed at, and what it is to point at. */
  readonly from: string
  readonly to: string
}

const APPLICATION = 'pets'
const GROUP = 'prod'
const ALIAS = 'prod'

/**
 * Releases a version of the example for `prod`, ten percent more of the traffic every minute, on the condition that it
 * does not do worse than the one before.
 *
 * @param directory beside this file, which has the version
 */
export async function release(target: Target, directory: string): Promise<Release> {
  const lambda = new LambdaClient(target)
  const codeDeploy = new CodeDeployClient(target)
  try {
    const alias = await lambda.send(new GetAliasCommand({ FunctionName: FUNCTION, Name: ALIAS }))
    const from = alias.FunctionVersion!
    // A deployment takes an alias over whose calls are all one version's.
    if (alias.RoutingConfig?.AdditionalVersionWeights) {
      const RoutingConfig = { AdditionalVersionWeights: {} }
      await lambda.send(new UpdateAliasCommand({ FunctionName: FUNCTION, Name: ALIAS, RoutingConfig }))
    }
    const to = await versionOf(lambda, zipOf(directory))
    await makeGroup(codeDeploy)
    const { deploymentId } = await codeDeploy.send(
      new CreateDeploymentCommand({
        applicationName: APPLICATION,
        deploymentGroupName: GROUP,
        description: `examples/pets-api/${directory}`,
        revision: {
          revisionType: 'AppSpecContent',
          appSpecContent: { content: JSON.stringify(appSpec(from, to)) },
        },
      }),
    )
    return { deploymentId: deploymentId!, functionName: FUNCTION, alias: ALIAS, from, to }
  } finally {
    lambda.destroy()
    codeDeploy.destroy()
  }
}

const appSpec = (from: string, to: string) => ({
  version: 0.0,
  Resources: [
    {
      [FUNCTION]: {
        Type: 'AWS::Lambda::Function',
        Properties: { Name: FUNCTION, Alias: ALIAS, CurrentVersion: from, TargetVersion: to },
      },
    },
  ],
})

async function makeGroup(codeDeploy: CodeDeployClient): Promise<void> {
  const settings: Omit<CreateDeploymentGroupCommandInput, 'deploymentGroupName'> = {
    applicationName: APPLICATION,
    serviceRoleArn: 'arn:aws:iam::000000000000:role/deployer',
    deploymentConfigName: 'CodeDeployDefault.LambdaLinear10PercentEvery1Minute',
    deploymentStyle: { deploymentType: 'BLUE_GREEN', deploymentOption: 'WITH_TRAFFIC_CONTROL' },
    // With this, the new version is compared with the old one while both serve.
    autoRollbackConfiguration: { enabled: true, events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM'] },
  }
  try {
    await codeDeploy.send(
      new CreateApplicationCommand({ applicationName: APPLICATION, computePlatform: 'Lambda' }),
    )
  } catch (error) {
    if (!(error instanceof ApplicationAlreadyExistsException)) throw error
  }
  try {
    await codeDeploy.send(new CreateDeploymentGroupCommand({ ...settings, deploymentGroupName: GROUP }))
  } catch (error) {
    if (!(error instanceof DeploymentGroupAlreadyExistsException)) throw error
    await codeDeploy.send(
      new UpdateDeploymentGroupCommand({ ...settings, currentDeploymentGroupName: GROUP }),
    )
  }
}
