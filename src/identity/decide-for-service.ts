import { partsOfArn } from '../lib/arn.ts'
import { type Asked, decideForRole, type RoleAuthority, standingOf } from './decide-for-role.ts'
import { type ActingService, serviceSession } from './role-session.ts'

/**
 * Whether a service that acts in a role may do one thing: the role has to trust it, and to allow that. A service takes
 * no roles of accounts that it does not act for.
 */
export async function decideForService(
  authority: RoleAuthority,
  acting: ActingService,
  asked: Asked,
): Promise<boolean> {
  if (partsOfArn(acting.role).account !== acting.account) return false
  const session = serviceSession(acting)
  const standing = await standingOf(authority, session)
  if (standing.kind !== 'limited') return standing.kind === 'everything'
  return (await decideForRole(authority, standing, session, asked)).allowed
}
