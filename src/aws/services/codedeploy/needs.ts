import {
  applicationArn,
  applications,
  configurationArn,
  deploymentGroups,
  groupArn,
} from '../../../deployments/deployment-records.ts'
import { findDeployments } from '../../../deployments/deployment-table.ts'
import type { Tags } from '../../../lib/tags.ts'
import type { Platform } from '../../../platform.ts'
import type { Call, Need } from '../../wire/service.ts'
import { type Context, contextOf } from './context.ts'
import { LIMITS } from './limits.ts'

interface Named {
  readonly applicationName?: string
  readonly deploymentGroupName?: string
  readonly currentDeploymentGroupName?: string
  readonly deploymentGroupNames?: readonly string[]
  readonly applicationNames?: readonly string[]
  readonly deploymentConfigName?: string
  readonly deploymentId?: string
  readonly deploymentIds?: readonly string[]
  readonly serviceRoleArn?: string
  readonly tags?: readonly unknown[]
  readonly ResourceArn?: string
}

/** Operations about a configuration alone. */
const ABOUT_CONFIGURATIONS = /DeploymentConfig$/

/** Those that are about a deployment group although they may name no group, but one of its deployments. */
const ABOUT_DEPLOYMENTS = /(?:Deployment|DeploymentTargets?|HookExecutionStatus)$/

/**
 * What CodeDeploy's operations ask for. A deployment has no ARN: policies name its group.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodedeploy.html
 */
export async function codedeployNeeds(input: Named, call: Call<Platform>): Promise<readonly Need[]> {
  const context = contextOf(call)
  const { account } = context
  const action = `codedeploy:${call.operation}`
  const groupName = input.deploymentGroupName ?? input.currentDeploymentGroupName
  const { applicationName: application, deploymentConfigName: configuration } = input
  if (ABOUT_CONFIGURATIONS.test(call.operation)) {
    const resource = configuration === undefined ? '*' : configurationArn(account, configuration)
    return [{ action, resource }]
  }
  if (input.ResourceArn !== undefined) return [{ action, resource: input.ResourceArn }]
  if (input.deploymentId !== undefined && ABOUT_DEPLOYMENTS.test(call.operation)) {
    return needsOfDeployments(context, action, [input.deploymentId])
  }
  if (input.deploymentIds?.length) {
    return needsOfDeployments(
      context,
      action,
      [...new Set(input.deploymentIds)].slice(0, LIMITS.deploymentsOfBatch),
    )
  }
  const needs: Need[] = []
  if (application !== undefined && groupName !== undefined) {
    needs.push(needOfGroup(context, action, application, groupName))
  } else if (application !== undefined && input.deploymentGroupNames) {
    for (const name of input.deploymentGroupNames) needs.push(needOfGroup(context, action, application, name))
  } else if (application !== undefined) needs.push(needOfApplication(context, action, application))
  for (const name of input.applicationNames ?? []) needs.push(needOfApplication(context, action, name))
  if (needs.length === 0) needs.push({ action, resource: '*' })
  if (input.serviceRoleArn !== undefined) {
    needs.push({
      action: 'iam:PassRole',
      resource: input.serviceRoleArn,
      context: { 'iam:PassedToService': 'codedeploy.amazonaws.com' },
    })
  }
  if (input.tags?.length) needs.push({ ...needs[0]!, action: 'codedeploy:TagResource' })
  return needs
}

const needOfApplication = (context: Context, action: string, name: string): Need => ({
  action,
  resource: applicationArn(context.account, name),
  tags: async () => (await context.records.get(applications, '', name))?.doc.tags,
})

const needOfGroup = (context: Context, action: string, application: string, name: string): Need => ({
  action,
  resource: groupArn(context.account, application, name),
  tags: () => tagsOfGroup(context, application, name),
})

async function tagsOfGroup(
  { records }: Context,
  applicationName: string,
  name: string,
): Promise<Tags | undefined> {
  const application = await records.get(applications, '', applicationName)
  return application && (await records.get(deploymentGroups, application.doc.id, name))?.doc.tags
}

/** @param ids fifty at most */
async function needsOfDeployments(context: Context, action: string, ids: readonly string[]): Promise<Need[]> {
  const found = await findDeployments(context.platform.env.DB, context.account, ids)
  if (found.length === 0) return [{ action, resource: '*' }]
  return found.map(({ state: { release } }) =>
    needOfGroup(context, action, release.application, release.group),
  )
}
