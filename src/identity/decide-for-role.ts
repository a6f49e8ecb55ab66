import { partsOfArn } from '../lib/arn.ts'
import type { CompiledPolicy } from './policies/compile-policy.ts'
import { type Decision, decide } from './policies/decide.ts'
import { requestContext } from './policies/request.ts'
import { type RolePermissions, trustsService } from './role-permissions.ts'
import { type RoleSession, sessionName } from './role-session.ts'

/** Where it is found out what roles may do. */
export interface RoleAuthority {
  /** Undefined when no record describes the role. */
  readonly permissionsOf: (account: string, role: string) => Promise<RolePermissions | undefined>
  /** Of a resource that has one. */
  readonly resourcePolicy: (asked: Asked) => CompiledPolicy | undefined | Promise<CompiledPolicy | undefined>
  /**
   * Whether roles that nobody created may do everything: in development functions are created with made-up ones.
   * Elsewhere they may do nothing.
   */
  readonly unknownRoles: 'everything' | 'nothing'
}

/** Somebody who acts in a role. */
export type RoleCaller = Pick<RoleSession, 'account' | 'arn' | 'role'> &
  Partial<Pick<RoleSession, 'session' | 'service'>>

type Keys = Readonly<Record<string, string | readonly string[] | undefined>>

export interface Asked {
  /** `lambda:InvokeFunction` */
  readonly action: string
  /** An ARN, or `*` for an action that is about no one resource. */
  readonly resource: string
  /** Condition keys, beside those that say who asks. */
  readonly context?: Keys
}

/** What is known of a caller before anything is asked. */
export type Standing =
  /** Nobody created its role: it may do `unknownRoles`. */
  | { readonly kind: RoleAuthority['unknownRoles'] }
  /** Its role does not let the service act in it: it may do nothing. */
  | { readonly kind: 'not-trusted' }
  | {
      readonly kind: 'limited'
      readonly permissions: RolePermissions
      /** Condition keys that say who asks. */
      readonly keys: Keys
    }

/** The service that acts in roles for functions. */
const LAMBDA = 'lambda.amazonaws.com'

export async function standingOf(authority: RoleAuthority, caller: RoleCaller): Promise<Standing> {
  const { account, arn, role, session, service = LAMBDA } = caller
  const permissions = await authority.permissionsOf(account, role)
  if (!permissions) return { kind: authority.unknownRoles }
  if (!trustsService(permissions, service, account, textOf(session?.['lambda:SourceFunctionArn']))) {
    return { kind: 'not-trusted' }
  }
  const { uid, tags } = permissions
  const keys = {
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    'aws:PrincipalArn': role,
    'aws:PrincipalAccount': account,
    'aws:PrincipalType': 'AssumedRole',
    'aws:userid': `${uid}:${sessionName(arn)}`,
    // What a function asks for does not leave the machine that runs it.
    'aws:SecureTransport': 'true',
    ...session,
    ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:PrincipalTag/${key}`, value])),
  }
  return { kind: 'limited', permissions, keys }
}

const textOf = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined

/** Whether somebody who acts in a role may do one thing, by all policies that have a say in it. */
export async function decideForRole(
  authority: RoleAuthority,
  standing: Extract<Standing, { kind: 'limited' }>,
  { account, arn, role }: RoleCaller,
  asked: Asked,
): Promise<Decision> {
  const { action, resource, context } = asked
  const { identity, boundary } = standing.permissions
  const { account: owner } = partsOfArn(resource)
  return decide(
    { identity, boundary, resource: await authority.resourcePolicy(asked) },
    {
      action,
      resource,
      principal: { kind: 'session', account, arn, role },
      context: requestContext({ ...standing.keys, ...context }),
    },
    owner === '' || owner === account,
  )
}
