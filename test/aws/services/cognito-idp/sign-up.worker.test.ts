import { describe, expect, test } from 'vitest'
import { anonymous, newPool } from './cognito-harness.ts'
import { codeTo, messagesTo, newAddress } from './outbox.ts'
import { secretHashOf } from './secret-hash.ts'
import { PASSWORD, refusal, signUpWith } from './signed-in.ts'

describe('signing up', () => {
  test('sends a code, and the right one confirms the user', async () => {
    const { cognito, UserPoolId, ClientId } = await newPool({ AutoVerifiedAttributes: ['email'] })
    const user = anonymous()
    const email = newAddress()
    const signedUp = await user.signUp({ ClientId, Username: 'ann', ...signUpWith({ email }) })
    expect(signedUp).toMatchObject({
      UserConfirmed: false,
      UserSub: expect.stringMatching(/^[0-9a-f-]{36}$/),
      CodeDeliveryDetails: {
        Destination: `${email[0]}***@e***`,
        DeliveryMedium: 'EMAIL',
        AttributeName: 'email',
      },
    })
    const [message] = await messagesTo(email)
    expect(message).toMatchObject({ subject: 'Your verification code', medium: 'EMAIL', username: 'ann' })
    expect(message!.body).toBe(`Your verification code is ${message!.secret}.`)
    expect(message!.secret).toMatch(/^\d{6}$/)

    const before = await cognito.adminGetUser({ UserPoolId, Username: 'ann' })
    expect(before.UserStatus).toBe('UNCONFIRMED')
    await user.confirmSignUp({ ClientId, Username: 'ann', ConfirmationCode: message!.secret })
    const after = await cognito.adminGetUser({ UserPoolId, Username: 'ann' })
    expect(after.UserStatus).toBe('CONFIRMED')
    expect(after.UserAttributes).toContainEqual({ Name: 'email_verified', Value: 'true' })
    expect(
      await refusal(user.confirmSignUp({ ClientId, Username: 'ann', ConfirmationCode: message!.secret })),
    ).toBe('NotAuthorizedException: User cannot be confirmed. Current status is CONFIRMED')
  })

  test('takes a username once', async () => {
    const { ClientId } = await newPool()
    const user = anonymous()
    await user.signUp({ ClientId, Username: 'ann', ...signUpWith({}) })
    expect(await refusal(user.signUp({ ClientId, Username: 'ann', ...signUpWith({}) }))).toBe(
      'UsernameExistsException: User already exists',
    )
  })

  test('takes a username once, however many want it at a time', async () => {
    const { cognito, UserPoolId, ClientId } = await newPool({ AutoVerifiedAttributes: ['email'] })
    const emails = Array.from({ length: 5 }, newAddress)
    const outcomes = await Promise.all(
      emails.map(email =>
        refusal(anonymous().signUp({ ClientId, Username: 'ann', ...signUpWith({ email }) })),
      ),
    )
    expect(outcomes.sort()).toEqual([
      ...Array(4).fill('UsernameExistsException: User already exists'),
      'the call succeeded',
    ])
    const { Users } = await cognito.listUsers({ UserPoolId })
    const [email] = Users!.flatMap(({ Attributes }) => Attributes!.filter(({ Name }) => Name === 'email'))
    const request = { ClientId, Username: 'ann', ConfirmationCode: await codeTo(email!.Value!) }
    const confirmed = await Promise.all(
      Array.from({ length: 3 }, () => refusal(anonymous().confirmSignUp(request))),
    )
    expect(confirmed.filter(outcome => outcome === 'the call succeeded')).toHaveLength(1)
  })

  test('takes an address for the name where users sign in with one', async () => {
    const { cognito, UserPoolId, ClientId } = await newPool({
      UsernameAttributes: ['email'],
      AutoVerifiedAttributes: ['email'],
    })
    const user = anonymous()
    const email = newAddress()
    expect(await refusal(user.signUp({ ClientId, Username: 'ann', Password: PASSWORD }))).toBe(
      'InvalidParameterException: Username should be an email.',
    )
    const { UserSub } = await user.signUp({ ClientId, Username: email, Password: PASSWORD })
    expect(await refusal(user.signUp({ ClientId, Username: email, Password: PASSWORD }))).toBe(
      'UsernameExistsException: An account with the given email already exists.',
    )
    await user.confirmSignUp({ ClientId, Username: email, ConfirmationCode: await codeTo(email) })
    const found = await cognito.adminGetUser({ UserPoolId, Username: email })
    expect(found.Username).toBe(UserSub)
    expect(found.UserAttributes).toEqual([
      { Name: 'sub', Value: UserSub },
      { Name: 'email', Value: email },
      { Name: 'email_verified', Value: 'true' },
    ])
  })

  test('gives an address to the first who proves it, unless the second takes it', async () => {
    const { cognito, UserPoolId, ClientId } = await newPool({
      AliasAttributes: ['email'],
      AutoVerifiedAttributes: ['email'],
    })
    const user = anonymous()
    const email = newAddress()
    expect(await refusal(user.signUp({ ClientId, Username: email, ...signUpWith({ email }) }))).toBe(
      'InvalidParameterException: Username cannot be of email format, since user pool is configured for email alias.',
    )
    await user.signUp({ ClientId, Username: 'ann', ...signUpWith({ email }) })
    await user.confirmSignUp({ ClientId, Username: 'ann', ConfirmationCode: await codeTo(email) })
    await user.signUp({ ClientId, Username: 'bob', ...signUpWith({ email }) })
    const ConfirmationCode = await codeTo(email)
    expect(await refusal(user.confirmSignUp({ ClientId, Username: 'bob', ConfirmationCode }))).toBe(
      'AliasExistsException: An account with the email already exists.',
    )
    await user.confirmSignUp({ ClientId, Username: 'bob', ConfirmationCode, ForceAliasCreation: true })
    expect((await cognito.adminGetUser({ UserPoolId, Username: email })).Username).toBe('bob')
    const ann = await cognito.adminGetUser({ UserPoolId, Username: 'ann' })
    expect(ann.UserAttributes).toContainEqual({ Name: 'email_verified', Value: 'false' })
  })

  test('asks for a password as the pool wants it', async () => {
    const { ClientId } = await newPool()
    const tryWith = (Password: string) => refusal(anonymous().signUp({ ClientId, Username: 'ann', Password }))
    const policy = 'InvalidPasswordException: Password did not conform with policy'
    expect(await tryWith('Aa1-')).toBe(`${policy}: Password not long enough`)
    expect(await tryWith('correct-horse-9')).toBe(`${policy}: Password must have uppercase characters`)
    expect(await tryWith('CORRECT-HORSE-9')).toBe(`${policy}: Password must have lowercase characters`)
    expect(await tryWith('Correct-Horse')).toBe(`${policy}: Password must have numeric characters`)
    expect(await tryWith('CorrectHorse9')).toBe(`${policy}: Password must have symbol characters`)
  })

  test('asks for the attributes that the schema requires, and takes no others', async () => {
    const { ClientId } = await newPool({
      Schema: [
        { Name: 'name', Required: true, Mutable: true },
        {
          Name: 'team',
          AttributeDataType: 'String',
          StringAttributeConstraints: { MaxLength: '3' },
          Mutable: true,
        },
        {
          Name: 'level',
          AttributeDataType: 'Number',
          NumberAttributeConstraints: { MinValue: '1' },
          Mutable: true,
        },
      ],
    })
    const tryWith = (attributes: Record<string, string>) =>
      refusal(anonymous().signUp({ ClientId, Username: 'ann', ...signUpWith(attributes) }))
    const nonconforming = 'InvalidParameterException: Attributes did not conform to the schema'
    expect(await tryWith({})).toBe(`${nonconforming}: name: The attribute name is required\n`)
    expect(await tryWith({ name: 'Ann', 'custom:none': 'x' })).toBe(
      `${nonconforming}: custom:none: Attribute does not exist in the schema.\n`,
    )
    expect(await tryWith({ name: 'Ann', 'custom:team': 'long', 'custom:level': '0' })).toBe(
      `${nonconforming}: custom:team: String attributes cannot have a length of more than 3\n` +
        'custom:level: Number attributes cannot have a value of less than 1\n',
    )
    expect(await tryWith({ name: 'Ann', email: 'nowhere' })).toBe(
      'InvalidParameterException: Invalid email address format.',
    )
    expect(await tryWith({ name: 'Ann', phone_number: '0123' })).toBe(
      'InvalidParameterException: Invalid phone number format.',
    )
    expect(await tryWith({ name: 'Ann', email_verified: 'true' })).toBe(
      'NotAuthorizedException: A client attempted to write unauthorized attribute',
    )
    expect(await tryWith({ name: 'Ann', 'custom:team': 'abc', 'custom:level': '2.5' })).toBe(
      'the call succeeded',
    )
  })

  test('writes only what the client may', async () => {
    const { ClientId } = await newPool({}, { WriteAttributes: ['name'] })
    expect(
      await refusal(anonymous().signUp({ ClientId, Username: 'ann', ...signUpWith({ nickname: 'A' }) })),
    ).toBe('NotAuthorizedException: A client attempted to write unauthorized attribute')
  })

  test('is proven by a hash where the client has a secret', async () => {
    const { ClientId, ClientSecret } = await newPool({}, { GenerateSecret: true })
    const user = anonymous()
    const request = { ClientId, Username: 'ann', ...signUpWith({}) }
    expect(await refusal(user.signUp(request))).toBe(
      `NotAuthorizedException: Client ${ClientId} is configured with secret but SECRET_HASH was not received`,
    )
    const SecretHash = secretHashOf(ClientSecret!, 'ann', ClientId)
    expect(await refusal(user.signUp({ ...request, SecretHash: btoa('wrong') }))).toBe(
      `NotAuthorizedException: Unable to verify secret hash for client ${ClientId}`,
    )
    await user.signUp({ ...request, SecretHash })
  })

  test('is for administrators alone where the pool says so', async () => {
    const { ClientId } = await newPool({ AdminCreateUserConfig: { AllowAdminCreateUserOnly: true } })
    expect(await refusal(anonymous().signUp({ ClientId, Username: 'ann', ...signUpWith({}) }))).toBe(
      'NotAuthorizedException: SignUp is not permitted for this user pool',
    )
  })
})

