import type { Secrets } from '../../../encryption/secrets.ts'
import type { Env } from '../../../env.ts'
import type { FoundClient } from '../find-pool.ts'
import type { Messenger } from '../messages/messenger.ts'
import type { CallTrigger } from '../triggers.ts'

/** What signing in stands on: a client that somebody signs in with, and who asks. */
export interface SignInContext {
  readonly env: Env
  readonly secrets: Secrets
  readonly callTrigger: CallTrigger
  readonly messenger: Messenger
  readonly found: FoundClient
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Asked by a signed operation, on behalf of the user. */
  readonly isAdmin: boolean
  /** Address of the user. */
  readonly address?: string | undefined
  readonly traceId?: string | undefined
  /** What the client sends along for functions that are asked before a sign-in, and for those that are asked later. */
  readonly validationData?: Readonly<Record<string, string>> | undefined
  readonly metadata?: Readonly<Record<string, string>> | undefined
}
