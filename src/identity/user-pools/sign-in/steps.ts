import type { ChallengeNameType, InitiateAuthResponse } from '@aws-sdk/client-cognito-identity-provider'
import type { Secrets } from '../../../encryption/secrets.ts'
import { isJsonObject } from '../../../lib/json-object.ts'
import { randomBelow } from '../../../lib/random.ts'
import { Refusal } from '../../../lib/refusal.ts'
import { masked, writeMessage } from '../messages/write-message.ts'
import { secondFactorsOf, validityOf } from '../pool-defaults.ts'
import {
  disabled,
  expiredSession,
  invalidSession,
  missing,
  notConfirmed,
  resetRequired,
  temporaryPasswordExpired,
} from '../refusals.ts'
import { newSignIn, type TokenSource } from '../tokens/tokens-of-user.ts'
import { attributesInEvent, runTrigger } from '../triggers.ts'
import { readable } from '../users/attributes.ts'
import { newCode } from '../users/codes.ts'
import type { PoolUser } from '../users/pool-user.ts'
import { PoolUsers, type StoredUser } from '../users/users.ts'
import type { CustomRound } from './custom-challenges.ts'
import { openText, sealText } from './sealed-texts.ts'
import type { SignInContext } from './sign-in-context.ts'

/** What a sign-in came to: the next challenge, or tokens. */
export type Step = Pick<
  InitiateAuthResponse,
  'ChallengeName' | 'Session' | 'ChallengeParameters' | 'AuthenticationResult' | 'AvailableChallenges'
>

/** What is remembered, in the client's hands, of a sign-in that waits for an answer. */
export interface SessionText {
  readonly id: string
  readonly step: ChallengeNameType
  /** Milliseconds since the epoch. */
  readonly until: number
  /** As it was sent. */
  readonly name: string
  /** Key and `sub` of the user; absent where none has been looked for. */
  readonly user?: string
  readonly sub?: string
  /** Where the pool's functions decide: 0 if there is no such user, and what else is said of one is made up. */
  readonly isThere?: 0 | 1
  /** {@link passwordSetOf} the user: another password ends the session. */
  readonly passwordSet?: number
  readonly source: TokenSource
  /** A code that was sent. */
  readonly code?: string
  /** Of MFA_SETUP: a secret to be, and whether the user has it now. */
  readonly secret?: string
  readonly isSetUp?: boolean
  /** Of a sign-in that the pool's functions decide. */
  readonly custom?: {
    readonly rounds: readonly CustomRound[]
    readonly parameters: Readonly<Record<string, string>>
    readonly metadata?: string
  }
}

type SessionPart = Omit<SessionText, 'id' | 'step' | 'until'>

const sessionEnds = ({ found, now }: SignInContext): number =>
  now + validityOf(found.client.doc.settings).session * 1000

/** What the model allows of a session. */
const LONGEST_SESSION = 2048

export async function challenge(
  context: SignInContext,
  step: ChallengeNameType,
  parameters: Record<string, string>,
  part: SessionPart,
): Promise<Step> {
  const session: SessionText = { id: crypto.randomUUID(), step, until: sessionEnds(context), ...part }
  const Session = await sealText(context.secrets, context.found, 'session', session)
  if (Session.length > LONGEST_SESSION) {
    throw new Refusal(
      'InvalidLambdaResponseException',
      `Parameters and metadata of challenges make a session of more than ${LONGEST_SESSION} characters`,
    )
  }
  return { ChallengeName: step, Session, ChallengeParameters: parameters }
}

/** A session that waits for an answer to one of `steps`. Throws a refusal when it does not. */
export async function openSession(
  { secrets, found, now }: Pick<SignInContext, 'found' | 'now'> & { readonly secrets: Pick<Secrets, 'open'> },
  text: string | undefined,
  ...steps: readonly ChallengeNameType[]
): Promise<SessionText> {
  if (text === undefined) throw missing('Session')
  const session = (await openText(secrets, found, 'session', text)) as SessionText | undefined
  if (!isJsonObject(session) || !steps.includes(session.step)) throw invalidSession()
  if (session.until <= now) throw expiredSession()
  return session
}

/** The user whose session it is, if they are as they were when it began. Throws a refusal otherwise. */
export async function userOfSession(
  { env, found }: Pick<SignInContext, 'env' | 'found'>,
  session: SessionText,
): Promise<StoredUser> {
  const stored = session.user === undefined ? undefined : await new PoolUsers(env.DB, found).get(session.user)
  if (!stored || stored.user.attributes.sub !== session.sub) throw invalidSession()
  if (passwordSetOf(stored.user) !== session.passwordSet) throw invalidSession()
  // Whoever is asked by the pool's functions has shown nothing yet.
  if (!stored.user.enabled && !session.custom) throw disabled()
  return stored
}

/** When a user's password was set; of a user who has none, a time that is no password's. Milliseconds. */
export const passwordSetOf = ({ password, created }: PoolUser): number => password?.set ?? created

/** Every answer names the user. Throws a refusal for an answer that names another one. */
export function checkUsername(username: string | undefined, names: readonly string[]): void {
  if (username === undefined) throw missing('USERNAME')
  if (!names.includes(username)) throw invalidSession()
}

const partOf = ({ key, user }: StoredUser, source: TokenSource): SessionPart => ({
  name: user.username,
  user: key,
  sub: user.attributes.sub!,
  passwordSet: passwordSetOf(user),
  source,
})

/** Throws a refusal for a user who may not sign in. Nobody is told who has not shown to be that user. */
export function checkMaySignIn({ user }: StoredUser): void {
  if (!user.enabled) throw disabled()
  if (user.status === 'RESET_REQUIRED') throw resetRequired()
  if (user.status === 'UNCONFIRMED') throw notConfirmed()
}

