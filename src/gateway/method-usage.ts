import type { Account } from '../lib/account.ts'
import { METHOD_USAGE } from '../usage/count-kinds.ts'
import type { Count, Tally } from '../usage/count-tally.ts'
import type { CountRecorder } from '../usage/record-counts.ts'

/** Positions in the sums of METHOD_USAGE; the first counts every request. */
export const THROTTLED = 1
export const OVER_QUOTA = 2
export const OVER_BUDGET = 3
export const OTHER_4XX = 4
export const ERRORS_5XX = 5

export type Outcome =
  | 0
  | typeof THROTTLED
  | typeof OVER_QUOTA
  | typeof OVER_BUDGET
  | typeof OTHER_4XX
  | typeof ERRORS_5XX

/** What of the isolate's counting is needed here. */
export type RequestCounts = Pick<CountRecorder, 'tallyAt' | 'counted'>

/** Adds up the requests of one method of a stage. One a method and isolate: a request makes nothing, and adds integers. */
export class MethodUsage {
  readonly #account: Account
  readonly #apiId: string
  readonly #stage: string
  readonly #method: string
  readonly #countsByKey: boolean
  readonly #byKey = new Map<string, Count>()
  #tally: Tally | undefined

  /** `method`: `GET /pets/{id}`, or '' for requests that no method fits. */
  constructor(account: Account, apiId: string, stage: string, method: string, countsByKey = false) {
    this.#countsByKey = countsByKey
    this.#account = account
    this.#apiId = apiId
    this.#stage = stage
    this.#method = method
  }

  /** `key`: its id, '' without one. `now`: when it was answered, epoch milliseconds. */
  count(counts: RequestCounts, key: string, outcome: Outcome, now: number): void {
    const keyId = this.#countsByKey ? key : ''
    const isCounting = this.#tally?.takes(now)
    const { sums } = (isCounting && this.#byKey.get(keyId)) || this.#begin(counts, keyId, now)
    sums[0]! += 1
    if (outcome !== 0) sums[outcome]! += 1
    counts.counted(METHOD_USAGE, now)
  }

  #begin(counts: RequestCounts, keyId: string, now: number): Count {
    const tally = counts.tallyAt(this.#account, now)
    if (tally !== this.#tally) this.#byKey.clear()
    this.#tally = tally
    const count = tally.count(METHOD_USAGE, [this.#apiId, this.#stage, this.#method, keyId])
    this.#byKey.set(keyId, count)
    return count
  }
}
