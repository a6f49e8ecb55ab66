import type { Keys } from '../../identity/keys.ts'
import { policy } from '../../identity/written-policies.ts'
import { signedCall } from '../../sign-call.ts'
import { codeTo } from '../outbox.ts'
import type { WeirServer } from '../server.ts'
import type { Clients } from './account.ts'
import { customerOf, type PoolIds } from './customers.ts'
import type { Issuer } from './issuer.ts'

export { policy, trust } from '../../identity/written-policies.ts'
export { soon } from '../soon.ts'

export const CUSTOMER = 'ann@example.com'
export const PASSWORD = 'Correct-Horse-9'

/** The error's name, or `ok`. */
export const nameOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'ok',
    error => (error as Error).name,
  )

/** What the steps have made, by the names that later ones use. */
export interface Scenario {
  readonly weir: WeirServer
  readonly issuer: Issuer
  /** The root of the account that is made. */
  blue: Clients & { readonly account: string }
  url: string
  restApiId: string
  /** ARNs. */
  desk: string
  keyArn: string
  provider: string
  customers: PoolIds
  strangers: PoolIds
  program: { readonly id: string; readonly secret: string }
  /** What somebody got and goes on using, across the end of the server. */
  user: Clients
  session: Clients
  identity: string
  access: string
  refresh: string
  report: string
}

export const made = {} as Scenario

export const arn = (service: string, resource: string, region = 'us-east-1') =>
  `arn:aws:${service}:${region}:${made.blue.account}:${resource}`

export async function createRole(RoleName: string, AssumeRolePolicyDocument: string, allowed?: object) {
  const { Role } = await made.blue.iam.createRole({ RoleName, AssumeRolePolicyDocument })
  if (allowed) {
    await made.blue.iam.putRolePolicy({ RoleName, PolicyName: 'allowed', PolicyDocument: policy(allowed) })
  }
  return Role!.Arn!
}

export interface Answer {
  readonly status: number
  readonly body: {
    readonly message?: string
    readonly Message?: string
    readonly signed?: string
    readonly secret?: string
    readonly claims?: Readonly<Record<string, string>>
  }
}

async function answerOf(response: Response): Promise<Answer> {
  return { status: response.status, body: (await response.json()) as Answer['body'] }
}

export const withToken = async (path: string, token?: string) =>
  answerOf(await fetch(`${made.url}${path}`, { headers: token ? { authorization: token } : {} }))

export const signed = async (method: string, path: string, credentials: Keys) =>
  answerOf(await fetch(await signedCall(`${made.url}${path}`, { method }, { credentials })))

export async function newPool(PoolName: string): Promise<PoolIds> {
  const { UserPool } = await made.blue.cognito.createUserPool({
    PoolName,
    UsernameAttributes: ['email'],
    AutoVerifiedAttributes: ['email'],
  })
  const UserPoolId = UserPool!.Id!
  const { UserPoolClient } = await made.blue.cognito.createUserPoolClient({ UserPoolId, ClientName: 'pages' })
  return { UserPoolId, ClientId: UserPoolClient!.ClientId! }
}

/** Somebody signs up, confirms with the code that was sent, and signs in. */
export async function newCustomer(pool: PoolIds, address: string) {
  const customer = customerOf(made.weir, pool, address, PASSWORD)
  await customer.signUp()
  await customer.confirm(await codeTo(made.weir, address))
  return customer.signIn()
}
