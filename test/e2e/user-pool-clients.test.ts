import { CognitoIdentityProvider } from '@aws-sdk/client-cognito-identity-provider'
import { Lambda } from '@aws-sdk/client-lambda'
import {
  AuthenticationDetails,
  CognitoUser,
  CognitoUserAttribute,
  CognitoUserPool,
  type CognitoUserSession,
  type ISignUpResult,
} from 'amazon-cognito-identity-js'
import { Amplify } from 'aws-amplify'
import {
  confirmSignIn,
  confirmSignUp,
  fetchAuthSession,
  fetchUserAttributes,
  getCurrentUser,
  signIn,
  signOut,
  signUp,
} from 'aws-amplify/auth'
import { cognitoUserPoolsTokenProvider } from 'aws-amplify/auth/cognito'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { totpCode } from '../../src/identity/user-pools/sign-in/totp.ts'
import { zip } from './acceptance/functions.ts'
import { codeTo } from './outbox.ts'
import { borrowWeir, type Weir } from './server.ts'

const PASSWORD = 'Correct-horse-9'

let weir: Weir
let cognito: CognitoIdentityProvider
let lambda: Lambda

beforeAll(async () => {
  weir = await borrowWeir()
  cognito = new CognitoIdentityProvider(weir.sdk)
  lambda = new Lambda(weir.sdk)
})

afterAll(() => weir?.[Symbol.asyncDispose]())

/** Node has no localStorage: both clients take something like it. */
class MemoryStorage {
  readonly #items = new Map<string, string>()

  setItem(key: string, value: string): string {
    this.#items.set(key, value)
    return value
  }

  getItem(key: string): string | null {
    return this.#items.get(key) ?? null
  }

  removeItem(key: string): boolean {
    return this.#items.delete(key)
  }

  clear(): void {
    this.#items.clear()
  }
}

interface Ids {
  readonly UserPoolId: string
  readonly ClientId: string
}

async function newPool({ mfa }: { mfa?: 'OPTIONAL' | 'ON' } = {}): Promise<Ids> {
  const { UserPool } = await cognito.createUserPool({
    PoolName: 'customers',
    AutoVerifiedAttributes: ['email'],
    UsernameAttributes: ['email'],
  })
  const UserPoolId = UserPool!.Id!
  if (mfa) {
    await cognito.setUserPoolMfaConfig({
      UserPoolId,
      SoftwareTokenMfaConfiguration: { Enabled: true },
      MfaConfiguration: mfa,
    })
  }
  const { UserPoolClient } = await cognito.createUserPoolClient({
    UserPoolId,
    ClientName: 'app',
    PreventUserExistenceErrors: 'ENABLED',
  })
  return { UserPoolId, ClientId: UserPoolClient!.ClientId! }
}

let addresses = 0

const newAddress = () => {
  addresses += 1
  return `customer${addresses}@example.com`
}

/** A user with a permanent password, or a temporary one. */
async function addUser({ UserPoolId }: Ids, email: string, kind: 'permanent' | 'temporary'): Promise<void> {
  await cognito.adminCreateUser({
    UserPoolId,
    Username: email,
    TemporaryPassword: PASSWORD,
    MessageAction: 'SUPPRESS',
    UserAttributes: [
      { Name: 'email', Value: email },
      { Name: 'email_verified', Value: 'true' },
    ],
  })
  if (kind === 'temporary') return
  await cognito.adminSetUserPassword({ UserPoolId, Username: email, Password: PASSWORD, Permanent: true })
}

/** A function that pools may call; `body` is that of its handler, and has `event`. */
async function functionOf(FunctionName: string, body: string): Promise<string> {
  const code = `exports.handler = async event => { ${body}; return event }`
  const { FunctionArn } = await lambda.createFunction({
    FunctionName,
    Runtime: 'nodejs22.x',
    Role: 'arn:aws:iam::000000000000:role/service',
    Handler: 'index.handler',
    Code: { ZipFile: zip({ 'index.js': code }) },
  })
  await lambda.addPermission({
    FunctionName,
    StatementId: 'pools',
    Action: 'lambda:InvokeFunction',
    Principal: 'cognito-idp.amazonaws.com',
  })
  return FunctionArn!
}

