import { decodeJwt } from 'jose'
import { expect } from 'vitest'
import { totpCode } from '../../../src/identity/user-pools/sign-in/totp.ts'
import { codesTo } from '../outbox.ts'
import { nameOf, type Steps, type World } from './world.ts'

const EMAIL = 'ann@example.com'
const PASSWORD = 'Correct-Horse-9'
const ANOTHER = 'Another-Horse-8'
const THIRD = 'Yet-Another-Horse-7'

const signIn = ({ cognito, made }: World, USERNAME: string, PASSWORD: string) =>
  cognito.initiateAuth({
    ClientId: made.client,
    AuthFlow: 'USER_PASSWORD_AUTH',
    AuthParameters: { USERNAME, PASSWORD },
  })

/** Signs in, and answers the tokens. */
async function tokensOf(world: World, username: string, password: string) {
  const { AuthenticationResult } = await signIn(world, username, password)
  const { AccessToken, IdToken, RefreshToken } = AuthenticationResult!
  return { AccessToken: AccessToken!, IdToken: IdToken!, RefreshToken: RefreshToken! }
}

const refresh = ({ cognito, made }: World, REFRESH_TOKEN: string) =>
  cognito.initiateAuth({
    ClientId: made.client,
    AuthFlow: 'REFRESH_TOKEN_AUTH',
    AuthParameters: { REFRESH_TOKEN },
  })

const attributesOf = (attributes: readonly { Name?: string; Value?: string }[] | undefined) =>
  Object.fromEntries(attributes!.map(({ Name, Value }) => [Name, Value]))

