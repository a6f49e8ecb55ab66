import { isJsonObject } from '../../../lib/json-object.ts'
import { invalidParameter, invalidSession, missing, wrongCredentials } from '../refusals.ts'
import {
  attributesInEvent,
  flagOf,
  invalidResponse,
  runTrigger,
  type TriggerKind,
  textOf,
  triggerOf,
} from '../triggers.ts'
import { madeUpUser } from '../users/made-up-users.ts'
import { nameKeyOf } from '../users/names-of-user.ts'
import { attempting } from './attempts-guard.ts'
import type { SignInContext } from './sign-in-context.ts'
import { srpChallenge } from './srp-challenge.ts'
import {
  challenge,
  checkMaySignIn,
  checkUsername,
  complete,
  passwordSetOf,
  type SessionText,
  type Step,
  userOfSession,
} from './steps.ts'
import { checkSecretHash, type Named, namesOf, tellsUnknown } from './who-signs-in.ts'

/** One challenge of a sign-in that the pool's functions decide, as they are told of it. */
export interface CustomRound {
  readonly challengeName: string
  readonly challengeResult: boolean
  readonly challengeMetadata?: string
}

/**
 * Signing in as the pool's functions decide: one says what comes next, one makes a challenge, one checks the answer.
 * With CHALLENGE_NAME SRP_A the password may come first.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-challenge.html
 */
export function beginCustom(
  context: SignInContext,
  named: Named,
  parameters: Readonly<Record<string, string>>,
): Promise<Step> {
  const { settings } = context.found.pool.doc
  if (!triggerOf(settings, 'DefineAuthChallenge')) {
    throw invalidParameter('Custom auth lambda trigger is not configured for the user pool.')
  }
  // Others learn it from the functions' questions being in vain: see below.
  if (named.stored && tellsUnknown(context)) checkMaySignIn(named.stored)
  if (parameters.CHALLENGE_NAME !== 'SRP_A') return nextRound(context, named, [])
  if (parameters.SRP_A === undefined) throw missing('SRP_A')
  return nextRound(context, named, [{ challengeName: 'SRP_A', challengeResult: true }], parameters.SRP_A)
}

/** What follows these rounds. */
export async function nextRound(
  context: SignInContext,
  named: Named,
  rounds: readonly CustomRound[],
  SRP_A?: string,
): Promise<Step> {
  const next = await ask(context, named, 'DefineAuthChallenge', { session: rounds }, [
    'challengeName',
    'issueTokens',
    'failAuthentication',
  ])
  if (flagOf(next, 'failAuthentication')) throw wrongCredentials()
  if (flagOf(next, 'issueTokens')) {
    if (!named.stored) throw wrongCredentials()
    checkMaySignIn(named.stored)
    return complete(context, named.stored, 'Authentication')
  }
  const name = textOf(next, 'challengeName')
  if (name === 'PASSWORD_VERIFIER' && SRP_A !== undefined) return srpRound(context, named, SRP_A, rounds)
  if (name !== 'CUSTOM_CHALLENGE')
    throw invalidResponse(`Unrecognizable lambda output: challengeName ${name}`)
  return customChallenge(context, named, rounds)
}

/** With a session, though all that counts is in the block: clients of this flow expect one. */
async function srpRound(
  context: SignInContext,
  named: Named,
  SRP_A: string,
  rounds: readonly CustomRound[],
): Promise<Step> {
  const step = await srpChallenge(context, named, SRP_A, rounds)
  const { Session } = await challenge(context, 'PASSWORD_VERIFIER', {}, await partOf(context, named))
  return { ...step, Session }
}

async function customChallenge(
  context: SignInContext,
  named: Named,
  rounds: readonly CustomRound[],
): Promise<Step> {
  const about = { challengeName: 'CUSTOM_CHALLENGE', session: rounds }
  const made = await ask(context, named, 'CreateAuthChallenge', about, [
    'publicChallengeParameters',
    'privateChallengeParameters',
    'challengeMetadata',
  ])
  const metadata = textOf(made, 'challengeMetadata')
  const parameters = {
    ...textsOf(made.publicChallengeParameters),
    USERNAME: await usernameOf(context, named),
  }
  return challenge(context, 'CUSTOM_CHALLENGE', parameters, {
    ...(await partOf(context, named)),
    custom: {
      rounds,
      parameters: textsOf(made.privateChallengeParameters),
      ...(metadata !== undefined && { metadata }),
    },
  })
}

