import type { ApplicationInfo } from '@aws-sdk/client-codedeploy'
import {
  type ApplicationRecord,
  applications,
  deploymentGroups,
  revisions,
} from '../../../../deployments/deployment-records.ts'
import type { Stored } from '../../../../records/records.ts'
import { type CodeDeployHandlers, change, contextOf, findApplication, refuse } from '../context.ts'
import { LIMITS } from '../limits.ts'
import { pageOf } from '../pages.ts'
import { checkPlatform } from '../platform-rules.ts'
import { withTags } from '../tag-rules.ts'

export const applicationOperations = {
  /** Functions and stages are all that Weir deploys, so they are what an application is for if nothing is said. */
  async CreateApplication(input, call) {
    const { records, now } = contextOf(call)
    const { applicationName: name } = input
    checkPlatform(input.computePlatform)
    const created = { id: crypto.randomUUID(), created: now, tags: withTags({}, input.tags) }
    await change(async () => {
      if (await records.get(applications, '', name)) throw alreadyExists(name)
      if ((await records.count(applications, '')) >= LIMITS.applications) {
        throw refuse('ApplicationLimitExceeded', `There are ${LIMITS.applications} applications already`)
      }
      await records.change().create(applications, { parent: '', id: name }, created).commit()
    })
    return { applicationId: created.id }
  },

  async GetApplication(input, call) {
    return { application: describe(await findApplication(contextOf(call), input.applicationName)) }
  },

  async BatchGetApplications(input, call) {
    const context = contextOf(call)
    const names = [...new Set(input.applicationNames)]
    if (names.length > LIMITS.batch) {
      throw refuse('BatchLimitExceeded', `At most ${LIMITS.batch} applications can be asked for`)
    }
    const found = await Promise.all(names.map(name => findApplication(context, name)))
    return { applicationsInfo: found.map(describe) }
  },

  async ListApplications(input, call) {
    const { records } = contextOf(call)
    const { items, nextToken } = await pageOf(
      'applications',
      input.nextToken,
      async ([after], limit) => (await records.list(applications, '', { after, limit })).items,
      ({ id }) => [id],
    )
    return { applications: items.map(({ id }) => id), nextToken }
  },

  async UpdateApplication(input, call) {
    const context = contextOf(call)
    const { records } = context
    const { newApplicationName: name } = input
    await change(async () => {
      const found = await findApplication(context, input.applicationName)
      if (name === undefined || name === found.id) return
      if (await records.get(applications, '', name)) throw alreadyExists(name)
      await records
        .change()
        .remove(applications, found)
        .create(applications, { parent: '', id: name }, found.doc)
        .commit()
    })
    return {}
  },

  /** One that is not there is deleted already. Deployments that are under way go on, and the history stays. */
  async DeleteApplication(input, call) {
    const { records } = contextOf(call)
    await change(async () => {
      const found = await records.get(applications, '', input.applicationName)
      if (!found) return
      await records
        .change()
        .remove(applications, found)
        .removeAll(deploymentGroups, found.doc.id)
        .removeAll(revisions, found.doc.id)
        .commit()
    })
    return {}
  },
} satisfies CodeDeployHandlers

const alreadyExists = (name: string) =>
  refuse('ApplicationAlreadyExists', `Application already exists: ${name}`)

const describe = ({ id, doc }: Stored<ApplicationRecord>): ApplicationInfo => ({
  applicationId: doc.id,
  applicationName: id,
  createTime: new Date(doc.created),
  linkedToGitHub: false,
  computePlatform: 'Lambda',
})
