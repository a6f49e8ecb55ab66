import type { DeploymentGroupInfo, LastDeploymentInfo } from '@aws-sdk/client-codedeploy'
import { DEFAULT_CONFIGURATION } from '../../../../deployments/configurations.ts'
import {
  type ApplicationRecord,
  deploymentGroups,
  type GroupRecord,
} from '../../../../deployments/deployment-records.ts'
import type { DeploymentState } from '../../../../deployments/deployment-state.ts'
import { lastOfGroup } from '../../../../deployments/deployment-table.ts'
import type { Stored } from '../../../../records/records.ts'
import {
  type CodeDeployHandlers,
  type Context,
  change,
  contextOf,
  findApplication,
  findGroup,
  refuse,
} from '../context.ts'
import { dateOf, describeRevision } from '../describe-deployment.ts'
import {
  checkStyle,
  describeAlarms,
  describeReady,
  describeRollBack,
  describeTriggers,
  readAlarms,
  readReady,
  readRollBack,
  readTriggers,
  STYLE,
} from '../group-rules.ts'
import { LIMITS } from '../limits.ts'
import { pageOfNames } from '../pages.ts'
import { withTags } from '../tag-rules.ts'
import { routingOf } from './configurations.ts'

export const groupOperations = {
  async CreateDeploymentGroup(input, call) {
    const context = contextOf(call)
    const { records } = context
    const application = await findApplication(context, input.applicationName)
    const name = input.deploymentGroupName
    const record: GroupRecord = {
      id: crypto.randomUUID(),
      configuration: DEFAULT_CONFIGURATION,
      role: input.serviceRoleArn,
      triggers: [],
      tags: withTags({}, input.tags),
      ...settingsOf(input),
    }
    await routingOf(context, record.configuration)
    await change(async () => {
      if (await records.get(deploymentGroups, application.doc.id, name)) throw alreadyExists(name)
      if ((await records.count(deploymentGroups, application.doc.id)) >= LIMITS.groups) {
        throw refuse('DeploymentGroupLimitExceeded', `There are ${LIMITS.groups} deployment groups already`)
      }
      await records
        .change()
        .create(deploymentGroups, { parent: application.doc.id, id: name }, record)
        .commit()
    })
    return { deploymentGroupId: record.id }
  },

  async GetDeploymentGroup(input, call) {
    const context = contextOf(call)
    const application = await findApplication(context, input.applicationName)
    const group = await findGroup(context, application, input.deploymentGroupName)
    return { deploymentGroupInfo: await describe(context, application, group) }
  },

  async BatchGetDeploymentGroups(input, call) {
    const context = contextOf(call)
    const application = await findApplication(context, input.applicationName)
    const names = [...new Set(input.deploymentGroupNames)]
    if (names.length > LIMITS.batch) {
      throw refuse('BatchLimitExceeded', `At most ${LIMITS.batch} deployment groups can be asked for`)
    }
    const found = await Promise.all(
      names.map(name => context.records.get(deploymentGroups, application.doc.id, name)),
    )
    const missing = names.filter((_, index) => !found[index])
    const there = found.filter(group => group !== undefined)
    return {
      deploymentGroupsInfo: await Promise.all(there.map(group => describe(context, application, group))),
      errorMessage:
        missing.length > 0 ? `No Deployment Group found for name: ${missing.join(', ')}` : undefined,
    }
  },

  async ListDeploymentGroups(input, call) {
    const context = contextOf(call)
    const application = await findApplication(context, input.applicationName)
    const names = await context.records.ids(deploymentGroups, application.doc.id)
    const list = `groups of ${application.doc.id}`
    const { items, nextToken } = await pageOfNames(list, input.nextToken, names)
    return { applicationName: application.id, deploymentGroups: items, nextToken }
  },

  async UpdateDeploymentGroup(input, call) {
    const context = contextOf(call)
    const { records } = context
    await change(async () => {
      const application = await findApplication(context, input.applicationName)
      const found = await findGroup(context, application, input.currentDeploymentGroupName)
      const { id: parent } = application.doc
      const name = input.newDeploymentGroupName ?? found.id
      const record = { ...found.doc, ...settingsOf(input) }
      await routingOf(context, record.configuration)
      if (name === found.id) {
        await records.change().replace(deploymentGroups, found, record).commit()
        return
      }
      if (await records.get(deploymentGroups, parent, name)) throw alreadyExists(name)
      await records
        .change()
        .remove(deploymentGroups, found)
        .create(deploymentGroups, { parent, id: name }, record)
        .commit()
    })
    return { hooksNotCleanedUp: [] }
  },

  /** One that is not there is deleted already. A deployment that is under way goes on, and the history stays. */
  async DeleteDeploymentGroup(input, call) {
    const context = contextOf(call)
    const { records } = context
    await change(async () => {
      const application = await findApplication(context, input.applicationName)
      const found = await records.get(deploymentGroups, application.doc.id, input.deploymentGroupName)
      if (found) await records.change().remove(deploymentGroups, found).commit()
    })
    return { hooksNotCleanedUp: [] }
  },
} satisfies CodeDeployHandlers

