import type { AttachedPermissionsBoundary, Group, Policy, Role, User } from '@aws-sdk/client-iam'
import {
  MANAGED_POLICIES,
  type ManagedPolicy,
  managedPolicyArn,
} from '../../../identity/aws-managed-policies.ts'
import { derivedEntityId } from '../../../identity/entity-id.ts'
import {
  type GroupRecord,
  groupArn,
  nameKey,
  type PolicyRecord,
  policies,
  policyArn,
  type RoleRecord,
  roleArn,
  type UserRecord,
  userArn,
} from '../../../identity/iam-records.ts'
import type { Stored } from '../../../records/records.ts'
import type { Context } from './context.ts'
import { invalidInput, noSuchEntity } from './refusals.ts'
import { describeTags } from './tag-rules.ts'

/** "The policy document is URL-encoded compliant with RFC 3986." */
export const encodePolicy = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)

/** A role as lists answer it; GetRole and CreateRole say more of it. */
export const describeRole = ({ account }: Context, role: RoleRecord): Role => ({
  Path: role.path,
  RoleName: role.name,
  RoleId: role.uid,
  Arn: roleArn(account, role),
  CreateDate: new Date(role.created),
  AssumeRolePolicyDocument: encodePolicy(role.trust),
  Description: role.description,
  MaxSessionDuration: role.maxSessionDuration,
})

export const describeWholeRole = (context: Context, role: RoleRecord): Role => ({
  ...describeRole(context, role),
  ...boundaryAndTags(role),
  RoleLastUsed: {},
})

/** A user as lists answer it; GetUser and CreateUser say more of it. */
export const describeUser = ({ account }: Context, user: UserRecord): User => ({
  Path: user.path,
  UserName: user.name,
  UserId: user.uid,
  Arn: userArn(account, user),
  CreateDate: new Date(user.created),
})

export const describeWholeUser = (context: Context, user: UserRecord): User => ({
  ...describeUser(context, user),
  ...boundaryAndTags(user),
})

export const describeGroup = ({ account }: Context, group: GroupRecord): Group => ({
  Path: group.path,
  GroupName: group.name,
  GroupId: group.uid,
  Arn: groupArn(account, group),
  CreateDate: new Date(group.created),
})

export const boundaryAndTags = ({ boundary, tags }: Pick<UserRecord, 'boundary' | 'tags'>) => ({
  PermissionsBoundary: boundary === undefined ? undefined : describeBoundary(boundary),
  Tags: describeTags(tags),
})

const describeBoundary = (arn: string): AttachedPermissionsBoundary => ({
  PermissionsBoundaryType: 'PermissionsBoundaryPolicy',
  PermissionsBoundaryArn: arn,
})

/** A managed policy, AWS's own or the customer's. */
export type FoundPolicy =
  | { readonly kind: 'aws'; readonly arn: string; readonly policy: ManagedPolicy }
  | { readonly kind: 'customer'; readonly arn: string; readonly policy: Stored<PolicyRecord> }

const ARN = /^arn:aws[a-z-]*:iam::(?:aws|\d{12}):policy(\/(?:.*\/)?)([\w+=,.@-]+)$/

/** What the ARN of a policy says of it. Refuses a text that is no policy's ARN. */
export function partsOfPolicyArn(arn: string): { readonly path: string; readonly name: string } {
  const [, path, name] = ARN.exec(arn) ?? []
  if (path === undefined || name === undefined) throw invalidInput(`ARN ${arn} is not valid.`)
  return { path, name }
}

/** Undefined when there is none of that ARN. Refuses a text that is no policy's ARN. */
export async function lookUpPolicy(context: Context, arn: string): Promise<FoundPolicy | undefined> {
  const { name } = partsOfPolicyArn(arn)
  const managed = MANAGED_POLICIES.get(arn)
  if (managed) return { kind: 'aws', arn, policy: managed }
  const policy = await context.records.get(policies, '', nameKey(name))
  return policy && policyArn(context.account, policy.doc) === arn
    ? { kind: 'customer', arn, policy }
    : undefined
}

export async function findPolicy(context: Context, arn: string): Promise<FoundPolicy> {
  const found = await lookUpPolicy(context, arn)
  if (!found) throw noSuchEntity(`Policy ${arn} was not found.`)
  return found
}

interface Uses {
  readonly attached: readonly string[]
  readonly boundary?: string
}

/** A customer's own policy as lists answer it. */
export const describePolicy = ({ account }: Context, policy: PolicyRecord): Policy => ({
  PolicyName: policy.name,
  PolicyId: policy.uid,
  Arn: policyArn(account, policy),
  Path: policy.path,
  DefaultVersionId: policy.defaultVersion,
  AttachmentCount: policy.attachments,
  PermissionsBoundaryUsageCount: policy.boundaryUses,
  IsAttachable: true,
  CreateDate: new Date(policy.created),
  UpdateDate: new Date(policy.updated),
})

/** @param uses who may use it: all entities of the account */
export async function describeManagedPolicy(policy: ManagedPolicy, uses: readonly Uses[]): Promise<Policy> {
  const arn = managedPolicyArn(policy)
  return {
    PolicyName: policy.name,
    PolicyId: await derivedEntityId('ANPA', arn),
    Arn: arn,
    Path: policy.path,
    DefaultVersionId: policy.version,
    AttachmentCount: uses.filter(each => each.attached.includes(arn)).length,
    PermissionsBoundaryUsageCount: uses.filter(each => each.boundary === arn).length,
    IsAttachable: true,
    CreateDate: new Date(policy.created),
    UpdateDate: new Date(policy.updated),
  }
}
