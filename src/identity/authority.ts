import { partsOfArn } from '../lib/arn.ts'
import type { Tags } from '../lib/tags.ts'
import { type Caller, entityName, principalArn, principalOf, principalTags } from './caller.ts'
import { derivedEntityId } from './entity-id.ts'
import { compileText, type Permissions, type PermissionsSource, type RolePermissions } from './permissions.ts'
import { type CompiledPolicy, compilePolicy } from './policies/compile-policy.ts'
import { type ApplicablePolicies, type Decision, decide, decideByResource } from './policies/decide.ts'
import { type RequestContext, requestContext } from './policies/request.ts'

/** Where it is found out what callers may do. */
export interface Authority extends PermissionsSource {
  /** Of a resource that has one. */
  readonly resourcePolicy: (
    asked: Pick<Asked, 'action' | 'resource'>,
  ) => CompiledPolicy | undefined | Promise<CompiledPolicy | undefined>
  /**
   * Whether roles that nobody created may do everything when a service acts in them: in development functions are
   * created with made-up ones. Elsewhere they may do nothing.
   */
  readonly unknownRoles: 'everything' | 'nothing'
}

type Keys = Readonly<Record<string, string | readonly string[] | undefined>>

export interface Asked {
  /** `lambda:InvokeFunction` */
  readonly action: string
  /** An ARN, or `*` for an action that is about no one resource. */
  readonly resource: string
  /** Condition keys, beside those that say who asks. */
  readonly context?: Keys
  /** Of the resource; read only when a policy asks for them. */
  readonly tags?: () => Promise<Tags | undefined>
  /** Whether the resource's own policy has to allow it, too, whoever asks: so it is with roles and their trust. */
  readonly letIn?: boolean
}

/** What limits a caller, apart from the policy of what is called. */
export interface CallerPolicies extends Pick<ApplicablePolicies, 'identity' | 'boundary' | 'session'> {
  /** Condition keys that say who calls. */
  readonly keys?: Keys
}

/** What is known of a caller before anything is asked. */
export interface Standing extends CallerPolicies {
  /**
   * `everything`: the account's root, or in development a role that nobody created; of their own account nothing is
   * forbidden to them. `unknown`: a role or a user that is not there (any more), and `not-trusted` a role that does not
   * let the service act in it: they may do nothing. The others: what policies say.
   */
  readonly kind: 'everything' | 'unknown' | 'not-trusted' | 'limited'
  readonly keys: Keys
}

const onEverything = (name: string, Effect: 'Allow' | 'Deny'): CallerPolicies => ({
  identity: [
    compilePolicy(
      name,
      { Version: '2012-10-17', Statement: { Effect, Action: '*', Resource: '*' } },
      'identity',
    ),
  ],
})

/** Of an account's root, which may do everything. */
export const ROOT_POLICIES = onEverything('root', 'Allow')

/** Of who is not there, or may not act in a role. */
const NO_POLICIES = onEverything('nobody', 'Deny')

export async function standingOf(authority: Authority, caller: Caller): Promise<Standing> {
  const { account, role, user } = caller
  if (role !== undefined) return standingOfSession(authority, caller, role)
  if (user !== undefined) return standingOfUser(authority, caller, user)
  const keys = { 'aws:PrincipalType': 'Account', 'aws:userid': account, ...keysOf(caller) }
  return { kind: 'everything', ...ROOT_POLICIES, keys }
}

async function standingOfSession(authority: Authority, caller: Caller, role: string): Promise<Standing> {
  const { account, arn, service, session } = caller
  const permissions = await authority.roleOf(account, role)
  const uid = permissions?.uid ?? (await derivedEntityId('AROA', role))
  const keys = {
    'aws:PrincipalType': 'AssumedRole',
    'aws:userid': `${uid}:${entityName(arn)}`,
    // Sessions have temporary credentials, and nobody acts in a role with a second factor here.
    'aws:MultiFactorAuthPresent': 'false',
    // What a service asks for does not leave the machine that runs it.
    ...(service !== undefined && { 'aws:SecureTransport': 'true' }),
    ...principalTags(permissions?.tags),
    ...keysOf(caller),
  }
  if (!permissions) {
    const isEverything = service !== undefined && authority.unknownRoles === 'everything'
    return isEverything
      ? { kind: 'everything', ...ROOT_POLICIES, keys }
      : { kind: 'unknown', ...NO_POLICIES, keys }
  }
  if (service !== undefined) {
    const source = textOf(session?.['lambda:SourceFunctionArn'])
    if (!trustsService(permissions, service, account, source)) {
      return { kind: 'not-trusted', ...NO_POLICIES, keys }
    }
  }
  // A role that was deleted and created again is another one.
  const isSame = service !== undefined || textOf(session?.['aws:userid'])?.startsWith(`${uid}:`) === true
  return isSame ? limited(authority, caller, permissions, keys) : { kind: 'unknown', ...NO_POLICIES, keys }
}

