import { describe, expect, test } from 'vitest'
import { removeExpiredSignIns } from '../../../../src/identity/user-pools/tokens/sign-ins.ts'
import { env, failure } from './cognito-harness.ts'
import { secretHashOf } from './secret-hash.ts'
import { claimsOf, PASSWORD, poolWithSarah } from './sign-in-harness.ts'

const REVOKED = 'NotAuthorizedException 400: Refresh Token has been revoked'
const rotating = (RetryGracePeriodSeconds: number) => ({
  ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH' as const],
  RefreshTokenRotation: { Feature: 'ENABLED' as const, RetryGracePeriodSeconds },
})

describe('a refresh token', () => {
  test('gives new tokens of the same sign-in', async () => {
    const { byPassword, user, ClientId } = await poolWithSarah()
    const { AuthenticationResult: first } = await byPassword()
    for (const AuthFlow of ['REFRESH_TOKEN_AUTH', 'REFRESH_TOKEN'] as const) {
      const { AuthenticationResult: next } = await user.initiateAuth({
        AuthFlow,
        ClientId,
        AuthParameters: { REFRESH_TOKEN: first!.RefreshToken! },
      })
      expect(next!.RefreshToken).toBeUndefined()
      const [before, after] = [claimsOf(first!.IdToken), claimsOf(next!.IdToken)]
      for (const claim of ['sub', 'auth_time', 'origin_jti', 'event_id'])
        expect(after[claim]).toBe(before[claim])
      expect(after.jti).not.toBe(before.jti)
    }
    const { AuthenticationResult } = await user.getTokensFromRefreshToken({
      ClientId,
      RefreshToken: first!.RefreshToken,
    })
    expect(claimsOf(AuthenticationResult!.AccessToken).username).toBe('sarah')
    expect(AuthenticationResult!.RefreshToken).toBeUndefined()
  })

  test('is for the client that it was made for, whole, and no other text is one', async () => {
    const { cognito, byPassword, user, UserPoolId, ClientId } = await poolWithSarah()
    const { RefreshToken, AccessToken } = (await byPassword()).AuthenticationResult!
    const { UserPoolClient } = await cognito.createUserPoolClient({ UserPoolId, ClientName: 'other' })
    const other = UserPoolClient!.ClientId!
    const invalid = 'NotAuthorizedException 400: Invalid Refresh Token'
    const altered = `${RefreshToken!.slice(0, -1)}${RefreshToken!.endsWith('A') ? 'B' : 'A'}`
    const relabelled = RefreshToken!.replace(ClientId, other)
    for (const [id, token] of [
      [other, RefreshToken],
      [other, relabelled],
      [ClientId, altered],
      [ClientId, AccessToken],
      [ClientId, 'x'],
    ] as const) {
      expect(await failure(user.getTokensFromRefreshToken({ ClientId: id, RefreshToken: token }))).toBe(
        invalid,
      )
    }
  })

  test('needs the secret of a client that has one', async () => {
    const { user, ClientId, ClientSecret } = await poolWithSarah({}, { GenerateSecret: true })
    const SECRET_HASH = secretHashOf(ClientSecret!, 'sarah', ClientId)
    const { AuthenticationResult } = await user.initiateAuth({
      AuthFlow: 'USER_PASSWORD_AUTH',
      ClientId,
      AuthParameters: { USERNAME: 'sarah', PASSWORD, SECRET_HASH },
    })
    const { RefreshToken, AccessToken } = AuthenticationResult!
    const refresh = (more: Record<string, string>) =>
      failure(
        user.initiateAuth({
          AuthFlow: 'REFRESH_TOKEN_AUTH',
          ClientId,
          AuthParameters: { REFRESH_TOKEN: RefreshToken!, ...more },
        }),
      )
    expect(await refresh({})).toMatch(/SECRET_HASH was not received$/)
    expect(await refresh({ SECRET_HASH })).toBe('the call succeeded')
    const sub = String(claimsOf(AccessToken).sub)
    expect(await refresh({ SECRET_HASH: secretHashOf(ClientSecret!, sub, ClientId) })).toBe(
      'the call succeeded',
    )
    expect(await failure(user.getTokensFromRefreshToken({ ClientId, RefreshToken }))).toMatch(
      /^NotAuthorizedException/,
    )
    const named = { ClientId, RefreshToken, ClientSecret }
    expect(await failure(user.getTokensFromRefreshToken(named))).toBe('the call succeeded')
    expect(await failure(user.revokeToken({ ClientId, Token: RefreshToken }))).toMatch(
      /^UnauthorizedException/,
    )
  })

  test('does nothing for a user who was disabled or removed', async () => {
    const { cognito, byPassword, user, UserPoolId, ClientId } = await poolWithSarah()
    const { RefreshToken } = (await byPassword()).AuthenticationResult!
    await cognito.adminDisableUser({ UserPoolId, Username: 'sarah' })
    const refresh = () => failure(user.getTokensFromRefreshToken({ ClientId, RefreshToken }))
    expect(await refresh()).toBe(REVOKED)
    await cognito.adminDeleteUser({ UserPoolId, Username: 'sarah' })
    expect(await refresh()).toBe('NotAuthorizedException 400: Invalid Refresh Token')
  })
})

