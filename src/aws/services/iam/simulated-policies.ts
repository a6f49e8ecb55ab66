import type { PolicyIdentifier, PolicySourceType } from '@aws-sdk/client-iam'
import { groups, nameKey } from '../../../identity/iam-records.ts'
import { checkDocument } from '../../../identity/policies/check-document.ts'
import { textMatcher } from '../../../identity/policies/pattern.ts'
import type { PolicyDocument } from '../../../identity/policies/policy-document.ts'
import { SimulatedPolicy } from '../../../identity/policies/simulate.ts'
import { lookUpPolicy } from './answers.ts'
import type { Context } from './context.ts'
import { GROUP, type NamedKind, notFound, ROLE, USER } from './entities.ts'
import { invalidInput } from './refusals.ts'

/** Where a policy of a simulation is from. */
export interface PolicySource {
  readonly id: string
  readonly type: PolicySourceType
  /** Of a managed policy. */
  readonly arn?: string
  /** Of an inline policy: the entity that it is of. */
  readonly holder?: Holder
}

interface Holder {
  readonly type: 'user' | 'group' | 'role'
  readonly name: string
}

export type Policy = SimulatedPolicy<PolicySource>

/** A policy that a request brings along. Refuses what is none. */
export function givenPolicy(text: string, id: string, kind: 'identity' | 'resource'): Policy {
  const checked = checkDocument(text, kind)
  if (!checked.ok) throw invalidInput(`${id}: ${checked.message}`)
  return new SimulatedPolicy<PolicySource>(
    { id, type: kind === 'resource' ? 'resource' : 'none' },
    text,
    checked.document,
    kind,
  )
}

export const givenPolicies = (texts: readonly string[] | undefined): Policy[] =>
  (texts ?? []).map((text, index) => givenPolicy(text, `PolicyInputList.${index + 1}`, 'identity'))

/** "You can input only one permissions boundary when you pass a policy to this operation." */
export function givenBoundary(texts: readonly string[] | undefined): Policy | undefined {
  const [text, ...more] = texts ?? []
  if (more.length > 0) throw invalidInput('Only one permissions boundary policy can be simulated.')
  return text === undefined
    ? undefined
    : givenPolicy(text, 'PermissionsBoundaryPolicyInputList.1', 'identity')
}

/** A user, group or role, as an ARN names it. */
export interface Entity extends Holder {
  readonly account: string
  readonly arn: string
}

const ENTITY = /^arn:aws[a-z-]*:iam::(\d{12}):(user|group|role)\/(?:[\u0021-\u007E]+\/)?([\w+=,.@-]+)$/

export function readEntity(arn: string): Entity {
  const [, account, type, name] = ENTITY.exec(arn) ?? []
  if (account === undefined) throw invalidInput(`Invalid Entity Arn: ${arn}`)
  return { account, type: type as Holder['type'], name: name!, arn }
}

/** What IAM keeps of an entity's policies; groups have no boundary. */
interface PolicyHolder {
  readonly name: string
  readonly inline: Readonly<Record<string, string>>
  readonly attached: readonly string[]
  readonly boundary?: string
  /** Ids of the groups that a user has joined. */
  readonly groups?: readonly string[]
}

export interface EntityPolicies {
  readonly identity: readonly Policy[]
  readonly boundary: Policy | undefined
}

/** The policies of a user and of its groups, of a group, or of a role. */
export async function entityPolicies(context: Context, entity: Entity): Promise<EntityPolicies> {
  const { type, name } = entity
  const holder = await findHolder(context, entity)
  if (!holder) throw notFound(type, name)
  const joined = await Promise.all((holder.groups ?? []).map(id => context.records.byAlias(groups, id)))
  const holders: readonly [Holder['type'], PolicyHolder][] = [
    [type, holder],
    ...joined.flatMap((group): [Holder['type'], PolicyHolder][] => (group ? [['group', group.doc]] : [])),
  ]
  const identity = await Promise.all(holders.map(([each, of]) => policiesOf(context, each, of)))
  return {
    identity: identity.flat(),
    boundary: holder.boundary === undefined ? undefined : await managedPolicy(context, holder.boundary),
  }
}

