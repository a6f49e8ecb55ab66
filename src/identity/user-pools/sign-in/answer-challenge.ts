import type { ChallengeNameType } from '@aws-sdk/client-cognito-identity-provider'
import { invalidParameter } from '../refusals.ts'
import { answerNewPassword } from './answer-new-password.ts'
import { answerCode, answerMfaSetup, answerMfaType, answerSoftwareToken } from './answer-second-factor.ts'
import { answerCustom, nextRound } from './custom-challenges.ts'
import { answerChoice, type Parameters } from './sign-in.ts'
import type { SignInContext } from './sign-in-context.ts'
import { answerSrp } from './srp-challenge.ts'
import {
  afterPassword,
  checkMaySignIn,
  checkTemporaryPassword,
  checkUsername,
  openSession,
  type Step,
} from './steps.ts'
import { findNamed, namesOf } from './who-signs-in.ts'

/** What answers a challenge. */
type Answer = (context: SignInContext, responses: Parameters, session: string | undefined) => Promise<Step>

const afterSrp: Answer = async (context, responses) => {
  const { stored, rounds } = await answerSrp(context, responses)
  if (!rounds) return afterPassword(context, stored)
  // A pool's functions decide whether that is enough.
  checkMaySignIn(stored)
  checkTemporaryPassword(context, stored)
  const named = { name: stored.user.username, stored, key: stored.key }
  return nextRound(context, named, [...rounds, { challengeName: 'PASSWORD_VERIFIER', challengeResult: true }])
}

/** What was to be chosen between, or was chosen already. */
const choice =
  (step: ChallengeNameType): Answer =>
  async (context, responses, text) => {
    const session = await openSession(context, text, step)
    const named = await findNamed(context, session.name, responses.SECRET_HASH)
    checkUsername(responses.USERNAME, [session.name, ...namesOf(named.stored)])
    return answerChoice(context, step === 'SELECT_CHALLENGE' ? responses.ANSWER : step, named, responses)
  }

const CHALLENGES: { readonly [N in ChallengeNameType]?: Answer } = {
  PASSWORD_VERIFIER: afterSrp,
  NEW_PASSWORD_REQUIRED: answerNewPassword,
  SOFTWARE_TOKEN_MFA: answerSoftwareToken,
  SMS_MFA: answerCode,
  SELECT_MFA_TYPE: answerMfaType,
  MFA_SETUP: answerMfaSetup,
  CUSTOM_CHALLENGE: async (context, responses, text) =>
    answerCustom(context, await openSession(context, text, 'CUSTOM_CHALLENGE'), responses),
  SELECT_CHALLENGE: choice('SELECT_CHALLENGE'),
  PASSWORD: choice('PASSWORD'),
  PASSWORD_SRP: choice('PASSWORD_SRP'),
}

/** The next step of a sign-in. Throws a refusal for an answer that is wrong, late, or to another question. */
export async function answerChallenge(
  context: SignInContext,
  name: ChallengeNameType,
  responses: Parameters,
  session: string | undefined,
): Promise<Step> {
  const answer = CHALLENGES[name]
  if (!answer) throw invalidParameter(`Weir does not support the challenge ${name} yet`)
  return answer(context, responses, session)
}
