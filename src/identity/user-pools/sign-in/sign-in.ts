import type {
  AuthFlowType,
  ChallengeNameType,
  ExplicitAuthFlowsType,
} from '@aws-sdk/client-cognito-identity-provider'
import { flowsOf } from '../pool-defaults.ts'
import { flowNotEnabled, flowNotSupported, invalidParameter, missing, resetRequired } from '../refusals.ts'
import { readRefreshToken, refresh } from '../tokens/refresh.ts'
import { checkNoPassword, checkPassword, isOutdated } from '../users/password-hash.ts'
import { storedPassword, withPassword } from '../users/passwords-of-user.ts'
import { PoolUsers, type StoredUser } from '../users/users.ts'
import { attempting } from './attempts-guard.ts'
import { beginCustom } from './custom-challenges.ts'
import { migrateUser } from './migrate-user.ts'
import type { SignInContext } from './sign-in-context.ts'
import { srpChallenge } from './srp-challenge.ts'
import { afterPassword, challenge, type Step } from './steps.ts'
import {
  beforeAuthentication,
  checkSecretHash,
  findNamed,
  type Named,
  namesOf,
  refusalOf,
  tellsUnknown,
} from './who-signs-in.ts'

export type Parameters = Readonly<Record<string, string>>

interface Flow {
  /** What the client has to allow. */
  readonly allowedBy: ExplicitAuthFlowsType
  /** Of signed operations alone, or of those that nobody signs. */
  readonly only?: 'admin' | 'user'
  readonly begin: (context: SignInContext, parameters: Parameters) => Promise<Step>
}

const bySrp: Flow['begin'] = async (context, parameters) => {
  const named = await begin(context, parameters)
  if (!named.stored && tellsUnknown(context)) throw refusalOf(context, named)
  await beforeAuthentication(context, named)
  return srpChallenge(context, named, parameters.SRP_A)
}

const byCustomChallenges: Flow['begin'] = async (context, parameters) => {
  const named = await begin(context, parameters)
  if (!named.stored && tellsUnknown(context)) throw refusalOf(context, named)
  await beforeAuthentication(context, named)
  return beginCustom(context, named, parameters)
}

const byPassword: Flow['begin'] = async (context, parameters) =>
  passwordOf(context, await begin(context, parameters), parameters.PASSWORD)

const byRefreshToken: Flow['begin'] = async (context, { REFRESH_TOKEN: token, SECRET_HASH: hash }) => {
  if (token === undefined) throw missing('REFRESH_TOKEN')
  // "REFRESH_TOKEN_AUTH ... returns an error when refresh token rotation is active": the answer has no place for a new one.
  if (context.found.client.doc.settings.RefreshTokenRotation?.Feature === 'ENABLED') {
    throw flowNotEnabled('REFRESH_TOKEN_AUTH')
  }
  const refreshed = await readRefreshToken(context, token)
  await checkSecretHash(context, namesOf(refreshed.stored), hash)
  return { ChallengeParameters: {}, AuthenticationResult: await refresh(context, refreshed) }
}

const byPasswordAsAdmin: Flow = {
  allowedBy: 'ALLOW_ADMIN_USER_PASSWORD_AUTH',
  only: 'admin',
  begin: byPassword,
}
const refreshing: Flow = { allowedBy: 'ALLOW_REFRESH_TOKEN_AUTH', begin: byRefreshToken }

/** https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flows-public-server-side.html */
const FLOWS = {
  USER_PASSWORD_AUTH: { allowedBy: 'ALLOW_USER_PASSWORD_AUTH', only: 'user', begin: byPassword },
  ADMIN_USER_PASSWORD_AUTH: byPasswordAsAdmin,
  ADMIN_NO_SRP_AUTH: byPasswordAsAdmin,
  USER_SRP_AUTH: { allowedBy: 'ALLOW_USER_SRP_AUTH', begin: bySrp },
  CUSTOM_AUTH: { allowedBy: 'ALLOW_CUSTOM_AUTH', begin: byCustomChallenges },
  REFRESH_TOKEN_AUTH: refreshing,
  REFRESH_TOKEN: refreshing,
  USER_AUTH: {
    allowedBy: 'ALLOW_USER_AUTH',
    begin: async (context, parameters) => byChoice(context, await begin(context, parameters), parameters),
  },
} as const satisfies Record<AuthFlowType, Flow>

