import { type Asked, type Authority, decideForCaller, standingOf } from './authority.ts'
import { type ActingService, serviceSession } from './role-session.ts'

/**
 * Whether a service that acts in a role may do one thing: the role has to be one that it takes, to trust it, and to
 * allow that.
 */
export async function decideForService(
  authority: Authority,
  acting: ActingService,
  asked: Asked,
): Promise<boolean> {
  const session = serviceSession(acting)
  if (!session) return false
  const standing = await standingOf(authority, session)
  return (await decideForCaller(authority, standing, session, asked)).allowed
}
