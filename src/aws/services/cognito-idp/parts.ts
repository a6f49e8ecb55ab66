import type { Messenger } from '../../../identity/user-pools/messages/messenger.ts'
import type { CallTrigger } from '../../../identity/user-pools/triggers.ts'

/** What the operations of user pools are given beside the platform. */
export interface CognitoParts {
  /** Calls the functions that pools have as triggers. */
  readonly callTrigger: CallTrigger
  /** Sends messages to users of pools. */
  readonly messenger: Messenger
}
