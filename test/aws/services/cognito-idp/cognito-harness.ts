import {
  CognitoIdentityProvider,
  type CognitoIdentityProviderServiceException,
  type CreateUserPoolClientCommandInput,
  type CreateUserPoolCommandInput,
} from '@aws-sdk/client-cognito-identity-provider'
import { planesOf } from '../../../../src/planes.ts'
import { clientOptions, env } from '../../../whole-weir.ts'

export { env, ORIGIN, send } from '../../../whole-weir.ts'

/** A real client of the whole of Weir, as the account's root. */
export const cognito = (region = 'us-east-1') => new CognitoIdentityProvider(clientOptions(region))

/** A client that signs nothing, as those of a pool's users. */
export const anonymous = (bound = env) =>
  new CognitoIdentityProvider({
    ...clientOptions('us-east-1', bound),
    credentials: { accessKeyId: '', secretAccessKey: '' },
    signer: { sign: async request => request },
  })

let pools = 0

export interface MadePool {
  readonly cognito: CognitoIdentityProvider
  readonly UserPoolId: string
  readonly ClientId: string
  /** Of a client that was asked to have one. */
  readonly ClientSecret: string | undefined
}

/** A pool of the test's own, with one client. */
export async function newPool(
  pool: Partial<CreateUserPoolCommandInput> = {},
  client: Partial<CreateUserPoolClientCommandInput> = {},
): Promise<MadePool> {
  const sdk = cognito()
  pools += 1
  const { UserPool } = await sdk.createUserPool({ PoolName: `pool ${pools}`, ...pool })
  const UserPoolId = UserPool!.Id!
  const { UserPoolClient } = await sdk.createUserPoolClient({ UserPoolId, ClientName: 'app', ...client })
  return {
    cognito: sdk,
    UserPoolId,
    ClientId: UserPoolClient!.ClientId!,
    ClientSecret: UserPoolClient!.ClientSecret,
  }
}

/** What all of these operations stand on, to see behind them. */
export const platform = () => planesOf(env).platform

/** The exception that a call ends in, as `code status: message`. */
export const failure = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'the call succeeded',
    ({ name, message, $metadata }: CognitoIdentityProviderServiceException) =>
      `${name} ${$metadata?.httpStatusCode}: ${message}`,
  )