/** Has a pool ask a question after the password. */
async function askRiddles({ UserPoolId }: Ids): Promise<void> {
  const [DefineAuthChallenge, CreateAuthChallenge, VerifyAuthChallengeResponse] = await Promise.all([
    functionOf(
      'define',
      `const [first, ...rest] = event.request.session
       if (first.challengeName === 'SRP_A' && rest.length === 0) event.response.challengeName = 'PASSWORD_VERIFIER'
       else if (rest.at(-1).challengeName === 'CUSTOM_CHALLENGE' && rest.at(-1).challengeResult) event.response.issueTokens = true
       else event.response.challengeName = 'CUSTOM_CHALLENGE'`,
    ),
    functionOf(
      'create',
      `event.response.publicChallengeParameters = { question: 'All that glitters is not' }
       event.response.privateChallengeParameters = { answer: 'gold' }`,
    ),
    functionOf(
      'verify',
      `event.response.answerCorrect = event.request.challengeAnswer === event.request.privateChallengeParameters.answer`,
    ),
  ])
  await cognito.updateUserPool({
    UserPoolId,
    AutoVerifiedAttributes: ['email'],
    LambdaConfig: { DefineAuthChallenge, CreateAuthChallenge, VerifyAuthChallengeResponse },
  })
}

/** The code of an authenticator that is `ahead` steps ahead: each is taken once. */
const codeOf = (secret: string, ahead = 0) => totpCode(secret, Math.floor(Date.now() / 30_000) + ahead)

describe('amazon-cognito-identity-js', () => {
  const poolOf = ({ UserPoolId, ClientId }: Ids, Storage = new MemoryStorage()) =>
    new CognitoUserPool({ UserPoolId, ClientId, endpoint: weir.url, Storage })

  const userOf = (Pool: CognitoUserPool, Username: string) =>
    new CognitoUser({ Username, Pool, Storage: new MemoryStorage() })

  const detailsOf = (Username: string, Password = PASSWORD) =>
    new AuthenticationDetails({ Username, Password })

  /** Signs in: with the session, or the name and details of what is asked for next. */
  const authenticate = (user: CognitoUser, details: AuthenticationDetails) =>
    new Promise<{ session?: CognitoUserSession; next?: string; about?: unknown }>((resolve, reject) =>
      user.authenticateUser(details, {
        onSuccess: session => resolve({ session }),
        onFailure: reject,
        newPasswordRequired: about => resolve({ next: 'new password', about }),
        totpRequired: () => resolve({ next: 'code' }),
        mfaSetup: () => resolve({ next: 'setup' }),
      }),
    )

  const refused = (work: Promise<unknown>) =>
    work.then(
      () => 'it succeeded',
      ({ name, message }: Error) => `${name}: ${message}`,
    )

  test('signs up, confirms, signs in by SRP, refreshes and signs out everywhere', async () => {
    const ids = await newPool()
    const pool = poolOf(ids)
    const email = newAddress()
    const signedUp = await new Promise<ISignUpResult>((resolve, reject) =>
      pool.signUp(
        email,
        PASSWORD,
        [new CognitoUserAttribute({ Name: 'email', Value: email })],
        [],
        (error, result) => (result ? resolve(result) : reject(error)),
      ),
    )
    expect(signedUp.userConfirmed).toBe(false)
    const user = userOf(pool, email)
    const code = await codeTo(weir, email)
    await new Promise((resolve, reject) =>
      user.confirmRegistration(code, true, (error, done) => (error ? reject(error) : resolve(done))),
    )

    const { session } = await authenticate(user, detailsOf(email))
    expect(session!.getIdToken().payload).toMatchObject({
      sub: signedUp.userSub,
      email,
      email_verified: true,
      aud: ids.ClientId,
    })
    const before = session!.getAccessToken().getJwtToken()
    const refreshed = await new Promise<CognitoUserSession>((resolve, reject) =>
      user.refreshSession(session!.getRefreshToken(), (error, result) =>
        error ? reject(error) : resolve(result),
      ),
    )
    expect(refreshed.getAccessToken().getJwtToken()).not.toBe(before)
    expect(refreshed.getAccessToken().payload).toMatchObject({
      sub: signedUp.userSub,
      auth_time: session!.getAccessToken().payload.auth_time,
    })

    await new Promise((resolve, reject) => user.globalSignOut({ onSuccess: resolve, onFailure: reject }))
    expect(await refused(cognito.getUser({ AccessToken: before }))).toBe(
      'NotAuthorizedException: Access Token has been revoked',
    )
    const again = new Promise((resolve, reject) =>
      user.refreshSession(session!.getRefreshToken(), (error, result) =>
        error ? reject(error) : resolve(result),
      ),
    )
    expect(await refused(again)).toBe('NotAuthorizedException: Refresh Token has been revoked')
  })

  test('is told the same of a wrong password and of a user who does not exist', async () => {
    const ids = await newPool()
    const email = newAddress()
    await addUser(ids, email, 'permanent')
    const pool = poolOf(ids)
    const wrong = 'NotAuthorizedException: Incorrect username or password.'
    expect(await refused(authenticate(userOf(pool, email), detailsOf(email, 'Wrong-horse-9')))).toBe(wrong)
    expect(await refused(authenticate(userOf(pool, 'x@example.com'), detailsOf('x@example.com')))).toBe(wrong)
  })

  test('replaces a temporary password', async () => {
    const ids = await newPool()
    const email = newAddress()
    await addUser(ids, email, 'temporary')
    const user = userOf(poolOf(ids), email)
    const { next, about } = await authenticate(user, detailsOf(email))
    expect(next).toBe('new password')
    expect(about).toMatchObject({ email })
    const session = await new Promise<CognitoUserSession>((resolve, reject) =>
      user.completeNewPasswordChallenge('Another-horse-8', {}, { onSuccess: resolve, onFailure: reject }),
    )
    expect(session.isValid()).toBe(true)
    const later = await authenticate(userOf(poolOf(ids), email), detailsOf(email, 'Another-horse-8'))
    expect(later.session?.isValid()).toBe(true)
  })

  test('sets up an authenticator, and then signs in with its codes', async () => {
    const ids = await newPool({ mfa: 'OPTIONAL' })
    const email = newAddress()
    await addUser(ids, email, 'permanent')
    const user = userOf(poolOf(ids), email)
    await authenticate(user, detailsOf(email))
    const secret = await new Promise<string>((resolve, reject) =>
      user.associateSoftwareToken({ associateSecretCode: resolve, onFailure: reject }),
    )
    const code = await codeOf(secret)
    await new Promise((resolve, reject) =>
      user.verifySoftwareToken(code, 'phone', { onSuccess: resolve, onFailure: reject }),
    )
    await new Promise((resolve, reject) =>
      user.setUserMfaPreference(null, { PreferredMfa: true, Enabled: true }, (error, done) =>
        error ? reject(error) : resolve(done),
      ),
    )

    const second = userOf(poolOf(ids), email)
    expect((await authenticate(second, detailsOf(email))).next).toBe('code')
    const answer = (given: string) =>
      new Promise<CognitoUserSession>((resolve, reject) =>
        second.sendMFACode(given, { onSuccess: resolve, onFailure: reject }, 'SOFTWARE_TOKEN_MFA'),
      )
    expect(await refused(answer(code))).toBe(
      'ExpiredCodeException: Your software token has already been used once.',
    )
    expect((await answer(await codeOf(secret, 1))).isValid()).toBe(true)
  })
})

