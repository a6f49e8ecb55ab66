import {
  type DeploymentFilter,
  type ListedDeployment,
  listDeployments as readDeployments,
} from '../../../deployments/deployment-table.ts'
import { type Context, findApplication, findGroup, refuse } from './context.ts'
import { LIMITS } from './limits.ts'

/** The groups whose deployments are asked for; undefined: those of all. */
export async function findGroupIds(
  context: Context,
  applicationName: string | undefined,
  groupName: string | undefined,
): Promise<string[] | undefined> {
  if (applicationName === undefined && groupName === undefined) return undefined
  if (applicationName === undefined) {
    throw refuse('ApplicationNameRequired', 'A deployment group is named together with its application')
  }
  // "If applicationName is specified, then deploymentGroupName must be specified."
  if (groupName === undefined) {
    throw refuse('DeploymentGroupNameRequired', 'An application is named together with a deployment group')
  }
  const application = await findApplication(context, applicationName)
  return [(await findGroup(context, application, groupName)).doc.id]
}

/** What comes after a position, `[created, id]`, newest first. */
export function listDeployments(
  { platform, account }: Context,
  filter: DeploymentFilter,
  [created, id]: readonly string[],
): Promise<ListedDeployment[]> {
  return readDeployments(platform.env.DB, account, filter, {
    ...(created !== undefined && id !== undefined && { after: { created: Number(created), id } }),
    limit: LIMITS.pageSize + 1,
  })
}
