import { functionArn, partsOfArn } from '../lib/arn.ts'
import { type Caller, entityName } from './caller.ts'
import { PLACEHOLDER_KEY_ID } from './placeholder-key.ts'

/** A service that acts in a role. */
export interface RoleSession extends Caller {
  readonly role: string
  readonly session: NonNullable<Caller['session']>
  readonly service: string
}

/** The service that acts in roles for functions. */
export const LAMBDA = 'lambda.amazonaws.com'

/** A function and the role that it acts in. */
export interface ActingFunction {
  readonly account: string
  readonly region: string
  readonly role: string
  readonly function: string
}

export const sessionArn = (account: string, role: string, session: string): string =>
  `arn:aws:sts::${account}:assumed-role/${entityName(role)}/${session}`

/** The session in which a function calls AWS services: it has the function's name. */
export const functionSession = ({ account, region, role, function: name }: ActingFunction): RoleSession => ({
  account,
  arn: sessionArn(account, role, name),
  accessKeyId: PLACEHOLDER_KEY_ID,
  role,
  session: { 'lambda:SourceFunctionArn': functionArn({ id: account, region }, name) },
  service: LAMBDA,
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
    arn: sessionArn(account, role, session),
    accessKeyId: PLACEHOLDER_KEY_ID,
    role,
    session: {},
    service,
  }
}
