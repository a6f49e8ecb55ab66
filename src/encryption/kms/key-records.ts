import type { Account } from '../../lib/account.ts'
import { arn } from '../../lib/arn.ts'
import { kind } from '../../records/records.ts'
import type { Sealed } from '../secrets.ts'

export type KeyState = 'Enabled' | 'Disabled' | 'PendingDeletion'

/** A symmetric key of KMS. */
export interface KmsKeyRecord {
  /** Milliseconds since the epoch, as all times here. */
  readonly created: number
  readonly description: string
  readonly state: KeyState
  /** Of one that is to be deleted: when. */
  readonly deletion?: number
  /** JSON text. */
  readonly policy: string
  readonly tags: Readonly<Record<string, string>>
  /** `AWS`: made for a service, and not to be changed. */
  readonly manager: 'CUSTOMER' | 'AWS'
  /** By id, sealed for the purpose {@link materialPurpose}. What was encrypted once can be decrypted for good. */
  readonly material: Readonly<Record<string, Sealed>>
  /** What is encrypted with. */
  readonly current: string
  readonly rotations: readonly Rotation[]
  /** Of one that is rotated by itself. */
  readonly rotation?: { readonly periodInDays: number; readonly next: number }
  /** When the schedule has something to do: to rotate the key, or to delete it. */
  readonly due?: number
}

export interface Rotation {
  readonly at: number
  readonly type: 'AUTOMATIC' | 'ON_DEMAND'
}

export interface KmsAliasRecord {
  /** Id of a key. */
  readonly target: string
  readonly created: number
  readonly updated: number
}

/** Id: the key's, a UUID, unique in all of Weir. */
export const kmsKeys = kind<KmsKeyRecord>('kms.key')

/** Id: the name with `alias/`. */
export const kmsAliases = kind<KmsAliasRecord>('kms.alias')

/** Where a key is, and which. */
export interface KeyPlace {
  readonly account: Account
  readonly id: string
}

export const keyArn = ({ account, id }: KeyPlace): string => arn('kms', account, `key/${id}`)

export const aliasArn = (account: Account, name: string): string => arn('kms', account, name)

/** @param id of the key */
export const materialPurpose = (id: string, material: string): string => `kms key ${id} ${material}`

/** The moment that comes first. */
export const dueOf = ({
  deletion,
  rotation,
}: Pick<KmsKeyRecord, 'deletion' | 'rotation'>): number | undefined => deletion ?? rotation?.next