describe('aws-amplify', () => {
  beforeEach(() => cognitoUserPoolsTokenProvider.setKeyValueStorage(storage()))

  const storage = () => {
    const memory = new MemoryStorage()
    return {
      setItem: async (key: string, value: string) => void memory.setItem(key, value),
      getItem: async (key: string) => memory.getItem(key),
      removeItem: async (key: string) => void memory.removeItem(key),
      clear: async () => memory.clear(),
    }
  }

  const configure = ({ UserPoolId, ClientId }: Ids) =>
    Amplify.configure({
      Auth: { Cognito: { userPoolId: UserPoolId, userPoolClientId: ClientId, userPoolEndpoint: weir.url } },
    })

  test('signs up, confirms, signs in by SRP, refreshes and signs out everywhere', async () => {
    configure(await newPool())
    const username = newAddress()
    const signedUp = await signUp({
      username,
      password: PASSWORD,
      options: { userAttributes: { email: username } },
    })
    expect(signedUp.nextStep.signUpStep).toBe('CONFIRM_SIGN_UP')
    await confirmSignUp({ username, confirmationCode: await codeTo(weir, username) })

    expect(await signIn({ username, password: PASSWORD })).toMatchObject({
      isSignedIn: true,
      nextStep: { signInStep: 'DONE' },
    })
    expect(await getCurrentUser()).toMatchObject({ userId: signedUp.userId })
    expect(await fetchUserAttributes()).toMatchObject({ email: username, email_verified: 'true' })

    const { tokens } = await fetchAuthSession()
    const AccessToken = tokens!.accessToken.toString()
    const refreshed = await fetchAuthSession({ forceRefresh: true })
    expect(refreshed.tokens!.accessToken.toString()).not.toBe(AccessToken)
    expect(refreshed.tokens!.accessToken.payload.sub).toBe(signedUp.userId)

    await signOut({ global: true })
    await expect(getCurrentUser()).rejects.toThrow('User needs to be authenticated')
    await expect(cognito.getUser({ AccessToken })).rejects.toThrow('Access Token has been revoked')
  })

  test('ends its sign-in when it signs out on this device alone', async () => {
    const ids = await newPool()
    configure(ids)
    const username = newAddress()
    await addUser(ids, username, 'permanent')
    await signIn({ username, password: PASSWORD })
    const { tokens } = await fetchAuthSession()
    await signOut()
    await expect(cognito.getUser({ AccessToken: tokens!.accessToken.toString() })).rejects.toThrow(
      'Access Token has been revoked',
    )
  })

  test('refuses a wrong password and a user who does not exist alike', async () => {
    const ids = await newPool()
    configure(ids)
    const username = newAddress()
    await addUser(ids, username, 'permanent')
    for (const attempt of [
      { username, password: 'Wrong-horse-9' },
      { username: 'x@example.com', password: PASSWORD },
    ]) {
      await expect(signIn(attempt)).rejects.toThrow('Incorrect username or password.')
    }
  })

  test('replaces a temporary password', async () => {
    const ids = await newPool()
    configure(ids)
    const username = newAddress()
    await addUser(ids, username, 'temporary')
    const { nextStep } = await signIn({ username, password: PASSWORD })
    expect(nextStep.signInStep).toBe('CONFIRM_SIGN_IN_WITH_NEW_PASSWORD_REQUIRED')
    expect(await confirmSignIn({ challengeResponse: 'Another-horse-8' })).toMatchObject({ isSignedIn: true })
  })

  test('sets up an authenticator where the pool asks for one, and then signs in with its codes', async () => {
    const ids = await newPool({ mfa: 'ON' })
    configure(ids)
    const username = newAddress()
    await addUser(ids, username, 'permanent')
    const { nextStep } = await signIn({ username, password: PASSWORD })
    if (nextStep.signInStep !== 'CONTINUE_SIGN_IN_WITH_TOTP_SETUP') throw new Error(nextStep.signInStep)
    const secret = nextStep.totpSetupDetails.sharedSecret
    expect(await confirmSignIn({ challengeResponse: await codeOf(secret) })).toMatchObject({
      isSignedIn: true,
    })
    await signOut()

    const again = await signIn({ username, password: PASSWORD })
    expect(again.nextStep.signInStep).toBe('CONFIRM_SIGN_IN_WITH_TOTP_CODE')
    await expect(confirmSignIn({ challengeResponse: '000000' })).rejects.toThrow('Invalid code')
    const done = await confirmSignIn({ challengeResponse: await codeOf(secret, 1) })
    expect(done).toMatchObject({ isSignedIn: true })
  })

  test('answers what functions of the pool ask after the password', async () => {
    const ids = await newPool()
    await askRiddles(ids)
    configure(ids)
    const username = newAddress()
    await addUser(ids, username, 'permanent')
    const { nextStep } = await signIn({
      username,
      password: PASSWORD,
      options: { authFlowType: 'CUSTOM_WITH_SRP' },
    })
    if (nextStep.signInStep !== 'CONFIRM_SIGN_IN_WITH_CUSTOM_CHALLENGE') throw new Error(nextStep.signInStep)
    expect(nextStep.additionalInfo).toMatchObject({ question: 'All that glitters is not' })
    const again = await confirmSignIn({ challengeResponse: 'brass' })
    expect(again.nextStep.signInStep).toBe('CONFIRM_SIGN_IN_WITH_CUSTOM_CHALLENGE')
    expect(await confirmSignIn({ challengeResponse: 'gold' })).toMatchObject({ isSignedIn: true })
  })

  test('chooses to show the password by SRP', async () => {
    const ids = await newPool()
    await cognito.updateUserPoolClient({
      ...ids,
      ExplicitAuthFlows: ['ALLOW_USER_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    })
    configure(ids)
    const username = newAddress()
    await addUser(ids, username, 'permanent')
    const { nextStep } = await signIn({ username, options: { authFlowType: 'USER_AUTH' } })
    if (nextStep.signInStep !== 'CONTINUE_SIGN_IN_WITH_FIRST_FACTOR_SELECTION')
      throw new Error(nextStep.signInStep)
    expect(nextStep.availableChallenges).toEqual(['PASSWORD', 'PASSWORD_SRP'])
    const chosen = await confirmSignIn({ challengeResponse: 'PASSWORD_SRP' })
    expect(chosen.nextStep.signInStep).toBe('CONFIRM_SIGN_IN_WITH_PASSWORD')
    expect(await confirmSignIn({ challengeResponse: PASSWORD })).toMatchObject({ isSignedIn: true })
    await signOut()
    const preferring = { authFlowType: 'USER_AUTH', preferredChallenge: 'PASSWORD_SRP' } as const
    expect(await signIn({ username, password: PASSWORD, options: preferring })).toMatchObject({
      isSignedIn: true,
    })
  })
})
