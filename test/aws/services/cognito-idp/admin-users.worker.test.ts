import { describe, expect, test } from 'vitest'
import { anonymous, newPool } from './cognito-harness.ts'
import { codeTo, messagesTo, newAddress } from './outbox.ts'
import { accessToken, attributesOf, byPassword, PASSWORD, PASSWORD_CLIENT, refusal } from './signed-in.ts'

describe('users that administrators make', () => {
  test('are invited with a temporary password that they have to change', async () => {
    const { cognito, UserPoolId, ClientId } = await newPool({}, PASSWORD_CLIENT)
    const email = newAddress()
    const { User } = await cognito.adminCreateUser({
      UserPoolId,
      Username: 'ann',
      UserAttributes: attributesOf({ email, email_verified: 'true' }),
    })
    expect(User).toMatchObject({ Username: 'ann', Enabled: true, UserStatus: 'FORCE_CHANGE_PASSWORD' })
    const [invitation] = await messagesTo(email)
    expect(invitation!.subject).toBe('Your temporary password')
    expect(invitation!.body).toBe(`Your username is ann and temporary password is ${invitation!.secret}.`)
    const challenged = await byPassword(ClientId, 'ann', invitation!.secret)
    expect(challenged.ChallengeName).toBe('NEW_PASSWORD_REQUIRED')
    expect(await refusal(cognito.adminCreateUser({ UserPoolId, Username: 'ann' }))).toBe(
      'UsernameExistsException: User account already exists',
    )
  })

  test('are invited again with another password, as long as they have not signed in', async () => {
    const { cognito, UserPoolId } = await newPool()
    const email = newAddress()
    const ann = { UserPoolId, Username: 'ann' }
    expect(await refusal(cognito.adminCreateUser({ ...ann, MessageAction: 'RESEND' }))).toBe(
      'UserNotFoundException: User does not exist.',
    )
    await cognito.adminCreateUser({
      ...ann,
      UserAttributes: attributesOf({ email }),
      MessageAction: 'SUPPRESS',
    })
    expect(await messagesTo(email)).toEqual([])
    await cognito.adminCreateUser({ ...ann, MessageAction: 'RESEND', TemporaryPassword: PASSWORD })
    expect(await codeTo(email)).toBe(PASSWORD)
    await cognito.adminSetUserPassword({ ...ann, Password: PASSWORD, Permanent: true })
    expect(await refusal(cognito.adminCreateUser({ ...ann, MessageAction: 'RESEND' }))).toMatch(
      /^UnsupportedUserStateException: Resend not possible/,
    )
  })

  test("are invited in the pool's own words", async () => {
    const { cognito, UserPoolId } = await newPool({
      AdminCreateUserConfig: {
        InviteMessageTemplate: {
          EmailSubject: 'Hello {username}',
          EmailMessage: '<b>{username}</b>, your password is {####}',
          SMSMessage: '{username} {####}',
        },
      },
    })
    const email = newAddress()
    await cognito.adminCreateUser({
      UserPoolId,
      Username: 'a<b',
      TemporaryPassword: 'Tom&Jerry-9',
      UserAttributes: attributesOf({ email }),
      DesiredDeliveryMediums: ['EMAIL'],
    })
    expect(await messagesTo(email)).toMatchObject([
      {
        subject: 'Hello a<b',
        body: '<b>a&lt;b</b>, your password is Tom&amp;Jerry-9',
        secret: 'Tom&Jerry-9',
      },
    ])
  })

  test('have the attributes that were said, and are known to have an address where that was said', async () => {
    const { cognito, UserPoolId } = await newPool()
    const made = async (Username: string, attributes: Record<string, string>) => {
      const { User } = await cognito.adminCreateUser({
        UserPoolId,
        Username,
        UserAttributes: attributesOf(attributes),
        MessageAction: 'SUPPRESS',
      })
      return User!.Attributes!.slice(1)
    }
    const email = newAddress()
    expect(await made('ann', { phone_number: '+15555550100', email })).toEqual(
      attributesOf({ phone_number: '+15555550100', email }),
    )
    expect(await made('bob', { email, email_verified: 'True' })).toEqual(
      attributesOf({ email, email_verified: 'true' }),
    )
  })

  test('have the password that an administrator sets', async () => {
    const { cognito, UserPoolId, ClientId } = await newPool({}, PASSWORD_CLIENT)
    const ann = { UserPoolId, Username: 'ann' }
    await cognito.adminCreateUser({ ...ann, MessageAction: 'SUPPRESS' })
    expect(
      await refusal(cognito.adminSetUserPassword({ ...ann, Password: 'short', Permanent: true })),
    ).toMatch(/^InvalidPasswordException/)
    await cognito.adminSetUserPassword({ ...ann, Password: PASSWORD, Permanent: true })
    expect((await cognito.adminGetUser(ann)).UserStatus).toBe('CONFIRMED')
    expect(await accessToken(ClientId, 'ann')).toMatch(/^ey/)
    await cognito.adminSetUserPassword({ ...ann, Password: PASSWORD })
    expect((await cognito.adminGetUser(ann)).UserStatus).toBe('FORCE_CHANGE_PASSWORD')
  })

  test('are signed out when they are disabled, and can sign in once they are enabled again', async () => {
    const { cognito, UserPoolId, ClientId } = await newPool({}, PASSWORD_CLIENT)
    const ann = { UserPoolId, Username: 'ann' }
    await cognito.adminCreateUser({ ...ann, MessageAction: 'SUPPRESS' })
    await cognito.adminSetUserPassword({ ...ann, Password: PASSWORD, Permanent: true })
    const AccessToken = await accessToken(ClientId, 'ann')
    await anonymous().getUser({ AccessToken })
    await cognito.adminDisableUser(ann)
    expect((await cognito.adminGetUser(ann)).Enabled).toBe(false)
    expect(await refusal(accessToken(ClientId, 'ann'))).toBe('NotAuthorizedException: User is disabled.')
    await cognito.adminEnableUser(ann)
    expect(await refusal(anonymous().getUser({ AccessToken }))).toBe(
      'NotAuthorizedException: Access Token has been revoked',
    )
    await anonymous().getUser({ AccessToken: await accessToken(ClientId, 'ann') })
  })

  test('are confirmed without a code', async () => {
    const { cognito, UserPoolId, ClientId } = await newPool()
    await anonymous().signUp({ ClientId, Username: 'ann', Password: PASSWORD })
    await cognito.adminConfirmSignUp({ UserPoolId, Username: 'ann' })
    expect((await cognito.adminGetUser({ UserPoolId, Username: 'ann' })).UserStatus).toBe('CONFIRMED')
    expect(await refusal(cognito.adminConfirmSignUp({ UserPoolId, Username: 'ann' }))).toBe(
      'NotAuthorizedException: User cannot be confirmed. Current status is CONFIRMED',
    )
  })

  test('have to choose another password once it is reset', async () => {
    const { cognito, UserPoolId, ClientId } = await newPool({}, PASSWORD_CLIENT)
    const ann = { UserPoolId, Username: 'ann' }
    const email = newAddress()
    await cognito.adminCreateUser({ ...ann, UserAttributes: attributesOf({ email, email_verified: 'true' }) })
    expect(await refusal(cognito.adminResetUserPassword(ann))).toBe(
      'NotAuthorizedException: User password cannot be reset in the current state.',
    )
    await cognito.adminSetUserPassword({ ...ann, Password: PASSWORD, Permanent: true })
    await cognito.adminResetUserPassword(ann)
    expect((await cognito.adminGetUser(ann)).UserStatus).toBe('RESET_REQUIRED')
    expect(await refusal(accessToken(ClientId, 'ann'))).toMatch(/^PasswordResetRequiredException/)
    await anonymous().confirmForgotPassword({
      ClientId,
      Username: 'ann',
      ConfirmationCode: await codeTo(email),
      Password: 'Another-Horse-9',
    })
    expect(await accessToken(ClientId, 'ann', 'Another-Horse-9')).toMatch(/^ey/)
  })

  test('have attributes that administrators write, whatever clients may', async () => {
    const { cognito, UserPoolId } = await newPool(
      {
        AutoVerifiedAttributes: ['email'],
        Schema: [{ Name: 'team', AttributeDataType: 'String', Mutable: false }],
      },
      { WriteAttributes: ['name'] },
    )
    const ann = { UserPoolId, Username: 'ann' }
    await cognito.adminCreateUser({ ...ann, UserAttributes: attributesOf({ 'custom:team': 'red' }) })
    const update = (attributes: Record<string, string>) =>
      cognito.adminUpdateUserAttributes({ ...ann, UserAttributes: attributesOf(attributes) })
    expect(await refusal(update({ 'custom:team': 'blue' }))).toBe(
      'InvalidParameterException: user.custom:team: Attribute cannot be updated.\n',
    )
    expect(await refusal(update({ 'custom:a': '', 'custom:b': '' }))).toBe(
      'InvalidParameterException: user.custom:a: Attribute does not exist in the schema.\n' +
        'user.custom:b: Attribute does not exist in the schema.\n',
    )
    const removal = cognito.adminDeleteUserAttributes({
      ...ann,
      UserAttributeNames: ['nickname', 'custom:a'],
    })
    expect(await refusal(removal)).toBe(
      'InvalidParameterException: Invalid user attributes: ' +
        'user.custom:a: Attribute does not exist in the schema.\n',
    )
    const [first, second] = [newAddress(), newAddress()]
    await update({ email: first, email_verified: 'true', nickname: 'A' })
    expect(await messagesTo(first)).toEqual([])
    await update({ email: second })
    expect(await messagesTo(second)).toHaveLength(1)
    const { UserAttributes } = await cognito.adminGetUser(ann)
    expect(UserAttributes!.slice(1)).toEqual(
      attributesOf({ 'custom:team': 'red', email: second, email_verified: 'false', nickname: 'A' }),
    )
    await cognito.adminDeleteUserAttributes({ ...ann, UserAttributeNames: ['email', 'nickname'] })
    expect((await cognito.adminGetUser(ann)).UserAttributes!.slice(1)).toEqual(
      attributesOf({ 'custom:team': 'red' }),
    )
  })

  test('are gone once they are deleted', async () => {
    const { cognito, UserPoolId } = await newPool()
    const ann = { UserPoolId, Username: 'ann' }
    await cognito.adminCreateUser({ ...ann, MessageAction: 'SUPPRESS' })
    await cognito.adminDeleteUser(ann)
    expect(await refusal(cognito.adminGetUser(ann))).toBe('UserNotFoundException: User does not exist.')
    expect(await refusal(cognito.adminDeleteUser(ann))).toBe('UserNotFoundException: User does not exist.')
  })

  test('take an address from somebody else when they are made to', async () => {
    const { cognito, UserPoolId } = await newPool({ AliasAttributes: ['email'] })
    const email = newAddress()
    const attributes = { UserAttributes: attributesOf({ email, email_verified: 'true' }) }
    const quiet = { UserPoolId, MessageAction: 'SUPPRESS' as const, ...attributes }
    await cognito.adminCreateUser({ ...quiet, Username: 'ann' })
    expect(await refusal(cognito.adminCreateUser({ ...quiet, Username: 'bob' }))).toBe(
      'AliasExistsException: An account with the email already exists.',
    )
    await cognito.adminCreateUser({ ...quiet, Username: 'bob', ForceAliasCreation: true })
    expect((await cognito.adminGetUser({ UserPoolId, Username: email })).Username).toBe('bob')
  })
})

