import type { FoundClient } from '../../../../identity/user-pools/find-pool.ts'
import { invalidSession } from '../../../../identity/user-pools/refusals.ts'
import { attempting } from '../../../../identity/user-pools/sign-in/attempts-guard.ts'
import { clientOfText } from '../../../../identity/user-pools/sign-in/sealed-texts.ts'
import {
  challenge,
  openSession,
  type SessionText,
  userOfSession,
} from '../../../../identity/user-pools/sign-in/steps.ts'
import { newTotpSecret, stepEnds, totpStep } from '../../../../identity/user-pools/sign-in/totp.ts'
import {
  pendingToken,
  withPendingToken,
  withToken,
} from '../../../../identity/user-pools/sign-in/totp-of-user.ts'
import type { PoolUser, UserMfa } from '../../../../identity/user-pools/users/pool-user.ts'
import type { StoredUser } from '../../../../identity/user-pools/users/users.ts'
import { randomBytes } from '../../../../lib/random.ts'
import { Refusal } from '../../../../lib/refusal.ts'
import type { Platform } from '../../../../platform.ts'
import type { Call } from '../../../wire/service.ts'
import { type CognitoHandlers, findClient } from '../context.ts'
import type { CognitoParts } from '../parts.ts'
import { invalidParameter } from '../refusals.ts'
import { signInOf } from '../sign-in-context.ts'
import { asAdministrator, asUser, changeUser, withClient } from '../user-context.ts'

type Settings = { readonly Enabled?: boolean; readonly PreferredMfa?: boolean } | undefined

interface Preferences {
  readonly SMSMfaSettings?: Settings
  readonly SoftwareTokenMfaSettings?: Settings
  readonly EmailMfaSettings?: Settings
  readonly WebAuthnMfaSettings?: unknown
}

export const softwareTokenOperations = (parts: CognitoParts) =>
  ({
    async AssociateSoftwareToken({ AccessToken, Session }, call) {
      const { secrets } = call.platform
      if (AccessToken === undefined) {
        const { context, session } = await setUpSession(parts, call, Session)
        // Nothing is the user's before the code was shown: until then, the secret stays in the session.
        const secret = newTotpSecret(randomBytes)
        const { id: _, step, until: __, isSetUp: ___, ...rest } = session
        const next = await challenge(context, step, {}, { ...rest, secret })
        return { SecretCode: secret, Session: next.Session }
      }
      const { context, stored } = await asUser(parts, call, { AccessToken })
      let secret = ''
      await changeUser(context, stored, async user => {
        const pending = await withPendingToken(secrets, context.found, user)
        secret = pending.secret
        return pending.user
      })
      return { SecretCode: secret, Session: undefined }
    },

    async VerifySoftwareToken({ AccessToken, Session, UserCode, FriendlyDeviceName }, call) {
      const { secrets } = call.platform
      if (AccessToken === undefined) {
        const { context, session, stored } = await setUpSession(parts, call, Session)
        const { secret, ...rest } = session
        await showCode(call, context.found, stored, secret, UserCode)
        const given = secret!
        await changeUser(withClient(parts, call, context.found, {}), stored, user => {
          requireNoToken(user)
          return withToken(secrets, context.found, user, given, FriendlyDeviceName)
        })
        const { id: _, step, until: __, ...kept } = rest
        const next = await challenge(context, step, {}, { ...kept, isSetUp: true })
        return { Status: 'SUCCESS', Session: next.Session }
      }
      const { context, stored } = await asUser(parts, call, { AccessToken })
      const { found } = context
      const secret = await pendingToken(secrets, found, stored.user)
      await showCode(call, found, stored, secret, UserCode)
      await changeUser(context, stored, user => withToken(secrets, found, user, secret!, FriendlyDeviceName))
      return { Status: 'SUCCESS', Session: undefined }
    },

    async SetUserMFAPreference(input, call) {
      const { context, stored } = await asUser(parts, call, input)
      await changeUser(context, stored, user => withPreferences(user, input))
      return {}
    },

    async AdminSetUserMFAPreference(input, call) {
      const context = await asAdministrator(parts, call, input)
      await changeUser(context, input.Username, user => withPreferences(user, input))
      return {}
    },
  }) satisfies CognitoHandlers

