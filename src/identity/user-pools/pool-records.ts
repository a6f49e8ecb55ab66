import type {
  GroupType,
  ResourceServerScopeType,
  SoftwareTokenMfaConfigType,
  UserPoolClientType,
  UserPoolType,
} from '@aws-sdk/client-cognito-identity-provider'
import type { Sealed } from '../../encryption/secrets.ts'
import { kind } from '../../records/records.ts'
import type { PublishedPoolKey } from '../published.ts'

// Settings are kept as clients write them: they are many, most are only handed back, and the SDK's types name them.

/** What CreateUserPool and UpdateUserPool set. */
export type PoolSettings = Pick<
  UserPoolType,
  | 'Policies'
  | 'DeletionProtection'
  | 'LambdaConfig'
  | 'AutoVerifiedAttributes'
  | 'AliasAttributes'
  | 'UsernameAttributes'
  | 'SmsVerificationMessage'
  | 'EmailVerificationMessage'
  | 'EmailVerificationSubject'
  | 'VerificationMessageTemplate'
  | 'SmsAuthenticationMessage'
  | 'UserAttributeUpdateSettings'
  | 'MfaConfiguration'
  | 'DeviceConfiguration'
  | 'EmailConfiguration'
  | 'SmsConfiguration'
  | 'AdminCreateUserConfig'
  | 'UsernameConfiguration'
  | 'AccountRecoverySetting'
  | 'UserPoolAddOns'
  | 'UserPoolTier'
>

export interface PoolRecord {
  readonly name: string
  /** Milliseconds since the epoch. */
  readonly created: number
  readonly modified: number
  readonly settings: PoolSettings
  /** Standard and custom attributes; the names of custom ones begin with `custom:` or `dev:custom:`. */
  readonly schema: NonNullable<UserPoolType['SchemaAttributes']>
  readonly tags: Readonly<Record<string, string>>
  /** Claim `iss`: `{origin at creation}/{pool id}`. */
  readonly issuer: string
  /** What tokens are signed with: the first signs, the others are only verified with. */
  readonly keys: readonly PoolKeyRecord[]
  /** When the keys change next: see `rotate-pool-keys.ts`. */
  readonly keysDue?: number
  readonly softwareTokenMfa?: SoftwareTokenMfaConfigType
  /** Whether codes by text message are a second factor. */
  readonly smsMfa?: boolean
  /** What its domain's name begins with: `{domain}.auth.{this Weir}`. */
  readonly domain?: string
  /** Name of a domain of the owner's own. */
  readonly customDomain?: string
}

export interface PoolKeyRecord {
  readonly public: PublishedPoolKey
  /** PKCS #8 in base64, sealed for the purpose {@link poolKeyPurpose}. */
  readonly private: Sealed
  readonly created: number
  /** Since when it signs no more. */
  readonly retired?: number
}

/** What CreateUserPoolClient and UpdateUserPoolClient set. */
export type ClientSettings = Omit<
  UserPoolClientType,
  'UserPoolId' | 'ClientName' | 'ClientId' | 'ClientSecret' | 'LastModifiedDate' | 'CreationDate'
>

export interface ClientRecord {
  readonly name: string
  readonly created: number
  readonly modified: number
  readonly settings: ClientSettings
  /** Absent for public clients. Sealed for the purpose {@link clientPurpose}. */
  readonly secret?: Sealed
  /** When it was made; absent: with the client. */
  readonly secretMade?: number
  /** A second one, which counts as well, so that programs can go over to it one by one. */
  readonly secondSecret?: { readonly secret: Sealed; readonly made: number }
}

export type GroupRecord = Pick<GroupType, 'Description' | 'RoleArn' | 'Precedence'> & {
  readonly name: string
  readonly created: number
  readonly modified: number
}

export interface ResourceServerRecord {
  /** As clients spell it in scopes: `{identifier}/{scope}`. */
  readonly identifier: string
  readonly name: string
  readonly scopes: readonly ResourceServerScopeType[]
}

export interface PoolDomainRecord {
  readonly pool: string
  readonly created: number
  /** Of a domain of the owner's own. */
  readonly certificateArn?: string
  readonly managedLoginVersion?: number
}

/** Id: the pool's, `us-east-1_AbCdEfGhI`. */
export const pools = kind<PoolRecord>('cognito.pool')
/** Parent: the pool. Id: the client's, 26 lower-case letters and digits. */
export const clients = kind<ClientRecord>('cognito.client')
/** Parent: the pool. Id: the group's name. */
export const poolGroups = kind<GroupRecord>('cognito.group')
/** Parent: the pool. Id: the identifier. */
export const resourceServers = kind<ResourceServerRecord>('cognito.resource-server')
/** Parent: the pool. Id: the prefix, or the whole name of a domain of the owner's own. */
export const poolDomains = kind<PoolDomainRecord>('cognito.domain')

export const poolKeyPurpose = (kid: string): string => `user pool key ${kid}`
export const clientPurpose = (clientId: string): string => `user pool client ${clientId}`

/** `arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_AbCdEfGhI` */
export const poolArn = (account: { readonly id: string; readonly region: string }, id: string): string =>
  `arn:aws:cognito-idp:${account.region}:${account.id}:userpool/${id}`

/** Whether a domain is a prefix of a name below this Weir's, and none of the owner's own. */
export const isPrefix = (domain: string): boolean => !domain.includes('.')
