import { describe, expect, test } from 'vitest'
import { changeUser, type UserContext } from '../../../../src/aws/services/cognito-idp/user-context.ts'
import { poolAnywhere } from '../../../../src/identity/user-pools/find-pool.ts'
import { totpCode } from '../../../../src/identity/user-pools/sign-in/totp.ts'
import { PoolUsers } from '../../../../src/identity/user-pools/users/users.ts'
import { anonymous, failure, newPool, ORIGIN, platform, send } from './cognito-harness.ts'
import { codeTo, messagesTo, newAddress } from './outbox.ts'
import { ALL_FLOWS, addUser, byChallenges, PASSWORD, poolWithSarah, srpClient } from './sign-in-harness.ts'
import { byPassword, signUpWith } from './signed-in.ts'
import { functionOf } from './trigger-functions.ts'

const HIDING = { ExplicitAuthFlows: [...ALL_FLOWS], PreventUserExistenceErrors: 'ENABLED' as const }

const decision = (more: string) =>
  `event.response = Object.assign({ issueTokens: false, failAuthentication: false }, ${more})`

describe('somebody who wants to know who has an account', () => {
  test('learns nothing by the length of what SRP answers', async () => {
    const email = `${'long'.repeat(10)}@example.com`
    const made = await newPool({ UsernameAttributes: ['email'] }, HIDING)
    await addUser(made, email)
    const { SRP_A } = srpClient(made.UserPoolId)
    const block = async (USERNAME: string) => {
      const { ChallengeParameters } = await anonymous().initiateAuth({
        AuthFlow: 'USER_SRP_AUTH',
        ClientId: made.ClientId,
        AuthParameters: { USERNAME, SRP_A },
      })
      // Numbers begin with noughts now and then, and are written without.
      return Math.round(ChallengeParameters!.SECRET_BLOCK!.length / 10)
    }
    const known = await block(email)
    expect(Math.abs((await block(`${'none'.repeat(10)}@example.com`)) - known)).toBeLessThanOrEqual(1)
    expect(Math.abs((await block(email)) - known)).toBeLessThanOrEqual(1)
  })

  test('learns nothing by the spelling of a name', async () => {
    const pool = await poolWithSarah({ UsernameConfiguration: { CaseSensitive: false } }, HIDING)
    const { SRP_A } = srpClient(pool.UserPoolId)
    const username = async (USERNAME: string) => {
      const { ChallengeParameters } = await pool.user.initiateAuth({
        AuthFlow: 'USER_SRP_AUTH',
        ClientId: pool.ClientId,
        AuthParameters: { USERNAME, SRP_A },
      })
      return ChallengeParameters!.USERNAME
    }
    expect(await username('SaRaH')).toBe('sarah')
    expect(await username('NoBody')).toBe('nobody')
  })

  test('learns nothing by challenges of functions, nor by answering them', async () => {
    const made = await newPool(
      {
        UsernameAttributes: ['email'],
        LambdaConfig: {
          DefineAuthChallenge: await functionOf(decision(`{ challengeName: 'CUSTOM_CHALLENGE' }`)),
          CreateAuthChallenge: await functionOf(
            'event.response = { publicChallengeParameters: {}, privateChallengeParameters: {} }',
          ),
          VerifyAuthChallengeResponse: await functionOf('event.response = { answerCorrect: false }'),
        },
      },
      HIDING,
    )
    const [email, nobody] = [newAddress(), newAddress()]
    await addUser(made, email)
    const { ClientId } = made
    const seen = async (USERNAME: string) => {
      const begun = await anonymous().initiateAuth({
        AuthFlow: 'CUSTOM_AUTH',
        ClientId,
        AuthParameters: { USERNAME },
      })
      const named = begun.ChallengeParameters!.USERNAME!
      const next = await anonymous().respondToAuthChallenge({
        ClientId,
        Session: begun.Session,
        ChallengeName: 'CUSTOM_CHALLENGE',
        ChallengeResponses: { USERNAME: named, ANSWER: 'no' },
      })
      return [
        named.length,
        begun.Session!.length,
        next.ChallengeParameters!.USERNAME === named,
        next.Session!.length,
      ]
    }
    expect(await seen(nobody)).toEqual(await seen(email))
  })

  test('learns nothing by the function that knows users from elsewhere', async () => {
    const UserMigration = await functionOf(`throw new Error('nobody knows them')`)
    const { user, ClientId } = await poolWithSarah({ LambdaConfig: { UserMigration } }, HIDING)
    const forgot = (Username: string) => failure(user.forgotPassword({ ClientId, Username }))
    expect([await forgot('sarah'), await forgot('nobody')]).toEqual([
      'the call succeeded',
      'the call succeeded',
    ])
  })
})

