import type { Messenger } from '../../../identity/user-pools/messages/messenger.ts'
import type { MetUserPools } from '../../../identity/user-pools/met-user-pools.ts'
import type { CallTrigger } from '../../../identity/user-pools/triggers.ts'

/** What the operations of user pools are given beside the platform. */
export interface CognitoParts {
  /** Calls the functions that pools have as triggers. */
  readonly callTrigger: CallTrigger
  /** Sends messages to users of pools. */
  readonly messenger: Messenger
  /** Which pools and clients this isolate knows, so that others are looked up within limits. */
  readonly met: MetUserPools
}
