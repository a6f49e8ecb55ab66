import type { Authorize, Identity, Need } from './aws/wire/service.ts'
import type { CompiledPolicy } from './identity/policies/compile-policy.ts'
import { type Decision, decide, describeDenial } from './identity/policies/decide.ts'
import { type AccessRequest, requestContext } from './identity/policies/request.ts'
import { type RolePermissions, trustsLambda } from './identity/role-permissions.ts'
import { sessionName } from './identity/role-session.ts'
import { Refusal } from './lib/refusal.ts'
import type { Platform } from './platform.ts'

export interface AuthorizationOptions {
  /** Undefined when no record describes the role. */
  readonly permissionsOf: (account: string, role: string) => Promise<RolePermissions | undefined>
  /** Of a resource that has one. */
  readonly resourcePolicy: (need: Need) => CompiledPolicy | undefined | Promise<CompiledPolicy | undefined>
  /**
   * Whether roles that nobody created may do everything: in development functions are created with made-up ones.
   * Elsewhere they may do nothing.
   */
  readonly unknownRoles: 'everything' | 'nothing'
}

/** Whether a caller may have an operation done. The account's root may do everything; a role, what its policies say. */
export function authorizeCalls(options: AuthorizationOptions): Authorize<Platform> {
  return async (input, call, service, sent) => {
    const { identity } = call
    const { role } = identity
    if (role === undefined) return undefined
    const permissions = await options.permissionsOf(identity.account, role)
    if (!permissions && options.unknownRoles === 'everything') return undefined
    const sourceFunction = identity.session?.['lambda:SourceFunctionArn']
    if (permissions && !trustsLambda(permissions, identity.account, sourceFunction)) {
      return new Refusal(
        service.codes.denied ?? 'AccessDeniedException',
        `The role defined for the function cannot be assumed by Lambda: the trust policy of ${role} does not allow lambda.amazonaws.com to sts:AssumeRole`,
      )
    }
    const needs = (await service.needs?.(input, call, sent)) ?? [
      { action: `${service.signingName}:${call.operation}`, resource: '*' },
    ]
    for (const need of needs) {
      const decision = permissions
        ? await decideNeed(options, permissions, need, {
            action: need.action,
            resource: need.resource,
            principal: { kind: 'session', account: identity.account, arn: identity.arn, role },
            context: requestContext({
              ...tagKeys(input),
              ...callerKeys(identity, role, permissions),
              ...momentKeys(call.platform.clock()),
              'aws:RequestedRegion': call.region,
              'aws:UserAgent': sent.headers.get('user-agent') ?? undefined,
              ...need.context,
            }),
          })
        : UNKNOWN_ROLE
      if (!decision.allowed) return refusal(identity, need, decision, service.codes.denied)
    }
    return undefined
  }
}

const UNKNOWN_ROLE: Decision = { allowed: false, type: 'identity' }

async function decideNeed(
  { resourcePolicy }: AuthorizationOptions,
  { identity, boundary }: RolePermissions,
  need: Need,
  request: AccessRequest,
): Promise<Decision> {
  const resource = await resourcePolicy(need)
  const owner = need.resource.split(':')[4]
  const account = request.principal && 'account' in request.principal ? request.principal.account : undefined
  return decide({ identity, boundary, resource }, request, !owner || owner === account)
}

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

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html */
function callerKeys({ account, arn, session }: Identity, role: string, { uid, tags }: RolePermissions): Keys {
  return {
    'aws:PrincipalArn': role,
    'aws:PrincipalAccount': account,
    'aws:PrincipalType': 'AssumedRole',
    'aws:userid': `${uid}:${sessionName(arn)}`,
    // What a function asks for does not leave the machine that runs it.
    'aws:SecureTransport': 'true',
    ...session,
    ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:PrincipalTag/${key}`, value])),
  }
}

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
