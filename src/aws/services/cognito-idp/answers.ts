import type {
  UserPoolClientDescription,
  UserPoolClientType,
  UserPoolType,
} from '@aws-sdk/client-cognito-identity-provider'
import { type ClientRecord, type PoolRecord, poolArn } from '../../../identity/user-pools/pool-records.ts'
import type { Account } from '../../../lib/account.ts'
import type { Stored } from '../../../records/records.ts'

/** @param users how many it has */
export const describePool = (
  account: Account,
  id: string,
  pool: PoolRecord,
  users: number,
): UserPoolType => ({
  ...pool.settings,
  Id: id,
  Name: pool.name,
  Arn: poolArn(account, id),
  CreationDate: new Date(pool.created),
  LastModifiedDate: new Date(pool.modified),
  SchemaAttributes: [...pool.schema],
  EstimatedNumberOfUsers: users,
  UserPoolTags: { ...pool.tags },
})

/** @param secret in the clear; undefined for a public client */
export const describeClient = (
  { parent, id, doc }: Pick<Stored<ClientRecord>, 'parent' | 'id' | 'doc'>,
  secret: string | undefined,
): UserPoolClientType => ({
  ...doc.settings,
  UserPoolId: parent,
  ClientName: doc.name,
  ClientId: id,
  ClientSecret: secret,
  CreationDate: new Date(doc.created),
  LastModifiedDate: new Date(doc.modified),
})

export const listedClient = ({ parent, id, doc }: Stored<ClientRecord>): UserPoolClientDescription => ({
  ClientId: id,
  UserPoolId: parent,
  ClientName: doc.name,
})
