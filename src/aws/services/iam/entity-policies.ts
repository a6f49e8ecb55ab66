import { nameKey } from '../../../identity/iam-records.ts'
import { encodePolicy, lookUpPolicy, partsOfPolicyArn } from './answers.ts'
import { changeCount, requireAttachable } from './attach-policy.ts'
import { type Context, checkedPolicy, type Draft, sizeOf } from './context.ts'
import { changeEntity, type EntityKind, type EntityRecord, find, titleOf } from './entities.ts'
import { LIMITS } from './limits.ts'
import { type Asked, pageOf } from './pages.ts'
import { deleteConflict, limitExceeded, noSuchEntity } from './refusals.ts'

/** Policies inside a role, a user or a group, and those that are attached to it: the same for all three. */

const noInlinePolicy = (noun: string, name: string) =>
  noSuchEntity(`The ${noun} policy with name ${name} cannot be found.`)

interface Inline {
  readonly PolicyName: string
}

export async function putPolicy<R extends EntityRecord>(
  context: Context,
  of: EntityKind<R>,
  name: string,
  { PolicyName, PolicyDocument }: Inline & { readonly PolicyDocument: string },
) {
  const document = checkedPolicy(PolicyDocument, 'identity')
  await changeEntity(context, of, name, entity => {
    const inline = { ...entity.inline, [PolicyName]: document }
    const size = Object.values(inline).reduce((sum, text) => sum + sizeOf(text), 0)
    if (size > of.inlinePolicies) {
      throw limitExceeded(
        `Maximum policy size of ${of.inlinePolicies} bytes exceeded for ${of.noun} ${entity.name}`,
      )
    }
    return { ...entity, inline }
  })
  return {}
}

export async function getPolicy<R extends EntityRecord>(
  context: Context,
  of: EntityKind<R>,
  name: string,
  { PolicyName }: Inline,
) {
  const { doc } = await find(context, of, name)
  const document = inlineOf(doc.inline, PolicyName)
  if (document === undefined) throw noInlinePolicy(of.noun, PolicyName)
  return { name: doc.name, PolicyName, PolicyDocument: encodePolicy(document) }
}

export async function listPolicies<R extends EntityRecord>(
  context: Context,
  of: EntityKind<R>,
  name: string,
  asked: Asked,
) {
  const { doc } = await find(context, of, name)
  const list = `inline ${of.noun} ${nameKey(doc.name)}`
  const { items, ...page } = await pageOf(list, Object.keys(doc.inline), each => each, asked)
  return { PolicyNames: [...items], ...page }
}

export async function deletePolicy<R extends EntityRecord>(
  context: Context,
  of: EntityKind<R>,
  name: string,
  { PolicyName }: Inline,
) {
  await changeEntity(context, of, name, entity => {
    if (inlineOf(entity.inline, PolicyName) === undefined) throw noInlinePolicy(of.noun, PolicyName)
    const { [PolicyName]: _, ...inline } = entity.inline
    return { ...entity, inline }
  })
  return {}
}

interface Managed {
  readonly PolicyArn: string
}

export async function attachPolicy<R extends EntityRecord>(
  context: Context,
  of: EntityKind<R>,
  name: string,
  { PolicyArn }: Managed,
) {
  await changeEntity(context, of, name, async (entity, draft) => {
    const policy = await requireAttachable(context, PolicyArn, `Policy ${PolicyArn}`)
    if (entity.attached.includes(PolicyArn)) return entity
    if (entity.attached.length >= LIMITS.attachedPolicies) {
      throw limitExceeded(`Cannot exceed quota for PoliciesPer${titleOf(of)}: ${LIMITS.attachedPolicies}`)
    }
    changeCount(draft, policy, 'attachments', 1)
    return { ...entity, attached: [...entity.attached, PolicyArn] }
  })
  return {}
}

export async function detachPolicy<R extends EntityRecord>(
  context: Context,
  of: EntityKind<R>,
  name: string,
  { PolicyArn }: Managed,
) {
  await changeEntity(context, of, name, async (entity, draft) => {
    if (!entity.attached.includes(PolicyArn)) throw noSuchEntity(`Policy ${PolicyArn} was not found.`)
    changeCount(draft, await lookUpPolicy(context, PolicyArn), 'attachments', -1)
    return { ...entity, attached: entity.attached.filter(arn => arn !== PolicyArn) }
  })
  return {}
}

export async function listAttachedPolicies<R extends EntityRecord>(
  context: Context,
  of: EntityKind<R>,
  name: string,
  asked: Asked & { readonly PathPrefix?: string },
) {
  const { doc } = await find(context, of, name)
  const prefix = asked.PathPrefix ?? '/'
  const list = `attached ${of.noun} ${nameKey(doc.name)} ${prefix}`
  const { items, ...page } = await pageOf(
    list,
    attachedTo(doc).filter(({ path }) => path.startsWith(prefix)),
    ({ name: policy, arn }) => `${policy} ${arn}`,
    asked,
  )
  return {
    AttachedPolicies: items.map(({ name: PolicyName, arn }) => ({ PolicyName, PolicyArn: arn })),
    ...page,
  }
}

/** The managed policies that are attached to an entity: none is renamed, or deleted as long as it is. */
export const attachedTo = ({ attached }: Pick<EntityRecord, 'attached'>) =>
  attached.map(arn => ({ arn, ...partsOfPolicyArn(arn) }))

/** Roles and users have boundaries; groups have none. */
type Bounded = EntityRecord & { readonly boundary?: string }

export const putBoundary = async <R extends Bounded>(
  context: Context,
  of: EntityKind<R>,
  name: string,
  boundary: string,
) => {
  await changeEntity(context, of, name, async (entity, draft) => {
    if (entity.boundary === boundary) return entity
    await startBounding(context, draft, boundary)
    await stopBounding(context, draft, entity)
    return { ...entity, boundary }
  })
  return {}
}

export const deleteBoundary = async <R extends Bounded>(
  context: Context,
  of: EntityKind<R>,
  name: string,
) => {
  await changeEntity(context, of, name, async (entity, draft) => {
    if (entity.boundary === undefined) {
      throw noSuchEntity(`The ${of.noun} with name ${name} does not have a permissions boundary.`)
    }
    await stopBounding(context, draft, entity)
    return { ...entity, boundary: undefined }
  })
  return {}
}

export async function startBounding(
  context: Context,
  draft: Draft,
  boundary: string | undefined,
): Promise<void> {
  if (boundary === undefined) return
  const policy = await requireAttachable(context, boundary, `Scope ARN: ${boundary}`)
  changeCount(draft, policy, 'boundaryUses', 1)
}

export async function stopBounding(
  context: Context,
  draft: Draft,
  { boundary }: Pick<Bounded, 'boundary'>,
): Promise<void> {
  if (boundary !== undefined) changeCount(draft, await lookUpPolicy(context, boundary), 'boundaryUses', -1)
}

/** "You must manually delete the items attached" before an entity can be deleted. */
export function requireNoPolicies({ attached, inline }: EntityRecord): void {
  if (attached.length > 0) throw deleteConflict('Cannot delete entity, must detach all policies first.')
  if (Object.keys(inline).length > 0)
    throw deleteConflict('Cannot delete entity, must delete policies first.')
}

const inlineOf = (inline: Readonly<Record<string, string>>, name: string): string | undefined =>
  Object.hasOwn(inline, name) ? inline[name] : undefined
