import { findFunction } from '../../../../functions/control/find-function.ts'
import { FUNCTION_PUBLICATION, functions } from '../../../../functions/control/function-records.ts'
import { invalidParameter, notFound } from '../../../../functions/control/function-refusals.ts'
import { SHARED_TAG } from '../../../../functions/manifest.ts'
import { type Context, changeFunction, contextOf, type LambdaHandlers, referenceOf } from '../context.ts'
import { checkTags } from '../tag-rules.ts'

export const tagOperations = {
  async TagResource(input, call) {
    const context = contextOf(call)
    const name = taggedFunction(context, input.Resource)
    if (Object.keys(input.Tags).length === 0) {
      throw invalidParameter('An error occurred and the request cannot be processed.')
    }
    await changeTags(context, name, tags => checkTags(tags, input.Tags))
    return {}
  },

  async UntagResource(input, call) {
    const context = contextOf(call)
    const name = taggedFunction(context, input.Resource)
    const removed = new Set(input.TagKeys)
    await changeTags(context, name, tags =>
      Object.fromEntries(Object.entries(tags).filter(([key]) => !removed.has(key))),
    )
    return {}
  },

  async ListTags(input, call) {
    const context = contextOf(call)
    const name = taggedFunction(context, input.Resource)
    const { doc } = await findFunction(context.records, context.account, name)
    return { Tags: { ...doc.tags } }
  },
} satisfies LambdaHandlers

/** What else Lambda can tag, as its not-found sentences call it; Weir has none of these. */
const OTHER_RESOURCES: Readonly<Record<string, string>> = {
  'event-source-mapping': 'Event source mapping',
  'code-signing-config': 'Code signing config',
  'capacity-provider': 'Capacity provider',
  'network-connector': 'Network connector',
}

/** Name of the function whose ARN is given; versions and aliases have no tags. */
function taggedFunction(context: Context, resource: string): string {
  const kind = resource.split(':')[5] ?? ''
  const other = OTHER_RESOURCES[kind]
  if (other) throw notFound(`${other} not found: ${resource}`)
  const { name, qualifier } = referenceOf(context, { FunctionName: resource })
  if (qualifier !== undefined) {
    throw invalidParameter(
      'Tags on function aliases and versions are not supported. Please specify a function ARN.',
    )
  }
  return name
}

function changeTags(
  context: Context,
  name: string,
  change: (tags: Readonly<Record<string, string>>) => Readonly<Record<string, string>>,
): Promise<void> {
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
