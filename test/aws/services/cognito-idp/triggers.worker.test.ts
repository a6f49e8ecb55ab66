import { describe, expect, test } from 'vitest'
import { anonymous, newPool } from './cognito-harness.ts'
import { codeTo, messagesTo, newAddress } from './outbox.ts'
import { accessToken, PASSWORD, PASSWORD_CLIENT, refusal, signUpWith } from './signed-in.ts'
import { functionOf } from './trigger-functions.ts'

const signUp = (ClientId: string, Username: string, email: string) =>
  anonymous().signUp({
    ClientId,
    Username,
    ...signUpWith({ email }),
    ValidationData: [{ Name: 'invited', Value: 'yes' }],
    ClientMetadata: { from: 'test' },
  })

describe('a function before sign-up', () => {
  test('is told who signs up, and confirms and verifies', async () => {
    const email = newAddress()
    const PreSignUp = await functionOf(
      `event.response.autoConfirmUser = event.request.validationData.invited === 'yes'
       event.response.autoVerifyEmail = true
       if (JSON.stringify(Object.keys(event)) !== '["version","region","userPoolId","userName","callerContext","triggerSource","request","response"]') throw new Error(JSON.stringify(event))
       const { clientId, awsSdkVersion } = event.callerContext
       const { userAttributes, clientMetadata } = event.request
       if (event.version !== '1' || event.triggerSource !== 'PreSignUp_SignUp' || event.userName !== 'ann' ||
         !event.userPoolId.startsWith(event.region + '_') || !clientId || !awsSdkVersion ||
         JSON.stringify(userAttributes) !== '{"email":"${email}"}' || clientMetadata.from !== 'test')
         throw new Error(JSON.stringify(event))`,
    )
    const { cognito, UserPoolId, ClientId } = await newPool({
      AutoVerifiedAttributes: ['email'],
      LambdaConfig: { PreSignUp },
    })
    const answer = await signUp(ClientId, 'ann', email)
    expect(answer.UserConfirmed).toBe(true)
    expect(answer.CodeDeliveryDetails).toBeUndefined()
    expect(await messagesTo(email)).toEqual([])
    const ann = await cognito.adminGetUser({ UserPoolId, Username: 'ann' })
    expect(ann.UserStatus).toBe('CONFIRMED')
    expect(ann.UserAttributes).toContainEqual({ Name: 'email_verified', Value: 'true' })
  })

  test('keeps somebody out, in its own words', async () => {
    const PreSignUp = await functionOf(`throw new Error('Not you')`)
    const { cognito, UserPoolId, ClientId } = await newPool({ LambdaConfig: { PreSignUp } })
    expect(await refusal(signUp(ClientId, 'ann', newAddress()))).toBe(
      'UserLambdaValidationException: PreSignUp failed with error Not you.',
    )
    expect(await refusal(cognito.adminCreateUser({ UserPoolId, Username: 'bob' }))).toBe(
      'UserLambdaValidationException: PreSignUp failed with error Not you.',
    )
    expect((await cognito.listUsers({ UserPoolId })).Users).toEqual([])
  })

  test('has to answer with an event', async () => {
    const PreSignUp = await functionOf(`return 'yes'`)
    const { ClientId } = await newPool({ LambdaConfig: { PreSignUp } })
    expect(await refusal(signUp(ClientId, 'ann', newAddress()))).toBe(
      'InvalidLambdaResponseException: Unrecognizable lambda output',
    )
  })

  test('has to let the pool in, and to be there', async () => {
    const PreSignUp = await functionOf('', false)
    const { cognito, UserPoolId, ClientId } = await newPool({ LambdaConfig: { PreSignUp } })
    expect(await refusal(signUp(ClientId, 'ann', newAddress()))).toBe(
      'UnexpectedLambdaException: PreSignUp invocation failed due to error AccessDeniedException.',
    )
    const missing = 'arn:aws:lambda:us-east-1:000000000000:function:nonesuch'
    await cognito.updateUserPool({ UserPoolId, LambdaConfig: { PreSignUp: missing } })
    expect(await refusal(signUp(ClientId, 'ann', newAddress()))).toBe(
      'UnexpectedLambdaException: PreSignUp invocation failed due to error ResourceNotFoundException.',
    )
  })
})

