import type {
  GroupType,
  UserPoolClientDescription,
  UserPoolClientType,
  UserPoolDescriptionType,
  UserPoolType,
} from '@aws-sdk/client-cognito-identity-provider'
import {
  type ClientRecord,
  type GroupRecord,
  type PoolRecord,
  poolArn,
} from '../../../identity/user-pools/pool-records.ts'
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
  Domain: pool.domain,
  CustomDomain: pool.customDomain,
})

export const listedPool = ({ id, doc }: Stored<PoolRecord>): UserPoolDescriptionType => ({
  Id: id,
  Name: doc.name,
  LambdaConfig: doc.settings.LambdaConfig,
  CreationDate: new Date(doc.created),
  LastModifiedDate: new Date(doc.modified),
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

export const describeGroup = (
  poolId: string,
  { name, created, modified, Description, RoleArn, Precedence }: GroupRecord,
): GroupType => ({
  UserPoolId: poolId,
  GroupName: name,
  Description,
  RoleArn,
  Precedence,
  CreationDate: new Date(created),
  LastModifiedDate: new Date(modified),
})
