import type { Account } from '../lib/account.ts'
import { partsOfArn } from '../lib/arn.ts'
import { type Asked, decideForRole, type RoleAuthority } from './decide-for-role.ts'
import { decideByResource } from './policies/decide.ts'
import { requestContext } from './policies/request.ts'
import { roleName } from './role-session.ts'

/** A service that acts in a role which somebody gave it. */
export interface ActingService {
  /** `apigateway.amazonaws.com` */
  readonly service: string
  /** Whom the service acts for: it takes no roles of others. */
  readonly account: Account
  /** ARN of the role. */
  readonly role: string
  /** Name of the session. */
  readonly session: string
}

/** Whether a service that acts in a role may do one thing: the role has to trust it, and to allow that. */
export async function decideForService(
  authority: RoleAuthority,
  { service, account, role, session }: ActingService,
  asked: Asked,
): Promise<boolean> {
  if (partsOfArn(role).account !== account.id) return false
  const permissions = await authority.permissionsOf(account.id, role)
  if (!permissions) return authority.unknownRoles === 'everything'
  const trusted = decideByResource(permissions.trust, {
    action: 'sts:AssumeRole',
    resource: '*',
    principal: { kind: 'service', name: service },
    context: requestContext({ 'aws:SourceAccount': account.id }),
  })
  if (!trusted.allowed) return false
  const { uid, tags } = permissions
  const keys = {
    'aws:PrincipalArn': role,
    'aws:PrincipalAccount': account.id,
    'aws:PrincipalType': 'AssumedRole',
    'aws:userid': `${uid}:${session}`,
    'aws:SecureTransport': 'true',
    ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:PrincipalTag/${key}`, value])),
  }
  const arn = `arn:aws:sts::${account.id}:assumed-role/${roleName(role)}/${session}`
  const caller = { account: account.id, arn, role }
  return (await decideForRole(authority, { kind: 'limited', permissions, keys }, caller, asked)).allowed
}