/** Users of a pool: what they do themselves, and what is done with them. */
export const users: Steps = {
  async SignUp(world) {
    const { cognito, made } = world
    const user = { ClientId: made.client, Username: 'ann', UserAttributes: [{ Name: 'email', Value: EMAIL }] }
    // The pool asks for twelve characters since it was updated.
    expect(await nameOf(cognito.signUp({ ...user, Password: 'Short-9' }))).toBe('InvalidPasswordException')
    const { UserSub, UserConfirmed, CodeDeliveryDetails } = await cognito.signUp({
      ...user,
      Password: PASSWORD,
    })
    made.ann = UserSub!
    expect([UserConfirmed, CodeDeliveryDetails!.Destination]).toEqual([false, 'a***@e***'])
    expect(await codesTo(world.weir, EMAIL)).toEqual([expect.stringMatching(/^\d{6}$/)])
    expect(await nameOf(signIn(world, 'ann', PASSWORD))).toBe('UserNotConfirmedException')
    expect(await nameOf(cognito.signUp({ ...user, Password: PASSWORD }))).toBe('UsernameExistsException')
  },
  async ResendConfirmationCode(world) {
    await world.cognito.resendConfirmationCode({ ClientId: world.made.client, Username: 'ann' })
    expect(await codesTo(world.weir, EMAIL)).toHaveLength(2)
  },
  async ConfirmSignUp(world) {
    const user = { ClientId: world.made.client, Username: 'ann' }
    const [code] = await codesTo(world.weir, EMAIL)
    const wrong = String((Number(code) + 1) % 1_000_000).padStart(6, '0')
    expect(await nameOf(world.cognito.confirmSignUp({ ...user, ConfirmationCode: wrong }))).toBe(
      'CodeMismatchException',
    )
    await world.cognito.confirmSignUp({ ...user, ConfirmationCode: code })
    expect(await nameOf(signIn(world, 'ann', PASSWORD))).toBe('ok')
  },
  async InitiateAuth(world) {
    const { weir, made } = world
    expect(await nameOf(signIn(world, 'ann', ANOTHER))).toBe('NotAuthorizedException')
    // The address is another name of hers since it is verified.
    const { AccessToken, IdToken, RefreshToken } = await tokensOf(world, EMAIL, PASSWORD)
    made.access = AccessToken
    expect(decodeJwt(IdToken)).toMatchObject({
      iss: `${weir.url}/${made.pool}`,
      aud: made.client,
      sub: made.ann,
      email: EMAIL,
      email_verified: true,
      token_use: 'id',
    })
    expect(decodeJwt(AccessToken)).toMatchObject({ client_id: made.client, sub: made.ann, username: 'ann' })
    const { AuthenticationResult } = await refresh(world, RefreshToken)
    expect(decodeJwt(AuthenticationResult!.IdToken!)).toMatchObject({ sub: made.ann, token_use: 'id' })
  },
  async GetUser({ cognito, made }) {
    const { Username, UserAttributes } = await cognito.getUser({ AccessToken: made.access })
    expect(Username).toBe('ann')
    expect(attributesOf(UserAttributes)).toEqual({ sub: made.ann, email: EMAIL, email_verified: 'true' })
  },
  async UpdateUserAttributes(world) {
    const { cognito, made } = world
    const UserAttributes = [{ Name: 'custom:plan', Value: 'gold' }]
    await cognito.updateUserAttributes({ AccessToken: made.access, UserAttributes })
    const { IdToken } = await tokensOf(world, 'ann', PASSWORD)
    expect(decodeJwt(IdToken)).toMatchObject({ 'custom:plan': 'gold' })
  },
  async ChangePassword(world) {
    const { cognito, made } = world
    const change = { AccessToken: made.access, ProposedPassword: ANOTHER }
    expect(await nameOf(cognito.changePassword({ ...change, PreviousPassword: THIRD }))).toBe(
      'NotAuthorizedException',
    )
    await cognito.changePassword({ ...change, PreviousPassword: PASSWORD })
    expect(await nameOf(signIn(world, 'ann', PASSWORD))).toBe('NotAuthorizedException')
    expect(await nameOf(signIn(world, 'ann', ANOTHER))).toBe('ok')
  },
  async ForgotPassword(world) {
    const { cognito, made } = world
    const { CodeDeliveryDetails } = await cognito.forgotPassword({ ClientId: made.client, Username: 'ann' })
    expect(CodeDeliveryDetails).toMatchObject({ AttributeName: 'email', DeliveryMedium: 'EMAIL' })
    expect(await codesTo(world.weir, EMAIL)).toHaveLength(3)
  },
  async ConfirmForgotPassword(world) {
    const { cognito, made } = world
    const [ConfirmationCode] = await codesTo(world.weir, EMAIL)
    const reset = { ClientId: made.client, Username: 'ann', ConfirmationCode, Password: THIRD }
    await cognito.confirmForgotPassword(reset)
    expect(await nameOf(signIn(world, 'ann', ANOTHER))).toBe('NotAuthorizedException')
    expect(await nameOf(signIn(world, 'ann', THIRD))).toBe('ok')
    expect(await nameOf(cognito.confirmForgotPassword(reset))).toBe('ExpiredCodeException')
  },
  async CreateGroup({ cognito, made }) {
    const group = { UserPoolId: made.pool, GroupName: 'admins', Precedence: 1 }
    await cognito.createGroup(group)
    expect(await nameOf(cognito.createGroup(group))).toBe('GroupExistsException')
    await cognito.createGroup({ UserPoolId: made.pool, GroupName: 'buyers' })
  },
  async GetGroup({ cognito, made }) {
    const { Group } = await cognito.getGroup({ UserPoolId: made.pool, GroupName: 'admins' })
    expect(Group).toMatchObject({ GroupName: 'admins', Precedence: 1 })
  },
  async ListGroups({ cognito, made }) {
    const { Groups } = await cognito.listGroups({ UserPoolId: made.pool })
    expect(Groups!.map(({ GroupName }) => GroupName).sort()).toEqual(['admins', 'buyers'])
  },
  async AdminAddUserToGroup(world) {
    const { cognito, made } = world
    for (const GroupName of ['admins', 'buyers']) {
      await cognito.adminAddUserToGroup({ UserPoolId: made.pool, Username: 'ann', GroupName })
    }
    const { IdToken } = await tokensOf(world, 'ann', THIRD)
    expect(new Set(decodeJwt(IdToken)['cognito:groups'] as string[])).toEqual(new Set(['admins', 'buyers']))
  },
  async AdminListGroupsForUser({ cognito, made }) {
    const { Groups } = await cognito.adminListGroupsForUser({ UserPoolId: made.pool, Username: 'ann' })
    expect(Groups!.map(({ GroupName }) => GroupName).sort()).toEqual(['admins', 'buyers'])
  },
  async AdminRemoveUserFromGroup(world) {
    const { cognito, made } = world
    await cognito.adminRemoveUserFromGroup({ UserPoolId: made.pool, Username: 'ann', GroupName: 'buyers' })
    expect(decodeJwt((await tokensOf(world, 'ann', THIRD)).IdToken)['cognito:groups']).toEqual(['admins'])
  },
  async DeleteGroup(world) {
    const { cognito, made } = world
    const group = { UserPoolId: made.pool, GroupName: 'admins' }
    await cognito.deleteGroup(group)
    expect(await nameOf(cognito.getGroup(group))).toBe('ResourceNotFoundException')
    expect(decodeJwt((await tokensOf(world, 'ann', THIRD)).IdToken)['cognito:groups']).toBeUndefined()
  },
  async AdminCreateUser(world) {
    const { cognito, made } = world
    const { User } = await cognito.adminCreateUser({
      UserPoolId: made.pool,
      Username: 'bob',
      UserAttributes: [
        { Name: 'email', Value: 'bob@example.com' },
        { Name: 'email_verified', Value: 'true' },
      ],
    })
    expect(User!.UserStatus).toBe('FORCE_CHANGE_PASSWORD')
    made.bobTemporary = (await codesTo(world.weir, 'bob@example.com'))[0]!
    expect(await signIn(world, 'bob', made.bobTemporary)).toMatchObject({
      ChallengeName: 'NEW_PASSWORD_REQUIRED',
    })
  },
  async AdminInitiateAuth({ cognito, made }) {
    const { ChallengeName, Session } = await cognito.adminInitiateAuth({
      UserPoolId: made.pool,
      ClientId: made.client,
      AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
      AuthParameters: { USERNAME: 'bob', PASSWORD: made.bobTemporary! },
    })
    expect(ChallengeName).toBe('NEW_PASSWORD_REQUIRED')
    made.bobSession = Session!
  },
  async AdminRespondToAuthChallenge(world) {
    const { cognito, made } = world
    const answer = {
      UserPoolId: made.pool,
      ClientId: made.client,
      ChallengeName: 'NEW_PASSWORD_REQUIRED' as const,
      Session: made.bobSession,
      ChallengeResponses: { USERNAME: 'bob', NEW_PASSWORD: PASSWORD },
    }
    const { AuthenticationResult } = await cognito.adminRespondToAuthChallenge(answer)
    expect(decodeJwt(AuthenticationResult!.AccessToken!)).toMatchObject({ username: 'bob' })
    expect(await nameOf(cognito.adminRespondToAuthChallenge(answer))).toBe('NotAuthorizedException')
    expect(await nameOf(signIn(world, 'bob', PASSWORD))).toBe('ok')
  },
  async AdminSetUserPassword(world) {
    const { cognito, made } = world
    const user = { UserPoolId: made.pool, Username: 'bob' }
    await cognito.adminSetUserPassword({ ...user, Password: ANOTHER, Permanent: true })
    expect(await nameOf(signIn(world, 'bob', PASSWORD))).toBe('NotAuthorizedException')
    expect(await nameOf(signIn(world, 'bob', ANOTHER))).toBe('ok')
    await cognito.adminSetUserPassword({ ...user, Password: PASSWORD, Permanent: false })
    expect(await signIn(world, 'bob', PASSWORD)).toMatchObject({ ChallengeName: 'NEW_PASSWORD_REQUIRED' })
    await cognito.adminSetUserPassword({ ...user, Password: PASSWORD, Permanent: true })
  },
  async AdminConfirmSignUp(world) {
    const { cognito, made } = world
    await cognito.signUp({ ClientId: made.client, Username: 'cid', Password: PASSWORD })
    expect(await nameOf(signIn(world, 'cid', PASSWORD))).toBe('UserNotConfirmedException')
    await cognito.adminConfirmSignUp({ UserPoolId: made.pool, Username: 'cid' })
    expect(await nameOf(signIn(world, 'cid', PASSWORD))).toBe('ok')
  },
  async AdminUpdateUserAttributes(world) {
    const { cognito, made } = world
    await cognito.adminUpdateUserAttributes({
      UserPoolId: made.pool,
      Username: 'cid',
      UserAttributes: [
        { Name: 'email', Value: 'cid@example.com' },
        { Name: 'email_verified', Value: 'true' },
        { Name: 'custom:plan', Value: 'silver' },
      ],
    })
    expect(decodeJwt((await tokensOf(world, 'cid@example.com', PASSWORD)).IdToken)).toMatchObject({
      'cognito:username': 'cid',
      'custom:plan': 'silver',
    })
  },
  async AdminGetUser({ cognito, made }) {
    const user = await cognito.adminGetUser({ UserPoolId: made.pool, Username: 'cid' })
    expect(user).toMatchObject({ Username: 'cid', Enabled: true, UserStatus: 'CONFIRMED' })
    expect(attributesOf(user.UserAttributes)).toMatchObject({
      email: 'cid@example.com',
      'custom:plan': 'silver',
    })
  },
  async ListUsers({ cognito, made }) {
    const namesOf = async (Filter?: string) =>
      (await cognito.listUsers({ UserPoolId: made.pool, Filter }))
        .Users!.map(({ Username }) => Username)
        .sort()
    expect(await namesOf()).toEqual(['ann', 'bob', 'cid'])
    expect(await namesOf('email = "cid@example.com"')).toEqual(['cid'])
    expect(await namesOf('username ^= "b"')).toEqual(['bob'])
  },
  async RevokeToken(world) {
    const { cognito, made } = world
    const [one, other] = [await tokensOf(world, 'ann', THIRD), await tokensOf(world, 'ann', THIRD)]
    await cognito.revokeToken({ ClientId: made.client, Token: one.RefreshToken })
    expect(await nameOf(refresh(world, one.RefreshToken))).toBe('NotAuthorizedException')
    expect(await nameOf(cognito.getUser({ AccessToken: one.AccessToken }))).toBe('NotAuthorizedException')
    expect(await nameOf(refresh(world, other.RefreshToken))).toBe('ok')
  },
  async GlobalSignOut(world) {
    const { cognito } = world
    const [one, other] = [await tokensOf(world, 'ann', THIRD), await tokensOf(world, 'ann', THIRD)]
    const bob = await tokensOf(world, 'bob', PASSWORD)
    await cognito.globalSignOut({ AccessToken: one.AccessToken })
    for (const { AccessToken, RefreshToken } of [one, other]) {
      expect(await nameOf(cognito.getUser({ AccessToken }))).toBe('NotAuthorizedException')
      expect(await nameOf(refresh(world, RefreshToken))).toBe('NotAuthorizedException')
    }
    expect(await nameOf(cognito.getUser({ AccessToken: bob.AccessToken }))).toBe('ok')
  },
  async AdminUserGlobalSignOut(world) {
    const { cognito, made } = world
    const bob = await tokensOf(world, 'bob', PASSWORD)
    await cognito.adminUserGlobalSignOut({ UserPoolId: made.pool, Username: 'bob' })
    expect(await nameOf(refresh(world, bob.RefreshToken))).toBe('NotAuthorizedException')
    expect(await nameOf(signIn(world, 'bob', PASSWORD))).toBe('ok')
  },
  async SetUserPoolMfaConfig(world) {
    const { cognito, made } = world
    await cognito.setUserPoolMfaConfig({
      UserPoolId: made.pool,
      MfaConfiguration: 'ON',
      SoftwareTokenMfaConfiguration: { Enabled: true },
    })
    const { ChallengeName, ChallengeParameters, Session } = await signIn(world, 'ann', THIRD)
    expect(ChallengeName).toBe('MFA_SETUP')
    expect(JSON.parse(ChallengeParameters!.MFAS_CAN_SETUP!)).toEqual(['SOFTWARE_TOKEN_MFA'])
    made.setup = Session!
  },
  async GetUserPoolMfaConfig({ cognito, made }) {
    expect(await cognito.getUserPoolMfaConfig({ UserPoolId: made.pool })).toMatchObject({
      MfaConfiguration: 'ON',
      SoftwareTokenMfaConfiguration: { Enabled: true },
    })
  },
  async AssociateSoftwareToken({ cognito, made }) {
    const { SecretCode, Session } = await cognito.associateSoftwareToken({ Session: made.setup })
    expect(SecretCode).toMatch(/^[A-Z2-7]{32,}$/)
    made.totp = SecretCode!
    made.setup = Session!
  },
  async VerifySoftwareToken({ cognito, made }) {
    const verify = { Session: made.setup, UserCode: await codeOf(made.totp!, 0) }
    const { Status, Session } = await cognito.verifySoftwareToken(verify)
    expect(Status).toBe('SUCCESS')
    const { AuthenticationResult } = await cognito.respondToAuthChallenge({
      ClientId: made.client,
      ChallengeName: 'MFA_SETUP',
      Session,
      ChallengeResponses: { USERNAME: 'ann' },
    })
    expect(decodeJwt(AuthenticationResult!.AccessToken!)).toMatchObject({ username: 'ann' })
  },
  async RespondToAuthChallenge(world) {
    const { cognito, made } = world
    const { ChallengeName, Session } = await signIn(world, 'ann', THIRD)
    expect(ChallengeName).toBe('SOFTWARE_TOKEN_MFA')
    const answer = async (code: string) =>
      cognito.respondToAuthChallenge({
        ClientId: made.client,
        ChallengeName: 'SOFTWARE_TOKEN_MFA',
        Session,
        ChallengeResponses: { USERNAME: 'ann', SOFTWARE_TOKEN_MFA_CODE: code },
      })
    const right = await codeOf(made.totp!, 1)
    const wrong = String((Number(right) + 1) % 1_000_000).padStart(6, '0')
    expect(await nameOf(answer(wrong))).toBe('CodeMismatchException')
    const { AuthenticationResult } = await answer(right)
    expect(decodeJwt(AuthenticationResult!.AccessToken!)).toMatchObject({ username: 'ann' })
  },
  async AdminDeleteUser(world) {
    const { cognito, made } = world
    const user = { UserPoolId: made.pool, Username: 'bob' }
    await cognito.adminDeleteUser(user)
    expect(await nameOf(cognito.adminGetUser(user))).toBe('UserNotFoundException')
    expect(await nameOf(signIn(world, 'bob', PASSWORD))).toBe('UserNotFoundException')
  },
}

/** The code of an authenticator that is `ahead` steps ahead, which is taken, but each only once. */
const codeOf = (secret: string, ahead: number) => totpCode(secret, Math.floor(Date.now() / 30_000) + ahead)
