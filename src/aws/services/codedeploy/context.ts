import type { CodeDeploy } from '@aws-sdk/client-codedeploy'
import {
  type ApplicationRecord,
  applications,
  deploymentGroups,
  type GroupRecord,
} from '../../../deployments/deployment-records.ts'
import type { FoundDeployment } from '../../../deployments/deployment-table.ts'
import { findLiveDeployment } from '../../../deployments/find-live-deployment.ts'
import { driverName } from '../../../deployments/release.ts'
import { Refusal } from '../../../lib/refusal.ts'
import type { Platform } from '../../../platform.ts'
import { modifyOr } from '../../../records/modify.ts'
import type { Stored } from '../../../records/records.ts'
import type { AccountContext as Context } from '../../account-context.ts'
import type { Handlers } from '../../wire/service.ts'

export type CodeDeployHandlers = Handlers<CodeDeploy, Platform>

export { type AccountContext as Context, accountContext as contextOf } from '../../account-context.ts'

export const refuse = (code: string, message: string): Refusal => new Refusal(`${code}Exception`, message)

export async function findApplication(
  { records }: Context,
  name: string | undefined,
): Promise<Stored<ApplicationRecord>> {
  if (name === undefined) throw refuse('ApplicationNameRequired', 'An application name must be specified')
  const found = await records.get(applications, '', name)
  if (!found) throw refuse('ApplicationDoesNotExist', `No application found for name: ${name}`)
  return found
}

export async function findGroup(
  { records }: Context,
  application: Stored<ApplicationRecord>,
  name: string | undefined,
): Promise<Stored<GroupRecord>> {
  if (name === undefined) {
    throw refuse('DeploymentGroupNameRequired', 'A deployment group name must be specified')
  }
  const found = await records.get(deploymentGroups, application.doc.id, name)
  if (!found) throw refuse('DeploymentGroupDoesNotExist', `No Deployment Group found for name: ${name}`)
  return found
}

const DEPLOYMENT_ID = /^d-[A-Z0-9]{9}$/

/** As it is now, wherever it is kept. */
export async function findOwnDeployment(
  { platform, account }: Context,
  id: string | undefined,
): Promise<FoundDeployment> {
  if (id === undefined) throw refuse('DeploymentIdRequired', 'A deployment ID must be specified')
  if (!DEPLOYMENT_ID.test(id)) throw refuse('InvalidDeploymentId', `The deployment ID ${id} is not valid`)
  const found = await findLiveDeployment(platform.env, account, id)
  if (!found) throw refuse('DeploymentDoesNotExist', `The deployment ${id} could not be found`)
  return found
}

export const driverOf = ({ platform, account }: Context, groupId: string) =>
  platform.env.DEPLOYMENT_DRIVER.getByName(driverName(account, groupId))

/** `work` reads, decides and commits, and is run again when somebody else was faster. */
export const change = <T>(work: () => Promise<T>): Promise<T> =>
  modifyOr(() => refuse('Throttling', 'Others keep changing this at the same time. Try again.'), work)
