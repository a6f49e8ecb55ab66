import { applications, deploymentGroups } from '../../../../deployments/deployment-records.ts'
import { arn, partsOfArn } from '../../../../lib/arn.ts'
import { type Tags, withoutTags } from '../../../../lib/tags.ts'
import {
  type CodeDeployHandlers,
  type Context,
  change,
  contextOf,
  findApplication,
  findGroup,
  refuse,
} from '../context.ts'
import { tagList, withTags } from '../tag-rules.ts'

export const tagOperations = {
  async TagResource(input, call) {
    const context = contextOf(call)
    await change(() => changeTags(context, input.ResourceArn, tags => withTags(tags, input.Tags)))
    return {}
  },

  async UntagResource(input, call) {
    const context = contextOf(call)
    await change(() => changeTags(context, input.ResourceArn, tags => withoutTags(tags, input.TagKeys)))
    return {}
  },

  async ListTagsForResource(input, call) {
    const { application, group } = await taggedResource(contextOf(call), input.ResourceArn)
    return { Tags: tagList((group ?? application).doc.tags) }
  },
} satisfies CodeDeployHandlers

async function changeTags(context: Context, text: string, edit: (tags: Tags) => Tags): Promise<void> {
  const { application, group } = await taggedResource(context, text)
  const toBe = context.records.change()
  await (group
    ? toBe.replace(deploymentGroups, group, { ...group.doc, tags: edit(group.doc.tags) })
    : toBe.replace(applications, application, { ...application.doc, tags: edit(application.doc.tags) })
  ).commit()
}

/** An application or a deployment group: those can be tagged. */
async function taggedResource(context: Context, text: string) {
  const { service, region, account, resource } = partsOfArn(text)
  const { account: own } = context
  if (service !== 'codedeploy' || region !== own.region || account !== own.id) {
    throw refuse('InvalidArn', `${text} is not the ARN of a resource of CodeDeploy`)
  }
  const [, type, name = ''] = /^([a-z]+):(.+)$/.exec(resource) ?? []
  if (type !== 'application' && type !== 'deploymentgroup') {
    throw refuse('ArnNotSupported', `${text} is neither an application nor a deployment group`)
  }
  // As policies name it, or one could name what they forbid in another spelling.
  if (text !== arn('codedeploy', own, resource)) throw refuse('InvalidArn', `${text} is not an ARN`)
  const [applicationName, ...groupName] = name.split('/')
  const application = await findApplication(context, applicationName)
  const group =
    type === 'deploymentgroup' ? await findGroup(context, application, groupName.join('/')) : undefined
  return { application, group }
}