/** A sign-in that waits for its user to set up an authenticator. */
async function setUpSession(parts: CognitoParts, call: Call<Platform>, text: string | undefined) {
  if (text === undefined) throw invalidParameter('Either an access token or a session is required.')
  const context = signInOf(parts, call, await findClient(parts, call, clientOfText(text)))
  const session: SessionText = await openSession(context, text, 'MFA_SETUP')
  const stored = await userOfSession(context, session)
  requireNoToken(stored.user)
  return { context, session, stored }
}

/**
 * Whoever sets up an authenticator in a sign-in has shown a password alone: that replaces none that the user has set up
 * since, and leads past it no more.
 */
function requireNoToken({ mfa }: PoolUser): void {
  if (mfa?.software?.verified) throw invalidSession()
}

/** Throws a refusal when the code is none of the secret's, or has served already. */
function showCode(
  { platform, sourceIp: address }: Call<Platform>,
  { pool }: Pick<FoundClient, 'pool'>,
  { key }: StoredUser,
  secret: string | undefined,
  code: string,
): Promise<void> {
  if (secret === undefined) {
    throw new Refusal('SoftwareTokenMFANotFoundException', 'Software token has not been associated.')
  }
  return attempting(platform.env, { pool: pool.id, what: 'challenge', user: key, address }, async attempt => {
    const step = await totpStep(secret, code, platform.clock())
    const isRight = step !== undefined
    const isFresh = await attempt.ended(
      isRight ? 'right' : 'wrong',
      isRight ? { [`totp ${step}`]: stepEnds(step) } : {},
    )
    if (!isRight || !isFresh) throw new Refusal('EnableSoftwareTokenMFAException', 'Code mismatch')
  })
}

/** A user with the second factors that are asked for; what is not said stays. */
function withPreferences(user: PoolUser, said: Preferences): PoolUser {
  if (said.EmailMfaSettings?.Enabled) throw invalidParameter('Weir does not support codes by e-mail yet')
  if (said.WebAuthnMfaSettings) throw invalidParameter('Weir does not support passkeys yet')
  const wanted = { SOFTWARE_TOKEN_MFA: said.SoftwareTokenMfaSettings, SMS_MFA: said.SMSMfaSettings } as const
  if (wanted.SOFTWARE_TOKEN_MFA?.Enabled && !user.mfa?.software?.verified) {
    throw invalidParameter('User has not verified software token mfa')
  }
  if (wanted.SMS_MFA?.Enabled && !user.attributes.phone_number) {
    throw invalidParameter('User does not have delivery config set to turn on SMS_MFA')
  }
  const factors = Object.entries(wanted) as [keyof typeof wanted, Settings][]
  const preferring = factors.filter(([, settings]) => settings?.PreferredMfa)
  if (preferring.length > 1) throw invalidParameter('Only one MFA method can be preferred')
  if (preferring.some(([, settings]) => !settings?.Enabled)) {
    throw invalidParameter('An MFA method that is not enabled cannot be preferred')
  }
  const enabled = new Set(user.mfa?.enabled)
  let preferred = user.mfa?.preferred
  for (const [factor, settings] of factors) {
    if (!settings) continue
    if (settings.Enabled) enabled.add(factor)
    else enabled.delete(factor)
    if (preferred === factor) preferred = undefined
    if (settings.PreferredMfa) preferred = factor
  }
  const { preferred: _, ...mfa } = user.mfa ?? ({ enabled: [] } as UserMfa)
  return { ...user, mfa: { ...mfa, enabled: [...enabled], ...(preferred && { preferred }) } }
}
