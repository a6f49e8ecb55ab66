import { describe, expect, test } from 'vitest'
import { anonymous, newPool } from './cognito-harness.ts'
import { codeTo, messagesTo, newAddress } from './outbox.ts'
import { addUser } from './sign-in-harness.ts'
import { accessToken, PASSWORD, PASSWORD_CLIENT, refusal } from './signed-in.ts'

const NEW_PASSWORD = 'Another-Horse-9'

async function poolWithAnn(client: object = {}, settings: object = {}) {
  const pool = await newPool(
    { AutoVerifiedAttributes: ['email'], ...settings },
    { ...PASSWORD_CLIENT, ...client },
  )
  const email = newAddress()
  await addUser(pool, 'ann', { email, email_verified: 'true' })
  return { ...pool, email, ann: { ClientId: pool.ClientId, Username: 'ann' } }
}

describe('a forgotten password', () => {
  test('is replaced by whoever has the code', async () => {
    const { ClientId, email, ann } = await poolWithAnn()
    const user = anonymous()
    expect((await user.forgotPassword(ann)).CodeDeliveryDetails).toEqual({
      Destination: `${email[0]}***@e***`,
      DeliveryMedium: 'EMAIL',
      AttributeName: 'email',
    })
    expect(await messagesTo(email)).toMatchObject([{ subject: 'Your password reset code', kind: 'reset' }])
    const ConfirmationCode = await codeTo(email)
    const confirm = (Password: string) => user.confirmForgotPassword({ ...ann, ConfirmationCode, Password })
    expect(await refusal(confirm('short'))).toMatch(/^InvalidPasswordException/)
    await confirm(NEW_PASSWORD)
    expect(await accessToken(ClientId, 'ann', NEW_PASSWORD)).toMatch(/^ey/)
    expect(await refusal(accessToken(ClientId, 'ann'))).toMatch(/^NotAuthorizedException/)
    expect(await refusal(confirm('Third-Horse-9'))).toBe(
      'ExpiredCodeException: Invalid code provided, please request a code again.',
    )
  })

  test('stays when nothing proves the user', async () => {
    const { cognito, UserPoolId, ClientId, ann } = await poolWithAnn()
    const user = anonymous()
    expect(
      await refusal(
        user.confirmForgotPassword({ ...ann, ConfirmationCode: '123456', Password: NEW_PASSWORD }),
      ),
    ).toBe('ExpiredCodeException: Invalid code provided, please request a code again.')
    expect(await refusal(user.forgotPassword({ ClientId, Username: 'eve' }))).toBe(
      'UserNotFoundException: Username/client id combination not found.',
    )
    await cognito.adminUpdateUserAttributes({
      UserPoolId,
      Username: 'ann',
      UserAttributes: [{ Name: 'email_verified', Value: 'false' }],
    })
    expect(await refusal(user.forgotPassword(ann))).toBe(
      'InvalidParameterException: Cannot reset password for the user as there is no registered/verified email or phone_number',
    )
    await cognito.adminDisableUser({ UserPoolId, Username: 'ann' })
    expect(await refusal(user.forgotPassword(ann))).toBe('NotAuthorizedException: User is disabled.')
  })

  test('is the administrators’ business where the pool says so', async () => {
    const { ClientId } = await newPool({
      AccountRecoverySetting: { RecoveryMechanisms: [{ Name: 'admin_only', Priority: 1 }] },
    })
    expect(await refusal(anonymous().forgotPassword({ ClientId, Username: 'ann' }))).toBe(
      'NotAuthorizedException: Contact administrator to reset password.',
    )
  })

  test('sends no end of codes to nobody', async () => {
    const { ann } = await poolWithAnn()
    const outcomes: string[] = []
    for (let i = 0; i < 6; i++) outcomes.push(await refusal(anonymous().forgotPassword(ann)))
    expect(outcomes.slice(0, 5)).toEqual(Array(5).fill('the call succeeded'))
    expect(outcomes[5]).toBe('LimitExceededException: Attempt limit exceeded, please try after some time.')
  })
})