type Written = Partial<Parameters<NonNullable<CodeDeployHandlers['UpdateDeploymentGroup']>>[0]>

/** What a request says of a group, as it is kept; what it does not mention is not there. */
function settingsOf(input: Written): Partial<GroupRecord> {
  refuseInstances(input)
  checkStyle(input.deploymentStyle)
  const { alarmConfiguration, autoRollbackConfiguration, blueGreenDeploymentConfiguration } = input
  return {
    ...(input.deploymentConfigName !== undefined && { configuration: input.deploymentConfigName }),
    ...(input.serviceRoleArn !== undefined && { role: input.serviceRoleArn }),
    ...(input.triggerConfigurations && { triggers: readTriggers(input.triggerConfigurations) }),
    ...(alarmConfiguration && { alarms: readAlarms(alarmConfiguration) }),
    ...(autoRollbackConfiguration && { rollBack: readRollBack(autoRollbackConfiguration) }),
    ...(blueGreenDeploymentConfiguration && { ready: readReady(blueGreenDeploymentConfiguration) }),
    ...(input.outdatedInstancesStrategy && { outdatedInstances: input.outdatedInstancesStrategy }),
    ...(input.terminationHookEnabled !== undefined && { terminationHook: input.terminationHookEnabled }),
  }
}

/** Settings of groups that instances or containers belong to, and how CodeDeploy refuses them. */
const OF_INSTANCES = [
  ['ec2TagFilters', 'InvalidEC2Tag'],
  ['ec2TagSet', 'InvalidEC2Tag'],
  ['onPremisesInstanceTagFilters', 'InvalidTag'],
  ['onPremisesTagSet', 'InvalidTag'],
  ['autoScalingGroups', 'InvalidAutoScalingGroup'],
  ['ecsServices', 'InvalidECSService'],
  ['loadBalancerInfo', 'InvalidLoadBalancerInfo'],
] as const

function refuseInstances(input: Written): void {
  for (const [member, code] of OF_INSTANCES) {
    const value = input[member]
    if (value !== undefined && !(Array.isArray(value) && value.length === 0)) {
      throw refuse(code, `A deployment group of functions has no ${member}`)
    }
  }
}

const alreadyExists = (name: string) =>
  refuse('DeploymentGroupAlreadyExists', `Deployment group already exists: ${name}`)

async function describe(
  { platform, account }: Context,
  application: Stored<ApplicationRecord>,
  { id, doc }: Stored<GroupRecord>,
): Promise<DeploymentGroupInfo> {
  const { attempted, succeeded } = await lastOfGroup(platform.env.DB, account, doc.id)
  return {
    applicationName: application.id,
    deploymentGroupId: doc.id,
    deploymentGroupName: id,
    deploymentConfigName: doc.configuration,
    ec2TagFilters: [],
    onPremisesInstanceTagFilters: [],
    autoScalingGroups: [],
    serviceRoleArn: doc.role,
    targetRevision: attempted && describeRevision(attempted.release.asked.revision),
    triggerConfigurations: describeTriggers(doc.triggers),
    alarmConfiguration: doc.alarms && describeAlarms(doc.alarms),
    autoRollbackConfiguration: doc.rollBack && describeRollBack(doc.rollBack),
    deploymentStyle: STYLE,
    outdatedInstancesStrategy: doc.outdatedInstances ?? 'UPDATE',
    blueGreenDeploymentConfiguration: doc.ready && describeReady(doc.ready),
    lastSuccessfulDeployment: succeeded && lastOf(succeeded),
    lastAttemptedDeployment: attempted && lastOf(attempted),
    computePlatform: 'Lambda',
    terminationHookEnabled: doc.terminationHook ?? false,
  }
}

const lastOf = ({ release, status, ended }: DeploymentState): LastDeploymentInfo => ({
  deploymentId: release.id,
  status,
  endTime: dateOf(ended),
  createTime: new Date(release.created),
})
