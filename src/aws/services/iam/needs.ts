import { nameKey, roleArn, roles } from '../../../identity/iam-records.ts'
import type { Platform } from '../../../platform.ts'
import type { Call, Need } from '../../wire/service.ts'
import { type Context, contextOf } from './context.ts'

interface Named {
  readonly RoleName?: string
  readonly Path?: string
  readonly PolicyName?: string
  readonly PolicyArn?: string
  readonly PermissionsBoundary?: string
}

/**
 * What IAM's own operations ask for.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
 */
export async function iamNeeds(input: Named, call: Call<Platform>): Promise<readonly Need[]> {
  const { PolicyArn, PermissionsBoundary } = input
  return [
    {
      action: `iam:${call.operation}`,
      resource: await resourceOf(input, call.operation, contextOf(call)),
      context: {
        ...(PolicyArn !== undefined && { 'iam:PolicyARN': PolicyArn }),
        ...(PermissionsBoundary !== undefined && { 'iam:PermissionsBoundary': PermissionsBoundary }),
      },
    },
  ]
}

async function resourceOf(input: Named, operation: string, context: Context): Promise<string> {
  const { RoleName, PolicyArn, PolicyName, Path: path = '/' } = input
  const prefix = `arn:aws:iam::${context.account}`
  if (RoleName !== undefined) {
    // Requests name a role without its path, policies with it.
    const role = operation !== 'CreateRole' && (await context.records.get(roles, '', nameKey(RoleName)))
    return roleArn(context.account, role ? role.doc : { path, name: RoleName })
  }
  if (PolicyArn !== undefined) return PolicyArn
  if (operation === 'CreatePolicy') return `${prefix}:policy${path}${PolicyName}`
  if (operation === 'ListRoles') return `${prefix}:role/`
  if (operation === 'ListPolicies') return `${prefix}:policy/`
  return '*'
}
