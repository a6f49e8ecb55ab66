import { functionArn } from '../../lib/arn.ts'
import type { FunctionPointer, PolicyStatement } from '../manifest.ts'
import type { AuthType, FunctionUrlPointer } from './pointer.ts'

/** Who signed a request. */
export interface UrlCaller {
  readonly accessKeyId: string
  readonly account: string
  readonly arn: string
  /** ARN of the role whose session this is. */
  readonly role?: string
}

/** Whether a caller's own policies, apart from those of the function, let it do something. */
export type IdentityAllows = (
  caller: UrlCaller,
  action: string,
  resource: string,
) => boolean | Promise<boolean>

interface Need {
  readonly action: string
  /** Condition keys, lower-case, that a statement may ask for. */
  readonly context: Readonly<Record<string, string>>
}

/**
 * "new function URLs will require both lambda:InvokeFunctionUrl and lambda:InvokeFunction permissions"
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
 */
const needsOf = (authType: AuthType): readonly Need[] => [
  { action: 'lambda:InvokeFunctionUrl', context: { 'lambda:functionurlauthtype': authType } },
  { action: 'lambda:InvokeFunction', context: { 'lambda:invokedviafunctionurl': 'true' } },
]

/**
 * Whether a caller may use a function URL. Everybody may whom the function's policy lets in; a caller of the
 * function's own account needs that or a policy of its own, one of another account needs both.
 *
 * @param caller absent: anybody, on a URL that asks for no signature
 */
export async function permitUrl(
  { account, name, qualifier, authType }: FunctionUrlPointer,
  target: FunctionPointer,
  caller: UrlCaller | undefined,
  identityAllows: IdentityAllows,
): Promise<boolean> {
  const statements = target.policies[qualifier ?? ''] ?? []
  const resource = functionArn(account, name, qualifier)
  for (const need of needsOf(authType)) {
    const byFunction = statements.some(statement => grants(statement, need, caller))
    if (!caller) {
      if (!byFunction) return false
      continue
    }
    const isOwn = caller.account === account.id
    if (isOwn && byFunction) continue
    if (!isOwn && !byFunction) return false
    if (!(await identityAllows(caller, need.action, resource))) return false
  }
  return true
}

function grants(statement: PolicyStatement, need: Need, caller: UrlCaller | undefined): boolean {
  return (
    [need.action, 'lambda:*', '*'].includes(statement.Action) &&
    isFor(statement.Principal, caller) &&
    Object.entries(statement.Condition ?? {}).every(([operator, values]) =>
      Object.entries(values).every(([key, value]) => holds(operator, value, need.context[key.toLowerCase()])),
    )
  )
}

function isFor(principal: PolicyStatement['Principal'], caller: UrlCaller | undefined): boolean {
  const named = typeof principal === 'string' ? principal : principal.AWS
  if (named === '*') return true
  if (!caller || named === undefined) return false
  return [`arn:aws:iam::${caller.account}:root`, caller.account, caller.arn, caller.role].includes(named)
}

/** A condition on what a request of a URL does not have, or of an operator that AddPermission does not write, grants nothing. */
function holds(operator: string, wanted: string, actual: string | undefined): boolean {
  if (actual === undefined) return false
  if (operator === 'StringEquals') return wanted === actual
  return operator === 'Bool' && wanted.toLowerCase() === actual
}
