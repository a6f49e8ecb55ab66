import { CodeDeployClient, type DeploymentInfo, GetDeploymentCommand } from '@aws-sdk/client-codedeploy'
import { GetAliasCommand, LambdaClient } from '@aws-sdk/client-lambda'
import type { Target } from '../../examples/pets-api/deploy.ts'
import type { Release } from '../../examples/pets-api/release.ts'

/** What is known of a release from asking for it. */
export interface ReleaseState {
  /** Share of the alias's calls that the new version answers, 0 to 1. */
  readonly share: number
  readonly info: DeploymentInfo
}

const OVER: readonly (string | undefined)[] = ['Succeeded', 'Failed', 'Stopped']

/** How often is asked, milliseconds. */
const EVERY_MS = 250

/** Asks for a deployment and its alias until it is over. Its last state is that after any roll-back. */
export async function* watchRelease(target: Target, release: Release): AsyncGenerator<ReleaseState> {
  const codeDeploy = new CodeDeployClient(target)
  const lambda = new LambdaClient(target)
  const { deploymentId, functionName, alias, to } = release
  try {
    for (;;) {
      const { deploymentInfo } = await codeDeploy.send(new GetDeploymentCommand({ deploymentId }))
      const { FunctionVersion, RoutingConfig } = await lambda.send(
        new GetAliasCommand({ FunctionName: functionName, Name: alias }),
      )
      const share = FunctionVersion === to ? 1 : (RoutingConfig?.AdditionalVersionWeights?.[to] ?? 0)
      yield { share, info: deploymentInfo! }
      if (OVER.includes(deploymentInfo!.status) && (share === 0 || share === 1)) return
      await new Promise(resolve => setTimeout(resolve, EVERY_MS))
    }
  } finally {
    codeDeploy.destroy()
    lambda.destroy()
  }
}
