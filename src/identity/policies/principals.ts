import { rootArn } from '../../lib/arn.ts'
import { listOf, type PrincipalElement } from './policy-document.ts'
import type { Principal } from './request.ts'

/**
 * As whom a policy names a caller, the most direct first. It decides what else limits the permission: `itself` is the
 * caller's own ARN, `everyone` is `*`, `issuer` is the role that a session acts in or the user who began it, and
 * `account` leaves it to the account's own policies who of it may.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
export type NamedAs = 'itself' | 'everyone' | 'issuer' | 'account'

/** The most direct first. */
export const DIRECTNESS: readonly NamedAs[] = ['itself', 'everyone', 'issuer', 'account']

export type PrincipalMatcher = (principal: Principal) => NamedAs | undefined

export function compilePrincipal(element: PrincipalElement): PrincipalMatcher {
  if (element === '*') return () => 'everyone'
  const { aws, service, federated } = namesOf(element)
  const everyone = aws.has('*')
  return principal => {
    switch (principal.kind) {
      case 'service':
        return service.has(principal.name) || service.has('*') ? 'itself' : undefined
      case 'federated':
        return federated.has(principal.provider) || federated.has('*') ? 'itself' : undefined
      case 'anonymous':
        return everyone ? 'everyone' : undefined
      case 'root':
        return namesAccount(aws, principal.account) ? 'itself' : everyone ? 'everyone' : undefined
      default: {
        if (aws.has(principal.arn)) return 'itself'
        if (everyone) return 'everyone'
        const issuer = issuerOf(principal)
        if (issuer !== undefined && aws.has(issuer)) return 'issuer'
        return namesAccount(aws, principal.account) ? 'account' : undefined
      }
    }
  }
}

/**
 * Whether a statement with `NotPrincipal` is about a caller.
 *
 * A denial spares those alone whose every name is listed, of a role's session the session, the role and the account;
 * and "will always deny any IAM principal that has a permissions boundary policy attached". An allowance is for nobody
 * who is listed by any name.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
 */
export function compileNotPrincipal(
  element: PrincipalElement,
  effect: 'Allow' | 'Deny',
): (principal: Principal, bounded: boolean) => NamedAs | undefined {
  const names = namesOf(element)
  return (principal, bounded) => {
    const listed = element === '*' ? [true] : listedNames(names, principal)
    const isDenial = effect === 'Deny'
    const spared = isDenial ? !bounded && listed.every(Boolean) : listed.some(Boolean)
    return spared ? undefined : 'everyone'
  }
}

interface Names {
  readonly aws: ReadonlySet<string>
  readonly service: ReadonlySet<string>
  readonly federated: ReadonlySet<string>
}

/** Of each of a caller's names, whether it is among them. */
function listedNames({ aws, service, federated }: Names, principal: Principal): boolean[] {
  switch (principal.kind) {
    case 'service':
      return [service.has(principal.name)]
    case 'federated':
      return [federated.has(principal.provider)]
    case 'anonymous':
      return [aws.has('*')]
  }
  if (aws.has('*')) return [true]
  const account = namesAccount(aws, principal.account)
  if (principal.kind === 'root') return [account]
  const issuer = issuerOf(principal)
  return [account, aws.has(principal.arn), ...(issuer === undefined ? [] : [aws.has(issuer)])]
}

const namesAccount = (names: ReadonlySet<string>, account: string): boolean =>
  names.has(account) || names.has(rootArn(account))

/** What the session of a caller was made of. */
const issuerOf = (principal: Principal): string | undefined =>
  principal.kind === 'session'
    ? principal.role
    : principal.kind === 'federated-user'
      ? principal.user
      : undefined

function namesOf(element: PrincipalElement): Names {
  const of = (kind: string) => new Set(typeof element === 'string' ? [] : listOf(element[kind]))
  return { aws: of('AWS'), service: of('Service'), federated: of('Federated') }
}
