import { findFunction } from '../../../../functions/control/find-function.ts'
import { FUNCTION_PUBLICATION, functions } from '../../../../functions/control/function-records.ts'
import { invalidParameter, notFound } from '../../../../functions/control/function-refusals.ts'
import { eventSourceMappings } from '../../../../functions/event-sources/mapping-records.ts'
import { SHARED_TAG } from '../../../../functions/manifest.ts'
import { arn, partsOfArn } from '../../../../lib/arn.ts'
import { type Tags, withoutTags } from '../../../../lib/tags.ts'
import { modify } from '../../../../records/modify.ts'
import { type Context, changeFunction, contextOf, type LambdaHandlers, referenceOf } from '../context.ts'
import { withTags } from '../tag-rules.ts'

/** Something that has tags. */
interface Tagged {
  read(): Promise<Tags>
  change(change: (tags: Tags) => Tags): Promise<void>
}

export const tagOperations = {
  async TagResource(input, call) {
    const tagged = taggedResource(contextOf(call), input.Resource)
    if (Object.keys(input.Tags).length === 0) {
      throw invalidParameter('An error occurred and the request cannot be processed.')
    }
    await tagged.change(tags => withTags(tags, input.Tags))
    return {}
  },

  async UntagResource(input, call) {
    await taggedResource(contextOf(call), input.Resource).change(tags => withoutTags(tags, input.TagKeys))
    return {}
  },

  async ListTags(input, call) {
    return { Tags: { ...(await taggedResource(contextOf(call), input.Resource).read()) } }
  },
} satisfies LambdaHandlers

/** What else Lambda can tag, as its not-found sentences call it; Weir has none of these. */
const OTHER_RESOURCES: Readonly<Record<string, string>> = {
  'code-signing-config': 'Code signing config',
  'capacity-provider': 'Capacity provider',
  'network-connector': 'Network connector',
}

function taggedResource(context: Context, resource: string): Tagged {
  const [kind = ''] = partsOfArn(resource).resource.split(':')
  const other = OTHER_RESOURCES[kind]
  if (other) throw notFound(`${other} not found: ${resource}`)
  return kind === 'event-source-mapping' ? mappingTags(context, resource) : functionTags(context, resource)
}

/** Versions and aliases have no tags. */
function functionTags(context: Context, resource: string): Tagged {
  const { name, qualifier } = referenceOf(context, { FunctionName: resource })
  if (qualifier !== undefined) {
    throw invalidParameter(
      'Tags on function aliases and versions are not supported. Please specify a function ARN.',
    )
  }
  return {
    read: async () => (await findFunction(context.records, context.account, name)).doc.tags,
    change: change => changeTags(context, name, change),
  }
}

function mappingTags({ account, records }: Context, resource: string): Tagged {
  const find = async () => {
    const [, uuid = ''] = partsOfArn(resource).resource.split(':')
    const own = arn('lambda', account, `event-source-mapping:${uuid}`)
    const found = resource === own ? await records.get(eventSourceMappings, '', uuid) : undefined
    if (!found) throw notFound(`Event source mapping not found: ${resource}`)
    return found
  }
  return {
    read: async () => (await find()).doc.tags,
    change: change =>
      modify(async () => {
        const found = await find()
        const changed = { ...found.doc, tags: change(found.doc.tags) }
        await records.change().replace(eventSourceMappings, found, changed).commit()
      }),
  }
}

function changeTags(context: Context, name: string, change: (tags: Tags) => Tags): Promise<void> {
  const { account, records } = context
  return changeFunction(context, name, async () => {
    const found = await findFunction(records, account, name)
    const latest = { ...found.doc.latest, revisionId: crypto.randomUUID() }
    const tags = change(found.doc.tags)
    const committed = records.change().replace(functions, found, { ...found.doc, latest, tags })
    // The only tag that the data plane knows of.
    if (tags[SHARED_TAG] !== found.doc.tags[SHARED_TAG]) {
      committed.publish({ kind: FUNCTION_PUBLICATION, id: name })
    }
    await committed.commit()
  })
}
