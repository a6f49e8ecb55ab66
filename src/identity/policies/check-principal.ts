import { listOf, type PrincipalElement } from './policy-document.ts'

/**
 * What may be written under each kind: whole names, as "you cannot use a wildcard to match part of a principal name or
 * ARN". Canonical users are of buckets' owners, which Weir does not tell apart from accounts.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
const NAMES: Readonly<Record<string, RegExp>> = {
  AWS: /^(?:\*|\d{12}|A[A-Z]{3}[A-Z0-9]{12,}|arn:aws[a-z-]*:(?:iam::\d{12}:(?:root|(?:user|role)\/[^*?]+)|sts::\d{12}:(?:assumed-role\/[^/*?]+\/[^/*?]+|federated-user\/[^*?]+)))$/,
  Service: /^(?:\*|[\w-]+(?:\.[\w-]+)+)$/,
  Federated:
    /^(?:\*|[\w-]+(?:\.[\w-]+)+|arn:aws[a-z-]*:iam::\d{12}:(?:oidc-provider|saml-provider)\/[^*?]+)$/,
}

/** The first name that is none, as IAM's message shows it; undefined where all are. */
export function findInvalidPrincipal(element: PrincipalElement | undefined): string | undefined {
  if (element === undefined || element === '*') return undefined
  if (typeof element === 'string') return `"AWS":"${element}"`
  for (const [kind, names] of Object.entries(element)) {
    const form = Object.hasOwn(NAMES, kind) ? NAMES[kind] : undefined
    const invalid = listOf(names).find(name => !form?.test(name))
    if (invalid !== undefined) return `"${kind}":"${invalid}"`
  }
  return undefined
}
