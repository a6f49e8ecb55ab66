import { functionArn, partsOfArn } from '../lib/arn.ts'
import { PLACEHOLDER_KEY_ID } from './placeholder-key.ts'

/** A role that somebody acts in, as the wire and the services know a caller. */
export interface RoleSession {
  readonly account: string
  /** `arn:aws:sts::{account}:assumed-role/{role's name}/{session's name}` */
  readonly arn: string
  readonly accessKeyId: string
  /** ARN of the role itself, path and all. */
  readonly role: string
  /** Condition keys. */
  readonly session: Readonly<Record<string, string | readonly string[]>>
  /** The service that acts in the role: Lambda, for a function, unless it is said. */
  readonly service?: string
}

/** A function and the role that it acts in. */
export interface ActingFunction {
  readonly account: string
  readonly region: string
  readonly role: string
  readonly function: string
}

/** The session in which a function calls AWS services: it has the function's name. */
export const functionSession = ({ account, region, role, function: name }: ActingFunction): RoleSession => ({
  account,
  arn: `arn:aws:sts::${account}:assumed-role/${roleName(role)}/${name}`,
  accessKeyId: PLACEHOLDER_KEY_ID,
  role,
  session: { 'lambda:SourceFunctionArn': functionArn({ id: account, region }, name) },
})

/** A service that acts in a role which somebody gave it. */
export interface ActingService {
  /** `apigateway.amazonaws.com` */
  readonly service: string
  readonly account: string
  /** ARN of the role. */
  readonly role: string
  /** Name of the session. */
  readonly session: string
}

/** The session in which a service calls others; it takes no roles of accounts that it does not act for. */
export function serviceSession({ service, account, role, session }: ActingService): RoleSession | undefined {
  if (partsOfArn(role).account !== account) return undefined
  return {
    account,
    arn: `arn:aws:sts::${account}:assumed-role/${roleName(role)}/${session}`,
    accessKeyId: PLACEHOLDER_KEY_ID,
    role,
    session: {},
    service,
  }
}

/** The last part of a role's ARN: its path is no part of its name. */
export const roleName = (role: string): string => role.slice(role.lastIndexOf('/') + 1)

/** The last part of a session's ARN. */
export const sessionName = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1)
