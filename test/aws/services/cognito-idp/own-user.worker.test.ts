import { describe, expect, test } from 'vitest'
import { anonymous, newPool } from './cognito-harness.ts'
import { codeTo, messagesTo, newAddress } from './outbox.ts'
import { addUser } from './sign-in-harness.ts'
import { accessToken, attributesOf, PASSWORD_CLIENT, refusal } from './signed-in.ts'

/** A pool with one user, who has signed in. */
async function signedIn(pool: object = {}, client: object = {}, attributes: Record<string, string> = {}) {
  const made = await newPool(pool, { ...PASSWORD_CLIENT, ...client })
  await addUser(made, 'ann', attributes)
  const AccessToken = await accessToken(made.ClientId, 'ann')
  const user = anonymous()
  const own = async () =>
    Object.fromEntries(
      (await user.getUser({ AccessToken })).UserAttributes!.map(({ Name, Value }) => [Name, Value]),
    )
  const update = (changes: Record<string, string>) =>
    user.updateUserAttributes({ AccessToken, UserAttributes: attributesOf(changes) })
  return { ...made, user, AccessToken, own, update }
}

describe('a user who has signed in', () => {
  test('sees what the client may read', async () => {
    const { user, AccessToken } = await signedIn(
      {},
      { ReadAttributes: ['nickname'] },
      { nickname: 'A', name: 'Ann' },
    )
    const { Username, UserAttributes } = await user.getUser({ AccessToken })
    expect(Username).toBe('ann')
    expect(UserAttributes).toEqual([
      { Name: 'sub', Value: expect.any(String) },
      { Name: 'nickname', Value: 'A' },
    ])
  })

  test('changes and removes attributes that the client may write', async () => {
    const { user, AccessToken, own, update } = await signedIn({}, { WriteAttributes: ['nickname', 'name'] })
    await update({ nickname: 'A', name: 'Ann' })
    await user.deleteUserAttributes({ AccessToken, UserAttributeNames: ['name'] })
    expect(await own()).toEqual({ sub: expect.any(String), nickname: 'A' })
    const unauthorized = 'NotAuthorizedException: A client attempted to write unauthorized attribute'
    expect(await refusal(update({ website: 'https://example.com' }))).toBe(unauthorized)
    expect(await refusal(update({ sub: 'x' }))).toBe(unauthorized)
    const remove = user.deleteUserAttributes({ AccessToken, UserAttributeNames: ['website'] })
    expect(await refusal(remove)).toBe(unauthorized)
  })

  test('proves a new address with a code', async () => {
    const { user, AccessToken, own, update } = await signedIn({ AutoVerifiedAttributes: ['email'] })
    const email = newAddress()
    expect((await update({ email })).CodeDeliveryDetailsList).toEqual([
      { Destination: `${email[0]}***@e***`, DeliveryMedium: 'EMAIL', AttributeName: 'email' },
    ])
    expect(await own()).toMatchObject({ email, email_verified: 'false' })
    const verify = (Code: string) => user.verifyUserAttribute({ AccessToken, AttributeName: 'email', Code })
    const Code = await codeTo(email)
    expect(await refusal(verify(Code === '000000' ? '000001' : '000000'))).toBe(
      'CodeMismatchException: Invalid verification code provided, please try again.',
    )
    await verify(Code)
    expect(await own()).toMatchObject({ email, email_verified: 'true' })
    expect(await refusal(verify(Code))).toBe(
      'ExpiredCodeException: Invalid code provided, please request a code again.',
    )
  })

  test('keeps the old address until the new one is proven, where the pool wants it so', async () => {
    const old = newAddress()
    const { user, AccessToken, own, update } = await signedIn(
      {
        AutoVerifiedAttributes: ['email'],
        UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ['email'] },
      },
      {},
      { email: old, email_verified: 'true' },
    )
    const email = newAddress()
    await update({ email, nickname: 'A' })
    expect(await own()).toMatchObject({ email: old, email_verified: 'true', nickname: 'A' })
    await user.verifyUserAttribute({ AccessToken, AttributeName: 'email', Code: await codeTo(email) })
    expect(await own()).toMatchObject({ email, email_verified: 'true' })
  })

  test('does not prove an address with a code that went to another', async () => {
    const { user, AccessToken, update } = await signedIn({ AutoVerifiedAttributes: ['email'] })
    const email = newAddress()
    await update({ email })
    const Code = await codeTo(email)
    await update({ email: '' })
    await update({ email, phone_number: '+15550001' })
    expect(
      await refusal(user.verifyUserAttribute({ AccessToken, AttributeName: 'phone_number', Code })),
    ).toMatch(/^ExpiredCodeException|^CodeMismatchException/)
    expect(await refusal(user.verifyUserAttribute({ AccessToken, AttributeName: 'nickname', Code }))).toBe(
      'InvalidParameterException: Only email and phone_number can be verified.',
    )
  })

  test('asks for another code', async () => {
    const email = newAddress()
    const { user, AccessToken, own } = await signedIn({}, {}, { email })
    await user.getUserAttributeVerificationCode({ AccessToken, AttributeName: 'email' })
    expect(await messagesTo(email)).toMatchObject([{ kind: 'attribute verification' }])
    await user.verifyUserAttribute({ AccessToken, AttributeName: 'email', Code: await codeTo(email) })
    expect(await own()).toMatchObject({ email_verified: 'true' })
    const without = user.getUserAttributeVerificationCode({ AccessToken, AttributeName: 'phone_number' })
    expect(await refusal(without)).toMatch(/^InvalidParameterException/)
  })

  test('takes no name that leads to somebody else', async () => {
    const { cognito, UserPoolId, update } = await signedIn({ AliasAttributes: ['preferred_username'] })
    await cognito.adminCreateUser({ UserPoolId, Username: 'bob', MessageAction: 'SUPPRESS' })
    expect(await refusal(update({ preferred_username: 'bob' }))).toBe(
      'AliasExistsException: An account with the preferred username already exists.',
    )
    await update({ preferred_username: 'queen' })
    expect((await cognito.adminGetUser({ UserPoolId, Username: 'queen' })).Username).toBe('ann')
  })

  test('is gone after deleting the account, and the token with it', async () => {
    const { cognito, UserPoolId, user, AccessToken } = await signedIn()
    await user.deleteUser({ AccessToken })
    expect(await refusal(cognito.adminGetUser({ UserPoolId, Username: 'ann' }))).toMatch(
      /^UserNotFoundException/,
    )
    expect(await refusal(user.getUser({ AccessToken }))).toMatch(/^UserNotFoundException/)
    await cognito.adminCreateUser({ UserPoolId, Username: 'ann', MessageAction: 'SUPPRESS' })
    expect(await refusal(user.getUser({ AccessToken }))).toMatch(/^UserNotFoundException/)
  })

  test('is nobody without a token of the pool', async () => {
    const { user, AccessToken } = await signedIn()
    const [head, body, signature = ''] = AccessToken.split('.')
    const forged = [head, body, signature.split('').reverse().join('')].join('.')
    for (const token of ['nonsense', forged, `${AccessToken}x`]) {
      expect(await refusal(user.getUser({ AccessToken: token }))).toBe(
        'NotAuthorizedException: Invalid Access Token',
      )
    }
  })
})
