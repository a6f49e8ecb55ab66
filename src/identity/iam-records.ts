import type { Sealed } from '../encryption/secrets.ts'
import type { Account } from '../lib/account.ts'
import { kind } from '../records/records.ts'

/** IAM is global: its resources lie in one region, whatever region a signature names. */
export const iamAccount = (id: string): Account => ({ id, region: 'aws-global' })

/** What roles, users and groups have in common: a name, and policies. */
interface HolderRecord {
  /** As it was created; names are unique whatever their case. */
  readonly name: string
  /** `AROA...`, `AIDA...` or `AGPA...`: tells it from one of the same name that was deleted before. */
  readonly uid: string
  /** `/` or `/service-role/` */
  readonly path: string
  /** Milliseconds since the epoch. */
  readonly created: number
  /** Inline policies by name, as JSON text. */
  readonly inline: Readonly<Record<string, string>>
  /** ARNs of managed policies, in the order of their attachment. */
  readonly attached: readonly string[]
}

/** Of those that call: groups call nothing. */
interface CallerRecord extends HolderRecord {
  /** ARN of a policy. */
  readonly boundary?: string
  readonly tags: Readonly<Record<string, string>>
}

export interface RoleRecord extends CallerRecord {
  readonly description?: string
  /** The trust policy, as JSON text that was checked. */
  readonly trust: string
  /** Seconds. */
  readonly maxSessionDuration: number
}

export interface UserRecord extends CallerRecord {
  /** Ids (`AGPA...`) of groups, in the order of joining: a group keeps its id when it is renamed. */
  readonly groups: readonly string[]
}

export interface GroupRecord extends HolderRecord {}

export interface PolicyVersionRecord {
  /** `v1` */
  readonly id: string
  readonly document: string
  readonly created: number
}

export interface PolicyRecord {
  readonly name: string
  /** `ANPA...` */
  readonly uid: string
  readonly path: string
  readonly description?: string
  readonly created: number
  readonly updated: number
  readonly defaultVersion: string
  /** Number of the version that was created last; numbers are never used twice. */
  readonly newestVersion: number
  readonly versions: readonly PolicyVersionRecord[]
  readonly tags: Readonly<Record<string, string>>
  /** Roles that it is attached to, and for how many it is the boundary. Counted with every attachment, in one change. */
  readonly attachments: number
  readonly boundaryUses: number
}

export interface AccessKeyRecord {
  /** Name of the user; absent: the account's root. */
  readonly user?: string
  readonly active: boolean
  readonly created: number
  /** Sealed for the purpose {@link accessKeyPurpose}. */
  readonly secret: Sealed
}

/** An identity provider of OpenID Connect. */
export interface ProviderRecord {
  /** `https://accounts.example.com` */
  readonly url: string
  readonly clientIds: readonly string[]
  readonly thumbprints: readonly string[]
  readonly created: number
  readonly tags: Readonly<Record<string, string>>
}

/** What roles are handed to instances in: kept for those who describe them, since Weir has no instances. */
export interface InstanceProfileRecord {
  readonly name: string
  /** `AIPA...` */
  readonly uid: string
  readonly path: string
  readonly created: number
  readonly tags: Readonly<Record<string, string>>
  /** {@link nameKey} of the role in it. */
  readonly role?: string
}

/** The name that an account may be called by. */
export interface AccountAliasRecord {
  readonly created: number
}

/** Id: {@link nameKey} of the user's name. Alias: its unique id. */
export const users = kind<UserRecord>('iam.user')

/** Id: {@link nameKey} of the group's name. Alias: its unique id. */
export const groups = kind<GroupRecord>('iam.group')

/**
 * Id: the access key id, unique in all of Weir. Parent: {@link nameKey} of the user's name; '' for the root's. Alias:
 * which of the owner's two places it takes.
 */
export const accessKeys = kind<AccessKeyRecord>('iam.access-key')

/** Id: the URL without `https://`. */
export const providers = kind<ProviderRecord>('iam.provider')

/** Id: {@link nameKey} of the profile's name. */
export const instanceProfiles = kind<InstanceProfileRecord>('iam.instance-profile')

/** Id: the alias, unique in all of Weir. */
export const accountAliases = kind<AccountAliasRecord>('iam.account-alias')

export const accessKeyPurpose = (accessKeyId: string): string => `access key ${accessKeyId}`

/** Id: {@link nameKey} of the role's name. */
export const roles = kind<RoleRecord>('iam.role')

/** Policies of the customer's own. Id: {@link nameKey} of the policy's name. */
export const policies = kind<PolicyRecord>('iam.policy')

/** "Names are not distinguished by case." */
export const nameKey = (name: string): string => name.toLowerCase()

interface Named {
  readonly path: string
  readonly name: string
}

const arnOf =
  (type: string) =>
  (account: string, { path, name }: Named): string =>
    `arn:aws:iam::${account}:${type}${path}${name}`

export const roleArn = arnOf('role')
export const policyArn = arnOf('policy')
export const userArn = arnOf('user')
export const groupArn = arnOf('group')
export const instanceProfileArn = arnOf('instance-profile')

/** @param id the URL without `https://` */
export const providerArn = (account: string, id: string): string =>
  `arn:aws:iam::${account}:oidc-provider/${id}`
