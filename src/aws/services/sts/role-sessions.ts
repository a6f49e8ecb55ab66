import type { AssumeRoleRequest, PolicyDescriptorType, Tag } from '@aws-sdk/client-sts'
import type { Authority } from '../../../identity/authority.ts'
import { PRINCIPAL_TAG } from '../../../identity/caller.ts'
import { checkDocument } from '../../../identity/policies/check-document.ts'
import { Refusal } from '../../../lib/refusal.ts'
import { isReservedTag, type Tags } from '../../../lib/tags.ts'
import type { Identity } from '../../wire/service.ts'
import { accessDenied, validationError } from './context.ts'

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length */
const LIMITS = {
  /** Characters of an inline session policy. */
  policy: 2_048,
  managedPolicies: 10,
  /** Bytes of session policies and tags together, in Weir; they travel in every request's session token. */
  packed: 4_096,
  /** Seconds of a session whose caller is one of a session, too. */
  chained: 3_600,
  defaultSeconds: 3_600,
} as const

const ROLE_ARN = /^arn:aws[a-z-]*:iam::\d{12}:role\/(?:[\x21-\x7e]+\/)?[\w+=,.@-]{1,64}$/

export function checkRoleArn(text: string): string {
  if (!ROLE_ARN.test(text)) throw validationError(`${text} is invalid`)
  return text
}

/** How long a session lasts. */
export function durationOf(asked: number | undefined, longest: number, isChained: boolean): number {
  const seconds = asked ?? LIMITS.defaultSeconds
  if (isChained && seconds > LIMITS.chained) {
    throw validationError(
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
    )
  }
  if (seconds > longest) {
    throw validationError('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.')
  }
  return seconds
}

/** What a session is limited to, as a caller carries it: undefined when nothing was given. */
export async function sessionPolicies(
  authority: Pick<Authority, 'policyOf'>,
  account: string,
  { Policy, PolicyArns }: { readonly Policy?: string; readonly PolicyArns?: PolicyDescriptorType[] },
): Promise<readonly string[] | undefined> {
  if (Policy !== undefined) {
    if (Policy.length > LIMITS.policy) throw tooLarge('policy', Policy.length / LIMITS.policy)
    const checked = checkDocument(Policy, 'identity')
    if (!checked.ok) throw new Refusal('MalformedPolicyDocumentException', checked.message)
  }
  const arns = (PolicyArns ?? []).flatMap(({ arn }) => arn ?? [])
  if (arns.length > LIMITS.managedPolicies) {
    throw validationError(
      `1 validation error detected: Value at 'policyArns' failed to satisfy constraint: Member must have length less than or equal to ${LIMITS.managedPolicies}`,
    )
  }
  for (const arn of arns) {
    if (!(await authority.policyOf(account, arn))) {
      throw validationError(`Policy ${arn} does not exist or is not attachable.`)
    }
  }
  const given = [...(Policy === undefined ? [] : [Policy]), ...arns]
  return given.length === 0 ? undefined : given
}

/** The tags of the caller's own session that go on into the ones that it begins. */
export function inheritedTags({ session = {}, transitiveTags = [] }: Identity): Tags {
  const entries = transitiveTags.flatMap(key => {
    const value = session[PRINCIPAL_TAG + key]
    return typeof value === 'string' ? [[key, value] as const] : []
  })
  return Object.fromEntries(entries)
}

export interface SessionTags {
  readonly tags: Tags
  /** Keys of those that go on into further sessions. */
  readonly transitive: readonly string[]
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html */
export function sessionTags(
  given: readonly Tag[],
  transitive: readonly string[],
  inherited: Tags,
): SessionTags {
  const keys = given.map(({ Key }) => Key!.toLowerCase())
  const invalid = (message: string) => new Refusal('InvalidParameterValue', message)
  if (new Set(keys).size < keys.length) {
    throw invalid('Duplicate tag keys found. Please note that Tag keys are case insensitive.')
  }
  if (keys.some(isReservedTag)) {
    throw invalid('Tag keys that start with aws: are reserved for AWS.')
  }
  if (transitive.some(key => !keys.includes(key.toLowerCase()))) {
    throw invalid('The specified transitive tag key must be included in the requested tags.')
  }
  const kept = Object.keys(inherited)
  if (kept.some(key => keys.includes(key.toLowerCase()))) {
    throw invalid(
      "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
    )
  }
  const own = Object.fromEntries(given.map(({ Key, Value }) => [Key!, Value!]))
  const spelled = given.map(({ Key }) => Key!)
  const further = transitive.map(key => spelled.find(each => each.toLowerCase() === key.toLowerCase())!)
  return { tags: { ...own, ...inherited }, transitive: [...further, ...kept] }
}

/** Once a session has one, no other is put in its place. */
export function sourceIdentityOf(
  { SourceIdentity }: Pick<AssumeRoleRequest, 'SourceIdentity'>,
  { session }: Identity,
): string | undefined {
  const known = session?.['aws:SourceIdentity']
  if (typeof known !== 'string') return SourceIdentity
  if (SourceIdentity !== undefined && SourceIdentity !== known) {
    throw accessDenied('The source identity of a session cannot be changed')
  }
  return known
}

/** Per cent; undefined where there is nothing to pack. Refuses more than a hundred. */
export function packedSize(policies: readonly string[] | undefined, tags: Tags): number | undefined {
  const texts = [...(policies ?? []), ...Object.entries(tags).flat()]
  if (texts.length === 0) return undefined
  const share = new TextEncoder().encode(texts.join('')).length / LIMITS.packed
  if (share > 1) throw tooLarge(policies ? 'policy' : 'tags', share)
  return Math.ceil(share * 100)
}

function tooLarge(what: 'policy' | 'tags', share: number): Refusal {
  const percent = Math.ceil(share * 100)
  return new Refusal(
    'PackedPolicyTooLargeException',
    what === 'tags'
      ? `Packed size of session tags consumes ${percent}% of allotted space.`
      : `Packed policy consumes ${percent}% of allotted space, please use smaller policy.`,
  )
}
