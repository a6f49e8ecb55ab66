import { entityName } from '../../../identity/caller.ts'
import {
  accessKeys,
  nameKey,
  policies,
  policyArn,
  providerArn,
  providers,
} from '../../../identity/iam-records.ts'
import type { Platform } from '../../../platform.ts'
import type { Call, Need } from '../../wire/service.ts'
import { ownUserName } from './caller.ts'
import { type Context, contextOf } from './context.ts'
import { GROUP, type NamedKind, ROLE, USER } from './entities.ts'
import { INSTANCE_PROFILE } from './instance-profiles.ts'
import { providerId } from './providers.ts'

/** What operations name. */
interface Named {
  readonly RoleName?: string
  readonly UserName?: string
  readonly GroupName?: string
  readonly InstanceProfileName?: string
  readonly PolicyName?: string
  readonly PolicyArn?: string
  readonly PolicySourceArn?: string
  readonly OpenIDConnectProviderArn?: string
  readonly Url?: string
  readonly AccessKeyId?: string
  readonly Path?: string
  readonly PathPrefix?: string
  readonly PermissionsBoundary?: string
  readonly NewUserName?: string
  readonly NewGroupName?: string
  readonly NewPath?: string
  readonly Tags?: readonly unknown[]
}

/** What an operation is about, as far as policies can ask. */
interface Target {
  readonly arn: string
  readonly boundary?: string
  readonly tags?: Readonly<Record<string, string>>
}

/**
 * What IAM's own operations ask for.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
 */
export async function iamNeeds(input: Named, call: Call<Platform>): Promise<readonly Need[]> {
  const { operation } = call
  const context = contextOf(call)
  const target = await targetOf(input, operation, context)
  const needs: Need[] = [
    {
      action: `iam:${operation}`,
      resource: target.arn,
      context: keysOf(input, operation, target),
      tags: async () => target.tags,
    },
  ]
  const tagging = TAGGED_WHEN_CREATED[operation]
  if (tagging && input.Tags && input.Tags.length > 0) needs.push({ ...needs[0]!, action: `iam:${tagging}` })
  const renamed = renamedTo(input, operation, target.arn)
  if (renamed !== undefined) needs.push({ ...needs[0]!, resource: renamed })
  if (operation === 'AddRoleToInstanceProfile') {
    const role = await entityTarget(context, ROLE, input.RoleName!, undefined)
    needs.push({
      action: 'iam:PassRole',
      resource: role.arn,
      context: { 'iam:PassedToService': 'ec2.amazonaws.com' },
      tags: async () => role.tags,
    })
  }
  return needs
}

const TAGGED_WHEN_CREATED: Readonly<Record<string, string>> = {
  CreateRole: 'TagRole',
  CreateUser: 'TagUser',
  CreatePolicy: 'TagPolicy',
  CreateInstanceProfile: 'TagInstanceProfile',
  CreateOpenIDConnectProvider: 'TagOpenIDConnectProvider',
}

/** Those whose policies may ask which boundary is on the entity, or will be. */
const ASKS_BOUNDARY =
  /^(?:(?:Attach|Detach|Put|Delete)(?:Role|User)Policy|\w+PermissionsBoundary|Create(?:Role|User))$/

const ASKS_POLICY = /^(?:Attach|Detach)(?:Role|User|Group)Policy$/

function keysOf(input: Named, operation: string, target: Target): Record<string, string> {
  const boundary = input.PermissionsBoundary ?? target.boundary
  return {
    ...(boundary !== undefined && ASKS_BOUNDARY.test(operation) && { 'iam:PermissionsBoundary': boundary }),
    ...(input.PolicyArn !== undefined && ASKS_POLICY.test(operation) && { 'iam:PolicyARN': input.PolicyArn }),
  }
}

