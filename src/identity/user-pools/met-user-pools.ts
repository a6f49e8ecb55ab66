import { MetNames } from '../../protection/met-names.ts'
import type { StrangerGuard } from '../../protection/stranger-guard.ts'

/** What of user pools an isolate has met; with each the id of its pool. */
export interface MetUserPools {
  readonly clients: MetNames<string>
  readonly pools: MetNames<string>
  readonly domains: MetNames<string>
}

export const metUserPools = (strangers: Pick<StrangerGuard, 'begin'>): MetUserPools => ({
  clients: new MetNames(strangers),
  pools: new MetNames(strangers),
  domains: new MetNames(strangers),
})
