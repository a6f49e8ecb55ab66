import { poolGroups } from '../../../../identity/user-pools/pool-records.ts'
import { GroupMembers } from '../../../../identity/user-pools/users/group-members.ts'
import { writePageMarker } from '../../../../records/page-marker.ts'
import { takePage } from '../../../../records/take-page.ts'
import { describeGroup } from '../answers.ts'
import { type CognitoHandlers, contextOf } from '../context.ts'
import { pageSize, readToken } from '../pages.ts'
import type { CognitoParts } from '../parts.ts'
import { noSuchGroup, noSuchUser } from '../refusals.ts'
import { describeUser } from '../user-answers.ts'
import { asAdministrator, requireUser, type UserContext } from '../user-context.ts'

export const groupMemberOperations = (parts: CognitoParts) =>
  ({
    async AdminAddUserToGroup(input, call) {
      const context = await asAdministrator(parts, call, input)
      const { key } = await requireUser(context, input.Username)
      const missing = await membersOf(context).join(key, input.GroupName)
      if (missing === 'no such group') throw noSuchGroup()
      if (missing === 'no such user') throw noSuchUser()
      return {}
    },

    async AdminRemoveUserFromGroup(input, call) {
      const context = await asAdministrator(parts, call, input)
      await requireGroup(context, input.GroupName)
      const { key } = await requireUser(context, input.Username)
      await membersOf(context).leave(key, input.GroupName)
      return {}
    },

    async AdminListGroupsForUser(input, call) {
      const context = await asAdministrator(parts, call, input)
      const { key } = await requireUser(context, input.Username)
      const poolId = context.found.pool.id
      const list = `groups of ${poolId} ${key}`
      const after = readToken(list, input.NextToken)?.[0] ?? ''
      const rest = (await membersOf(context).groupsOf(key))
        .filter(({ name }) => name > after)
        .sort((one, other) => (one.name < other.name ? -1 : 1))
      const { items, next } = await takePage(list, rest, pageSize(input.Limit), ({ name }) => [name])
      return { Groups: items.map(group => describeGroup(poolId, group)), NextToken: next }
    },

    async ListUsersInGroup(input, call) {
      const context = await asAdministrator(parts, call, input)
      await requireGroup(context, input.GroupName)
      const list = `users of ${context.found.pool.id} ${input.GroupName}`
      const page = await membersOf(context).of(input.GroupName, {
        after: readToken(list, input.NextToken)?.[0],
        limit: pageSize(input.Limit),
      })
      return {
        Users: page.users.map(({ user }) => describeUser(user)),
        NextToken: page.next === undefined ? undefined : writePageMarker(list, page.next),
      }
    },
  }) satisfies CognitoHandlers

const membersOf = ({ call, found }: UserContext): GroupMembers =>
  new GroupMembers(call.platform.env.DB, found)

async function requireGroup({ call, found }: UserContext, name: string): Promise<void> {
  if (!(await contextOf(call).records.get(poolGroups, found.pool.id, name))) throw noSuchGroup()
}