/** Throws a refusal for a temporary password whose time is over. */
export function checkTemporaryPassword({ now }: SignInContext, { user }: StoredUser): void {
  const until = user.status === 'FORCE_CHANGE_PASSWORD' ? user.password?.temporaryUntil : undefined
  if (until !== undefined && until <= now) throw temporaryPasswordExpired()
}

/** The user has shown the password. */
export async function afterPassword(context: SignInContext, stored: StoredUser): Promise<Step> {
  checkMaySignIn(stored)
  if (stored.user.status !== 'FORCE_CHANGE_PASSWORD') return secondFactor(context, stored, 'Authentication')
  checkTemporaryPassword(context, stored)
  const { sub: _, ...attributes } = stored.user.attributes
  const lacking = context.found.pool.doc.schema
    .filter(({ Name, Required }) => Required && Name !== 'sub' && !attributes[Name!])
    .map(({ Name }) => `userAttributes.${Name}`)
  return challenge(
    context,
    'NEW_PASSWORD_REQUIRED',
    {
      USER_ID_FOR_SRP: stored.user.username,
      requiredAttributes: JSON.stringify(lacking),
      // To whoever knows the password, but through this client.
      userAttributes: JSON.stringify(readable(context.found.client.doc.settings, attributes)),
    },
    partOf(stored, 'NewPasswordChallenge'),
  )
}

type Factor = 'SOFTWARE_TOKEN_MFA' | 'SMS_MFA'

/** What a user can be asked for after the password, the preferred one alone where there is one. */
function factorsOf({ found }: SignInContext, { mfa, attributes }: PoolUser): readonly Factor[] {
  const has: Readonly<Record<Factor, boolean>> = {
    SOFTWARE_TOKEN_MFA: mfa?.software?.verified === true,
    SMS_MFA: attributes.phone_number !== undefined,
  }
  const possible = [...secondFactorsOf(found.pool.doc)].filter(factor => has[factor])
  const preferred = possible.find(factor => factor === mfa?.preferred)
  if (preferred) return [preferred]
  const chosen = possible.filter(factor => mfa?.enabled.includes(factor))
  if (chosen.length > 0 || found.pool.doc.settings.MfaConfiguration !== 'ON') return chosen
  return possible.slice(0, 1)
}

/** The user has shown everything that comes before a second factor: asks for that, or lets them in. */
export async function secondFactor(
  context: SignInContext,
  stored: StoredUser,
  source: TokenSource,
): Promise<Step> {
  const factors = factorsOf(context, stored.user)
  const [factor] = factors
  const { username } = stored.user
  if (factors.length > 1) {
    const parameters = { MFAS_CAN_CHOOSE: JSON.stringify(factors), USER_ID_FOR_SRP: username }
    return challenge(context, 'SELECT_MFA_TYPE', parameters, partOf(stored, source))
  }
  if (factor) return askFor(context, stored, factor, source)
  const { pool } = context.found
  if (pool.doc.settings.MfaConfiguration !== 'ON') return complete(context, stored, source)
  if (!secondFactorsOf(pool.doc).has('SOFTWARE_TOKEN_MFA')) {
    throw new Refusal('MFAMethodNotFoundException', 'The user has no phone number to send codes to.')
  }
  const parameters = { MFAS_CAN_SETUP: '["SOFTWARE_TOKEN_MFA"]', USER_ID_FOR_SRP: username }
  return challenge(context, 'MFA_SETUP', parameters, partOf(stored, source))
}

export async function askFor(
  context: SignInContext,
  stored: StoredUser,
  factor: Factor,
  source: TokenSource,
): Promise<Step> {
  const { user } = stored
  if (factor === 'SMS_MFA') return sendCode(context, stored, source)
  const { name } = user.mfa!.software!
  const parameters = {
    USER_ID_FOR_SRP: user.username,
    ...(name !== undefined && { FRIENDLY_DEVICE_NAME: name }),
  }
  return challenge(context, factor, parameters, partOf(stored, source))
}

async function sendCode(context: SignInContext, stored: StoredUser, source: TokenSource): Promise<Step> {
  const { found, callTrigger, messenger, metadata, traceId } = context
  const { user } = stored
  const to = user.attributes.phone_number!
  const code = newCode(randomBelow)
  const asked = { kind: 'authentication', medium: 'SMS', username: user.username, secret: code } as const
  const text = await writeMessage(callTrigger, found, {
    ...asked,
    user,
    clientId: found.client.id,
    clientMetadata: metadata,
    traceId,
  })
  await messenger.send(found, { ...asked, ...text, to })
  const parameters = {
    CODE_DELIVERY_DELIVERY_MEDIUM: 'SMS',
    CODE_DELIVERY_DESTINATION: masked(to),
    USER_ID_FOR_SRP: user.username,
  }
  return challenge(context, 'SMS_MFA', parameters, { ...partOf(stored, source), code })
}

/** The user has shown everything. */
export async function complete(
  context: SignInContext,
  stored: StoredUser,
  source: TokenSource,
): Promise<Step> {
  const { callTrigger, found, metadata, traceId } = context
  await runTrigger(callTrigger, found, 'PostAuthentication', {
    source: 'PostAuthentication_Authentication',
    userName: stored.user.username,
    clientId: found.client.id,
    request: {
      userAttributes: attributesInEvent(stored.user),
      newDeviceUsed: false,
      ...(metadata && { clientMetadata: metadata }),
    },
    response: {},
    traceId,
  })
  return { ChallengeParameters: {}, AuthenticationResult: await newSignIn(context, stored, source) }
}
