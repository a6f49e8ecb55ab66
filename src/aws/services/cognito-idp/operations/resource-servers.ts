import type { ResourceServerScopeType, ResourceServerType } from '@aws-sdk/client-cognito-identity-provider'
import { type ResourceServerRecord, resourceServers } from '../../../../identity/user-pools/pool-records.ts'
import type { Stored } from '../../../../records/records.ts'
import {
  type CognitoHandlers,
  type Context,
  change,
  contextOf,
  createIn,
  findIn,
  findPool,
} from '../context.ts'
import { LIMITS } from '../limits.ts'
import { pageOf } from '../pages.ts'
import { invalidParameter, noSuchServer } from '../refusals.ts'

const describeServer = (
  poolId: string,
  { identifier, name, scopes }: ResourceServerRecord,
): ResourceServerType => ({
  UserPoolId: poolId,
  Identifier: identifier,
  Name: name,
  Scopes: [...scopes],
})

const findServer = async (
  context: Context,
  poolId: string,
  identifier: string,
): Promise<Stored<ResourceServerRecord>> =>
  (await findIn(context, resourceServers, poolId, identifier, () => noSuchServer(identifier))).found

function checkedScopes(scopes: readonly ResourceServerScopeType[] = []): readonly ResourceServerScopeType[] {
  const names = scopes.map(({ ScopeName }) => ScopeName)
  const repeated = names.find((name, at) => names.indexOf(name) !== at)
  if (repeated !== undefined) throw invalidParameter(`Scope ${repeated} is defined more than once.`)
  return scopes
}

export const resourceServerOperations = {
  async CreateResourceServer(input, call) {
    const { UserPoolId, Identifier, Name, Scopes } = input
    const doc: ResourceServerRecord = { identifier: Identifier, name: Name, scopes: checkedScopes(Scopes) }
    await createIn(contextOf(call), resourceServers, UserPoolId, {
      id: Identifier,
      most: LIMITS.resourceServers,
      called: 'resource servers',
      taken: () => invalidParameter(`${Identifier} already exists in user pool ${UserPoolId}.`),
      make: () => doc,
    })
    return { ResourceServer: describeServer(UserPoolId, doc) }
  },

  async DescribeResourceServer(input, call) {
    const { doc } = await findServer(contextOf(call), input.UserPoolId, input.Identifier)
    return { ResourceServer: describeServer(input.UserPoolId, doc) }
  },

  async ListResourceServers(input, call) {
    const context = contextOf(call)
    const { UserPoolId, MaxResults, NextToken } = input
    await findPool(context, UserPoolId)
    const request = { limit: MaxResults ?? 50, token: NextToken }
    const { items, next } = await pageOf(
      context.records,
      resourceServers,
      UserPoolId,
      `resource servers ${UserPoolId}`,
      request,
      ({ doc }) => describeServer(UserPoolId, doc),
    )
    return { ResourceServers: items, NextToken: next }
  },

  /** Scopes that are not said are gone. */
  async UpdateResourceServer(input, call) {
    const context = contextOf(call)
    const { UserPoolId, Identifier, Name, Scopes } = input
    const doc: ResourceServerRecord = { identifier: Identifier, name: Name, scopes: checkedScopes(Scopes) }
    await change(async () => {
      const server = await findServer(context, UserPoolId, Identifier)
      await context.records.change().replace(resourceServers, server, doc).commit()
    })
    return { ResourceServer: describeServer(UserPoolId, doc) }
  },

  async DeleteResourceServer(input, call) {
    const context = contextOf(call)
    await change(async () => {
      const server = await findServer(context, input.UserPoolId, input.Identifier)
      await context.records.change().remove(resourceServers, server).commit()
    })
    return {}
  },
} satisfies CognitoHandlers
