import { partsOfArn } from '../../../../lib/arn.ts'
import { type CognitoHandlers, type Context, changePool, contextOf, findPool } from '../context.ts'
import { noSuchPool } from '../refusals.ts'
import { withoutTags, withTags } from '../tag-rules.ts'

/** The pool that an ARN names, if it is of the caller's account and region. */
function poolOfArn({ account }: Context, text: string): string {
  const { service, region, account: owner, resource } = partsOfArn(text)
  const [kind, id = ''] = resource.split('/')
  if (service === 'cognito-idp' && kind === 'userpool' && region === account.region && owner === account.id) {
    return id
  }
  throw noSuchPool(id || text)
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