describe('a function after confirmation', () => {
  test('hears of a confirmed user, and its failure is told', async () => {
    const PostConfirmation = await functionOf(
      `throw new Error([event.triggerSource, event.userName, event.request.userAttributes['cognito:user_status'], event.request.userAttributes.email_verified].join(' '))`,
    )
    const { cognito, UserPoolId, ClientId } = await newPool({
      AutoVerifiedAttributes: ['email'],
      LambdaConfig: { PostConfirmation },
    })
    const email = newAddress()
    await signUp(ClientId, 'ann', email)
    const ConfirmationCode = await codeTo(email)
    expect(await refusal(anonymous().confirmSignUp({ ClientId, Username: 'ann', ConfirmationCode }))).toBe(
      'UserLambdaValidationException: PostConfirmation failed with error PostConfirmation_ConfirmSignUp ann CONFIRMED true.',
    )
    expect((await cognito.adminGetUser({ UserPoolId, Username: 'ann' })).UserStatus).toBe('CONFIRMED')
  })
})

describe('a function for messages', () => {
  test('writes them in its own words', async () => {
    const CustomMessage = await functionOf(
      `const { codeParameter, usernameParameter } = event.request
       if (event.triggerSource === 'CustomMessage_SignUp') {
         event.response.emailSubject = 'Welcome'
         event.response.emailMessage = 'Use ' + codeParameter + ' ' + usernameParameter
       }
       if (event.triggerSource === 'CustomMessage_ForgotPassword') event.response.emailMessage = 'No code'`,
    )
    const { cognito, UserPoolId, ClientId } = await newPool({
      AutoVerifiedAttributes: ['email'],
      LambdaConfig: { CustomMessage },
    })
    const email = newAddress()
    await signUp(ClientId, 'ann', email)
    const [message] = await messagesTo(email)
    expect(message).toMatchObject({ subject: 'Welcome', body: `Use ${message!.secret} null` })
    await anonymous().resendConfirmationCode({ ClientId, Username: 'ann' })
    expect((await messagesTo(email))[0]).toMatchObject({ subject: 'Your verification code', kind: 'resend' })
    await cognito.adminConfirmSignUp({ UserPoolId, Username: 'ann' })
    await cognito.adminUpdateUserAttributes({
      UserPoolId,
      Username: 'ann',
      UserAttributes: [{ Name: 'email_verified', Value: 'true' }],
    })
    expect(await refusal(anonymous().forgotPassword({ ClientId, Username: 'ann' }))).toBe(
      'InvalidLambdaResponseException: Unrecognizable lambda output: the message does not contain the code parameter',
    )
  })
})

describe('a function that knows users from elsewhere', () => {
  test('lets them choose a password here, once they forgot theirs', async () => {
    const email = newAddress()
    const UserMigration = await functionOf(
      `if (event.triggerSource === 'UserMigration_ForgotPassword' && event.userName === 'ann')
         event.response.userAttributes = { email: '${email}', email_verified: 'true', name: 'Ann' }`,
    )
    const { cognito, UserPoolId, ClientId } = await newPool(
      { LambdaConfig: { UserMigration } },
      PASSWORD_CLIENT,
    )
    const user = anonymous()
    expect(await refusal(user.forgotPassword({ ClientId, Username: 'bob' }))).toBe(
      'UserNotFoundException: Username/client id combination not found.',
    )
    await user.forgotPassword({ ClientId, Username: 'ann' })
    expect((await cognito.adminGetUser({ UserPoolId, Username: 'ann' })).UserStatus).toBe('CONFIRMED')
    const ConfirmationCode = await codeTo(email)
    await user.confirmForgotPassword({ ClientId, Username: 'ann', ConfirmationCode, Password: PASSWORD })
    expect(await accessToken(ClientId, 'ann')).toMatch(/^ey/)
  })
})
