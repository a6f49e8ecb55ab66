import type { SignInGuard } from '../../../../durable-objects/sign-in-guard.ts'
import type { Env } from '../../../env.ts'
import { addressGroup } from '../../../lib/address-group.ts'
import { Refusal } from '../../../lib/refusal.ts'
import type { Outcome } from './attempts.ts'

/** What is tried, and who tries it. */
export interface AttemptAt {
  /** Id of the pool. */
  readonly pool: string
  /** `challenge` is what may follow a password, `code` what was sent to the user. Each is counted for itself. */
  readonly what: 'password' | 'challenge' | 'code'
  /** The user's key where there is one, otherwise the name as the pool compares names: both are counted alike. */
  readonly user: string
  /** Of whoever tries; undefined for Weir's own functions, and where it is not known. */
  readonly address?: string | undefined
}

/** An attempt that has begun. What it has ended as is said once; later words count for nothing. */
export interface Attempt {
  /**
   * @param uses names of what may be used once, each with the time from which nobody would accept it anyway,
   *   milliseconds since the epoch
   * @returns whether none of them had been used before
   */
  ended(outcome: Outcome, uses?: Readonly<Record<string, number>>): Promise<boolean>
}

const EXCEEDED: Readonly<Record<AttemptAt['what'], readonly [code: string, message: string]>> = {
  password: ['NotAuthorizedException', 'Password attempts exceeded'],
  challenge: ['NotAuthorizedException', 'Code attempts exceeded'],
  code: ['LimitExceededException', 'Attempt limit exceeded, please try after some time.'],
}

/**
 * Does what somebody may be wrong about, if the user and the address have not been wrong too often; see `attempts.ts`.
 * `work` says what came of it, and is untried if it does not. Throws a refusal when it may not be tried now.
 */
export async function attempting<T>(
  { SIGN_IN_GUARD: guards }: Pick<Env, 'SIGN_IN_GUARD'>,
  at: AttemptAt,
  work: (attempt: Attempt) => Promise<T>,
): Promise<T> {
  const user = guards.getByName(`user ${at.pool} ${at.what} ${at.user}`)
  const address = at.address ? guards.getByName(`address ${at.pool} ${addressGroup(at.address)}`) : undefined
  const id = crypto.randomUUID()
  await begin(user, address, id, at.what)
  let hasEnded = false
  const ended: Attempt['ended'] = async (outcome, uses = {}) => {
    if (hasEnded) return false
    hasEnded = true
    const [isFresh] = await Promise.all([user.end(id, outcome, uses), address?.endFrom(outcome)])
    return isFresh
  }
  try {
    return await work({ ended })
  } finally {
    await ended('untried')
  }
}

async function begin(
  user: DurableObjectStub<SignInGuard>,
  address: DurableObjectStub<SignInGuard> | undefined,
  id: string,
  what: AttemptAt['what'],
): Promise<void> {
  const [admission, mayFrom] = await Promise.all([user.begin(id), address?.beginFrom() ?? true])
  if (admission === 'go' && mayFrom) return
  if (admission === 'go') await user.end(id, 'untried', {})
  if (mayFrom) await address?.endFrom('untried')
  if (admission === 'locked') throw new Refusal(...EXCEEDED[what])
  throw new Refusal('TooManyRequestsException', 'Too many requests')
}
