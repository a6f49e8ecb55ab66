import type { DeploymentConfigInfo } from '@aws-sdk/client-codedeploy'
import { PREDEFINED_CONFIGURATIONS, type TrafficRouting } from '../../../../deployments/configurations.ts'
import {
  applications,
  deploymentConfigurations,
  deploymentGroups,
} from '../../../../deployments/deployment-records.ts'
import { type CodeDeployHandlers, type Context, change, contextOf, refuse } from '../context.ts'
import { LIMITS } from '../limits.ts'
import { pageOfNames } from '../pages.ts'
import { checkPlatform } from '../platform-rules.ts'
import { describeRouting, readRouting } from '../routing-rules.ts'

const OWN = 'CodeDeployDefault.'

export const configurationOperations = {
  async CreateDeploymentConfig(input, call) {
    const { records, now } = contextOf(call)
    const { deploymentConfigName: name } = input
    if (name.startsWith(OWN)) {
      throw refuse('InvalidDeploymentConfigName', `Names that start with ${OWN} are CodeDeploy's own`)
    }
    checkPlatform(input.computePlatform)
    if (input.minimumHealthyHosts) {
      throw refuse('InvalidMinimumHealthyHostValue', 'Deployments of functions have no hosts')
    }
    if (input.zonalConfig) {
      throw refuse('InvalidZonalDeploymentConfiguration', 'Deployments of functions have no zones')
    }
    const created = {
      id: crypto.randomUUID(),
      created: now,
      routing: readRouting(input.trafficRoutingConfig),
    }
    await change(async () => {
      if (await records.get(deploymentConfigurations, '', name)) {
        throw refuse('DeploymentConfigAlreadyExists', `Deployment configuration already exists: ${name}`)
      }
      if ((await records.count(deploymentConfigurations, '')) >= LIMITS.configurations) {
        throw refuse(
          'DeploymentConfigLimitExceeded',
          `There are ${LIMITS.configurations} custom deployment configurations already`,
        )
      }
      await records.change().create(deploymentConfigurations, { parent: '', id: name }, created).commit()
    })
    return { deploymentConfigId: created.id }
  },

  async GetDeploymentConfig(input, call) {
    const { records } = contextOf(call)
    const name = input.deploymentConfigName
    const predefined = PREDEFINED_CONFIGURATIONS.get(name)
    if (predefined) return { deploymentConfigInfo: describe(name, predefined) }
    const found = await records.get(deploymentConfigurations, '', name)
    if (!found) throw noSuchConfiguration(name)
    const { id, created, routing } = found.doc
    return {
      deploymentConfigInfo: {
        deploymentConfigId: id,
        createTime: new Date(created),
        ...describe(name, routing),
      },
    }
  },

  async ListDeploymentConfigs(input, call) {
    const own = await contextOf(call).records.ids(deploymentConfigurations, '')
    const names = [...PREDEFINED_CONFIGURATIONS.keys(), ...own].sort()
    const { items, nextToken } = await pageOfNames('configurations', input.nextToken, names)
    return { deploymentConfigsList: items, nextToken }
  },

  async DeleteDeploymentConfig(input, call) {
    const context = contextOf(call)
    const name = input.deploymentConfigName
    if (PREDEFINED_CONFIGURATIONS.has(name)) {
      throw refuse('InvalidOperation', `${name} is CodeDeploy's own and cannot be deleted`)
    }
    await change(async () => {
      const found = await context.records.get(deploymentConfigurations, '', name)
      if (!found) return
      if (await isUsed(context, name)) {
        throw refuse('DeploymentConfigInUse', `The deployment configuration ${name} is still in use`)
      }
      await context.records.change().remove(deploymentConfigurations, found).commit()
    })
    return {}
  },
} satisfies CodeDeployHandlers

/** What a configuration says, refusing one that does not exist. */
export async function routingOf({ records }: Context, name: string): Promise<TrafficRouting> {
  const routing =
    PREDEFINED_CONFIGURATIONS.get(name) ??
    (await records.get(deploymentConfigurations, '', name))?.doc.routing
  if (!routing) throw noSuchConfiguration(name)
  return routing
}

async function isUsed({ records }: Context, name: string): Promise<boolean> {
  for await (const application of records.each(applications, '', { batch: LIMITS.pageSize })) {
    for await (const group of records.each(deploymentGroups, application.doc.id, {
      batch: LIMITS.pageSize,
    })) {
      if (group.doc.configuration === name) return true
    }
  }
  return false
}

const noSuchConfiguration = (name: string) =>
  refuse('DeploymentConfigDoesNotExist', `No Deployment Configuration found for name: ${name}`)

const describe = (name: string, routing: TrafficRouting): DeploymentConfigInfo => ({
  deploymentConfigName: name,
  computePlatform: 'Lambda',
  trafficRoutingConfig: describeRouting(routing),
})
