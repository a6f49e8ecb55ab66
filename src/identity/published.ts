import type { AccountKeys } from '../encryption/account-keys.ts'
import type { Sealed } from '../encryption/secrets.ts'

/**
 * What the data plane knows of who there is: one pointer each, read through {@link Directory}, so that the database is
 * never asked when somebody calls. `control/publish-identity.ts` writes them, and what makes data keys those of accounts:
 * `src/encryption` has them and keys of KMS in objects of the same class.
 */
export interface Published {
  /** The data keys of an account, by its number. */
  readonly account: AccountKeys
  /** An access key, by its id; found without knowing whose it is. */
  readonly key: PublishedKey
  /** A group of IAM, by its id (`AGPA...`), which outlasts its name. */
  readonly group: PublishedGroup
  /** IAM's users, roles and customer managed policies, by `nameKey` of their names. */
  readonly user: PublishedUser
  readonly role: PublishedRole
  readonly policy: PublishedPolicy
  /** An OpenID Connect provider of IAM, by its URL without `https://`. */
  readonly provider: PublishedProvider
  /** A user pool, by its id; found without knowing whose it is. */
  readonly pool: PublishedPool
}

export type PublishedKind = keyof Published

export interface PublishedKey {
  readonly schema: 1
  readonly account: string
  /** Name of the user; absent: the account's root. */
  readonly user?: string
  /** Of the user, whose name another one may come to have. Absent in what was written before. */
  readonly uid?: string
  readonly active: boolean
  readonly secret: Sealed
}

/** Everything of an entity that decides what it may do. Policies by name are JSON texts. */
interface PublishedEntity {
  readonly schema: 1
  readonly uid: string
  readonly name: string
  readonly path: string
  readonly inline: Readonly<Record<string, string>>
  /** ARNs of managed policies. */
  readonly attached: readonly string[]
}

export interface PublishedGroup extends PublishedEntity {}

interface PublishedCaller extends PublishedEntity {
  readonly tags: Readonly<Record<string, string>>
  readonly boundary?: string
}

export interface PublishedUser extends PublishedCaller {
  /** Ids of groups, by which they are published. */
  readonly groups: readonly string[]
}

export interface PublishedRole extends PublishedCaller {
  /** JSON text. */
  readonly trust: string
  /** Seconds; absent in what was written before sessions were: an hour. */
  readonly maxSessionDuration?: number
}

export interface PublishedPolicy {
  readonly schema: 1
  readonly name: string
  readonly path: string
  /** Of the default version, as JSON text. */
  readonly document: string
}

export interface PublishedProvider {
  readonly schema: 1
  /** `https://accounts.example.com` */
  readonly url: string
  readonly clientIds: readonly string[]
}

export interface PublishedPool {
  readonly schema: 1
  readonly account: string
  readonly region: string
  /** Claim `iss` of its tokens. */
  readonly issuer: string
  /** Public keys that tokens may be signed with, retired ones included as long as their tokens hold. */
  readonly keys: readonly PublishedPoolKey[]
  /** What its domain's name begins with. */
  readonly domain?: string
}

export interface PublishedPoolKey {
  readonly kid: string
  readonly kty: 'RSA'
  readonly alg: 'RS256'
  readonly use: 'sig'
  readonly n: string
  readonly e: string
}

/** Kinds whose names are nobody else's in all of Weir. */
const GLOBAL: ReadonlySet<string> = new Set<PublishedKind>(['account', 'key', 'pool'])

/** Id of a publication: what kind of entity, and its name. */
export const identityId = (kind: PublishedKind, name: string): string => `${kind}/${name}`

/** Name of the object that holds a pointer. */
export const identityPointerName = (account: string, kind: PublishedKind, name: string): string =>
  GLOBAL.has(kind) ? identityId(kind, name) : `${account}/${identityId(kind, name)}`

/** Kind of publications. */
export const IDENTITY_PUBLICATION = 'identity'