describe('where nobody may learn which users there are', () => {
  const HIDING = { PreventUserExistenceErrors: 'ENABLED' } as const
  const BY_EMAIL = {
    AccountRecoverySetting: { RecoveryMechanisms: [{ Name: 'verified_email', Priority: 1 }] },
  }

  test('nothing tells one who is there from one who is not', async () => {
    const { cognito, UserPoolId, ClientId, ann } = await poolWithAnn(HIDING, BY_EMAIL)
    const eve = { ClientId, Username: 'eve' }
    await cognito.adminCreateUser({ UserPoolId, Username: 'off', MessageAction: 'SUPPRESS' })
    await cognito.adminDisableUser({ UserPoolId, Username: 'off' })
    const off = { ClientId, Username: 'off' }
    const user = anonymous()

    const details = { DeliveryMedium: 'EMAIL', AttributeName: 'email' }
    for (const one of [ann, eve, off]) {
      for (const answer of [await user.forgotPassword(one), await user.resendConfirmationCode(one)]) {
        expect(answer.CodeDeliveryDetails).toEqual({
          ...details,
          Destination: expect.stringMatching(/^\w\*\*\*@\w\*\*\*$/),
        })
      }
      const again = await user.forgotPassword(one)
      expect((await user.resendConfirmationCode(one)).CodeDeliveryDetails).toEqual(again.CodeDeliveryDetails)
      const wrong = { ConfirmationCode: '000000' }
      const mismatch = 'CodeMismatchException: Invalid verification code provided, please try again.'
      expect(await refusal(user.confirmForgotPassword({ ...one, ...wrong, Password: NEW_PASSWORD }))).toBe(
        mismatch,
      )
      expect(await refusal(user.confirmSignUp({ ...one, ...wrong }))).toBe(mismatch)
    }
  })

  test('some of those who are not there have a telephone', async () => {
    const { ClientId } = await poolWithAnn(HIDING)
    const media = new Set<string | undefined>()
    for (let i = 0; media.size < 2 && i < 100; i++) {
      const { CodeDeliveryDetails } = await anonymous().forgotPassword({ ClientId, Username: `eve${i}` })
      media.add(CodeDeliveryDetails!.DeliveryMedium)
    }
    expect(media).toEqual(new Set(['EMAIL', 'SMS']))
  })

  test('tries are counted for one who is not there, too', async () => {
    const { ClientId } = await poolWithAnn(HIDING)
    const eve = { ClientId, Username: 'eve', ConfirmationCode: '000000', Password: NEW_PASSWORD }
    const outcomes: string[] = []
    for (let i = 0; i < 6; i++) outcomes.push(await refusal(anonymous().confirmForgotPassword(eve)))
    expect(outcomes[4]).toMatch(/^CodeMismatchException/)
    expect(outcomes[5]).toMatch(/^LimitExceededException/)
  })

  test('a user still gets a code, and may use it', async () => {
    const { ClientId, email, ann } = await poolWithAnn(HIDING)
    await anonymous().forgotPassword(ann)
    const ConfirmationCode = await codeTo(email)
    await anonymous().confirmForgotPassword({ ...ann, ConfirmationCode, Password: NEW_PASSWORD })
    expect(await accessToken(ClientId, 'ann', NEW_PASSWORD)).toMatch(/^ey/)
  })
})

describe('changing a password', () => {
  test('asks for the present one', async () => {
    const { ClientId } = await poolWithAnn()
    const AccessToken = await accessToken(ClientId, 'ann')
    const change = (PreviousPassword: string, ProposedPassword: string) =>
      anonymous().changePassword({ AccessToken, PreviousPassword, ProposedPassword })
    expect(await refusal(change('Wrong-Horse-9', NEW_PASSWORD))).toBe(
      'NotAuthorizedException: Incorrect username or password.',
    )
    expect(await refusal(change(PASSWORD, 'short'))).toMatch(/^InvalidPasswordException/)
    await change(PASSWORD, NEW_PASSWORD)
    expect(await accessToken(ClientId, 'ann', NEW_PASSWORD)).toMatch(/^ey/)
    expect(await refusal(accessToken(ClientId, 'ann'))).toMatch(/^NotAuthorizedException/)
  })
})
