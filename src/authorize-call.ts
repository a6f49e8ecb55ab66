import type { Authorize, Identity, Need } from './aws/wire/service.ts'
import { decideForRole, type RoleAuthority, standingOf } from './identity/decide-for-role.ts'
import { type Decision, describeDenial } from './identity/policies/decide.ts'
import { Refusal } from './lib/refusal.ts'
import type { Platform } from './platform.ts'

/** Whether a caller may have an operation done. The account's root may do everything; a role, what its policies say. */
export function authorizeCalls(authority: RoleAuthority): Authorize<Platform> {
  return async (input, call, service, sent) => {
    const { identity } = call
    const { role } = identity
    if (role === undefined) return undefined
    const caller = { ...identity, role }
    const standing = await standingOf(authority, caller)
    if (standing.kind === 'everything') return undefined
    if (standing.kind === 'not-trusted') {
      return new Refusal(
        service.codes.denied ?? 'AccessDeniedException',
        caller.service === undefined
          ? `The role defined for the function cannot be assumed by Lambda: the trust policy of ${role} does not allow lambda.amazonaws.com to sts:AssumeRole`
          : `The trust policy of ${role} does not allow ${caller.service} to sts:AssumeRole`,
      )
    }
    const needs = (await service.needs?.(input, call, sent)) ?? [
      { action: `${service.signingName}:${call.operation}`, resource: '*' },
    ]
    for (const need of needs) {
      const context = {
        ...tagKeys(input),
        ...momentKeys(call.platform.clock()),
        'aws:RequestedRegion': call.region,
        'aws:UserAgent': sent.headers.get('user-agent') ?? undefined,
        ...need.context,
      }
      const decision =
        standing.kind === 'limited'
          ? await decideForRole(authority, standing, caller, { ...need, context })
          : UNKNOWN_ROLE
      if (!decision.allowed) return refusal(identity, need, decision, service.codes.denied)
    }
    return undefined
  }
}

const UNKNOWN_ROLE: Decision = { allowed: false, type: 'identity' }

const refusal = (
  { arn }: Identity,
  { action, resource }: Need,
  decision: Decision,
  code = 'AccessDeniedException',
): Refusal =>
  new Refusal(
    code,
    `User: ${arn} is not authorized to perform: ${action} on resource: ${resource} ${describeDenial(decision, action)}`,
  )

type Keys = Record<string, string | readonly string[] | undefined>

/** A function's credentials are as young as its request. */
function momentKeys(now: number): Keys {
  const time = new Date(now).toISOString()
  return {
    'aws:CurrentTime': time,
    'aws:TokenIssueTime': time,
    'aws:EpochTime': String(Math.floor(now / 1000)),
  }
}

/** Tags that the request brings along or takes away, in either of the forms that services have for them. */
function tagKeys(input: unknown): Keys {
  const {
    Tags: tags,
    tags: others,
    TagKeys: removed,
    tagKeys: alsoRemoved,
  } = (input ?? {}) as Record<string, unknown>
  const given = entriesOf(tags ?? others)
  const names = [...given.map(([key]) => key), ...textsOf(removed ?? alsoRemoved)]
  return {
    ...Object.fromEntries(given.map(([key, value]) => [`aws:RequestTag/${key}`, value])),
    ...(names.length > 0 && { 'aws:TagKeys': names }),
  }
}

function entriesOf(tags: unknown): [key: string, value: string][] {
  if (typeof tags !== 'object' || tags === null) return []
  if (!Array.isArray(tags)) return Object.entries(tags as Record<string, string>)
  return tags.flatMap((tag: { Key?: unknown; Value?: unknown }) =>
    typeof tag?.Key === 'string' ? [[tag.Key, String(tag.Value ?? '')] as [string, string]] : [],
  )
}

const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter(each => typeof each === 'string') : []
