import type { CallTrigger } from '../../../identity/user-pools/triggers.ts'

/** What the operations of user pools are given beside the platform. */
export interface CognitoParts {
  /** Calls the functions that pools have as triggers. */
  readonly callTrigger: CallTrigger
}
