import type { Authorize, Call, Identity, Need, Sent, Service } from './aws/wire/service.ts'
import { type Authority, decideForCaller, isOwn, standingOf } from './identity/authority.ts'
import { isTemporary } from './identity/caller.ts'
import { type Decision, describeDenial } from './identity/policies/decide.ts'
import { LAMBDA } from './identity/role-session.ts'
import { Refusal } from './lib/refusal.ts'
import type { Platform } from './platform.ts'

/**
 * Whether a caller may have an operation done. An account's root may do everything with what is its own; the others,
 * what policies say.
 */
export function authorizeCalls(authority: Authority): Authorize<Platform> {
  return async (input, call, service, sent) => {
    const { identity } = call
    const closed = closedToSessions(identity, service)
    if (closed) return closed
    const standing = await standingOf(authority, identity)
    if (standing.kind === 'not-trusted') return notTrusted(identity, service)
    const isOwner = standing.kind === 'everything'
    if (isOwner && !service.reachesOthers) return undefined
    const needs = (await service.needs?.(input, call, sent)) ?? [
      { action: `${service.signingName}:${call.operation}`, resource: '*' },
    ]
    for (const need of needs) {
      if (isOwner && isOwnersAffair(identity, need)) continue
      const context = { ...requestKeys(input, call, sent), ...need.context }
      const decision = await decideForCaller(authority, standing, identity, { ...need, context })
      if (!decision.allowed) return refusal(identity, need, decision, service.codes.denied)
    }
    return undefined
  }
}

/** A role is nobody's to let in: whoever may not act in it gets nothing from it. */
const isOwnersAffair = (identity: Identity, { action, resource, letIn }: Need): boolean =>
  action === 'iam:PassRole' || (isOwn(identity, resource) && !letIn)

/**
 * "You cannot call any IAM API operations unless MFA authentication information is included in the request", says
 * GetSessionToken of the credentials that it gives.
 */
function closedToSessions(identity: Identity, { signingName }: Service<Platform>): Refusal | undefined {
  if (signingName !== 'iam' || identity.role !== undefined || !isTemporary(identity)) return undefined
  return new Refusal('InvalidClientTokenId', 'The security token included in the request is invalid')
}

function notTrusted({ role, service: acting }: Identity, { codes }: Service<Platform>): Refusal {
  return new Refusal(
    codes.denied ?? 'AccessDeniedException',
    acting === LAMBDA
      ? `The role defined for the function cannot be assumed by Lambda: the trust policy of ${role} does not allow lambda.amazonaws.com to sts:AssumeRole`
      : `The trust policy of ${role} does not allow ${acting} to sts:AssumeRole`,
  )
}

function refusal({ arn }: Identity, need: Need, decision: Decision, code = 'AccessDeniedException'): Refusal {
  const { action, resource } = need
  const reason =
    need.letIn && decision.type === 'resource' && action.startsWith('sts:')
      ? describeMistrust(decision, action)
      : describeDenial(decision, action)
  return new Refusal(
    code,
    `User: ${arn} is not authorized to perform: ${action} on resource: ${resource} ${reason}`,
  )
}

/** The same of a role that is not there: nobody is told of whom it is. */
const describeMistrust = ({ by }: Decision, action: string): string =>
  by
    ? 'with an explicit deny in the role trust policy'
    : `because no role trust policy allows the ${action} action`

type Keys = Record<string, string | readonly string[] | undefined>

/**
 * Condition keys of a request to an AWS API.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
export function requestKeys(input: unknown, call: Call<Platform>, { headers }: Pick<Sent, 'headers'>): Keys {
  const { identity, platform, region, sourceIp } = call
  const time = new Date(platform.clock()).toISOString()
  return {
    ...tagKeys(input),
    'aws:CurrentTime': time,
    'aws:EpochTime': String(Math.floor(platform.clock() / 1000)),
    'aws:RequestedRegion': region,
    'aws:UserAgent': headers.get('user-agent') ?? undefined,
    'aws:Referer': headers.get('referer') ?? undefined,
    'aws:ViaAWSService': 'false',
    // Credentials of a service that acts in a role are as young as its request.
    ...(identity.service !== undefined && { 'aws:TokenIssueTime': time }),
    // Whatever else a function or Weir itself asks for comes from no address.
    ...(sourceIp !== undefined && {
      'aws:SourceIp': sourceIp,
      'aws:SecureTransport': String(platform.origin.startsWith('https:')),
    }),
  }
}

/** Tags that the request brings along or takes away, in all the forms that services have for them. */
function tagKeys(input: unknown): Keys {
  const { Tags, tags, UserPoolTags, TagKeys, tagKeys } = (input ?? {}) as Record<string, unknown>
  const given = entriesOf(Tags ?? tags ?? UserPoolTags)
  const names = [...given.map(([key]) => key), ...textsOf(TagKeys ?? tagKeys)]
  return {
    ...Object.fromEntries(given.map(([key, value]) => [`aws:RequestTag/${key}`, value])),
    ...(names.length > 0 && { 'aws:TagKeys': names }),
  }
}

function entriesOf(tags: unknown): [key: string, value: string][] {
  if (typeof tags !== 'object' || tags === null) return []
  if (!Array.isArray(tags)) return Object.entries(tags as Record<string, string>)
  return tags.flatMap((tag: Record<string, unknown> | undefined): [string, string][] => {
    const { Key, Value, TagKey = Key, TagValue = Value } = tag ?? {}
    return typeof TagKey === 'string' ? [[TagKey, String(TagValue ?? '')]] : []
  })
}

const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter(each => typeof each === 'string') : []
