import { describe, expect, test } from 'vitest'
import { failure, newPool } from './cognito-harness.ts'
import {
  ALL_FLOWS,
  addUser,
  byChallenges,
  bySrp,
  claimsOf,
  PASSWORD,
  poolWithSarah,
  srpClient,
  WRONG,
} from './sign-in-harness.ts'
import { functionOf } from './trigger-functions.ts'

describe('functions before and after signing in', () => {
  test('keep somebody out before the password counts, and are told what the client sends', async () => {
    const PreAuthentication = await functionOf(
      `const { userAttributes, validationData, userNotFound } = event.request
       if (event.triggerSource !== 'PreAuthentication_Authentication') throw new Error(event.triggerSource)
       if (validationData?.from !== 'office') throw new Error('Not from ' + validationData?.from + ' ' + userNotFound + ' ' + userAttributes.sub?.length)`,
    )
    const pool = await poolWithSarah(
      { LambdaConfig: { PreAuthentication } },
      { PreventUserExistenceErrors: 'ENABLED' },
    )
    const { user, ClientId } = pool
    const attempt = (USERNAME: string, from: string) =>
      user.initiateAuth({
        AuthFlow: 'USER_PASSWORD_AUTH',
        ClientId,
        AuthParameters: { USERNAME, PASSWORD },
        ClientMetadata: { from },
      })
    expect(await failure(attempt('sarah', 'home'))).toBe(
      'UserLambdaValidationException 400: PreAuthentication failed with error Not from home false 36.',
    )
    expect(await failure(attempt('nobody', 'home'))).toBe(
      'UserLambdaValidationException 400: PreAuthentication failed with error Not from home true undefined.',
    )
    expect((await attempt('sarah', 'office')).AuthenticationResult).toBeDefined()
  })

  test('keep somebody out who has shown everything', async () => {
    const PostAuthentication = await functionOf(`throw new Error('Not today')`)
    const pool = await poolWithSarah({ LambdaConfig: { PostAuthentication } })
    expect(await failure(pool.byPassword(WRONG))).toMatch(/^NotAuthorizedException/)
    expect(await failure(pool.byPassword())).toBe(
      'UserLambdaValidationException 400: PostAuthentication failed with error Not today.',
    )
  })
})

describe('a function before tokens are made', () => {
  test('adds, changes and takes away claims of ID tokens, and none that tokens stand on', async () => {
    const PreTokenGeneration = await functionOf(
      `event.response.claimsOverrideDetails = {
         claimsToAddOrOverride: { plan: 'gold', name: 'S.', sub: 'x', aud: 'x', iss: 'x', 'cognito:username': 'x' },
         claimsToSuppress: ['email', 'exp'],
         groupOverrideDetails: { groupsToOverride: ['one', event.triggerSource] },
       }`,
    )
    const pool = await poolWithSarah(
      { LambdaConfig: { PreTokenGeneration } },
      {},
      { name: 'Sarah', email: 's@example.com' },
    )
    const { IdToken, AccessToken, RefreshToken } = (await pool.byPassword()).AuthenticationResult!
    const id = claimsOf(IdToken)
    expect(id).toMatchObject({
      plan: 'gold',
      name: 'S.',
      sub: expect.stringMatching(/^.{36}$/),
      aud: pool.ClientId,
      'cognito:username': 'sarah',
      'cognito:groups': ['one', 'TokenGeneration_Authentication'],
      exp: expect.any(Number),
    })
    expect(id.iss).not.toBe('x')
    expect(id).not.toHaveProperty('email')
    expect(claimsOf(AccessToken)).toMatchObject({ 'cognito:groups': id['cognito:groups'] })
    expect(claimsOf(AccessToken)).not.toHaveProperty('plan')
    const { AuthenticationResult } = await pool.user.getTokensFromRefreshToken({
      ClientId: pool.ClientId,
      RefreshToken,
    })
    expect(claimsOf(AuthenticationResult!.IdToken)['cognito:groups']).toEqual([
      'one',
      'TokenGeneration_RefreshTokens',
    ])
  })

  test('in its second version changes access tokens and scopes, too, with any JSON', async () => {
    const LambdaArn = await functionOf(
      `if (event.version !== '2' || event.request.scopes[0] !== 'aws.cognito.signin.user.admin') throw new Error(JSON.stringify(event))
       event.response.claimsAndScopeOverrideDetails = {
         idTokenGeneration: { claimsToAddOrOverride: { limits: { seats: 3 } } },
         accessTokenGeneration: {
           claimsToAddOrOverride: { tenant: 7, client_id: 'x', username: 'x' },
           claimsToSuppress: ['version', 'cognito:groups'],
           scopesToAdd: ['orders/read'],
           scopesToSuppress: ['aws.cognito.signin.user.admin'],
         },
       }`,
    )
    const PreTokenGenerationConfig = { LambdaVersion: 'V2_0', LambdaArn } as const
    const pool = await poolWithSarah({ LambdaConfig: { PreTokenGenerationConfig } })
    const { IdToken, AccessToken } = (await pool.byPassword()).AuthenticationResult!
    expect(claimsOf(IdToken).limits).toEqual({ seats: 3 })
    expect(claimsOf(AccessToken)).toMatchObject({
      tenant: 7,
      client_id: pool.ClientId,
      username: 'sarah',
      scope: 'orders/read',
    })
    expect(await failure(pool.user.getUser({ AccessToken }))).toBe(
      'NotAuthorizedException 400: Access Token does not have required scopes',
    )
  })

  test('has to answer with claims', async () => {
    const PreTokenGeneration = await functionOf(
      `event.response.claimsOverrideDetails = { claimsToAddOrOverride: { n: 1 } }`,
    )
    const pool = await poolWithSarah({ LambdaConfig: { PreTokenGeneration } })
    expect(await failure(pool.byPassword())).toBe(
      'InvalidLambdaResponseException 400: Unrecognizable lambda output: claim n',
    )
  })
})

