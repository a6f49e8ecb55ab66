import { type Asked, decideForRole, type RoleAuthority, standingOf } from './decide-for-role.ts'
import { type ActingService, serviceSession } from './role-session.ts'

/**
 * Whether a service that acts in a role may do one thing: the role has to be one that it takes, to trust it, and to
 * allow that.
 */
export async function decideForService(
  authority: RoleAuthority,
  acting: ActingService,
  asked: Asked,
): Promise<boolean> {
  const session = serviceSession(acting)
  if (!session) return false
  const standing = await standingOf(authority, session)
  if (standing.kind !== 'limited') return standing.kind === 'everything'
  return (await decideForRole(authority, standing, session, asked)).allowed
}
