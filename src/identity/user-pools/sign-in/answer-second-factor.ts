import type { ChallengeNameType } from '@aws-sdk/client-cognito-identity-provider'
import { sameBytes } from '../../../lib/same-bytes.ts'
import {
  invalidParameter,
  invalidSession,
  missing,
  noSoftwareToken,
  usedTokenCode,
  wrongCode,
} from '../refusals.ts'
import { PoolUsers, type StoredUser } from '../users/users.ts'
import { type Attempt, attempting } from './attempts-guard.ts'
import type { Parameters } from './sign-in.ts'
import type { SignInContext } from './sign-in-context.ts'
import {
  askFor,
  checkUsername,
  complete,
  openSession,
  type SessionText,
  type Step,
  userOfSession,
} from './steps.ts'
import { stepEnds, totpStep } from './totp.ts'
import { verifiedToken } from './totp-of-user.ts'
import { checkSecretHash, namesOf } from './who-signs-in.ts'

interface Answered {
  readonly session: SessionText
  readonly stored: StoredUser
}

async function answered(
  context: SignInContext,
  step: ChallengeNameType,
  responses: Parameters,
  text: string | undefined,
): Promise<Answered> {
  const session = await openSession(context, text, step)
  const stored = await userOfSession(context, session)
  checkUsername(responses.USERNAME, [session.name, ...namesOf(stored)])
  await checkSecretHash(context, namesOf(stored), responses.SECRET_HASH)
  return { session, stored }
}

/** A session ends with the first right answer; wrong ones leave it, and are counted. */
const usesUp = ({ id, until }: SessionText) => ({ [`session ${id}`]: until })

const counted = <T>(
  { env, found, address }: SignInContext,
  { stored }: Answered,
  work: (attempt: Attempt) => Promise<T>,
): Promise<T> => attempting(env, { pool: found.pool.id, what: 'challenge', user: stored.key, address }, work)

/** The code of an authenticator, each good for once. */
export async function answerSoftwareToken(
  context: SignInContext,
  responses: Parameters,
  text: string | undefined,
): Promise<Step> {
  const about = await answered(context, 'SOFTWARE_TOKEN_MFA', responses, text)
  const { session, stored } = about
  const { SOFTWARE_TOKEN_MFA_CODE: code } = responses
  if (code === undefined) throw missing('SOFTWARE_TOKEN_MFA_CODE')
  await counted(context, about, async attempt => {
    const secret = await verifiedToken(context.secrets, context.found, stored.user)
    if (secret === undefined) throw noSoftwareToken()
    const step = await totpStep(secret, code, context.now)
    if (step === undefined) {
      await attempt.ended('wrong')
      throw wrongCode()
    }
    const isFresh = await attempt.ended('right', { ...usesUp(session), [`totp ${step}`]: stepEnds(step) })
    if (!isFresh) throw usedTokenCode()
  })
  return complete(context, stored, session.source)
}

/** The code of a text message. */
export async function answerCode(
  context: SignInContext,
  responses: Parameters,
  text: string | undefined,
): Promise<Step> {
  const about = await answered(context, 'SMS_MFA', responses, text)
  const { session, stored } = about
  const { SMS_MFA_CODE: code } = responses
  if (code === undefined) throw missing('SMS_MFA_CODE')
  await counted(context, about, async attempt => {
    const utf8 = new TextEncoder()
    if (!sameBytes(utf8.encode(code), utf8.encode(session.code))) {
      await attempt.ended('wrong')
      throw wrongCode()
    }
    if (!(await attempt.ended('right', usesUp(session)))) throw invalidSession()
  })
  return complete(context, stored, session.source)
}

/** Which of several second factors the user takes. */
export async function answerMfaType(
  context: SignInContext,
  responses: Parameters,
  text: string | undefined,
): Promise<Step> {
  const { session, stored } = await answered(context, 'SELECT_MFA_TYPE', responses, text)
  const { ANSWER: factor } = responses
  if (factor === undefined) throw missing('ANSWER')
  const isChosen = factor === 'SOFTWARE_TOKEN_MFA' || factor === 'SMS_MFA'
  if (!isChosen || !stored.user.mfa?.enabled.includes(factor))
    throw invalidParameter(`Invalid MFA type ${factor}`)
  return askFor(context, stored, factor, session.source)
}

/** The user has set up an authenticator, as the session of VerifySoftwareToken tells. */
export async function answerMfaSetup(
  context: SignInContext,
  responses: Parameters,
  text: string | undefined,
): Promise<Step> {
  const about = await answered(context, 'MFA_SETUP', responses, text)
  const { session, stored } = about
  if (!session.isSetUp) throw invalidSession()
  await counted(context, about, async attempt => {
    if (!(await attempt.ended('untried', usesUp(session)))) throw invalidSession()
  })
  // "VerifySoftwareToken ... and the MFA_SETUP challenge": from now on it is asked for.
  const users = new PoolUsers(context.env.DB, context.found)
  const written = await users.change(stored.key, user =>
    user.mfa?.enabled.includes('SOFTWARE_TOKEN_MFA')
      ? user
      : {
          ...user,
          mfa: { ...user.mfa, enabled: [...(user.mfa?.enabled ?? []), 'SOFTWARE_TOKEN_MFA' as const] },
        },
  )
  if (!written) throw invalidSession()
  return complete(context, written, session.source)
}
