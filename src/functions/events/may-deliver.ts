import { type Authority, decideForCaller, standingOf } from '../../identity/authority.ts'
import { functionSession } from '../../identity/role-session.ts'
import type { RoleMay } from './consume-events.ts'

/**
 * Whether a function's execution role lets what became of its events be told: Lambda delivers as the role.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-async-destinations-permissions
 */
export const mayDeliver =
  (authority: Authority): RoleMay =>
  async ({ account, name, role }, action, resource) => {
    const session = functionSession({ account: account.id, region: account.region, role, function: name })
    const standing = await standingOf(authority, session)
    const context = { 'aws:RequestedRegion': account.region }
    return (await decideForCaller(authority, standing, session, { action, resource, context })).allowed
  }
