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
}

/** What limits a caller, apart from the function's own policy. */
export type CallerPolicies = Pick<ApplicablePolicies, 'identity' | 'boundary' | 'session'>

/** Of an account's root, which may do everything. */
export const ROOT_POLICIES: CallerPolicies = {
  identity: [
    compilePolicy(
      'root',
      { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } },
      'identity',
    ),
  ],
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
  policies: CallerPolicies,
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
        ...context,
      }),
    }
    return decide(applicable, request, caller.account === account.id).allowed
  })
}

const principalOf = ({ account, arn, role }: UrlCaller): Principal =>
  role === undefined ? { kind: 'root', account } : { kind: 'session', account, arn, role }
