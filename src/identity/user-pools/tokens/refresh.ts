import type { AuthenticationResultType } from '@aws-sdk/client-cognito-identity-provider'
import { isJsonObject } from '../../../lib/json-object.ts'
import { Refusal } from '../../../lib/refusal.ts'
import {
  disabled,
  expiredRefreshToken,
  invalidRefreshToken,
  resetRequired,
  reusedRefreshToken,
  revokedRefreshToken,
} from '../refusals.ts'
import { openText } from '../sign-in/sealed-texts.ts'
import type { SignInContext } from '../sign-in/sign-in-context.ts'
import { PoolUsers, type StoredUser } from '../users/users.ts'
import { type SignIn, SignIns } from './sign-ins.ts'
import { type RefreshTokenText, refreshTokenOf, tokensOf } from './tokens-of-user.ts'

/** A sign-in that a refresh token belongs to, and whose it is. */
export interface Refreshed {
  readonly signIn: SignIn
  readonly stored: StoredUser
  readonly token: RefreshTokenText
}

const signInsOf = ({ env, found }: SignInContext): SignIns => new SignIns(env.DB, found)

/** What a refresh token stands for. Throws a refusal for one that stands for nothing any more. */
export async function readRefreshToken(context: SignInContext, text: string): Promise<Refreshed> {
  const { found, env, now } = context
  const token = await openRefreshToken(context, text)
  if (!token) throw invalidRefreshToken()
  const signIn = await signInsOf(context).get(token.signIn)
  if (signIn?.ended) throw revokedRefreshToken()
  if (!signIn || signIn.client !== found.client.id) throw invalidRefreshToken()
  if (signIn.expires <= now / 1000) throw expiredRefreshToken()
  const stored = await new PoolUsers(env.DB, found).get(signIn.user)
  if (!stored) throw invalidRefreshToken()
  if (!stored.user.enabled) throw disabled()
  if (stored.user.status === 'RESET_REQUIRED') throw resetRequired()
  return { signIn, stored, token }
}

/** Undefined for a text that is no refresh token of this client. */
async function openRefreshToken(
  { secrets, found }: SignInContext,
  text: string,
): Promise<RefreshTokenText | undefined> {
  const value = await openText(secrets, found, 'refresh token', text)
  return isJsonObject(value) && typeof value.signIn === 'string' && typeof value.generation === 'number'
    ? { signIn: value.signIn, generation: value.generation }
    : undefined
}

/** New tokens of a sign-in. Where the client rotates refresh tokens, a new one of those, too, and the old one is over. */
export async function refresh(
  context: SignInContext,
  refreshed: Refreshed,
): Promise<AuthenticationResultType> {
  const { signIn, stored, token } = refreshed
  const rotation = context.found.client.doc.settings.RefreshTokenRotation
  if (rotation?.Feature !== 'ENABLED') return tokensOf(context, stored, signIn, 'RefreshTokens')
  const rotated = await rotate(context, signIn, token, (rotation.RetryGracePeriodSeconds ?? 0) * 1000)
  const tokens = await tokensOf(context, stored, rotated, 'RefreshTokens')
  return { ...tokens, RefreshToken: await refreshTokenOf(context, rotated) }
}

/**
 * The sign-in with one more refresh token. Who uses one that is over may have stolen it, or been stolen from: which of
 * both cannot be told, so the sign-in ends for both (RFC 9700, section 4.14.2). Only the last one before is taken once
 * more for a while, by those who did not get the answer; they are given what was given then.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-refresh-token.html
 */
async function rotate(
  context: SignInContext,
  signIn: SignIn,
  { generation }: RefreshTokenText,
  graceMs: number,
): Promise<SignIn> {
  const { now } = context
  const signIns = signInsOf(context)
  const next = generation === signIn.doc.generation ? await signIns.rotate(signIn, now) : undefined
  if (next) return next
  // Somebody was faster, perhaps only just now.
  const current = await signIns.get(signIn.id)
  if (!current || current.ended) throw revokedRefreshToken()
  const isRetry = generation === current.doc.generation - 1 && now < current.doc.rotated + graceMs
  if (isRetry) return current
  await signIns.end(signIn.id, Math.floor(now / 1000))
  throw reusedRefreshToken()
}

/**
 * Ends the sign-in that a refresh token belongs to: all of its tokens are worth nothing any more where Weir itself is
 * asked. Ending one that has ended already is no failure (RFC 7009, section 2.2).
 */
export async function revoke(context: SignInContext, text: string): Promise<void> {
  const { found, now } = context
  if (found.client.doc.settings.EnableTokenRevocation === false) {
    throw new Refusal('UnsupportedOperationException', 'This operation is not supported for this client.')
  }
  const token = await openRefreshToken(context, text)
  if (!token) throw new Refusal('UnsupportedTokenTypeException', 'Unsupported token type')
  await signInsOf(context).end(token.signIn, Math.floor(now / 1000))
}
