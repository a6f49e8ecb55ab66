import { type GroupRecord, poolGroups } from '../../../../identity/user-pools/pool-records.ts'
import { Refusal } from '../../../../lib/refusal.ts'
import type { Stored } from '../../../../records/records.ts'
import { describeGroup } from '../answers.ts'
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
import { noSuchGroup } from '../refusals.ts'

const findGroup = async (context: Context, poolId: string, name: string): Promise<Stored<GroupRecord>> =>
  (await findIn(context, poolGroups, poolId, name, noSuchGroup)).found

export const groupOperations = {
  async CreateGroup(input, call) {
    const context = contextOf(call)
    const { now } = context
    const { UserPoolId, GroupName, Description, RoleArn, Precedence } = input
    const doc: GroupRecord = {
      name: GroupName,
      created: now,
      modified: now,
      Description,
      RoleArn,
      Precedence,
    }
    await createIn(context, poolGroups, UserPoolId, {
      id: GroupName,
      most: LIMITS.groups,
      called: 'groups',
      taken: () => new Refusal('GroupExistsException', 'A group with the name already exists.'),
      make: () => doc,
    })
    return { Group: describeGroup(UserPoolId, doc) }
  },

  async GetGroup(input, call) {
    const { doc } = await findGroup(contextOf(call), input.UserPoolId, input.GroupName)
    return { Group: describeGroup(input.UserPoolId, doc) }
  },

  async ListGroups(input, call) {
    const context = contextOf(call)
    const { UserPoolId, Limit, NextToken } = input
    await findPool(context, UserPoolId)
    const request = { limit: Limit, token: NextToken }
    const list = `groups ${UserPoolId}`
    const { items, next } = await pageOf(context.records, poolGroups, UserPoolId, list, request, ({ doc }) =>
      describeGroup(UserPoolId, doc),
    )
    return { Groups: items, NextToken: next }
  },

  /** What is not said stays as it is. */
  async UpdateGroup(input, call) {
    const context = contextOf(call)
    const { UserPoolId, GroupName } = input
    const doc = await change(async () => {
      const group = await findGroup(context, UserPoolId, GroupName)
      const updated: GroupRecord = {
        ...group.doc,
        modified: context.now,
        Description: input.Description ?? group.doc.Description,
        RoleArn: input.RoleArn ?? group.doc.RoleArn,
        Precedence: input.Precedence ?? group.doc.Precedence,
      }
      await context.records.change().replace(poolGroups, group, updated).commit()
      return updated
    })
    return { Group: describeGroup(UserPoolId, doc) }
  },

  async DeleteGroup(input, call) {
    const context = contextOf(call)
    const { UserPoolId, GroupName } = input
    const { DB } = context.platform.env
    const removal = DB.prepare('DELETE FROM pool_members WHERE pool = ? AND group_name = ?')
    await change(async () => {
      const group = await findGroup(context, UserPoolId, GroupName)
      // In one transaction: whoever was in it must not be in a later group of the same name.
      const members = removal.bind(UserPoolId, GroupName)
      await context.records.change().remove(poolGroups, group).also([members]).commit()
    })
    return {}
  },
} satisfies CognitoHandlers
