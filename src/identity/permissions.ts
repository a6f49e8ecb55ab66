import { MANAGED_POLICIES, type ManagedPolicy } from './aws-managed-policies.ts'
import { entityName } from './caller.ts'
import type { Directory } from './directory.ts'
import { nameKey, policyArn, roleArn, userArn } from './iam-records.ts'
import { type CompiledPolicy, compilePolicy, type PolicyKind } from './policies/compile-policy.ts'
import type { PolicyDocument } from './policies/policy-document.ts'
import type { PublishedPolicy, PublishedRole } from './published.ts'

/** What an IAM entity may do, as of a moment. */
export interface Permissions {
  readonly uid: string
  readonly tags: Readonly<Record<string, string>>
  readonly identity: readonly CompiledPolicy[]
  readonly boundary: CompiledPolicy | undefined
}

export interface RolePermissions extends Permissions {
  /** Who may act in the role. */
  readonly trust: CompiledPolicy
  /** Seconds. */
  readonly maxSessionDuration: number
}

/** By ARN; undefined when nobody created one of that name, path and account. */
export interface PermissionsSource {
  roleOf(account: string, arn: string): Promise<RolePermissions | undefined>
  userOf(account: string, arn: string): Promise<Permissions | undefined>
  /** A managed policy, AWS's own or the account's. */
  policyOf(account: string, arn: string): Promise<CompiledPolicy | undefined>
}

/**
 * The permissions of those who call through this isolate: as fresh as the directory, and compiled once for as long as
 * it answers with the same documents.
 */
export function publishedPermissions(directory: Pick<Directory, 'get'>): PermissionsSource {
  async function policyOf(account: string, arn: string): Promise<CompiledPolicy | undefined> {
    const managed = MANAGED_POLICIES.get(arn)
    if (managed) return awsPolicy(managed, arn)
    const found = await directory.get(account, 'policy', nameKey(entityName(arn)))
    return found && policyArn(account, found) === arn ? customerPolicy(found, arn) : undefined
  }

  // A policy cannot be deleted while it is attached; should it be gone, it permits nothing.
  const attachedPolicy = async (account: string, arn: string): Promise<CompiledPolicy> =>
    (await policyOf(account, arn)) ?? { name: arn, statements: [] }

  async function permissionsOf(
    account: string,
    entity: { uid: string; tags: Permissions['tags']; boundary?: string },
    holders: readonly PolicyHolder[],
  ): Promise<Permissions> {
    const { uid, tags, boundary } = entity
    const arns = holders.flatMap(holder => holder.attached)
    const [attached, bounding] = await Promise.all([
      Promise.all(arns.map(arn => attachedPolicy(account, arn))),
      boundary === undefined ? undefined : attachedPolicy(account, boundary),
    ])
    return {
      uid,
      tags,
      identity: [...holders.flatMap(holder => inlinePolicies(holder, '')), ...attached],
      boundary: bounding,
    }
  }

  return {
    policyOf,
    async roleOf(account, arn) {
      const role = await directory.get(account, 'role', nameKey(entityName(arn)))
      if (!role || roleArn(account, role) !== arn) return undefined
      const permissions = await permissionsOf(account, role, [role])
      const { maxSessionDuration = DEFAULT_DURATION } = role
      return { ...permissions, trust: trustPolicy(role, 'trust'), maxSessionDuration }
    },
    async userOf(account, arn) {
      const user = await directory.get(account, 'user', nameKey(entityName(arn)))
      if (!user || userArn(account, user) !== arn) return undefined
      const groups = await Promise.all(user.groups.map(id => directory.get(account, 'group', id)))
      return permissionsOf(account, user, [user, ...groups.filter(group => group !== undefined)])
    },
  }
}

/** Seconds. "If you do not specify a value for this setting, the default value of one hour is applied." */
const DEFAULT_DURATION = 3600

interface PolicyHolder {
  readonly inline: Readonly<Record<string, string>>
  readonly attached: readonly string[]
}

/** Documents that are still the same are the same objects, and are compiled once. */
function once<K extends WeakKey, V>(
  compile: (document: K, name: string) => V,
): (document: K, name: string) => V {
  const compiled = new WeakMap<K, V>()
  return (document, name) => {
    let known = compiled.get(document)
    if (known === undefined) {
      known = compile(document, name)
      compiled.set(document, known)
    }
    return known
  }
}

export const compileText = (name: string, text: string, kind: PolicyKind = 'identity'): CompiledPolicy =>
  compilePolicy(name, JSON.parse(text) as PolicyDocument, kind)

const inlinePolicies = once(({ inline }: PolicyHolder): readonly CompiledPolicy[] =>
  Object.entries(inline).map(([name, text]) => compileText(name, text)),
)

const trustPolicy = once(({ trust }: PublishedRole, name) => compileText(name, trust, 'resource'))

const customerPolicy = once(({ document }: PublishedPolicy, name) => compileText(name, document))

const awsPolicy = once(({ document }: ManagedPolicy, name) => compilePolicy(name, document, 'identity'))