describe('codes', () => {
  test('are refused when they are wrong, and tried only so often', async () => {
    const { ClientId } = await newPool({ AutoVerifiedAttributes: ['email'] })
    const user = anonymous()
    const email = newAddress()
    await user.signUp({ ClientId, Username: 'ann', ...signUpWith({ email }) })
    const right = await codeTo(email)
    const wrong = right === '000000' ? '000001' : '000000'
    const outcomes: string[] = []
    for (let i = 0; i < 6; i++) {
      outcomes.push(await refusal(user.confirmSignUp({ ClientId, Username: 'ann', ConfirmationCode: wrong })))
    }
    expect(outcomes.slice(0, 5)).toEqual(
      Array(5).fill('CodeMismatchException: Invalid verification code provided, please try again.'),
    )
    expect(outcomes[5]).toBe('LimitExceededException: Attempt limit exceeded, please try after some time.')
  })

  test('are worth nothing once another was sent', async () => {
    const { ClientId } = await newPool({ AutoVerifiedAttributes: ['email'] })
    const user = anonymous()
    const email = newAddress()
    await user.signUp({ ClientId, Username: 'ann', ...signUpWith({ email }) })
    const first = await codeTo(email)
    let second = first
    while (second === first) {
      await user.resendConfirmationCode({ ClientId, Username: 'ann' })
      second = await codeTo(email)
    }
    expect(await refusal(user.confirmSignUp({ ClientId, Username: 'ann', ConfirmationCode: first }))).toMatch(
      /^CodeMismatchException/,
    )
    await user.confirmSignUp({ ClientId, Username: 'ann', ConfirmationCode: second })
    expect(await refusal(user.resendConfirmationCode({ ClientId, Username: 'ann' }))).toBe(
      'InvalidParameterException: User is already confirmed.',
    )
  })

  test('are sent by text message where there is a telephone', async () => {
    const { ClientId } = await newPool({
      AutoVerifiedAttributes: ['email', 'phone_number'],
      SmsConfiguration: { SnsCallerArn: 'arn:aws:iam::000000000000:role/sms', ExternalId: 'x' },
    })
    const user = anonymous()
    const email = newAddress()
    const phone = `+1555${Math.floor(Math.random() * 1e7)}`.padEnd(12, '0')
    const { CodeDeliveryDetails } = await user.signUp({
      ClientId,
      Username: 'ann',
      ...signUpWith({ email, phone_number: phone }),
    })
    expect(CodeDeliveryDetails).toEqual({
      Destination: `+*******${phone.slice(-4)}`,
      DeliveryMedium: 'SMS',
      AttributeName: 'phone_number',
    })
    expect(await messagesTo(phone)).toMatchObject([{ medium: 'SMS' }])
    expect(await messagesTo(email)).toEqual([])
  })
})