describe('rotated refresh tokens', () => {
  test('are taken once: who uses one again ends the sign-in for everybody', async () => {
    const { byPassword, user, ClientId } = await poolWithSarah({}, rotating(0))
    const first = (await byPassword()).AuthenticationResult!
    const refresh = (RefreshToken: string | undefined) =>
      user.getTokensFromRefreshToken({ ClientId, RefreshToken })
    const second = (await refresh(first.RefreshToken)).AuthenticationResult!
    expect(second.RefreshToken).not.toBe(first.RefreshToken)
    const third = (await refresh(second.RefreshToken)).AuthenticationResult!
    expect(await failure(refresh(first.RefreshToken))).toBe(
      'RefreshTokenReuseException 400: Refresh Token has been used before',
    )
    expect(await failure(refresh(third.RefreshToken))).toBe(REVOKED)
    expect(await failure(user.getUser({ AccessToken: third.AccessToken }))).toBe(
      'NotAuthorizedException 400: Access Token has been revoked',
    )
  })

  test('are taken once more for a while, when the answer may have been lost', async () => {
    const { byPassword, user, ClientId } = await poolWithSarah({}, rotating(60))
    const first = (await byPassword()).AuthenticationResult!
    const refresh = (RefreshToken: string | undefined) =>
      user.getTokensFromRefreshToken({ ClientId, RefreshToken })
    const both = await Promise.all([refresh(first.RefreshToken), refresh(first.RefreshToken)])
    const [one, other] = both.map(({ AuthenticationResult }) => AuthenticationResult!.RefreshToken)
    const next = (await refresh(one)).AuthenticationResult!
    await refresh(other)
    // Two behind is no retry.
    expect(await failure(refresh(first.RefreshToken))).toMatch(/^RefreshTokenReuseException/)
    expect(await failure(refresh(next.RefreshToken))).toBe(REVOKED)
  })

  test('leave the older flow nothing to do', async () => {
    const { byPassword, user, ClientId } = await poolWithSarah({}, rotating(0))
    const { RefreshToken } = (await byPassword()).AuthenticationResult!
    const AuthParameters = { REFRESH_TOKEN: RefreshToken! }
    expect(
      await failure(user.initiateAuth({ AuthFlow: 'REFRESH_TOKEN_AUTH', ClientId, AuthParameters })),
    ).toBe('InvalidParameterException 400: REFRESH_TOKEN_AUTH is not enabled for the client.')
  })
})