describe('lists of users', () => {
  test('are searched by the attributes that can be', async () => {
    const { cognito, UserPoolId } = await newPool()
    for (const [Username, name] of [
      ['ann', 'Ann "A" Smith'],
      ['bob', 'Bob'],
      ['bert', 'Bert'],
    ] as const) {
      await cognito.adminCreateUser({ UserPoolId, Username, UserAttributes: attributesOf({ name }) })
    }
    await cognito.adminDisableUser({ UserPoolId, Username: 'bob' })
    const found = async (Filter: string) =>
      (await cognito.listUsers({ UserPoolId, Filter })).Users!.map(({ Username }) => Username)
    expect(await found('')).toEqual(['ann', 'bert', 'bob'])
    expect(await found('username ^= "b"')).toEqual(['bert', 'bob'])
    expect(await found('name = "Ann \\"A\\" Smith"')).toEqual(['ann'])
    expect(await found('name="bob"')).toEqual([])
    expect(await found('cognito:user_status = "force_change_password"')).toEqual(['ann', 'bert', 'bob'])
    expect(await found('status = "Disabled"')).toEqual(['bob'])
    const { UserAttributes } = await cognito.adminGetUser({ UserPoolId, Username: 'bob' })
    expect(await found(`sub = "${UserAttributes![0]!.Value}"`)).toEqual(['bob'])
    expect(await refusal(found('custom:team = "red"'))).toBe(
      'InvalidParameterException: Invalid search attribute: custom:team',
    )
    expect(await refusal(found('name = Bob'))).toBe('InvalidParameterException: Error while parsing filter.')
  })

  test('are given page by page, with the attributes that are asked for', async () => {
    const { cognito, UserPoolId } = await newPool()
    for (const Username of ['a', 'b', 'c']) {
      await cognito.adminCreateUser({ UserPoolId, Username, UserAttributes: attributesOf({ nickname: 'N' }) })
    }
    const first = await cognito.listUsers({ UserPoolId, Limit: 2, AttributesToGet: ['nickname'] })
    expect(first.Users).toMatchObject([
      { Username: 'a', Attributes: [{ Name: 'nickname', Value: 'N' }] },
      { Username: 'b' },
    ])
    const { PaginationToken } = first
    const second = await cognito.listUsers({ UserPoolId, Limit: 2, PaginationToken })
    expect(second.Users).toMatchObject([{ Username: 'c' }])
    expect(second.PaginationToken).toBeUndefined()
    expect(await refusal(cognito.listUsers({ UserPoolId, Filter: 'name = "x"', PaginationToken }))).toBe(
      'InvalidParameterException: Invalid pagination token.',
    )
  })
})

