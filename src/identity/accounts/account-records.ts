import { kind } from '../../records/records.ts'

/** An account that the owner of this Weir made, beside the one that it has by itself. */
export interface AccountRecord {
  /** For people to tell it by. */
  readonly name: string
  /** Milliseconds since the epoch. */
  readonly created: number
}

/** Id: the account's number. It lies in the account itself. */
export const accounts = kind<AccountRecord>('weir.account')