/** The first step of a sign-in. Throws a refusal for one that cannot begin, or whose password is wrong. */
export async function signIn(
  context: SignInContext,
  name: AuthFlowType,
  parameters: Parameters,
): Promise<Step> {
  const flow: Flow = FLOWS[name]
  if (flow.only !== undefined && (flow.only === 'admin') !== context.isAdmin) throw flowNotSupported()
  if (!flowsOf(context.found.client.doc.settings).has(flow.allowedBy)) throw flowNotEnabled(name)
  return flow.begin(context, parameters)
}

async function begin(
  context: SignInContext,
  { USERNAME: name, SECRET_HASH: hash }: Parameters,
): Promise<Named> {
  if (name === undefined) throw missing('USERNAME')
  return findNamed(context, name, hash)
}

/** Who sends the password itself. */
async function passwordOf(context: SignInContext, named: Named, password: string | undefined): Promise<Step> {
  if (password === undefined) throw missing('PASSWORD')
  const at = {
    pool: context.found.pool.id,
    what: 'password',
    user: named.key,
    address: context.address,
  } as const
  const stored = await attempting(context.env, at, async attempt => {
    await beforeAuthentication(context, named)
    const migrated = named.stored ? undefined : await migrateUser(context, named.name, password)
    const isRight = migrated !== undefined || (await isPasswordOf(context, named.stored, password))
    await attempt.ended(isRight ? 'right' : 'wrong')
    const user = migrated ?? named.stored
    if (!isRight || !user) throw refusalOf(context, named)
    return user
  })
  return afterPassword(context, stored)
}

/** Takes the same time for whoever has none. */
async function isPasswordOf(
  context: SignInContext,
  stored: StoredUser | undefined,
  password: string,
): Promise<boolean> {
  const kept = stored && (await storedPassword(context.secrets, context.found, stored.user))
  if (!stored || !kept) {
    const isRight = await checkNoPassword(password)
    if (stored?.user.status === 'RESET_REQUIRED') throw resetRequired()
    return isRight
  }
  if (!(await checkPassword(kept, password))) return false
  if (isOutdated(kept)) await keepAnew(context, stored, password)
  return true
}

/** By today's parameters: only now is the password known. */
async function keepAnew(
  { env, secrets, found }: SignInContext,
  stored: StoredUser,
  password: string,
): Promise<void> {
  const { temporaryUntil, set } = stored.user.password!
  await new PoolUsers(env.DB, found).change(stored.key, async user =>
    user.password?.set === set
      ? {
          ...(await withPassword(secrets, found, user, { password, temporaryUntil }, set)),
          modified: user.modified,
        }
      : user,
  )
}

/** What a user of a pool whose first factor is a password can choose between. */
const CHOICES = ['PASSWORD', 'PASSWORD_SRP'] as const satisfies ChallengeNameType[]

/**
 * Choice-based sign-in: the client names the way, or is told which there are. All users have the same.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flows-selection-sdk.html
 */
async function byChoice(context: SignInContext, named: Named, parameters: Parameters): Promise<Step> {
  const { PREFERRED_CHALLENGE: preferred, PASSWORD, SRP_A } = parameters
  if (preferred === 'PASSWORD' && PASSWORD !== undefined) return passwordOf(context, named, PASSWORD)
  if (!named.stored && tellsUnknown(context)) throw refusalOf(context, named)
  if (preferred === 'PASSWORD_SRP' && SRP_A !== undefined) {
    await beforeAuthentication(context, named)
    return srpChallenge(context, named, SRP_A)
  }
  const isChosen = preferred === 'PASSWORD' || preferred === 'PASSWORD_SRP'
  const step = await challenge(
    context,
    isChosen ? preferred : 'SELECT_CHALLENGE',
    {},
    {
      name: named.name,
      source: 'Authentication',
    },
  )
  return isChosen ? step : { ...step, AvailableChallenges: [...CHOICES] }
}

/** The answer to a choice, and to what was chosen where the password did not come along. */
export async function answerChoice(
  context: SignInContext,
  chosen: string | undefined,
  named: Named,
  responses: Parameters,
): Promise<Step> {
  if (chosen === 'PASSWORD') return passwordOf(context, named, responses.PASSWORD)
  if (chosen !== 'PASSWORD_SRP') throw invalidParameter(`Cannot be chosen: ${chosen}`)
  if (!named.stored && tellsUnknown(context)) throw refusalOf(context, named)
  await beforeAuthentication(context, named)
  return srpChallenge(context, named, responses.SRP_A)
}
