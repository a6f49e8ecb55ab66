import type {
  CreateUserPoolClientCommandInput,
  CreateUserPoolCommandInput,
  InitiateAuthCommandOutput,
} from '@aws-sdk/client-cognito-identity-provider'
import { decodeJwt } from 'jose'
import { javaBytes, modPow, N } from '../../../../src/identity/user-pools/sign-in/srp.ts'
import { fromBase64, toBase64 } from '../../../../src/lib/base64.ts'
import { hex, sha256 } from '../../../../src/lib/hash.ts'
import { anonymous, type MadePool, newPool } from './cognito-harness.ts'
import { attributesOf, byPassword, PASSWORD } from './signed-in.ts'

export { PASSWORD } from './signed-in.ts'
/** Not {@link PASSWORD}. */
export const WRONG = 'Correct-horse-8'

export const ALL_FLOWS = [
  'ALLOW_USER_PASSWORD_AUTH',
  'ALLOW_ADMIN_USER_PASSWORD_AUTH',
  'ALLOW_USER_SRP_AUTH',
  'ALLOW_CUSTOM_AUTH',
  'ALLOW_REFRESH_TOKEN_AUTH',
  'ALLOW_USER_AUTH',
] as const satisfies CreateUserPoolClientCommandInput['ExplicitAuthFlows']

export interface PoolWithUser extends MadePool {
  readonly user: ReturnType<typeof anonymous>
  /** Signs in with a password, for tokens or the next challenge. */
  byPassword(password?: string, username?: string): Promise<InitiateAuthCommandOutput>
}

/** A pool with one user, `sarah`, whose password is {@link PASSWORD}. */
export async function poolWithSarah(
  pool: Partial<CreateUserPoolCommandInput> = {},
  client: Partial<CreateUserPoolClientCommandInput> = {},
  attributes: Readonly<Record<string, string>> = {},
): Promise<PoolWithUser> {
  const made = await newPool(pool, { ExplicitAuthFlows: [...ALL_FLOWS], ...client })
  await addUser(made, 'sarah', attributes)
  return {
    ...made,
    user: anonymous(),
    byPassword: (password, username = 'sarah') => byPassword(made.ClientId, username, password),
  }
}

export async function addUser(
  { cognito, UserPoolId }: MadePool,
  Username: string,
  attributes: Readonly<Record<string, string>> = {},
): Promise<void> {
  const UserAttributes = attributesOf(attributes)
  await cognito.adminCreateUser({ UserPoolId, Username, UserAttributes, MessageAction: 'SUPPRESS' })
  await cognito.adminSetUserPassword({ UserPoolId, Username, Password: PASSWORD, Permanent: true })
}

const bytesOf = (text: string) => new TextEncoder().encode(text)

const numberOf = async (...parts: Uint8Array[]): Promise<bigint> =>
  BigInt(`0x${hex(await sha256(new Uint8Array(parts.flatMap(part => [...part]))))}`)

/** The client's half of SRP: what it sends first, and what it answers to the challenge that it is given. */
export function srpClient(poolId: string) {
  const poolName = poolId.split('_')[1]!
  const a = BigInt(`0x${hex(crypto.getRandomValues(new Uint8Array(128)))}`)
  const A = modPow(2n, a, N)
  return {
    SRP_A: A.toString(16),
    async answer(
      { USER_ID_FOR_SRP: username, SRP_B, SALT, SECRET_BLOCK }: Readonly<Record<string, string>>,
      password: string,
      timestamp = 'Mon Nov 3 07:56:32 UTC 2026',
    ): Promise<Record<string, string>> {
      const B = BigInt(`0x${SRP_B}`)
      const k = await numberOf(javaBytes(N), javaBytes(2n))
      const u = await numberOf(javaBytes(A), javaBytes(B))
      const inner = await sha256(`${poolName}${username}:${password}`)
      const x = await numberOf(javaBytes(BigInt(`0x${SALT}`)), inner)
      const base = (((B - k * modPow(2n, x, N)) % N) + N) % N
      const S = modPow(base, a + u * x, N)
      const material = await crypto.subtle.importKey('raw', javaBytes(S), 'HKDF', false, ['deriveKey'])
      const key = await crypto.subtle.deriveKey(
        { name: 'HKDF', hash: 'SHA-256', salt: javaBytes(u), info: bytesOf('Caldera Derived Key') },
        material,
        { name: 'HMAC', hash: 'SHA-256', length: 128 },
        false,
        ['sign'],
      )
      const block = fromBase64(SECRET_BLOCK!)
      const message = new Uint8Array([...bytesOf(`${poolName}${username}`), ...block, ...bytesOf(timestamp)])
      return {
        USERNAME: username!,
        PASSWORD_CLAIM_SECRET_BLOCK: SECRET_BLOCK!,
        PASSWORD_CLAIM_SIGNATURE: toBase64(new Uint8Array(await crypto.subtle.sign('HMAC', key, message))),
        TIMESTAMP: timestamp,
      }
    },
  }
}

/** Signs in by the challenges of a pool's functions. */
export const byChallenges = ({ user, ClientId }: PoolWithUser) => ({
  begin: (USERNAME = 'sarah') =>
    user.initiateAuth({ AuthFlow: 'CUSTOM_AUTH', ClientId, AuthParameters: { USERNAME } }),
  answer: (ANSWER: string, Session: string | undefined) =>
    user.respondToAuthChallenge({
      ClientId,
      ChallengeName: 'CUSTOM_CHALLENGE',
      Session,
      ChallengeResponses: { USERNAME: 'sarah', ANSWER },
    }),
})

/** Signs in by SRP as the real client does. */
export async function bySrp(
  { user, ClientId, UserPoolId }: PoolWithUser,
  USERNAME: string,
  password: string,
) {
  const client = srpClient(UserPoolId)
  const { SRP_A } = client
  const begun = await user.initiateAuth({
    AuthFlow: 'USER_SRP_AUTH',
    ClientId,
    AuthParameters: { USERNAME, SRP_A },
  })
  return user.respondToAuthChallenge({
    ClientId,
    ChallengeName: 'PASSWORD_VERIFIER',
    ChallengeResponses: await client.answer(begun.ChallengeParameters!, password),
    Session: begun.Session,
  })
}

export const claimsOf = (token: string | undefined): Record<string, unknown> => decodeJwt(token!)