/** The answer to a challenge of the pool's functions. */
export async function answerCustom(
  context: SignInContext,
  session: SessionText,
  responses: Readonly<Record<string, string>>,
): Promise<Step> {
  const { env, found, address } = context
  const { ANSWER: answer } = responses
  const stored = session.isThere ? await userOfSession(context, session) : undefined
  const key = stored?.key ?? nameKeyOf(found.pool.doc, session.name)
  const named: Named = { name: session.name, stored, key }
  const names = [session.name, await usernameOf(context, named), ...namesOf(stored)]
  checkUsername(responses.USERNAME, names)
  if (answer === undefined) throw missing('ANSWER')
  await checkSecretHash(context, names, responses.SECRET_HASH)
  const { rounds, parameters, metadata } = session.custom!
  const at = { pool: found.pool.id, what: 'challenge', user: named.key, address } as const
  const isRight = await attempting(env, at, async attempt => {
    const about = { privateChallengeParameters: parameters, challengeAnswer: answer }
    const verified = await ask(context, named, 'VerifyAuthChallengeResponse', about, ['answerCorrect'])
    const correct = flagOf(verified, 'answerCorrect')
    // Each challenge is answered once, right or wrong: what follows is for the pool's function to say. A right answer
    // makes up for no wrong one: it may be to a question that anybody can answer, with one to come that is guessed at.
    const isFresh = await attempt.ended(correct ? 'untried' : 'wrong', {
      [`session ${session.id}`]: session.until,
    })
    if (!isFresh) throw invalidSession()
    return correct
  })
  const round: CustomRound = {
    challengeName: 'CUSTOM_CHALLENGE',
    challengeResult: isRight,
    ...(metadata !== undefined && { challengeMetadata: metadata }),
  }
  return nextRound(context, named, [...rounds, round])
}

/** What the user is called; where there is none, what one could be called. */
const usernameOf = async ({ secrets, found }: SignInContext, { name, stored }: Named): Promise<string> =>
  stored?.user.username ?? (await madeUpUser(secrets, found, name)).username

/** As long where there is no user, for the length of a session is to be seen. */
async function partOf(context: SignInContext, named: Named) {
  const { name, stored } = named
  const { doc } = context.found.pool
  return {
    name,
    isThere: stored ? (1 as const) : (0 as const),
    user: stored?.key ?? nameKeyOf(doc, await usernameOf(context, named)),
    sub: stored?.user.attributes.sub ?? crypto.randomUUID(),
    passwordSet: stored ? passwordSetOf(stored.user) : context.now,
    source: 'Authentication' as const,
  }
}

const SOURCES = {
  DefineAuthChallenge: 'DefineAuthChallenge_Authentication',
  CreateAuthChallenge: 'CreateAuthChallenge_Authentication',
  VerifyAuthChallengeResponse: 'VerifyAuthChallengeResponse_Authentication',
} as const satisfies { readonly [K in TriggerKind]?: string }

async function ask(
  { callTrigger, found, metadata, traceId }: SignInContext,
  { name, stored }: Named,
  kind: keyof typeof SOURCES,
  about: Readonly<Record<string, unknown>>,
  members: readonly string[],
): Promise<Readonly<Record<string, unknown>>> {
  const response = await runTrigger(callTrigger, found, kind, {
    source: SOURCES[kind],
    userName: stored?.user.username ?? name,
    clientId: found.client.id,
    request: {
      userAttributes: stored ? attributesInEvent(stored.user) : {},
      ...about,
      userNotFound: !stored,
      ...(metadata && { clientMetadata: metadata }),
    },
    response: Object.fromEntries(members.map(member => [member, null])),
    traceId,
  })
  if (!response) throw invalidParameter(`The user pool has no trigger ${kind}.`)
  return response
}

function textsOf(value: unknown): Record<string, string> {
  if (value === undefined || value === null) return {}
  if (!isJsonObject(value) || !Object.values(value).every(each => typeof each === 'string')) {
    throw invalidResponse('Unrecognizable lambda output: parameters of a challenge are texts by name')
  }
  return value as Record<string, string>
}
