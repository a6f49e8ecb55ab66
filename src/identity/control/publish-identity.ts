import type { Env } from '../../env.ts'
import type { Account } from '../../lib/account.ts'
import { writePointer } from '../../pointers/pointer-store.ts'
import type { Publish } from '../../records/publications.ts'
import { Records } from '../../records/records.ts'
import {
  accessKeys,
  type GroupRecord,
  groups,
  nameKey,
  policies,
  providers,
  roles,
  users,
} from '../iam-records.ts'
import { compactPolicy } from '../policies/policy-document.ts'
import { identityPointerName, type Published, type PublishedGroup, type PublishedKind } from '../published.ts'
import { pools } from '../user-pools/pool-records.ts'

/** What the data plane is told of an entity; undefined when there is none of the name any more. */
type Describe<T> = (records: Records, name: string, account: Account) => Promise<T | undefined>

/** By kind: see {@link Published}. Accounts' data keys are published by what makes them. */
const DESCRIPTIONS: { readonly [K in Exclude<PublishedKind, 'account'>]: Describe<Published[K]> } = {
  async role(records, name) {
    const found = await records.get(roles, '', name)
    if (!found) return undefined
    const { tags, boundary, trust, maxSessionDuration } = found.doc
    return { ...holder(found.doc), tags, boundary, trust: compactPolicy(trust), maxSessionDuration }
  },
  async user(records, name) {
    const found = await records.get(users, '', name)
    if (!found) return undefined
    const { tags, boundary, groups: joined } = found.doc
    return { ...holder(found.doc), tags, boundary, groups: joined }
  },
  async group(records, uid) {
    const found = await records.byAlias(groups, uid)
    return found && holder(found.doc)
  },
  async key(records, id, account) {
    const found = await records.byId(accessKeys, id)
    if (!found) return undefined
    const { user, active, secret } = found.doc
    const owner = user === undefined ? undefined : await records.get(users, '', nameKey(user))
    return { schema: 1, account: account.id, user, uid: owner?.doc.uid, active, secret }
  },
  async provider(records, id) {
    const found = await records.get(providers, '', id)
    return found && { schema: 1, url: found.doc.url, clientIds: found.doc.clientIds }
  },
  async pool(records, id, { id: account, region }) {
    const found = await records.get(pools, '', id)
    if (!found) return undefined
    const { issuer, keys, domain } = found.doc
    return { schema: 1, account, region, issuer, keys: keys.map(key => key.public), domain }
  },
  async policy(records, name) {
    const found = await records.get(policies, '', name)
    const version = found?.doc.versions.find(({ id }) => id === found.doc.defaultVersion)
    if (!found || !version) return undefined
    const { name: spelled, path } = found.doc
    return { schema: 1, name: spelled, path, document: compactPolicy(version.document) }
  },
}

/**
 * Of roles, users and groups. Isolates keep what is published in memory, of many accounts: whitespace, which no quota
 * counts, is not part of it.
 */
const holder = ({ uid, name, path, inline, attached }: GroupRecord): PublishedGroup => ({
  schema: 1,
  uid,
  name,
  path,
  inline: Object.fromEntries(Object.entries(inline).map(([each, text]) => [each, compactPolicy(text)])),
  attached,
})

/** Kind and name that a publication's id stands for; see `identityId`. */
export function entityOf(pointer: string): { readonly kind: PublishedKind; readonly name: string } {
  const slash = pointer.indexOf('/')
  return { kind: pointer.slice(0, slash) as PublishedKind, name: pointer.slice(slash + 1) }
}

/** Hands what the data plane must know of an entity to its IdentityRouter. */
export const publishIdentity =
  (env: Env): Publish =>
  async ({ id, region, pointer, generation }) => {
    const { kind, name } = entityOf(pointer)
    if (kind === 'account') throw new Error('data keys of accounts are published by what makes them')
    const describe: Describe<object> = DESCRIPTIONS[kind]
    const account = { id, region }
    const store = { objects: env.IDENTITY_ROUTER, documents: env.STORE }
    const doc = (await describe(new Records(env.DB, account), name, account)) ?? null
    await writePointer(store, identityPointerName(id, kind, name), generation, doc)
  }
