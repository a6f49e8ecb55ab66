import type { Sealed, Secrets } from '../encryption/secrets.ts'
import { rootArn } from '../lib/arn.ts'
import { ByteLru } from '../lib/byte-lru.ts'
import type { Clock } from '../lib/clock.ts'
import { REFUSED } from '../protection/stranger-guard.ts'
import { type Caller, entityName } from './caller.ts'
import type { Credentials } from './credentials.ts'
import type { Directory } from './directory.ts'
import { accessKeyPurpose, nameKey, userArn } from './iam-records.ts'
import type { PublishedUser } from './published.ts'
import { hasSealer, sealerOf } from './sealed-token.ts'
import { type OpenedSession, openSession } from './session-token.ts'

/** Somebody's access key, with the secret that its signatures are checked against. */
export interface KeyOwner extends Caller {
  readonly secretAccessKey: string
}

export interface AccessKeysOptions {
  /** The operator's own, by id. */
  readonly own: ReadonlyMap<string, Credentials>
  readonly directory: Pick<Directory, 'get' | 'find'>
  readonly secrets: Pick<Secrets, 'open'>
  readonly clock: Clock
}

/** As they are given: `AKIA...` is somebody's for long, `ASIA...` a session's. What is neither need not be looked for. */
const KEY_ID = /^A[KS]IA[A-Z2-7]{16}$/

/** Bytes of tokens and of what they say, of the sessions that call through this isolate. */
const KEPT_SESSIONS = 2 * 1024 * 1024

/**
 * Finds whose an access key is: undefined if it is nobody's (any more), or if the session token is not the one that
 * belongs to it; `expired` if it was; `throttled` if nobody looked, as its client asks for too many keys that there are
 * not. What is opened is kept, so that a key that is in use costs no decryption.
 */
export function accessKeys({ own, directory, secrets, clock }: AccessKeysOptions) {
  const opened = new WeakMap<Sealed, string>()
  const sessions = new ByteLru<OpenedSession>(KEPT_SESSIONS)

  async function secretOf(account: string, accessKeyId: string, sealed: Sealed): Promise<string> {
    const known = opened.get(sealed)
    if (known !== undefined) return known
    const secret = await secrets.open(account, accessKeyPurpose(accessKeyId), sealed)
    opened.set(sealed, secret)
    return secret
  }

  /** Nobody of an account that is being removed gets in any more, by whatever key. Whoever has one has data keys. */
  const isAccountThere = async (account: string): Promise<boolean> =>
    (await directory.get('', 'account', account)) !== undefined

  async function longTerm(
    accessKeyId: string,
    from: string | undefined,
  ): Promise<KeyOwner | 'throttled' | undefined> {
    const key = await directory.find('', 'key', accessKeyId, from)
    if (key === REFUSED) return 'throttled'
    if (!key?.active) return undefined
    const { account } = key
    const [isOpen, user] = await Promise.all([
      isAccountThere(account),
      key.user === undefined ? undefined : directory.get(account, 'user', nameKey(key.user)),
    ])
    if (!isOpen || (key.user !== undefined && !user)) return undefined
    // One of the same name who came after is somebody else.
    if (user && key.uid !== undefined && key.uid !== user.uid) return undefined
    const secretAccessKey = await secretOf(account, accessKeyId, key.secret)
    return { accessKeyId, secretAccessKey, ...ownerOf(account, user) }
  }

  async function openedSession(
    token: string,
    from: string | undefined,
  ): Promise<OpenedSession | 'throttled' | undefined> {
    const sealer = sealerOf(token)
    const keys = sealer && (await directory.find('', 'account', sealer.account, from))
    if (keys === REFUSED) return 'throttled'
    return keys && hasSealer(keys, sealer) ? openSession(secrets, token) : undefined
  }

  async function temporary(
    accessKeyId: string,
    token: string,
    from: string | undefined,
  ): Promise<KeyOwner | 'expired' | 'throttled' | undefined> {
    const session = sessions.get(token) ?? (await openedSession(token, from))
    if (session === 'throttled') return session
    if (session?.caller.accessKeyId !== accessKeyId) return undefined
    sessions.set(token, session, 4 * token.length)
    const { caller, secretAccessKey, expires } = session
    if (expires <= clock()) return 'expired'
    return (await isStillThere(caller)) ? { ...caller, secretAccessKey } : undefined
  }

  /**
   * Sessions end with their account, and a user's with the user; what has become of a role is found out with what it
   * may do.
   */
  async function isStillThere({ account, user, session }: Caller): Promise<boolean> {
    if (!(await isAccountThere(account))) return false
    if (user === undefined) return true
    const found = await directory.get(account, 'user', nameKey(entityName(user)))
    return found !== undefined && found.uid === session?.['aws:userid'] && userArn(account, found) === user
  }

  return async (
    accessKeyId: string,
    sessionToken: string | undefined,
    from?: string,
  ): Promise<KeyOwner | 'expired' | 'throttled' | undefined> => {
    const operators = own.get(accessKeyId)
    if (operators) return operators
    if (!KEY_ID.test(accessKeyId)) return undefined
    if (accessKeyId.startsWith('ASIA')) {
      return sessionToken === undefined ? undefined : temporary(accessKeyId, sessionToken, from)
    }
    return sessionToken === undefined ? longTerm(accessKeyId, from) : undefined
  }
}

function ownerOf(account: string, user: PublishedUser | undefined): Pick<Caller, 'account' | 'arn' | 'user'> {
  if (!user) return { account, arn: rootArn(account) }
  const arn = userArn(account, user)
  return { account, arn, user: arn }
}
