import { rootArn } from '../../lib/arn.ts'
import { listOf, type PrincipalElement } from './policy-document.ts'
import type { Principal } from './request.ts'

/**
 * As whom a policy names a caller, the most direct first. It decides what else limits the permission:
 * `itself` is the caller's own ARN, `role` the role it acts in, `everyone` is `*`, and `account` leaves it to the
 * account's own policies who of it may.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
export type NamedAs = 'itself' | 'role' | 'everyone' | 'account'

/** The most direct first. */
export const DIRECTNESS: readonly NamedAs[] = ['itself', 'role', 'everyone', 'account']

export type PrincipalMatcher = (principal: Principal) => NamedAs | undefined

export function compilePrincipal(element: PrincipalElement): PrincipalMatcher {
  const everyone = element === '*'
  const names = namesOf(element)
  return principal => {
    if (everyone) return 'everyone'
    switch (principal.kind) {
      case 'service':
        return names.service.has(principal.name) || names.service.has('*') ? 'itself' : undefined
      case 'anonymous':
        return names.aws.has('*') ? 'everyone' : undefined
      default:
        return DIRECTNESS.find(as => namesOfCaller(principal, as).some(name => names.aws.has(name)))
    }
  }
}

/**
 * Whether a statement with `NotPrincipal` is about a caller. It spares those alone whose every name is listed: of a
 * role's session the session, the role and the account.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
 */
export function compileNotPrincipal(element: PrincipalElement): PrincipalMatcher {
  const names = namesOf(element)
  const isListed = (name: string | undefined) => name !== undefined && names.aws.has(name)
  return principal => {
    const spared =
      element === '*' ||
      (principal.kind === 'service'
        ? names.service.has(principal.name)
        : principal.kind === 'anonymous'
          ? names.aws.has('*')
          : isListed('*') ||
            (namesOfCaller(principal, 'account').some(isListed) &&
              (principal.kind === 'root' || isListed(principal.arn)) &&
              (principal.kind !== 'session' || isListed(principal.role))))
    return spared ? undefined : 'everyone'
  }
}

type AccountPrincipal = Extract<Principal, { account: string }>

/** The names under `AWS` that stand for a caller in one of the ways. */
function namesOfCaller(principal: AccountPrincipal, as: NamedAs): string[] {
  if (as === 'everyone') return ['*']
  if (as === 'account') return [principal.account, rootArn(principal.account)]
  if (as === 'role') return principal.kind === 'session' ? [principal.role] : []
  return principal.kind === 'root' ? [principal.account, rootArn(principal.account)] : [principal.arn]
}

function namesOf(element: PrincipalElement): { aws: ReadonlySet<string>; service: ReadonlySet<string> } {
  const of = (kind: string) => new Set(typeof element === 'string' ? [] : listOf(element[kind]))
  return { aws: of('AWS'), service: of('Service') }
}