describe('members of groups', () => {
  test('are added, listed and removed', async () => {
    const { cognito, UserPoolId } = await newPool()
    for (const Username of ['ann', 'bob']) await cognito.adminCreateUser({ UserPoolId, Username })
    const add = (Username: string, GroupName: string) =>
      cognito.adminAddUserToGroup({ UserPoolId, Username, GroupName })
    expect(await refusal(add('ann', 'staff'))).toBe('ResourceNotFoundException: Group not found.')
    for (const GroupName of ['staff', 'admins']) await cognito.createGroup({ UserPoolId, GroupName })
    expect(await refusal(add('eve', 'staff'))).toBe('UserNotFoundException: User does not exist.')
    await add('ann', 'staff')
    await add('bob', 'staff')
    await add('ann', 'admins')
    const groups = await cognito.adminListGroupsForUser({ UserPoolId, Username: 'ann', Limit: 1 })
    expect(groups.Groups).toMatchObject([{ GroupName: 'admins', UserPoolId }])
    const rest = await cognito.adminListGroupsForUser({
      UserPoolId,
      Username: 'ann',
      NextToken: groups.NextToken,
    })
    expect(rest.Groups).toMatchObject([{ GroupName: 'staff' }])
    const members = async () =>
      (await cognito.listUsersInGroup({ UserPoolId, GroupName: 'staff' })).Users!.map(
        ({ Username }) => Username,
      )
    expect(await members()).toEqual(['ann', 'bob'])
    await cognito.adminRemoveUserFromGroup({ UserPoolId, Username: 'ann', GroupName: 'staff' })
    await cognito.adminDeleteUser({ UserPoolId, Username: 'bob' })
    expect(await members()).toEqual([])
  })
})
