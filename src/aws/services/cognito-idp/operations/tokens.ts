import { isSecret, secretsOfClient } from '../../../../identity/user-pools/client-secret.ts'
import type { SignInContext } from '../../../../identity/user-pools/sign-in/sign-in-context.ts'
import { readRefreshToken, refresh, revoke } from '../../../../identity/user-pools/tokens/refresh.ts'
import { Refusal } from '../../../../lib/refusal.ts'
import { type CognitoHandlers, findClient } from '../context.ts'
import type { CognitoParts } from '../parts.ts'
import { notAuthorized } from '../refusals.ts'
import { signInOf } from '../sign-in-context.ts'
import { asAdministrator, asUser, endSignIns, requireUser } from '../user-context.ts'

export const tokenOperations = (parts: CognitoParts) =>
  ({
    async GetTokensFromRefreshToken(input, call) {
      const found = await findClient(parts, call, input.ClientId)
      const context = signInOf(parts, call, found, input.ClientMetadata)
      if (!(await hasSecret(context, input.ClientSecret))) {
        throw notAuthorized(`Unable to verify secret for client ${found.client.id}`)
      }
      const refreshed = await readRefreshToken(context, input.RefreshToken)
      return { AuthenticationResult: await refresh(context, refreshed) }
    },

    async RevokeToken(input, call) {
      const found = await findClient(parts, call, input.ClientId)
      const context = signInOf(parts, call, found)
      if (!(await hasSecret(context, input.ClientSecret))) {
        throw new Refusal('UnauthorizedException', `Unable to verify secret for client ${found.client.id}`)
      }
      await revoke(context, input.Token)
      return {}
    },

    async GlobalSignOut(input, call) {
      const { context, stored } = await asUser(parts, call, input)
      await endSignIns(context, stored)
      return {}
    },

    async AdminUserGlobalSignOut(input, call) {
      const context = await asAdministrator(parts, call, input)
      await endSignIns(context, await requireUser(context, input.Username))
      return {}
    },
  }) satisfies CognitoHandlers

/** Whether a client that has a secret has shown it. */
async function hasSecret({ secrets, found }: SignInContext, given: string | undefined): Promise<boolean> {
  const known = await secretsOfClient(secrets, found)
  return known.length === 0 || (given !== undefined && (await isSecret(known, given)))
}