/** "You must have permission on both the source object and the target object." */
function renamedTo(input: Named, operation: string, arn: string): string | undefined {
  if (operation !== 'UpdateUser' && operation !== 'UpdateGroup') return undefined
  const [prefix = '', ...rest] = arn.split('/')
  const name = input.NewUserName ?? input.NewGroupName ?? rest.at(-1)
  const path = input.NewPath ?? ['', ...rest.slice(0, -1), ''].join('/')
  const renamed = `${prefix}${path}${name}`
  return renamed === arn ? undefined : renamed
}

/** Lists name a path at most. */
const LISTED: Readonly<Record<string, string>> = {
  ListRoles: 'role',
  ListUsers: 'user',
  ListGroups: 'group',
  ListPolicies: 'policy',
  ListInstanceProfiles: 'instance-profile',
}

/** Operations about the caller's own user, when they name none. */
const OWN = new Set([
  'GetUser',
  'CreateAccessKey',
  'UpdateAccessKey',
  'DeleteAccessKey',
  'ListAccessKeys',
  'ListMFADevices',
  'ListSSHPublicKeys',
  'ListServiceSpecificCredentials',
  'ListSigningCertificates',
])

async function targetOf(input: Named, operation: string, context: Context): Promise<Target> {
  const { account } = context
  const listed = LISTED[operation]
  if (listed !== undefined) return { arn: `arn:aws:iam::${account}:${listed}${input.PathPrefix ?? '/'}` }
  // Where two are named, this order says which of them the operation is about.
  const { InstanceProfileName, GroupName, RoleName, UserName, PolicyArn, Path = '/' } = input
  const created = operation.startsWith('Create') ? Path : undefined
  if (InstanceProfileName !== undefined)
    return entityTarget(context, INSTANCE_PROFILE, InstanceProfileName, created)
  if (GroupName !== undefined) return entityTarget(context, GROUP, GroupName, created)
  if (RoleName !== undefined) return entityTarget(context, ROLE, RoleName, created)
  const own = OWN.has(operation) ? ownUserName(context.caller) : undefined
  const user = UserName ?? own
  if (user !== undefined) {
    return entityTarget(context, USER, user, operation === 'CreateUser' ? created : undefined)
  }
  if (operation === 'GetAccessKeyLastUsed') return keyTarget(context, input.AccessKeyId!)
  if (PolicyArn !== undefined) return policyTarget(context, PolicyArn)
  if (operation === 'CreatePolicy') {
    return { arn: policyArn(account, { path: Path, name: input.PolicyName! }) }
  }
  if (input.Url !== undefined) return { arn: providerArn(account, providerId(input.Url)) }
  const provider = input.OpenIDConnectProviderArn
  if (provider !== undefined) return providerTarget(context, provider)
  return { arn: input.PolicySourceArn ?? '*' }
}

/** Requests name entities without their paths, policies with them. */
async function entityTarget<R extends TargetRecord>(
  { account, records }: Context,
  of: NamedKind<R>,
  name: string,
  created: string | undefined,
): Promise<Target> {
  const found = created === undefined ? await records.get(of.kind, '', nameKey(name)) : undefined
  if (!found) return { arn: of.arn(account, { path: created ?? '/', name }) }
  const { boundary, tags }: TargetRecord = found.doc
  return { arn: of.arn(account, found.doc), boundary, tags }
}

interface TargetRecord extends Omit<Target, 'arn'> {
  readonly path: string
  readonly name: string
}

async function keyTarget(context: Context, id: string): Promise<Target> {
  const key = await context.records.byId(accessKeys, id)
  return key?.doc.user === undefined ? { arn: '*' } : entityTarget(context, USER, key.doc.user, undefined)
}

async function policyTarget({ account, records }: Context, arn: string): Promise<Target> {
  const found = await records.get(policies, '', nameKey(entityName(arn)))
  return found && policyArn(account, found.doc) === arn ? { arn, tags: found.doc.tags } : { arn }
}

async function providerTarget({ account, records }: Context, arn: string): Promise<Target> {
  const prefix = providerArn(account, '')
  const found = arn.startsWith(prefix)
    ? await records.get(providers, '', arn.slice(prefix.length))
    : undefined
  return { arn, tags: found?.doc.tags }
}
