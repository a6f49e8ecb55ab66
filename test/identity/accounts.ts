import { APIGateway } from '@aws-sdk/client-api-gateway'
import { IAM } from '@aws-sdk/client-iam'
import { Lambda } from '@aws-sdk/client-lambda'
import { STS } from '@aws-sdk/client-sts'
import { secretsOf } from '../../src/encryption/secrets.ts'
import { newAccessKey } from '../../src/identity/control/new-access-key.ts'
import { identityPointerName, type PublishedKey } from '../../src/identity/published.ts'
import { writePointer } from '../../src/pointers/pointer-store.ts'
import { migrate } from '../../src/records/migrate.ts'
import { newAccount } from '../aws/services/root-callers.ts'
import { provideDomParser } from '../dom-parser.ts'
import { zipOf } from '../functions/runtime/load-function.ts'
import { clientOptions, env } from '../whole-weir.ts'
import type { Keys } from './keys.ts'

export { type Keys, keysOf } from './keys.ts'
export { allow, policy, trust } from './written-policies.ts'

provideDomParser()

/** Clients of somebody whose keys they are, against Weir as it is put together. */
export const as = (credentials: Keys, region?: string) => {
  const options = { ...clientOptions(region), credentials }
  return {
    credentials,
    iam: new IAM(options),
    sts: new STS(options),
    lambda: new Lambda(options),
    apigateway: new APIGateway(options),
  }
}

export type Clients = ReturnType<typeof as>

/** The root of an account that nobody else has. */
export async function newRoot(): Promise<Clients & { readonly account: string }> {
  await migrate(env.DB)
  const account = newAccount()
  const { id, secret, record } = await newAccessKey(secretsOf(env), account, undefined, Date.now())
  const key: PublishedKey = { schema: 1, account, active: true, secret: record.secret }
  const store = { objects: env.IDENTITY_ROUTER, documents: env.STORE }
  await writePointer(store, identityPointerName('', 'key', id), 1, key)
  return { account, ...as({ accessKeyId: id, secretAccessKey: secret }) }
}

/** A user of the account, with a key. */
export async function newUser(
  { iam }: Clients,
  UserName: string,
  policy?: string,
  more: object = {},
): Promise<Clients & { readonly arn: string; readonly id: string }> {
  const { User } = await iam.createUser({ UserName, ...more })
  if (policy) await iam.putUserPolicy({ UserName, PolicyName: 'p', PolicyDocument: policy })
  const { AccessKey } = await iam.createAccessKey({ UserName })
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey } = AccessKey!
  const clients = as({ accessKeyId: accessKeyId!, secretAccessKey: secretAccessKey! })
  return { ...clients, arn: User!.Arn!, id: User!.UserId! }
}

/** A function of the account that answers with its own name. */
export async function newFunction({ lambda }: Clients, FunctionName: string): Promise<string> {
  const { FunctionArn } = await lambda.createFunction({
    FunctionName,
    Runtime: 'nodejs22.x',
    Handler: 'index.handler',
    Role: 'arn:aws:iam::000000000000:role/made-up',
    Code: { ZipFile: zipOf({ 'index.js': 'exports.handler = async (e, c) => c.invokedFunctionArn' }) },
  })
  return FunctionArn!
}

/** What a call ends in: `ok`, or the exception as `Name: message`. */
export const outcome = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'ok',
    ({ name, message }: Error) => `${name}: ${message}`,
  )

/** What a call is refused for want of. */
export const denial = (
  arn: string,
  action: string,
  resource: string,
  reason = `because no identity-based policy allows the ${action} action`,
): string =>
  `${action.startsWith('lambda') ? 'AccessDeniedException' : 'AccessDenied'}: User: ${arn} is not authorized to perform: ${action} on resource: ${resource} ${reason}`