async function standingOfUser(authority: Authority, caller: Caller, user: string): Promise<Standing> {
  const permissions = await authority.userOf(caller.account, user)
  const keys = {
    'aws:PrincipalType': 'User',
    'aws:userid': permissions?.uid,
    'aws:username': entityName(user),
    ...principalTags(permissions?.tags),
    ...keysOf(caller),
  }
  return permissions
    ? limited(authority, caller, permissions, keys)
    : { kind: 'unknown', ...NO_POLICIES, keys }
}

async function limited(
  authority: Authority,
  { account, sessionPolicies }: Caller,
  { identity, boundary }: Permissions,
  keys: Keys,
): Promise<Standing> {
  const session = sessionPolicies && (await policiesOfSession(authority, account, sessionPolicies))
  return { kind: 'limited', identity, boundary, session, keys }
}

/**
 * Condition keys that say who calls, those of every caller and what the session brings along.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
const keysOf = (caller: Caller): Keys => ({
  'aws:PrincipalArn': principalArn(caller),
  'aws:PrincipalAccount': caller.account,
  'aws:PrincipalIsAWSService': 'false',
  ...caller.session,
})

const textOf = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined

/** A session's texts stay the same object, and are compiled once. */
const inlineOfSession = new WeakMap<readonly string[], ReadonlyMap<string, CompiledPolicy>>()

async function policiesOfSession(
  authority: Authority,
  account: string,
  given: readonly string[],
): Promise<CompiledPolicy[]> {
  let compiled = inlineOfSession.get(given)
  if (!compiled) {
    const texts = given.filter(policy => !isArn(policy))
    compiled = new Map(texts.map(text => [text, compileText('session policy', text)]))
    inlineOfSession.set(given, compiled)
  }
  const policies = given.map(policy => compiled.get(policy) ?? authority.policyOf(account, policy))
  // One that is gone permits nothing.
  return (await Promise.all(policies)).filter(policy => policy !== undefined)
}

const isArn = (policy: string): boolean => policy.startsWith('arn:')

/**
 * Whether a role trusts a service to act in it.
 *
 * @param service `lambda.amazonaws.com`
 * @param sourceArn of what the service does it for: a function
 */
const trustsService = (
  { trust }: RolePermissions,
  service: string,
  account: string,
  sourceArn: string | undefined,
): boolean =>
  decideByResource(trust, {
    action: 'sts:AssumeRole',
    resource: '*',
    principal: { kind: 'service', name: service },
    context: requestContext({ 'aws:SourceAccount': account, 'aws:SourceArn': sourceArn }),
  }).allowed

/** Whether a caller may do one thing, by all policies that have a say in it. */
export async function decideForCaller(
  authority: Authority,
  standing: Standing,
  caller: Caller,
  asked: Asked,
): Promise<Decision> {
  if (standing.kind === 'unknown') return { allowed: false, type: 'identity' }
  const { action, resource } = asked
  const policies = {
    ...standing,
    resource: await authority.resourcePolicy(asked),
    resourceMustAllow: asked.letIn,
  }
  const keys = { ...standing.keys, ...asked.context }
  const weigh = (tags: Tags | undefined) => {
    const context = contextWithTags(keys, tags)
    const request = { action, resource, principal: principalOf(caller), context }
    return { decision: decide(policies, request, isOwn(caller, resource)), asksForTags: context.asksForTags }
  }
  const first = weigh(undefined)
  if (!first.asksForTags() || !asked.tags) return first.decision
  const tags = await asked.tags()
  return tags ? weigh(tags).decision : first.decision
}

/** Whether a resource is of the caller's account, or of none: policies and layers of AWS's own are nobody else's. */
export function isOwn({ account }: Pick<Caller, 'account'>, resource: string): boolean {
  const { account: owner } = partsOfArn(resource)
  return owner === '' || owner === 'aws' || owner === account
}

const RESOURCE_TAG = /^[a-z0-9-]+:resourcetag\/(.*)$/

/** Notes whether anybody asks for a tag of the resource: they are not read for policies that do not. */
function contextWithTags(keys: Keys, tags: Tags | undefined): RequestContext & { asksForTags(): boolean } {
  const context = requestContext(keys)
  const values = new Map(Object.entries(tags ?? {}).map(([key, value]) => [key.toLowerCase(), value]))
  let asked = false
  return {
    get(key) {
      const value = context.get(key)
      if (value !== undefined) return value
      const [, tag] = RESOURCE_TAG.exec(key) ?? []
      if (tag === undefined) return undefined
      asked = true
      return values.get(tag)
    },
    asksForTags: () => asked,
  }
}
