import type { Tags } from '../lib/tags.ts'
import type { Principal } from './policies/request.ts'

type ConditionKeys = Readonly<Record<string, string | readonly string[]>>

/** Somebody who calls. With neither `role` nor `user` it is the account's root. */
export interface Caller {
  /** Twelve digits. */
  readonly account: string
  /** Of the root, of a user, or of a session: `arn:aws:sts::{account}:assumed-role/{role's name}/{session's name}` */
  readonly arn: string
  readonly accessKeyId: string
  /** ARN of the role whose session this is, path and all. */
  readonly role?: string
  /** ARN of the IAM user, also of its sessions. */
  readonly user?: string
  /** Condition keys that a session brings along. */
  readonly session?: ConditionKeys
  /** Policies that a session was given when it began: JSON texts, and ARNs of managed ones. They limit it further. */
  readonly sessionPolicies?: readonly string[]
  /** Keys of the session's tags that go on into the sessions of roles that it assumes. */
  readonly transitiveTags?: readonly string[]
  /** The service that acts in the role; absent when somebody assumed it. */
  readonly service?: string
}

/** The caller as resource policies name one. */
export const principalOf = ({ account, arn, role, user }: Caller): Principal => {
  if (role !== undefined) return { kind: 'session', account, arn, role }
  return user === undefined ? { kind: 'root', account } : { kind: 'user', account, arn: user }
}

/** Whether somebody is an account's root. */
export const isRoot = ({ role, user }: Pick<Caller, 'role' | 'user'>): boolean =>
  role === undefined && user === undefined

/** What `aws:PrincipalArn` has: of a session its role or its user. */
export const principalArn = ({ arn, role, user }: Caller): string => role ?? user ?? arn

/** Whether somebody calls with credentials that end, which STS gave them. */
export const isTemporary = ({ session, service }: Caller): boolean =>
  service === undefined && session?.['aws:TokenIssueTime'] !== undefined

/** The last part of an ARN of an IAM entity or of a session: a path is no part of a name. */
export const entityName = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1)

/** What condition keys begin with that have the tags of who calls. */
export const PRINCIPAL_TAG = 'aws:PrincipalTag/'

export const principalTags = (tags: Tags = {}): Tags =>
  Object.fromEntries(Object.entries(tags).map(([key, value]) => [PRINCIPAL_TAG + key, value]))
