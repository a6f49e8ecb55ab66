import { deploymentGroups } from '../../../deployments/deployment-records.ts'
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
  if (applicationName === undefined) {
    if (groupName === undefined) return undefined
    throw refuse('ApplicationNameRequired', 'A deployment group is named together with its application')
  }
  const application = await findApplication(context, applicationName)
  if (groupName !== undefined) return [(await findGroup(context, application, groupName)).doc.id]
  const groups = await context.records.all(deploymentGroups, application.doc.id)
  return groups.map(({ doc }) => doc.id)
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
