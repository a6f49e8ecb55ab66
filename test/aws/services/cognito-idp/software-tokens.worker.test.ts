import type { CreateUserPoolCommandInput } from '@aws-sdk/client-cognito-identity-provider'
import { describe, expect, test } from 'vitest'
import { totpCode } from '../../../../src/identity/user-pools/sign-in/totp.ts'
import { failure } from './cognito-harness.ts'
import { codeTo } from './outbox.ts'
import { type PoolWithUser, poolWithSarah } from './sign-in-harness.ts'

/** The code of an authenticator that is `ahead` steps ahead: each is taken once. */
const codeOf = (secret: string | undefined, ahead = 0) =>
  totpCode(secret!, Math.floor(Date.now() / 30_000) + ahead)

async function poolWith(
  MfaConfiguration: 'OPTIONAL' | 'ON',
  attributes: Record<string, string> = {},
  more: Partial<CreateUserPoolCommandInput> = {},
): Promise<PoolWithUser> {
  const pool = await poolWithSarah(more, {}, attributes)
  await pool.cognito.setUserPoolMfaConfig({
    UserPoolId: pool.UserPoolId,
    MfaConfiguration,
    SoftwareTokenMfaConfiguration: { Enabled: true },
    ...(attributes.phone_number && {
      SmsMfaConfiguration: { SmsConfiguration: { SnsCallerArn: 'arn:aws:iam::000000000000:role/sms' } },
    }),
  })
  return pool
}

/** Makes sarah show an authenticator, and answers its secret, and the code that was shown. */
async function enrol({
  user,
  byPassword,
}: PoolWithUser): Promise<{ secret: string; shown: string; AccessToken: string }> {
  const AccessToken = (await byPassword()).AuthenticationResult!.AccessToken!
  const { SecretCode } = await user.associateSoftwareToken({ AccessToken })
  const shown = await codeOf(SecretCode)
  const { Status } = await user.verifySoftwareToken({ AccessToken, UserCode: shown })
  expect(Status).toBe('SUCCESS')
  await user.setUserMFAPreference({
    AccessToken,
    SoftwareTokenMfaSettings: { Enabled: true, PreferredMfa: true },
  })
  return { secret: SecretCode!, shown, AccessToken }
}