describe('a function that knows users from elsewhere', () => {
  test('brings a user over at the first sign-in with the password', async () => {
    const UserMigration = await functionOf(
      `const { triggerSource, userName, request } = event
       if (triggerSource !== 'UserMigration_Authentication') throw new Error(triggerSource)
       if (userName !== 'old' || request.password !== '${PASSWORD}') throw new Error('Bad password')
       event.response.userAttributes = { name: 'Old', email: 'old@example.com', email_verified: 'true' }
       event.response.finalUserStatus = 'CONFIRMED'
       event.response.messageAction = 'SUPPRESS'`,
    )
    const pool = await poolWithSarah({ LambdaConfig: { UserMigration } })
    // Not in the function's words, and counted as any wrong password.
    expect(await failure(pool.byPassword(WRONG, 'old'))).toMatch(/^UserNotFoundException/)
    const { AuthenticationResult } = await pool.byPassword(PASSWORD, 'old')
    expect(claimsOf(AuthenticationResult!.IdToken)).toMatchObject({ name: 'Old', email_verified: true })
    const { cognito, UserPoolId } = pool
    await cognito.updateUserPool({ UserPoolId })
    expect((await bySrp(pool, 'old', PASSWORD)).AuthenticationResult).toBeDefined()
  })

  test('is no way round the password of a user who is here', async () => {
    const UserMigration = await functionOf(
      `event.response.userAttributes = { username: 'sarah', name: 'Eve' }`,
    )
    const pool = await poolWithSarah({ LambdaConfig: { UserMigration } })
    expect(await failure(pool.byPassword(WRONG, 'eve'))).toMatch(/^(UserNotFound|NotAuthorized)Exception/)
  })
})

/** Asks for the last word of a sentence, up to three times. */
async function riddle() {
  const DefineAuthChallenge = await functionOf(
    `const { session } = event.request
     const last = session.at(-1)
     if (session.length === 1 && last.challengeName === 'SRP_A') event.response.challengeName = 'PASSWORD_VERIFIER'
     else if (last?.challengeName === 'CUSTOM_CHALLENGE' && last.challengeResult) event.response.issueTokens = true
     else if (session.filter(round => round.challengeName === 'CUSTOM_CHALLENGE').length >= 3) event.response.failAuthentication = true
     else event.response.challengeName = 'CUSTOM_CHALLENGE'`,
  )
  const CreateAuthChallenge = await functionOf(
    `event.response.publicChallengeParameters = { question: 'All that glitters is not', rounds: String(event.request.session.length) }
     event.response.privateChallengeParameters = { answer: 'gold' }
     event.response.challengeMetadata = 'RIDDLE'`,
  )
  const VerifyAuthChallengeResponse = await functionOf(
    `event.response.answerCorrect = event.request.challengeAnswer === event.request.privateChallengeParameters.answer`,
  )
  return { DefineAuthChallenge, CreateAuthChallenge, VerifyAuthChallengeResponse }
}

