import { type Clock, systemClock } from '../lib/clock.ts'
import { PointerCache } from '../pointers/pointer-cache.ts'
import { Records } from '../records/records.ts'
import { MANAGED_POLICIES } from './aws-managed-policies.ts'
import { iamAccount, nameKey, policies, policyArn, type RoleRecord, roleArn, roles } from './iam-records.ts'
import { type CompiledPolicy, compilePolicy, type PolicyKind } from './policies/compile-policy.ts'
import { decideByResource } from './policies/decide.ts'
import type { PolicyDocument } from './policies/policy-document.ts'
import { requestContext } from './policies/request.ts'
import { roleName } from './role-session.ts'

/** What a role may do, as of a moment. */
export interface RolePermissions {
  readonly uid: string
  readonly tags: Readonly<Record<string, string>>
  readonly identity: readonly CompiledPolicy[]
  readonly boundary: CompiledPolicy | undefined
  /** Who may act in the role. */
  readonly trust: CompiledPolicy
}

/**
 * Whether a role trusts a service to act in it.
 *
 * @param service `lambda.amazonaws.com`
 * @param sourceArn of what the service does it for: a function
 */
export const trustsService = (
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

export interface RolePermissionsOptions {
  readonly db: D1Database
  /** Lets a reading outlive the request that began it. */
  readonly defer: (work: Promise<unknown>) => void
  readonly clock?: Clock
}

/**
 * The permissions of the roles that act through this isolate. As fresh as the data plane's pointers: older than two
 * seconds they are not used, and the database is read once a second and role at most; when it cannot be, what was
 * last known counts for a while.
 */
export class RolePermissionsCache {
  readonly #cache: PointerCache<RolePermissions>

  constructor({ db, defer, clock = systemClock }: RolePermissionsOptions) {
    this.#cache = new PointerCache<RolePermissions>({
      async read(name) {
        const generation = clock()
        const [account, role] = JSON.parse(name) as [string, string]
        const doc = await readPermissions(new Records(db, iamAccount(account)), account, role)
        return doc ? { generation, doc } : { missing: true }
      },
      clock,
      defer,
    })
  }

  /** Undefined when no record describes the role. */
  async of(account: string, role: string): Promise<RolePermissions | undefined> {
    const pointed = await this.#cache.get(JSON.stringify([account, role]))
    return pointed?.doc
  }

  /** Whoever changed a role or a policy through this isolate sees the change at once. */
  clear(): void {
    this.#cache.clear()
  }
}

async function readPermissions(
  records: Records,
  account: string,
  arn: string,
): Promise<RolePermissions | undefined> {
  const found = await records.get(roles, '', nameKey(roleName(arn)))
  // A role of the same name in another path or account is another role.
  if (!found || roleArn(account, found.doc) !== arn) return undefined
  const role = found.doc
  const [attached, boundary] = await Promise.all([
    Promise.all(role.attached.map(policy => readPolicy(records, account, policy))),
    role.boundary === undefined ? undefined : readPolicy(records, account, role.boundary),
  ])
  return {
    uid: role.uid,
    tags: role.tags,
    identity: [...inlinePolicies(role), ...attached],
    boundary,
    trust: compileText('trust', role.trust, 'resource'),
  }
}

const inlinePolicies = ({ inline }: RoleRecord): CompiledPolicy[] =>
  Object.entries(inline).map(([name, text]) => compileText(name, text))

async function readPolicy(records: Records, account: string, arn: string): Promise<CompiledPolicy> {
  const managed = MANAGED_POLICIES.get(arn)
  if (managed) return compilePolicy(arn, managed.document, 'identity')
  const found = await records.get(policies, '', nameKey(roleName(arn)))
  const doc = found && policyArn(account, found.doc) === arn ? found.doc : undefined
  const version = doc?.versions.find(({ id }) => id === doc.defaultVersion)
  // It cannot be deleted while it is attached; should it be gone, it permits nothing.
  return version ? compileText(arn, version.document) : { name: arn, statements: [] }
}

const compileText = (name: string, text: string, kind: PolicyKind = 'identity'): CompiledPolicy =>
  compilePolicy(name, JSON.parse(text) as PolicyDocument, kind)
