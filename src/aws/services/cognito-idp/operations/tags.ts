import { entityName } from '../../../../identity/caller.ts'
import { poolArn } from '../../../../identity/user-pools/pool-records.ts'
import { withoutTags } from '../../../../lib/tags.ts'
import { type CognitoHandlers, type Context, changePool, contextOf, findPool } from '../context.ts'
import { noSuchPool } from '../refusals.ts'
import { withTags } from '../tag-rules.ts'

/** The pool that an ARN names, which is spelled in one way: permission was asked of what it says to the letter. */
function poolOfArn({ account }: Context, text: string): string {
  const id = entityName(text)
  if (text !== poolArn(account, id)) throw noSuchPool(id)
  return id
}

export const tagOperations = {
  async TagResource(input, call) {
    const context = contextOf(call)
    await changePool(context, poolOfArn(context, input.ResourceArn), pool => ({
      ...pool,
      tags: withTags(pool.tags, input.Tags),
    }))
    return {}
  },

  async UntagResource(input, call) {
    const context = contextOf(call)
    await changePool(context, poolOfArn(context, input.ResourceArn), pool => ({
      ...pool,
      tags: withoutTags(pool.tags, input.TagKeys),
    }))
    return {}
  },

  async ListTagsForResource(input, call) {
    const context = contextOf(call)
    const { doc } = await findPool(context, poolOfArn(context, input.ResourceArn))
    return { Tags: { ...doc.tags } }
  },
} satisfies CognitoHandlers
