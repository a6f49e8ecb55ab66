import type { CallerPolicies } from '../../identity/authority.ts'
import { type Caller, principalOf } from '../../identity/caller.ts'
import { decide } from '../../identity/policies/decide.ts'
import { requestContext } from '../../identity/policies/request.ts'
import { callerKeys } from '../../identity/signed-caller.ts'
import type { Account } from '../../lib/account.ts'
import { functionArn } from '../../lib/arn.ts'
import type { FunctionPointer } from '../manifest.ts'
import { invocationPolicy, permitInvocation } from '../permit-invocation.ts'
import type { AuthType, FunctionUrlPointer } from './pointer.ts'

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
 *
 * @param sent condition keys of the request: see {@link requestKeys}
 */
export function permitCaller(
  { account, name, qualifier, authType }: FunctionUrlPointer,
  target: FunctionPointer,
  caller: Caller,
  policies: CallerPolicies,
  sent: ConditionKeys = {},
): boolean {
  const applicable = { ...policies, resource: invocationPolicy(target, qualifier) }
  const keys = { ...sent, ...callerKeys(caller, policies) }
  return needsOf(authType).every(({ action, context }) => {
    const request = {
      action,
      resource: functionArn(account, name, qualifier),
      principal: principalOf(caller),
      context: requestContext({ ...keys, ...context }),
    }
    return decide(applicable, request, caller.account === account.id).allowed
  })
}

type ConditionKeys = Readonly<Record<string, string | undefined>>

/**
 * Condition keys that a request itself brings along.
 *
 * @param sourceIp absent when a function calls, whose requests come from no address
 * @param now milliseconds since the epoch
 */
export const requestKeys = (
  { headers, url }: Request,
  { region }: Account,
  sourceIp: string | undefined,
  now: number,
): ConditionKeys => ({
  'aws:SourceIp': sourceIp,
  'aws:UserAgent': headers.get('user-agent') ?? undefined,
  'aws:Referer': headers.get('referer') ?? undefined,
  'aws:SecureTransport': String(url.startsWith('https:')),
  'aws:RequestedRegion': region,
  'aws:CurrentTime': new Date(now).toISOString(),
  'aws:EpochTime': String(Math.floor(now / 1000)),
})
