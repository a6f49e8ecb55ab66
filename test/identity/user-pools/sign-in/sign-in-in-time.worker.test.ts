import { describe, expect, test } from 'vitest'
import { clientAnywhere } from '../../../../src/identity/user-pools/find-pool.ts'
import { answerChallenge } from '../../../../src/identity/user-pools/sign-in/answer-challenge.ts'
import { signIn } from '../../../../src/identity/user-pools/sign-in/sign-in.ts'
import type { SignInContext } from '../../../../src/identity/user-pools/sign-in/sign-in-context.ts'
import { readRefreshToken } from '../../../../src/identity/user-pools/tokens/refresh.ts'
import { userOfAccessToken } from '../../../../src/identity/user-pools/tokens/user-of-token.ts'
import { env, type MadePool, platform } from '../../../aws/services/cognito-idp/cognito-harness.ts'
import { PASSWORD, poolWithSarah, srpClient } from '../../../aws/services/cognito-idp/sign-in-harness.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

/** What signing in stands on, some time from now. */
async function contextOf({ ClientId }: MadePool, later: number): Promise<SignInContext> {
  const found = await clientAnywhere(env.DB, ClientId)
  const none = () => Promise.reject(new Error('this pool has no functions and sends nothing'))
  return {
    env,
    secrets: platform().secrets,
    callTrigger: none,
    messenger: { canSend: () => false, send: none },
    found: found!,
    now: Date.now() + later,
    isAdmin: false,
  }
}

const byPassword = (context: SignInContext, USERNAME: string) =>
  signIn(context, 'USER_PASSWORD_AUTH', { USERNAME, PASSWORD })

describe('what has a time', () => {
  test('is over for temporary passwords after the days that the pool says', async () => {
    const pool = await poolWithSarah({ Policies: { PasswordPolicy: { TemporaryPasswordValidityDays: 2 } } })
    const { cognito, UserPoolId } = pool
    const tom = { UserPoolId, Username: 'tom', TemporaryPassword: PASSWORD }
    await cognito.adminCreateUser({ ...tom, MessageAction: 'SUPPRESS' })
    expect((await byPassword(await contextOf(pool, 2 * DAY - MINUTE), 'tom')).ChallengeName).toBe(
      'NEW_PASSWORD_REQUIRED',
    )
    await expect(byPassword(await contextOf(pool, 2 * DAY + MINUTE), 'tom')).rejects.toThrow(
      'Temporary password has expired and must be reset by an administrator.',
    )
  })

  test('is over for sessions after the minutes that the client says', async () => {
    const pool = await poolWithSarah({}, { AuthSessionValidity: 5 })
    const { cognito, UserPoolId } = pool
    const tom = { UserPoolId, Username: 'tom', TemporaryPassword: PASSWORD }
    await cognito.adminCreateUser({ ...tom, MessageAction: 'SUPPRESS' })
    const { Session } = await byPassword(await contextOf(pool, 0), 'tom')
    const answer = async (later: number) =>
      answerChallenge(
        await contextOf(pool, later),
        'NEW_PASSWORD_REQUIRED',
        { USERNAME: 'tom', NEW_PASSWORD: 'Another-horse-7' },
        Session,
      )
    await expect(answer(5 * MINUTE)).rejects.toThrow('session is expired')
    expect((await answer(4 * MINUTE)).AuthenticationResult).toBeDefined()
  })

  test('is over for the challenges of SRP after three minutes', async () => {
    const pool = await poolWithSarah()
    const client = srpClient(pool.UserPoolId)
    const begun = await signIn(await contextOf(pool, 0), 'USER_SRP_AUTH', {
      USERNAME: 'sarah',
      SRP_A: client.SRP_A,
    })
    const responses = await client.answer(begun.ChallengeParameters!, PASSWORD)
    const answer = async (later: number) =>
      answerChallenge(await contextOf(pool, later), 'PASSWORD_VERIFIER', responses, undefined)
    await expect(answer(3 * MINUTE)).rejects.toThrow('Incorrect username or password.')
    expect((await answer(2 * MINUTE)).AuthenticationResult).toBeDefined()
  })

  test('is over for refresh tokens after the days that the client says, however often they are used', async () => {
    const pool = await poolWithSarah({}, { RefreshTokenValidity: 2 })
    const { RefreshToken } = (await pool.byPassword()).AuthenticationResult!
    const read = async (later: number) => readRefreshToken(await contextOf(pool, later), RefreshToken!)
    expect((await read(2 * DAY - MINUTE)).stored.user.username).toBe('sarah')
    await expect(read(2 * DAY + MINUTE)).rejects.toThrow('Refresh Token has expired')
  })

  test('is over for access tokens, of which nothing else is wrong', async () => {
    const { byPassword: now } = await poolWithSarah()
    const { AccessToken } = (await now()).AuthenticationResult!
    const hour = 60 * MINUTE
    expect((await userOfAccessToken(env.DB, AccessToken!, Date.now() + hour - MINUTE)).stored.key).toBe(
      'sarah',
    )
    await expect(userOfAccessToken(env.DB, AccessToken!, Date.now() + hour + MINUTE)).rejects.toThrow(
      'Access Token has expired',
    )
  })
})

describe('a session', () => {
  test('is over when the password was changed since', async () => {
    const pool = await poolWithSarah()
    const { cognito, UserPoolId } = pool
    const tom = { UserPoolId, Username: 'tom' }
    await cognito.adminCreateUser({ ...tom, TemporaryPassword: PASSWORD, MessageAction: 'SUPPRESS' })
    const context = await contextOf(pool, 0)
    const { Session } = await byPassword(context, 'tom')
    await cognito.adminSetUserPassword({ ...tom, Password: 'Third-horse-6' })
    const answer = { USERNAME: 'tom', NEW_PASSWORD: 'Another-horse-7' }
    await expect(answerChallenge(context, 'NEW_PASSWORD_REQUIRED', answer, Session)).rejects.toThrow(
      'Invalid session for the user.',
    )
  })

  test('is of one user', async () => {
    const pool = await poolWithSarah()
    const { cognito, UserPoolId } = pool
    const tom = { UserPoolId, Username: 'tom', TemporaryPassword: PASSWORD }
    await cognito.adminCreateUser({ ...tom, MessageAction: 'SUPPRESS' })
    const context = await contextOf(pool, 0)
    const { Session } = await byPassword(context, 'tom')
    const answer = { USERNAME: 'sarah', NEW_PASSWORD: 'Another-horse-7' }
    await expect(answerChallenge(context, 'NEW_PASSWORD_REQUIRED', answer, Session)).rejects.toThrow(
      'Invalid session for the user.',
    )
  })
})
