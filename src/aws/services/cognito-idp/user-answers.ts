import type { UserType } from '@aws-sdk/client-cognito-identity-provider'
import { attributeList } from '../../../identity/user-pools/users/attributes.ts'
import type { PoolUser } from '../../../identity/user-pools/users/pool-user.ts'

/** @param names of attributes; undefined: all */
export const describeUser = (user: PoolUser, names?: readonly string[]): UserType => ({
  Username: user.username,
  Attributes: attributeList(user.attributes).filter(({ Name }) => !names || names.includes(Name)),
  UserCreateDate: new Date(user.created),
  UserLastModifiedDate: new Date(user.modified),
  Enabled: user.enabled,
  UserStatus: user.status,
  MFAOptions: undefined,
})

export const mfaOf = ({ mfa }: PoolUser) => ({
  UserMFASettingList: mfa && mfa.enabled.length > 0 ? [...mfa.enabled] : undefined,
  PreferredMfaSetting: mfa?.preferred,
})
