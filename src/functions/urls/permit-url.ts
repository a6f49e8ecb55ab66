import { type RoleAuthority, standingOf } from '../../identity/decide-for-role.ts'
import { compilePolicy } from '../../identity/policies/compile-policy.ts'
import { type ApplicablePolicies, decide } from '../../identity/policies/decide.ts'
import { type Principal, requestContext } from '../../identity/policies/request.ts'
import { functionArn } from '../../lib/arn.ts'
import type { FunctionPointer } from '../manifest.ts'
import { invocationPolicy, permitInvocation } from '../permit-invocation.ts'
import type { AuthType, FunctionUrlPointer } from './pointer.ts'

/** Who signed a request. */
export interface UrlCaller {
  readonly accessKeyId: string
  readonly account: string
  readonly arn: string
  /** ARN of the role whose session this is; absent: the account's root. */
  readonly role?: string
  /** Condition keys of the session. */
  readonly session?: Readonly<Record<string, string>>
}

/** What limits a caller, apart from the function's own policy. */
export interface CallerPolicies extends Pick<ApplicablePolicies, 'identity' | 'boundary' | 'session'> {
  /** Condition keys that say who calls, beside ARN and account. */
  readonly keys?: Readonly<Record<string, string | readonly string[] | undefined>>
}

const onEverything = (name: string, Effect: 'Allow' | 'Deny'): CallerPolicies => ({
  identity: [
    compilePolicy(
      name,
      { Version: '2012-10-17', Statement: { Effect, Action: '*', Resource: '*' } },
      'identity',
    ),
  ],
})

/** Of an account's root, which may do everything. */
export const ROOT_POLICIES: CallerPolicies = onEverything('root', 'Allow')

/** Of a role that may not be acted in. */
const NO_ROLE: CallerPolicies = onEverything('no role', 'Deny')

/** What limits a caller, as elsewhere: see `standingOf`. */
export const callerPolicies =
  (authority: RoleAuthority) =>
  async (caller: UrlCaller): Promise<CallerPolicies> => {
    const { role } = caller
    if (role === undefined) return ROOT_POLICIES
    const standing = await standingOf(authority, { ...caller, role })
    if (standing.kind !== 'limited') return standing.kind === 'everything' ? ROOT_POLICIES : NO_ROLE
    const { identity, boundary } = standing.permissions
    return { identity, boundary, keys: standing.keys }
  }

interface Need {
  readonly action: string
  readonly context: Readonly<Record<string, string>>
}

/**
 * "new function URLs will require both lambda:InvokeFunctionUrl and lambda:InvokeFunction permissions"
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
 */
const needsOf = (authType: AuthType): readonly Need[] => [
  { action: 'lambda:InvokeFunctionUrl', context: { 'lambda:FunctionUrlAuthType': authType } },
  { action: 'lambda:InvokeFunction', context: { 'lambda:InvokedViaFunctionUrl': 'true' } },
]

/** Whether anybody may use a function URL, who signs nothing: the function's policy says so. */
export const permitAnybody = (
  { qualifier, authType }: FunctionUrlPointer,
  target: FunctionPointer,
): boolean =>
  needsOf(authType).every(({ action, context }) =>
    permitInvocation(target, qualifier, undefined, { action, context }),
  )

/**
 * Whether somebody who signed may use a function URL. Of the function's own account one needs a grant of the function
 * or a policy of one's own, of another account both.
 */
export function permitCaller(
  { account, name, qualifier, authType }: FunctionUrlPointer,
  target: FunctionPointer,
  caller: UrlCaller,
  { keys, ...policies }: CallerPolicies,
): boolean {
  const applicable = { ...policies, resource: invocationPolicy(target, qualifier) }
  return needsOf(authType).every(({ action, context }) => {
    const request = {
      action,
      resource: functionArn(account, name, qualifier),
      principal: principalOf(caller),
      context: requestContext({
        'aws:PrincipalArn': caller.role ?? caller.arn,
        'aws:PrincipalAccount': caller.account,
        ...keys,
        ...context,
      }),
    }
    return decide(applicable, request, caller.account === account.id).allowed
  })
}

const principalOf = ({ account, arn, role }: UrlCaller): Principal =>
  role === undefined ? { kind: 'root', account } : { kind: 'session', account, arn, role }