describe('signing in as functions decide', () => {
  test('asks until the answer is right', async () => {
    const { begin, answer } = byChallenges(await poolWithSarah({ LambdaConfig: await riddle() }))
    const begun = await begin()
    expect(begun).toMatchObject({
      ChallengeName: 'CUSTOM_CHALLENGE',
      ChallengeParameters: { USERNAME: 'sarah', question: 'All that glitters is not', rounds: '0' },
    })
    expect(JSON.stringify(begun)).not.toContain('gold')
    const second = await answer('brass', begun.Session)
    expect(second).toMatchObject({ ChallengeName: 'CUSTOM_CHALLENGE', ChallengeParameters: { rounds: '1' } })
    // Each challenge is answered once: going back does not win further tries.
    expect(await failure(answer('gold', begun.Session))).toMatch(/Invalid session/)
    expect((await answer('gold', second.Session)).AuthenticationResult).toBeDefined()
  })

  test('fails where the function says so', async () => {
    const { begin, answer } = byChallenges(await poolWithSarah({ LambdaConfig: await riddle() }))
    let { Session } = await begin()
    for (let n = 0; n < 2; n++) Session = (await answer('silver', Session)).Session
    expect(await failure(answer('silver', Session))).toBe(
      'NotAuthorizedException 400: Incorrect username or password.',
    )
  })

  test('may ask for the password first, which alone is not enough', async () => {
    const pool = await poolWithSarah({ LambdaConfig: await riddle() })
    const { user, ClientId, UserPoolId } = pool
    const client = srpClient(UserPoolId)
    const begun = await user.initiateAuth({
      AuthFlow: 'CUSTOM_AUTH',
      ClientId,
      AuthParameters: { USERNAME: 'sarah', CHALLENGE_NAME: 'SRP_A', SRP_A: client.SRP_A },
    })
    expect(begun.ChallengeName).toBe('PASSWORD_VERIFIER')
    const next = await user.respondToAuthChallenge({
      ClientId,
      ChallengeName: 'PASSWORD_VERIFIER',
      ChallengeResponses: await client.answer(begun.ChallengeParameters!, PASSWORD),
      // Whatever becomes of the session, the block knows what was agreed.
      Session: undefined,
    })
    expect(next).toMatchObject({ ChallengeName: 'CUSTOM_CHALLENGE', ChallengeParameters: { rounds: '2' } })
    const done = await byChallenges(pool).answer('gold', next.Session)
    expect(done.AuthenticationResult).toBeDefined()
  })

  test('asks users who do not exist the same, and lets them in never', async () => {
    const hiding = { PreventUserExistenceErrors: 'ENABLED' } as const
    const DefineAuthChallenge = await functionOf(`event.response.issueTokens = true`)
    const generous = await poolWithSarah({ LambdaConfig: { DefineAuthChallenge } }, hiding)
    expect((await byChallenges(generous).begin()).AuthenticationResult).toBeDefined()
    expect(await failure(byChallenges(generous).begin('nobody'))).toMatch(/Incorrect username or password/)
    const strict = await poolWithSarah({ LambdaConfig: await riddle() }, hiding)
    expect((await byChallenges(strict).begin('nobody')).ChallengeParameters).toEqual(
      expect.objectContaining({ USERNAME: 'nobody', question: 'All that glitters is not' }),
    )
  })

  test('tells nobody of users who may not sign in before they have shown who they are', async () => {
    const pool = await poolWithSarah(
      { LambdaConfig: await riddle() },
      { PreventUserExistenceErrors: 'ENABLED' },
    )
    const { begin, answer } = byChallenges(pool)
    const { cognito, UserPoolId } = pool
    await cognito.adminDisableUser({ UserPoolId, Username: 'sarah' })
    const begun = await begin()
    expect(begun.ChallengeName).toBe('CUSTOM_CHALLENGE')
    const next = await answer('brass', begun.Session)
    expect(next.ChallengeName).toBe('CUSTOM_CHALLENGE')
    expect(await failure(answer('gold', next.Session))).toBe('NotAuthorizedException 400: User is disabled.')
  })

  test('hands functions what the client sends, each what is meant for it', async () => {
    const echo = `const { clientMetadata, validationData } = event.request
       if (event.triggerSource.startsWith('PreAuthentication') ? validationData?.step !== 'first' : clientMetadata?.step !== undefined && clientMetadata.step !== 'second')
         throw new Error(event.triggerSource + JSON.stringify({ clientMetadata, validationData }))`
    const PreAuthentication = await functionOf(echo)
    const PostAuthentication = await functionOf(
      `${echo}; if (clientMetadata?.step !== 'second') throw new Error('nothing was handed over')`,
    )
    const pool = await poolWithSarah({ LambdaConfig: { PreAuthentication, PostAuthentication } })
    const { user, ClientId, UserPoolId } = pool
    const client = srpClient(UserPoolId)
    const begun = await user.initiateAuth({
      AuthFlow: 'USER_SRP_AUTH',
      ClientId,
      AuthParameters: { USERNAME: 'sarah', SRP_A: client.SRP_A },
      ClientMetadata: { step: 'first' },
    })
    const done = await user.respondToAuthChallenge({
      ClientId,
      ChallengeName: 'PASSWORD_VERIFIER',
      ChallengeResponses: await client.answer(begun.ChallengeParameters!, PASSWORD),
      ClientMetadata: { step: 'second' },
    })
    expect(done.AuthenticationResult).toBeDefined()
  })

  test('needs functions', async () => {
    const made = await newPool({}, { ExplicitAuthFlows: [...ALL_FLOWS] })
    await addUser(made, 'sarah')
    const AuthParameters = { USERNAME: 'sarah' }
    const { UserPoolId, ClientId, cognito } = made
    expect(
      await failure(
        cognito.adminInitiateAuth({ AuthFlow: 'CUSTOM_AUTH', UserPoolId, ClientId, AuthParameters }),
      ),
    ).toBe('InvalidParameterException 400: Custom auth lambda trigger is not configured for the user pool.')
  })
})
