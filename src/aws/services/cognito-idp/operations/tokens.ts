import { isSecret, secretsOfClient } from '../../../../identity/user-pools/client-secret.ts'
import { readRefreshToken, refresh, revoke } from '../../../../identity/user-pools/refresh.ts'
import type { SignInContext } from '../../../../identity/user-pools/sign-in-context.ts'
import { SignIns } from '../../../../identity/user-pools/sign-ins.ts'
import { PoolUsers } from '../../../../identity/user-pools/users.ts'
import { userOfAccessToken } from '../../../../identity/user-pools/users-of-tokens.ts'
import { Refusal } from '../../../../lib/refusal.ts'
import { type CognitoHandlers, contextOf, findClient, findPool } from '../context.ts'
import type { CognitoParts } from '../parts.ts'
import { noSuchUser, notAuthorized } from '../refusals.ts'
import { asUser } from './sign-in.ts'

export const tokenOperations = (parts: CognitoParts) =>
  ({
    async GetTokensFromRefreshToken(input, call) {
      const found = await findClient(call.platform, input.ClientId)
      const context = asUser(parts, call, found, input.ClientMetadata)
      if (!(await hasSecret(context, input.ClientSecret))) {
        throw notAuthorized(`Unable to verify secret for client ${found.client.id}`)
      }
      const refreshed = await readRefreshToken(context, input.RefreshToken)
      return { AuthenticationResult: await refresh(context, refreshed) }
    },

    async RevokeToken(input, call) {
      const { env } = call.platform
      const found = await findClient({ env }, input.ClientId)
      const context = asUser(parts, call, found)
      if (!(await hasSecret(context, input.ClientSecret))) {
        throw new Refusal('UnauthorizedException', `Unable to verify secret for client ${found.client.id}`)
      }
      await revoke(context, input.Token)
      return {}
    },

    async GlobalSignOut(input, call) {
      const { env, clock } = call.platform
      const { found, stored } = await userOfAccessToken(env.DB, input.AccessToken, clock())
      await signInsOf(env.DB, found).endAll(stored.key, secondsOf(clock()))
      return {}
    },

    async AdminUserGlobalSignOut(input, call) {
      const context = contextOf(call)
      const { account, platform, now } = context
      const pool = await findPool(context, input.UserPoolId)
      const found = { account, pool }
      const stored = await new PoolUsers(platform.env.DB, found).find(input.Username)
      if (!stored) throw noSuchUser()
      await signInsOf(platform.env.DB, found).endAll(stored.key, secondsOf(now))
      return {}
    },
  }) satisfies CognitoHandlers

const signInsOf = (
  db: D1Database,
  { account, pool }: { readonly account: { readonly id: string }; readonly pool: { readonly id: string } },
): SignIns => new SignIns(db, account.id, pool.id)

const secondsOf = (ms: number): number => Math.floor(ms / 1000)

/** Whether a client that has a secret has shown it. */
async function hasSecret({ secrets, found }: SignInContext, given: string | undefined): Promise<boolean> {
  const known = await secretsOfClient(secrets, found)
  return known.length === 0 || (given !== undefined && (await isSecret(known, given)))
}
