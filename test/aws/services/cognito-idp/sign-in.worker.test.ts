import { describe, expect, test } from 'vitest'
import { failure } from './cognito-harness.ts'
import { secretHashOf } from './secret-hash.ts'
import { addUser, bySrp, claimsOf, PASSWORD, poolWithSarah, srpClient, WRONG } from './sign-in-harness.ts'

const WRONG_CREDENTIALS = 'NotAuthorizedException 400: Incorrect username or password.'
const NOBODY = 'UserNotFoundException 400: User does not exist.'
const HIDING = { PreventUserExistenceErrors: 'ENABLED' } as const

describe('signing in with a password', () => {
  test('gives tokens that say who signed in', async () => {
    const pool = await poolWithSarah({}, {}, { email: 'sarah@example.com', email_verified: 'true' })
    const { AuthenticationResult: tokens, ChallengeName } = await pool.byPassword()
    expect(ChallengeName).toBeUndefined()
    expect(tokens).toMatchObject({ ExpiresIn: 3600, TokenType: 'Bearer', RefreshToken: expect.any(String) })
    const id = claimsOf(tokens!.IdToken)
    expect(id).toMatchObject({
      aud: pool.ClientId,
      token_use: 'id',
      'cognito:username': 'sarah',
      email: 'sarah@example.com',
      email_verified: true,
    })
    const access = claimsOf(tokens!.AccessToken)
    expect(access).toMatchObject({
      sub: id.sub,
      iss: id.iss,
      client_id: pool.ClientId,
      token_use: 'access',
      scope: 'aws.cognito.signin.user.admin',
      username: 'sarah',
      origin_jti: id.origin_jti,
      event_id: id.event_id,
      auth_time: id.auth_time,
    })
    expect(Number(access.exp) - Number(access.iat)).toBe(3600)
    const { Username } = await pool.user.getUser({ AccessToken: tokens!.AccessToken })
    expect(Username).toBe('sarah')
  })

  test('is refused for a wrong one, and for users who do not exist', async () => {
    const pool = await poolWithSarah()
    expect(await failure(pool.byPassword(WRONG))).toBe(WRONG_CREDENTIALS)
    expect(await failure(pool.byPassword(PASSWORD, 'nobody'))).toBe(NOBODY)
    const hiding = await poolWithSarah({}, HIDING)
    expect(await failure(hiding.byPassword(PASSWORD, 'nobody'))).toBe(WRONG_CREDENTIALS)
  })

  test('is locked out after five wrong ones, also for names that nobody has', async () => {
    const pool = await poolWithSarah({}, HIDING)
    for (const name of ['sarah', 'nobody']) {
      for (let n = 0; n < 5; n++) expect(await failure(pool.byPassword(WRONG, name))).toBe(WRONG_CREDENTIALS)
      expect(await failure(pool.byPassword(PASSWORD, name))).toBe(
        'NotAuthorizedException 400: Password attempts exceeded',
      )
    }
  })

  test('is done by administrators with their own flow, and by no other', async () => {
    const { cognito, user, UserPoolId, ClientId } = await poolWithSarah()
    const AuthParameters = { USERNAME: 'sarah', PASSWORD }
    const asAdmin = { UserPoolId, ClientId, AuthParameters }
    for (const AuthFlow of ['ADMIN_USER_PASSWORD_AUTH', 'ADMIN_NO_SRP_AUTH'] as const) {
      const { AuthenticationResult } = await cognito.adminInitiateAuth({ ...asAdmin, AuthFlow })
      expect(claimsOf(AuthenticationResult!.IdToken).aud).toBe(ClientId)
      expect(await failure(user.initiateAuth({ ClientId, AuthFlow, AuthParameters }))).toBe(
        'InvalidParameterException 400: Initiate Auth method not supported.',
      )
    }
    expect(await failure(cognito.adminInitiateAuth({ ...asAdmin, AuthFlow: 'USER_PASSWORD_AUTH' }))).toBe(
      'InvalidParameterException 400: Initiate Auth method not supported.',
    )
  })

  test('is refused to clients that do not allow it', async () => {
    const pool = await poolWithSarah({}, { ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH'] })
    expect(await failure(pool.byPassword())).toBe(
      'InvalidParameterException 400: USER_PASSWORD_AUTH flow not enabled for this client',
    )
  })

  test('asks clients with a secret for the hash of the name', async () => {
    const { user, ClientId, ClientSecret } = await poolWithSarah({}, { GenerateSecret: true })
    const attempt = (SECRET_HASH?: string) =>
      user.initiateAuth({
        AuthFlow: 'USER_PASSWORD_AUTH',
        ClientId,
        AuthParameters: { USERNAME: 'sarah', PASSWORD, ...(SECRET_HASH && { SECRET_HASH }) },
      })
    expect(await failure(attempt())).toBe(
      `NotAuthorizedException 400: Client ${ClientId} is configured with secret but SECRET_HASH was not received`,
    )
    expect(await failure(attempt(secretHashOf(ClientSecret!, 'other', ClientId)))).toBe(
      `NotAuthorizedException 400: Unable to verify secret hash for client ${ClientId}`,
    )
    const { AuthenticationResult } = await attempt(secretHashOf(ClientSecret!, 'sarah', ClientId))
    expect(AuthenticationResult).toBeDefined()
  })

  test('tells only those who know the password why a user may not sign in', async () => {
    const pool = await poolWithSarah()
    const { cognito, user, UserPoolId, ClientId } = pool
    await user.signUp({ ClientId, Username: 'new', Password: PASSWORD })
    expect(await failure(pool.byPassword(WRONG, 'new'))).toBe(WRONG_CREDENTIALS)
    expect(await failure(pool.byPassword(PASSWORD, 'new'))).toBe(
      'UserNotConfirmedException 400: User is not confirmed.',
    )
    await cognito.adminDisableUser({ UserPoolId, Username: 'sarah' })
    expect(await failure(pool.byPassword(WRONG))).toBe(WRONG_CREDENTIALS)
    expect(await failure(pool.byPassword())).toBe('NotAuthorizedException 400: User is disabled.')
  })

  test('names what is missing', async () => {
    const { user, ClientId } = await poolWithSarah()
    const attempt = (AuthParameters: Record<string, string>) =>
      failure(user.initiateAuth({ AuthFlow: 'USER_PASSWORD_AUTH', ClientId, AuthParameters }))
    expect(await attempt({})).toBe('InvalidParameterException 400: Missing required parameter USERNAME')
    expect(await attempt({ USERNAME: 'sarah' })).toBe(
      'InvalidParameterException 400: Missing required parameter PASSWORD',
    )
  })
})

describe('signing in by SRP', () => {
  test('takes whoever knows the password, by any name that leads to the user', async () => {
    const aliased = await poolWithSarah(
      { AliasAttributes: ['email'] },
      {},
      { email: 's@example.com', email_verified: 'true' },
    )
    for (const name of ['sarah', 's@example.com']) {
      const { AuthenticationResult } = await bySrp(aliased, name, PASSWORD)
      expect(claimsOf(AuthenticationResult!.AccessToken).username).toBe('sarah')
    }
  })

  test('refuses a wrong password, and names that nobody has', async () => {
    const pool = await poolWithSarah()
    expect(await failure(bySrp(pool, 'sarah', WRONG))).toBe(WRONG_CREDENTIALS)
    expect(await failure(bySrp(pool, 'nobody', PASSWORD))).toBe(NOBODY)
  })

  test('shows nobody that there is no such user, where the client says so', async () => {
    const pool = await poolWithSarah({}, HIDING)
    const { user, ClientId } = pool
    const begin = (USERNAME: string) =>
      user.initiateAuth({
        AuthFlow: 'USER_SRP_AUTH',
        ClientId,
        AuthParameters: { USERNAME, SRP_A: srpClient(pool.UserPoolId).SRP_A },
      })
    const [first, second, real] = await Promise.all([begin('nobody'), begin('nobody'), begin('sarah')])
    expect(first.ChallengeName).toBe('PASSWORD_VERIFIER')
    expect(first.ChallengeParameters!.SALT).toBe(second.ChallengeParameters!.SALT)
    expect(first.ChallengeParameters!.SRP_B).not.toBe(second.ChallengeParameters!.SRP_B)
    expect(Object.keys(first.ChallengeParameters!)).toEqual(Object.keys(real.ChallengeParameters!))
    expect(first.ChallengeParameters!.SALT).toHaveLength(real.ChallengeParameters!.SALT!.length)
    expect(await failure(bySrp(pool, 'nobody', PASSWORD))).toBe(WRONG_CREDENTIALS)
  })

  test('takes each answer once', async () => {
    const { user, ClientId, UserPoolId } = await poolWithSarah()
    const client = srpClient(UserPoolId)
    const { ChallengeParameters } = await user.initiateAuth({
      AuthFlow: 'USER_SRP_AUTH',
      ClientId,
      AuthParameters: { USERNAME: 'sarah', SRP_A: client.SRP_A },
    })
    const answer = {
      ClientId,
      ChallengeName: 'PASSWORD_VERIFIER',
      ChallengeResponses: await client.answer(ChallengeParameters!, PASSWORD),
    } as const
    const both = await Promise.allSettled([
      user.respondToAuthChallenge(answer),
      user.respondToAuthChallenge(answer),
    ])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(await failure(user.respondToAuthChallenge(answer))).toBe(
      'NotAuthorizedException 400: Invalid session for the user.',
    )
  })

  test('counts wrong answers with wrong passwords', async () => {
    const pool = await poolWithSarah()
    for (let n = 0; n < 3; n++) await failure(bySrp(pool, 'sarah', WRONG))
    for (let n = 0; n < 2; n++) await failure(pool.byPassword(WRONG))
    expect(await failure(bySrp(pool, 'sarah', PASSWORD))).toBe(
      'NotAuthorizedException 400: Password attempts exceeded',
    )
  })

  test('refuses what no client sends', async () => {
    const pool = await poolWithSarah()
    const { user, ClientId, UserPoolId } = pool
    const begin = (SRP_A: string) =>
      user.initiateAuth({ AuthFlow: 'USER_SRP_AUTH', ClientId, AuthParameters: { USERNAME: 'sarah', SRP_A } })
    expect(await failure(begin('0'))).toBe('InvalidParameterException 400: Invalid SRP_A')
    const client = srpClient(UserPoolId)
    const { ChallengeParameters } = await begin(client.SRP_A)
    const answer = await client.answer(ChallengeParameters!, PASSWORD)
    const respond = (ChallengeResponses: Record<string, string>) =>
      failure(
        user.respondToAuthChallenge({ ClientId, ChallengeName: 'PASSWORD_VERIFIER', ChallengeResponses }),
      )
    expect(await respond({ ...answer, TIMESTAMP: 'now' })).toBe(
      'InvalidParameterException 400: TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.',
    )
    const altered = `${answer.PASSWORD_CLAIM_SECRET_BLOCK!.slice(0, -8)}AAAAAAA=`
    expect(await respond({ ...answer, PASSWORD_CLAIM_SECRET_BLOCK: altered })).toBe(WRONG_CREDENTIALS)
    expect(await respond({ ...answer, USERNAME: 'other' })).toBe(WRONG_CREDENTIALS)
    // A challenge of one client is none of another.
    const other = await pool.cognito.createUserPoolClient({ UserPoolId, ClientName: 'other' })
    const elsewhere = {
      ClientId: other.UserPoolClient!.ClientId!,
      ChallengeName: 'PASSWORD_VERIFIER',
    } as const
    expect(await failure(user.respondToAuthChallenge({ ...elsewhere, ChallengeResponses: answer }))).toBe(
      WRONG_CREDENTIALS,
    )
    expect(await respond(answer)).toBe('the call succeeded')
  })
})

describe('choice-based signing in', () => {
  test('offers passwords, and takes the choice', async () => {
    const { user, ClientId, UserPoolId } = await poolWithSarah()
    const begun = await user.initiateAuth({
      AuthFlow: 'USER_AUTH',
      ClientId,
      AuthParameters: { USERNAME: 'sarah' },
    })
    expect(begun).toMatchObject({
      ChallengeName: 'SELECT_CHALLENGE',
      AvailableChallenges: ['PASSWORD', 'PASSWORD_SRP'],
    })
    const done = await user.respondToAuthChallenge({
      ClientId,
      ChallengeName: 'SELECT_CHALLENGE',
      Session: begun.Session,
      ChallengeResponses: { USERNAME: 'sarah', ANSWER: 'PASSWORD', PASSWORD },
    })
    expect(done.AuthenticationResult).toBeDefined()

    const preferring = await user.initiateAuth({
      AuthFlow: 'USER_AUTH',
      ClientId,
      AuthParameters: { USERNAME: 'sarah', PREFERRED_CHALLENGE: 'PASSWORD' },
    })
    expect(preferring.ChallengeName).toBe('PASSWORD')
    const client = srpClient(UserPoolId)
    const bySrpAtOnce = await user.initiateAuth({
      AuthFlow: 'USER_AUTH',
      ClientId,
      AuthParameters: { USERNAME: 'sarah', PREFERRED_CHALLENGE: 'PASSWORD_SRP', SRP_A: client.SRP_A },
    })
    expect(bySrpAtOnce.ChallengeName).toBe('PASSWORD_VERIFIER')
  })
})

describe('a temporary password', () => {
  test('has to be replaced by one that the pool takes, with the attributes it asks for', async () => {
    const pool = await poolWithSarah(
      {
        Schema: [
          { Name: 'name', AttributeDataType: 'String', Required: true, Mutable: true },
          { Name: 'email', AttributeDataType: 'String', Required: false, Mutable: true },
        ],
      },
      {},
      { name: 'Sarah' },
    )
    const { cognito, user, UserPoolId, ClientId } = pool
    await cognito.adminCreateUser({
      UserPoolId,
      Username: 'tom',
      TemporaryPassword: PASSWORD,
      MessageAction: 'SUPPRESS',
    })
    const begun = await pool.byPassword(PASSWORD, 'tom')
    expect(begun.ChallengeName).toBe('NEW_PASSWORD_REQUIRED')
    expect(JSON.parse(begun.ChallengeParameters!.requiredAttributes!)).toEqual(['userAttributes.name'])
    const respond = (ChallengeResponses: Record<string, string>) =>
      user.respondToAuthChallenge({
        ClientId,
        ChallengeName: 'NEW_PASSWORD_REQUIRED',
        Session: begun.Session,
        ChallengeResponses: { USERNAME: 'tom', ...ChallengeResponses },
      })
    expect(await failure(respond({ NEW_PASSWORD: 'short' }))).toMatch(/^InvalidPasswordException 400: /)
    expect(await failure(respond({ NEW_PASSWORD: 'Another-horse-7' }))).toMatch(
      /^InvalidParameterException 400: Attributes did not conform to the schema: name/,
    )
    const done = await respond({ NEW_PASSWORD: 'Another-horse-7', 'userAttributes.name': 'Tom' })
    expect(claimsOf(done.AuthenticationResult!.IdToken)).toMatchObject({
      name: 'Tom',
      'cognito:username': 'tom',
    })
    expect(await failure(respond({ NEW_PASSWORD: 'Third-horse-6', 'userAttributes.name': 'Tom' }))).toBe(
      'NotAuthorizedException 400: Invalid session for the user.',
    )
    expect((await pool.byPassword('Another-horse-7', 'tom')).AuthenticationResult).toBeDefined()
    expect(await failure(pool.byPassword(PASSWORD, 'tom'))).toBe(WRONG_CREDENTIALS)
  })
})

describe('an administrator', () => {
  test('answers challenges for users of the own pools', async () => {
    const { cognito, UserPoolId, ClientId } = await poolWithSarah()
    const tom = {
      UserPoolId,
      Username: 'tom',
      TemporaryPassword: PASSWORD,
      MessageAction: 'SUPPRESS',
    } as const
    await cognito.adminCreateUser(tom)
    const begin = (pool: string) =>
      cognito.adminInitiateAuth({
        UserPoolId: pool,
        ClientId,
        AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
        AuthParameters: { USERNAME: 'tom', PASSWORD },
      })
    const { Session } = await begin(UserPoolId)
    const done = await cognito.adminRespondToAuthChallenge({
      UserPoolId,
      ClientId,
      ChallengeName: 'NEW_PASSWORD_REQUIRED',
      Session,
      ChallengeResponses: { USERNAME: 'tom', NEW_PASSWORD: 'Another-horse-7' },
    })
    expect(done.AuthenticationResult).toBeDefined()
    const other = await poolWithSarah()
    expect(await failure(begin(other.UserPoolId))).toBe(
      `ResourceNotFoundException 400: User pool client ${ClientId} does not exist.`,
    )
  })

  test('has a user set another password', async () => {
    const pool = await poolWithSarah(
      { AutoVerifiedAttributes: ['email'] },
      {},
      { email: 'sarah@example.com', email_verified: 'true' },
    )
    await pool.cognito.adminResetUserPassword({ UserPoolId: pool.UserPoolId, Username: 'sarah' })
    expect(await failure(pool.byPassword())).toBe(
      'PasswordResetRequiredException 400: Password reset required for the user',
    )
  })
})

describe('groups', () => {
  test('are in tokens in the order of their precedence, with their roles', async () => {
    const pool = await poolWithSarah()
    const { cognito, UserPoolId } = pool
    const role = (name: string) => `arn:aws:iam::000000000000:role/${name}`
    await cognito.createGroup({ UserPoolId, GroupName: 'readers', Precedence: 9, RoleArn: role('reader') })
    await cognito.createGroup({ UserPoolId, GroupName: 'admins', Precedence: 1, RoleArn: role('admin') })
    await cognito.createGroup({ UserPoolId, GroupName: 'everybody' })
    for (const GroupName of ['readers', 'everybody', 'admins']) {
      await cognito.adminAddUserToGroup({ UserPoolId, GroupName, Username: 'sarah' })
    }
    await addUser(pool, 'alone')
    const { AuthenticationResult } = await pool.byPassword()
    expect(claimsOf(AuthenticationResult!.IdToken)).toMatchObject({
      'cognito:groups': ['admins', 'readers', 'everybody'],
      'cognito:roles': [role('admin'), role('reader')],
      'cognito:preferred_role': role('admin'),
    })
    expect(claimsOf(AuthenticationResult!.AccessToken)['cognito:groups']).toEqual([
      'admins',
      'readers',
      'everybody',
    ])
    const other = await pool.byPassword(PASSWORD, 'alone')
    expect(claimsOf(other.AuthenticationResult!.IdToken)).not.toHaveProperty('cognito:groups')
  })
})
