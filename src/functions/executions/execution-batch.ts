import type { Account } from '../../lib/account.ts'
import { fnv1a } from '../../lib/hash.ts'

/** What calls came to. All whole numbers that only grow. */
export interface ExecutionTotals {
  readonly requests: number
  /** Of these, the ones that ended in an error of the function. */
  readonly failures: number
  readonly billedMs: number
  /** Megabytes of configured memory times milliseconds billed; 1,024,000 of them are a GB-second. */
  readonly mbMs: number
  /** Of the requests, the ones that loaded the version ... */
  readonly inits: number
  /** ... and how long that took. */
  readonly initMs: number
}

/** The calls of one version under one qualifier on one day. */
export interface ExecutionKey {
  readonly name: string
  /** What ran: a number or `$LATEST`. */
  readonly version: string
  /** What was asked for; '' when nothing was. */
  readonly qualifier: string
  /** `YYYY-MM-DD`, UTC. */
  readonly day: string
}

export type ExecutionCount = ExecutionKey & ExecutionTotals

export const EXECUTION_PROTOCOL = 1

/**
 * What an isolate tells an ExecutionMeter: not what was added, but what it has counted in all under the name
 * `sender`. So a batch that is lost, doubled or overtaken by a later one does no harm.
 */
export interface ExecutionBatch {
  readonly protocol: typeof EXECUTION_PROTOCOL
  /** A count of one isolate; never used again for another one. */
  readonly sender: string
  readonly counts: readonly ExecutionCount[]
}

/** Meters of an account in a region; a function's calls are all counted by one of them. */
const SHARDS = 4

/** Name of the ExecutionMeter object that counts a function's calls. */
export const executionMeterName = ({ id, region }: Account, name: string): string =>
  `${metersOf(id)}${region}/${fnv1a(name) % SHARDS}`

export function accountOfMeter(meter: string): Account {
  const [kind, id, region] = meter.split('/')
  if (kind !== 'executions' || !id || !region) throw new Error(`'${meter}' is no name of an execution meter`)
  return { id, region }
}

/** What the names of an account's meters begin with. */
export const metersOf = (accountId: string): string => `executions/${accountId}/`