describe('somebody who wants in', () => {
  test('has no sign-in left of a user who was deleted meanwhile, whoever takes the name next', async () => {
    const PostAuthentication = await functionOf('await new Promise(done => setTimeout(done, 1500))')
    const pool = await poolWithSarah()
    const { cognito, UserPoolId } = pool
    await cognito.updateUserPool({ UserPoolId, LambdaConfig: { PostAuthentication } })
    const slow = failure(pool.byPassword())
    await new Promise(done => setTimeout(done, 700))
    await cognito.adminDeleteUser({ UserPoolId, Username: 'sarah' })
    await addUser(pool, 'sarah')
    expect(await slow).toBe('NotAuthorizedException 400: Incorrect username or password.')
  })

  test('replaces no authenticator by a sign-in that began before it was set up, and passes none', async () => {
    const { cognito, UserPoolId, ClientId, byPassword, user } = await poolWithSarah()
    await cognito.setUserPoolMfaConfig({
      UserPoolId,
      MfaConfiguration: 'ON',
      SoftwareTokenMfaConfiguration: { Enabled: true },
    })
    const begun = await byPassword()
    const own = await user.associateSoftwareToken({ Session: begun.Session! })
    const other = await user.associateSoftwareToken({ Session: begun.Session! })
    const show = async ({ Session, SecretCode }: typeof own, step: number) =>
      user.verifySoftwareToken({
        Session,
        UserCode: await totpCode(SecretCode!, Math.floor(Date.now() / 30_000) + step),
      })
    const done = await show(own, 0)
    const INVALID = 'NotAuthorizedException 400: Invalid session for the user.'
    expect(await failure(show(other, 1))).toBe(INVALID)
    expect(await failure(user.associateSoftwareToken({ Session: begun.Session! }))).toBe(INVALID)
    expect(await failure(user.associateSoftwareToken({ Session: done.Session! }))).toBe(INVALID)
    const answer = () =>
      user.respondToAuthChallenge({
        ClientId,
        ChallengeName: 'MFA_SETUP',
        Session: done.Session,
        ChallengeResponses: { USERNAME: 'sarah' },
      })
    expect((await answer()).AuthenticationResult).toBeDefined()
    expect(await failure(answer())).toBe(INVALID)
  })

  test('changes nothing of whoever has the name next', async () => {
    const made = await poolWithSarah()
    const found = await poolAnywhere(platform().env.DB, made.UserPoolId)
    const users = new PoolUsers(platform().env.DB, found!)
    const before = await users.find('sarah')
    await made.cognito.adminDeleteUser({ UserPoolId: made.UserPoolId, Username: 'sarah' })
    await addUser(made, 'sarah')
    const change = changeUser({ users } as UserContext, before!, user => ({ ...user, enabled: false }))
    await expect(change).rejects.toThrow('User does not exist.')
    expect((await users.find('sarah'))?.user.enabled).toBe(true)
  })

  test('guesses at the last of several challenges no oftener for being right about the first', async () => {
    const pool = await poolWithSarah({
      LambdaConfig: {
        DefineAuthChallenge: await functionOf(
          `const rounds = event.request.session
           if (rounds.some(round => !round.challengeResult)) ${decision('{ failAuthentication: true }')}
           else if (rounds.length === 2) ${decision('{ issueTokens: true }')}
           else ${decision(`{ challengeName: 'CUSTOM_CHALLENGE' }`)}`,
        ),
        CreateAuthChallenge: await functionOf(
          `event.response = { publicChallengeParameters: {}, privateChallengeParameters: {
             right: event.request.session.length === 0 ? 'everybody knows' : '123456' } }`,
        ),
        VerifyAuthChallengeResponse: await functionOf(
          `event.response = {
             answerCorrect: event.request.challengeAnswer === event.request.privateChallengeParameters.right }`,
        ),
      },
    })
    const { begin, answer } = byChallenges(pool)
    const guess = async (code: string) => {
      const { Session } = await begin()
      return answer(code, (await answer('everybody knows', Session)).Session)
    }
    expect((await guess('123456')).AuthenticationResult).toBeDefined()
    for (let tries = 0; tries < 5; tries += 1) {
      expect(await failure(guess(`00000${tries}`))).toMatch('Incorrect username or password.')
    }
    expect(await failure(guess('123456'))).toBe('NotAuthorizedException 400: Code attempts exceeded')
  })

  test('takes no name that looks like an address with the first password of their own', async () => {
    const { cognito, UserPoolId, ClientId } = await newPool(
      {
        AliasAttributes: ['email', 'preferred_username'],
        Schema: [{ Name: 'note', AttributeDataType: 'String', DeveloperOnlyAttribute: true }],
      },
      { ExplicitAuthFlows: [...ALL_FLOWS], ReadAttributes: ['nickname'] },
    )
    await cognito.adminCreateUser({
      UserPoolId,
      Username: 'bob',
      TemporaryPassword: PASSWORD,
      MessageAction: 'SUPPRESS',
      UserAttributes: [
        { Name: 'dev:custom:note', Value: 'owes us' },
        { Name: 'nickname', Value: 'Bobby' },
        { Name: 'gender', Value: 'none of your business' },
      ],
    })
    const { Session, ChallengeParameters } = await byPassword(ClientId, 'bob')
    expect(JSON.parse(ChallengeParameters!.userAttributes!)).toEqual({ nickname: 'Bobby' })
    const set = (NEW_PASSWORD: string, more: Record<string, string> = {}) =>
      failure(
        anonymous().respondToAuthChallenge({
          ClientId,
          Session,
          ChallengeName: 'NEW_PASSWORD_REQUIRED',
          ChallengeResponses: { USERNAME: 'bob', NEW_PASSWORD, ...more },
        }),
      )
    expect(await set('Another-1', { 'userAttributes.preferred_username': 'ann@example.com' })).toBe(
      'InvalidParameterException 400: Preferred username cannot be of email format, since user pool is configured for email alias.',
    )
    expect(await set(`Another-1${'x'.repeat(256)}`)).toMatch(/^InvalidPasswordException.*too long$/)
    expect(await set(' Another-1')).toMatch(/^InvalidPasswordException.*blank/)
    expect(await set('Another-1')).toBe('the call succeeded')
  })

  test('confirms a user without the secret of the client only where links are sent', async () => {
    const { UserPoolId, ClientId } = await newPool({ AutoVerifiedAttributes: ['email'] }, {})
    const email = newAddress()
    await anonymous().signUp({ ClientId, Username: 'ann', ...signUpWith({ email }) })
    const query = new URLSearchParams({
      client_id: ClientId,
      user_name: 'ann',
      confirmation_code: await codeTo(email),
    })
    expect((await send(`${ORIGIN}/${UserPoolId}/confirmUser?${query}`)).status).toBe(400)
  })
})

describe('somebody who wants to flood a mailbox', () => {
  test('cannot by making users', async () => {
    const { ClientId } = await newPool({ AutoVerifiedAttributes: ['email'] })
    const email = newAddress()
    const outcomes: string[] = []
    for (let user = 0; user < 8; user += 1) {
      const signUp = anonymous().signUp({ ClientId, Username: `user-${user}`, ...signUpWith({ email }) })
      outcomes.push(await failure(signUp))
    }
    expect(outcomes).toContain(
      'LimitExceededException 400: Attempt limit exceeded, please try after some time.',
    )
    expect((await messagesTo(email)).length).toBeLessThan(8)
  })

  test('cannot by having one address after the other', async () => {
    const { user, byPassword } = await poolWithSarah({ AutoVerifiedAttributes: ['email'] })
    const AccessToken = (await byPassword()).AuthenticationResult!.AccessToken!
    const one = newAddress()
    for (let change = 0; change < 16; change += 1) {
      const Value = change % 2 ? one : newAddress()
      await failure(user.updateUserAttributes({ AccessToken, UserAttributes: [{ Name: 'email', Value }] }))
    }
    expect((await messagesTo(one)).length).toBeLessThan(4)
  })
})