describe('ending sign-ins', () => {
  test('revokes one with all of its tokens, and leaves others', async () => {
    const { byPassword, user, ClientId } = await poolWithSarah()
    const [one, other] = [
      (await byPassword()).AuthenticationResult!,
      (await byPassword()).AuthenticationResult!,
    ]
    await user.revokeToken({ ClientId, Token: one.RefreshToken })
    // Revoking what is revoked already is no fault.
    await user.revokeToken({ ClientId, Token: one.RefreshToken })
    expect(await failure(user.getTokensFromRefreshToken({ ClientId, RefreshToken: one.RefreshToken }))).toBe(
      REVOKED,
    )
    expect(await failure(user.getUser({ AccessToken: one.AccessToken }))).toMatch(
      /Access Token has been revoked$/,
    )
    expect(await failure(user.getUser({ AccessToken: other.AccessToken }))).toBe('the call succeeded')
  })

  test('revokes refresh tokens alone, of clients that want it', async () => {
    const { byPassword, user, ClientId } = await poolWithSarah()
    const { AccessToken } = (await byPassword()).AuthenticationResult!
    expect(await failure(user.revokeToken({ ClientId, Token: AccessToken }))).toMatch(
      /^UnsupportedTokenTypeException/,
    )
    const unwilling = await poolWithSarah({}, { EnableTokenRevocation: false })
    const { RefreshToken } = (await unwilling.byPassword()).AuthenticationResult!
    expect(await failure(user.revokeToken({ ClientId: unwilling.ClientId, Token: RefreshToken }))).toMatch(
      /^UnsupportedOperationException/,
    )
  })

  test('signs a user out everywhere, by the user or an administrator, until the next sign-in', async () => {
    const { cognito, byPassword, user, UserPoolId, ClientId } = await poolWithSarah()
    for (const signOut of [
      (AccessToken: string | undefined) => user.globalSignOut({ AccessToken }),
      () => cognito.adminUserGlobalSignOut({ UserPoolId, Username: 'sarah' }),
    ]) {
      const [one, other] = [
        (await byPassword()).AuthenticationResult!,
        (await byPassword()).AuthenticationResult!,
      ]
      await signOut(one.AccessToken)
      for (const { AccessToken, RefreshToken } of [one, other]) {
        expect(await failure(user.getUser({ AccessToken }))).toMatch(/Access Token has been revoked$/)
        expect(await failure(user.getTokensFromRefreshToken({ ClientId, RefreshToken }))).toBe(REVOKED)
      }
      const { AccessToken } = (await byPassword()).AuthenticationResult!
      expect(await failure(user.getUser({ AccessToken }))).toBe('the call succeeded')
    }
    expect(await failure(cognito.adminUserGlobalSignOut({ UserPoolId, Username: 'nobody' }))).toMatch(
      /^UserNotFoundException/,
    )
  })

  test('removes those that nothing can be made of any more', async () => {
    const { byPassword, user, ClientId } = await poolWithSarah(
      {},
      { RefreshTokenValidity: 1, TokenValidityUnits: { RefreshToken: 'hours' } },
    )
    const { AccessToken, RefreshToken } = (await byPassword()).AuthenticationResult!
    const refresh = () => failure(user.getTokensFromRefreshToken({ ClientId, RefreshToken }))
    const HOUR = 3_600_000
    await removeExpiredSignIns(env.DB, Date.now() + 24 * HOUR)
    expect(await refresh()).toBe('the call succeeded')
    expect(await removeExpiredSignIns(env.DB, Date.now() + 26 * HOUR)).toBeGreaterThan(0)
    expect(await refresh()).toBe('NotAuthorizedException 400: Invalid Refresh Token')
    expect(await failure(user.getUser({ AccessToken }))).toMatch(/Access Token has been revoked$/)
  })
})

describe('tokens', () => {
  test('hold for as long as the client says', async () => {
    const { byPassword } = await poolWithSarah(
      {},
      {
        AccessTokenValidity: 10,
        IdTokenValidity: 2,
        TokenValidityUnits: { AccessToken: 'minutes', IdToken: 'hours' },
      },
    )
    const { AccessToken, IdToken, ExpiresIn } = (await byPassword()).AuthenticationResult!
    const life = (token: string | undefined) => {
      const { exp, iat } = claimsOf(token)
      return Number(exp) - Number(iat)
    }
    expect([ExpiresIn, life(AccessToken), life(IdToken)]).toEqual([600, 600, 7200])
  })

  test('say of a user what the client may read', async () => {
    const { byPassword } = await poolWithSarah(
      { Schema: [{ Name: 'plan', AttributeDataType: 'String', Mutable: true }] },
      { ReadAttributes: ['name', 'custom:plan'] },
      { name: 'Sarah', email: 's@example.com', 'custom:plan': 'gold' },
    )
    const id = claimsOf((await byPassword()).AuthenticationResult!.IdToken)
    expect(id).toMatchObject({ name: 'Sarah', 'custom:plan': 'gold', sub: expect.any(String) })
    expect(id).not.toHaveProperty('email')
  })
})
