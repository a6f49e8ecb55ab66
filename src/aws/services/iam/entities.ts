import {
  type GroupRecord,
  groupArn,
  groups,
  nameKey,
  type RoleRecord,
  roleArn,
  roles,
  type UserRecord,
  userArn,
  users,
} from '../../../identity/iam-records.ts'
import type { Kind, Stored } from '../../../records/records.ts'
import { type Context, change, type Draft } from './context.ts'
import { alreadyExists, limitExceeded, noSuchEntity } from './refusals.ts'

/** What roles, users and groups have in common. */
export type EntityRecord = RoleRecord | UserRecord | GroupRecord

/** What is found by its name, and known to policies by an ARN that has a path. */
export interface NamedKind<R> {
  readonly kind: Kind<R>
  arn(account: string, record: { readonly path: string; readonly name: string }): string
}

/** One of the three kinds of entities that have policies: all that differs between them. */
export interface EntityKind<R extends EntityRecord> extends NamedKind<R> {
  /** As IAM's messages and quotas call it. */
  readonly noun: 'role' | 'user' | 'group'
  readonly prefix: 'AROA' | 'AIDA' | 'AGPA'
  /** What it is published by. */
  publishedAs(record: Pick<R, 'name' | 'uid'>): string
  /** Characters of all inline policies together, without whitespace. */
  readonly inlinePolicies: number
  readonly perAccount: number
}

/** Quotas: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
export const ROLE: EntityKind<RoleRecord> = {
  noun: 'role',
  prefix: 'AROA',
  kind: roles,
  arn: roleArn,
  publishedAs: ({ name }) => nameKey(name),
  inlinePolicies: 10_240,
  perAccount: 1_000,
}

export const USER: EntityKind<UserRecord> = {
  noun: 'user',
  prefix: 'AIDA',
  kind: users,
  arn: userArn,
  publishedAs: ({ name }) => nameKey(name),
  inlinePolicies: 2_048,
  perAccount: 5_000,
}

export const GROUP: EntityKind<GroupRecord> = {
  noun: 'group',
  prefix: 'AGPA',
  kind: groups,
  arn: groupArn,
  publishedAs: ({ uid }) => uid,
  inlinePolicies: 5_120,
  perAccount: 300,
}

/** `role` as it stands at the beginning of a sentence, or in the name of a quota. */
export const titleOf = ({ noun }: Pick<EntityKind<never>, 'noun'>): string =>
  noun.charAt(0).toUpperCase() + noun.slice(1)

export const notFound = (noun: string, name: string) =>
  noSuchEntity(`The ${noun} with name ${name} cannot be found.`)

export async function find<R extends EntityRecord>(
  { records }: Context,
  of: EntityKind<R>,
  name: string,
): Promise<Stored<R>> {
  const found = await records.get(of.kind, '', nameKey(name))
  if (!found) throw notFound(of.noun, name)
  return found
}

/** All of an account, which quotas bound. */
export const allOf = async <R extends EntityRecord>({ records }: Context, of: EntityKind<R>): Promise<R[]> =>
  (await records.all(of.kind, '')).map(({ doc }) => doc)

/** All roles, users and groups of an account: whoever may use a policy. */
export const allEntities = async (context: Context): Promise<EntityRecord[]> =>
  (await Promise.all([allOf(context, ROLE), allOf(context, USER), allOf(context, GROUP)])).flat()

/** Drafts a new entity; its name must be free. */
export async function create<R extends EntityRecord>(
  { records }: Context,
  draft: Draft,
  of: EntityKind<R>,
  record: R,
): Promise<void> {
  await requireFreeName(records, of, record.name)
  if ((await records.count(of.kind, '')) >= of.perAccount) {
    throw limitExceeded(`Cannot exceed quota for ${titleOf(of)}sPerAccount: ${of.perAccount}`)
  }
  const key = { parent: '', id: nameKey(record.name) }
  draft.writes.create(of.kind, key, record, record.uid)
  draft.publish(of.noun, of.publishedAs(record))
}

/** A change of one entity: what `edit` answers is what it is from now on. */
export const changeEntity = <R extends EntityRecord>(
  context: Context,
  of: EntityKind<R>,
  name: string,
  edit: (record: R, draft: Draft) => R | Promise<R>,
): Promise<R> =>
  change(context, async draft => {
    const stored = await find(context, of, name)
    const doc = await edit(stored.doc, draft)
    if (doc !== stored.doc) await replace(context, draft, of, stored, doc)
    return doc
  })

/** Drafts what an entity is from now on; under its new name, when that is another one. */
export async function replace<R extends EntityRecord>(
  { records }: Context,
  draft: Draft,
  of: EntityKind<R>,
  stored: Stored<R>,
  doc: R,
): Promise<void> {
  draft.publish(of.noun, of.publishedAs(doc))
  const id = nameKey(doc.name)
  if (id === stored.id) {
    draft.writes.replace(of.kind, stored, doc)
    return
  }
  await requireFreeName(records, of, doc.name)
  draft.writes.remove(of.kind, stored).create(of.kind, { parent: '', id }, doc, doc.uid)
  draft.publish(of.noun, of.publishedAs(stored.doc))
}

/** Drafts that an entity is no more. */
export function remove<R extends EntityRecord>(draft: Draft, of: EntityKind<R>, stored: Stored<R>): void {
  draft.writes.remove(of.kind, stored)
  draft.publish(of.noun, of.publishedAs(stored.doc))
}

async function requireFreeName<R extends EntityRecord>(
  records: Context['records'],
  of: EntityKind<R>,
  name: string,
): Promise<void> {
  if (await records.get(of.kind, '', nameKey(name))) {
    throw alreadyExists(`${titleOf(of)} with name ${name} already exists.`)
  }
}