const KINDS = { user: USER, group: GROUP, role: ROLE } as const

async function findHolder(
  { account, records }: Context,
  { type, name, arn }: Entity,
): Promise<PolicyHolder | undefined> {
  const of: NamedKind<PolicyHolder & { readonly path: string }> = KINDS[type]
  const found = await records.get(of.kind, '', nameKey(name))
  // An entity of the same name in another path or account is another one.
  return found && of.arn(account, found.doc) === arn ? found.doc : undefined
}

async function policiesOf(context: Context, type: Holder['type'], holder: PolicyHolder): Promise<Policy[]> {
  const { name, inline, attached } = holder
  const managed = await Promise.all(attached.map(arn => managedPolicy(context, arn)))
  return [
    ...Object.entries(inline).map(
      ([id, text]) =>
        new SimulatedPolicy<PolicySource>(
          { id, type, holder: { type, name } },
          text,
          JSON.parse(text) as PolicyDocument,
          'identity',
        ),
    ),
    ...managed.filter(policy => policy !== undefined),
  ]
}

async function managedPolicy(context: Context, arn: string): Promise<Policy | undefined> {
  const found = await lookUpPolicy(context, arn)
  if (!found) return undefined
  if (found.kind === 'aws') {
    const { name, document } = found.policy
    const text = JSON.stringify(document, undefined, 4)
    return new SimulatedPolicy<PolicySource>(
      { id: name, type: 'aws-managed', arn },
      text,
      document,
      'identity',
    )
  }
  const { name, versions, defaultVersion } = found.policy.doc
  const text = versions.find(({ id }) => id === defaultVersion)!.document
  const source = { id: name, type: 'user-managed', arn } as const
  return new SimulatedPolicy<PolicySource>(source, text, JSON.parse(text) as PolicyDocument, 'identity')
}

/** Without those that a simulation is to leave out. "Identifiers that don't match any attached policy are ignored." */
export function withoutExcluded(
  { identity, boundary }: EntityPolicies,
  exclusions: readonly PolicyIdentifier[] = [],
): EntityPolicies {
  const excluded = exclusions.map(readExclusion)
  return {
    identity: identity.filter(({ source }) => !excluded.some(excludes => excludes(source))),
    boundary: exclusions.some(({ PolicyType }) => PolicyType === 'permission-boundary')
      ? undefined
      : boundary,
  }
}

const MANAGED_ARN = /^(arn:aws[a-z-]*:iam::(?:aws|\d{12}):policy\/)([\w+=,.@/*?-]+)$/

function readExclusion(identifier: PolicyIdentifier): (source: PolicySource) => boolean {
  const { PolicyType, PolicyArn, InlinePolicyIdentifier } = identifier
  if (PolicyArn !== undefined) {
    const [, prefix, name] = MANAGED_ARN.exec(PolicyArn) ?? []
    if (prefix === undefined) throw invalidInput(`Invalid policy ARN: ${PolicyArn}`)
    const matches = wildcardName(name!)
    return ({ arn }) => arn?.startsWith(prefix) === true && matches(arn.slice(prefix.length))
  }
  if (InlinePolicyIdentifier !== undefined) {
    const { PolicyName, AttachmentType, AttachmentName } = InlinePolicyIdentifier
    return ({ id, holder }) =>
      holder !== undefined &&
      id === PolicyName &&
      holder.type === AttachmentType &&
      holder.name === AttachmentName
  }
  if (PolicyType === 'inline') return ({ holder }) => holder !== undefined
  return ({ type }) => type === PolicyType
}

/** "Use at most one `*`, and any number of `?`." */
function wildcardName(name: string): (actual: string) => boolean {
  if (name.split('*').length > 2) throw invalidInput(`Invalid wildcards: ${name}`)
  const matcher = textMatcher(name, { variables: false, wildcards: true })
  return actual => matcher(actual, new Map())
}
