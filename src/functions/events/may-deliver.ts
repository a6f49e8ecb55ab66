import type { CompiledPolicy } from '../../identity/policies/compile-policy.ts'
import { decide } from '../../identity/policies/decide.ts'
import { requestContext } from '../../identity/policies/request.ts'
import { type RolePermissions, trustsLambda } from '../../identity/role-permissions.ts'
import { functionSession } from '../../identity/role-session.ts'
import { functionArn } from '../../lib/arn.ts'
import type { RoleMay } from './consume-events.ts'

export interface DeliveryPermissions {
  /** Undefined when no record describes the role. */
  readonly permissionsOf: (account: string, role: string) => Promise<RolePermissions | undefined>
  /** Of a resource that has one. */
  readonly resourcePolicy: (need: {
    readonly action: string
    readonly resource: string
  }) => CompiledPolicy | undefined | Promise<CompiledPolicy | undefined>
  /** Whether roles that nobody created may do everything, or nothing. */
  readonly unknownRoles: 'everything' | 'nothing'
}

/**
 * Whether a function's execution role lets what became of its events be told: Lambda delivers as the role.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-async-destinations-permissions
 */
export const mayDeliver =
  (options: DeliveryPermissions): RoleMay =>
  async ({ account, name, role }, action, resource) => {
    const permissions = await options.permissionsOf(account.id, role)
    if (!permissions) return options.unknownRoles === 'everything'
    const arn = functionArn(account, name)
    if (!trustsLambda(permissions, account.id, arn)) return false
    const { identity, boundary } = permissions
    const session = functionSession({ account: account.id, region: account.region, role, function: name })
    const request = {
      action,
      resource,
      principal: { kind: 'session', account: account.id, arn: session.arn, role },
      context: requestContext({
        'aws:PrincipalArn': role,
        'aws:PrincipalAccount': account.id,
        'aws:PrincipalType': 'AssumedRole',
        'aws:RequestedRegion': account.region,
        'aws:SecureTransport': 'true',
        ...session.session,
      }),
    } as const
    const policy = await options.resourcePolicy({ action, resource })
    return decide({ identity, boundary, resource: policy }, request, resource.split(':')[4] === account.id)
      .allowed
  }