describe('an authenticator', () => {
  test('is asked for after the password once the user wants it, and each code is taken once', async () => {
    const pool = await poolWith('OPTIONAL')
    const { user, ClientId, byPassword } = pool
    const { secret, shown } = await enrol(pool)
    const begun = await byPassword()
    expect(begun).toMatchObject({
      ChallengeName: 'SOFTWARE_TOKEN_MFA',
      ChallengeParameters: { USER_ID_FOR_SRP: 'sarah' },
    })
    const answer = (SOFTWARE_TOKEN_MFA_CODE: string, Session = begun.Session) =>
      user.respondToAuthChallenge({
        ClientId,
        ChallengeName: 'SOFTWARE_TOKEN_MFA',
        Session,
        ChallengeResponses: { USERNAME: 'sarah', SOFTWARE_TOKEN_MFA_CODE },
      })
    // Used when it was set up.
    expect(await failure(answer(shown))).toBe(
      'ExpiredCodeException 400: Your software token has already been used once.',
    )
    expect(await failure(answer(await codeOf(secret, 5)))).toBe(
      'CodeMismatchException 400: Invalid code received for user',
    )
    const next = await codeOf(secret, 1)
    expect((await answer(next)).AuthenticationResult).toBeDefined()
    const again = await byPassword()
    expect(await failure(answer(next, again.Session))).toMatch(/^ExpiredCodeException/)
    // A session is over with the first right answer.
    expect(await failure(answer(next))).toMatch(/^ExpiredCodeException/)
  })

  test('is locked out after five wrong codes, whatever session they are of', async () => {
    const pool = await poolWith('OPTIONAL')
    const { user, ClientId, byPassword } = pool
    const { secret } = await enrol(pool)
    const attempt = async (code: string) => {
      const { Session } = await byPassword()
      return failure(
        user.respondToAuthChallenge({
          ClientId,
          ChallengeName: 'SOFTWARE_TOKEN_MFA',
          Session,
          ChallengeResponses: { USERNAME: 'sarah', SOFTWARE_TOKEN_MFA_CODE: code },
        }),
      )
    }
    const wrong = await codeOf(secret, 7)
    for (let n = 0; n < 5; n++) expect(await attempt(wrong)).toMatch(/^CodeMismatchException/)
    expect(await attempt(await codeOf(secret, 1))).toBe('NotAuthorizedException 400: Code attempts exceeded')
  })

  test('is not preferred before it was shown, and not taken for shown by a wrong code', async () => {
    const { user, byPassword } = await poolWith('OPTIONAL')
    const AccessToken = (await byPassword()).AuthenticationResult!.AccessToken!
    const prefer = () =>
      failure(user.setUserMFAPreference({ AccessToken, SoftwareTokenMfaSettings: { Enabled: true } }))
    expect(await prefer()).toBe('InvalidParameterException 400: User has not verified software token mfa')
    expect(await failure(user.verifySoftwareToken({ AccessToken, UserCode: '123456' }))).toMatch(
      /^SoftwareTokenMFANotFoundException/,
    )
    const { SecretCode } = await user.associateSoftwareToken({ AccessToken })
    const UserCode = await codeOf(SecretCode, 9)
    expect(await failure(user.verifySoftwareToken({ AccessToken, UserCode }))).toBe(
      'EnableSoftwareTokenMFAException 400: Code mismatch',
    )
    expect(await prefer()).toMatch(/^InvalidParameterException/)
    expect((await byPassword()).AuthenticationResult).toBeDefined()
  })

  test('stays while another one is being set up', async () => {
    const pool = await poolWith('OPTIONAL')
    const { AccessToken } = await enrol(pool)
    await pool.user.associateSoftwareToken({ AccessToken })
    expect((await pool.byPassword()).ChallengeName).toBe('SOFTWARE_TOKEN_MFA')
  })

  test('has to be set up by its user before the first sign-in where the pool asks for it', async () => {
    const { user, ClientId, byPassword } = await poolWith('ON')
    const begun = await byPassword()
    expect(begun).toMatchObject({
      ChallengeName: 'MFA_SETUP',
      ChallengeParameters: { MFAS_CAN_SETUP: '["SOFTWARE_TOKEN_MFA"]' },
    })
    const finish = (Session: string | undefined) =>
      user.respondToAuthChallenge({
        ClientId,
        ChallengeName: 'MFA_SETUP',
        Session,
        ChallengeResponses: { USERNAME: 'sarah' },
      })
    expect(await failure(finish(begun.Session))).toBe(
      'NotAuthorizedException 400: Invalid session for the user.',
    )
    const { SecretCode, Session } = await user.associateSoftwareToken({ Session: begun.Session })
    expect(await failure(finish(Session))).toMatch(/Invalid session/)
    const shown = await user.verifySoftwareToken({ Session, UserCode: await codeOf(SecretCode) })
    expect((await finish(shown.Session)).AuthenticationResult).toBeDefined()
    expect(await failure(finish(shown.Session))).toMatch(/Invalid session/)
    expect((await byPassword()).ChallengeName).toBe('SOFTWARE_TOKEN_MFA')
  })

  test('is taken away by an administrator', async () => {
    const pool = await poolWith('OPTIONAL')
    const { cognito, UserPoolId } = pool
    await enrol(pool)
    await cognito.adminSetUserMFAPreference({
      UserPoolId,
      Username: 'sarah',
      SoftwareTokenMfaSettings: { Enabled: false, PreferredMfa: false },
    })
    expect((await pool.byPassword()).AuthenticationResult).toBeDefined()
  })
})

describe('codes by text message', () => {
  const PHONE = '+4915112345678'

  test('are a second factor, and may be chosen', async () => {
    const pool = await poolWith('OPTIONAL', { phone_number: PHONE, phone_number_verified: 'true' })
    const { user, ClientId, byPassword } = pool
    const { AccessToken } = await enrol(pool)
    await user.setUserMFAPreference({
      AccessToken,
      SMSMfaSettings: { Enabled: true },
      SoftwareTokenMfaSettings: { Enabled: true },
    })
    const begun = await byPassword()
    expect(begun.ChallengeName).toBe('SELECT_MFA_TYPE')
    expect(JSON.parse(begun.ChallengeParameters!.MFAS_CAN_CHOOSE!)).toEqual(['SOFTWARE_TOKEN_MFA', 'SMS_MFA'])
    const chosen = await user.respondToAuthChallenge({
      ClientId,
      ChallengeName: 'SELECT_MFA_TYPE',
      Session: begun.Session,
      ChallengeResponses: { USERNAME: 'sarah', ANSWER: 'SMS_MFA' },
    })
    expect(chosen).toMatchObject({
      ChallengeName: 'SMS_MFA',
      ChallengeParameters: {
        CODE_DELIVERY_DELIVERY_MEDIUM: 'SMS',
        CODE_DELIVERY_DESTINATION: '+*******5678',
      },
    })
    const answer = (SMS_MFA_CODE: string) =>
      user.respondToAuthChallenge({
        ClientId,
        ChallengeName: 'SMS_MFA',
        Session: chosen.Session,
        ChallengeResponses: { USERNAME: 'sarah', SMS_MFA_CODE },
      })
    const code = await codeTo(PHONE)
    const wrong = String((Number(code) + 1) % 1_000_000).padStart(6, '0')
    expect(await failure(answer(wrong))).toMatch(/^CodeMismatchException/)
    expect((await answer(code)).AuthenticationResult).toBeDefined()
    expect(await failure(answer(code))).toMatch(/Invalid session/)
  })
})
