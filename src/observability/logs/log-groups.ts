import type { Account } from '../../lib/account.ts'
import { arn, partsOfArn } from '../../lib/arn.ts'
import type { Tags } from '../../lib/tags.ts'
import { DAY_MS } from '../../lib/utc-day.ts'
import { kind, type Records, StaleRevision, type Stored } from '../../records/records.ts'
import type { MetricFilter } from './metric-filters/metric-filter.ts'

export type LogGroupClass = 'STANDARD' | 'INFREQUENT_ACCESS'

/** What is configured of a log group. Its lines and streams are in the objects named by `logStoreName`. */
export interface LogGroupRecord {
  /** Of this life of the name: a group that is deleted and made again has another one. */
  readonly uid: string
  /** Epoch milliseconds. */
  readonly created: number
  /** Absent: events never expire. */
  readonly retentionInDays?: number
  readonly class: LogGroupClass
  readonly isProtected?: boolean
  readonly tags: Tags
  /** In the order of their names. */
  readonly subscriptionFilters?: readonly SubscriptionFilter[]
  /** In the order of their names. */
  readonly metricFilters?: readonly MetricFilter[]
}

/** What of a group's events goes on to a function as they come. */
export interface SubscriptionFilter {
  readonly name: string
  /** Epoch milliseconds. */
  readonly created: number
  readonly pattern: string
  readonly destinationArn: string
  readonly roleArn?: string
  readonly distribution: 'Random' | 'ByLogStream'
}

export const logGroups = kind<LogGroupRecord>('log-group')

/** Tells the group's objects that its record has changed. The id is the group's name. */
export const LOG_GROUP_PUBLICATION = 'log-group'

/** Before this, the group's events have expired; epoch milliseconds. */
export const expiryOf = (
  { retentionInDays }: Pick<LogGroupRecord, 'retentionInDays'>,
  now: number,
): number => (retentionInDays === undefined ? 0 : now - retentionInDays * DAY_MS)

export const logGroupArn = (account: Account, group: string): string =>
  arn('logs', account, `log-group:${group}`)

export const logStreamArn = (account: Account, group: string, stream: string): string =>
  `${logGroupArn(account, group)}:log-stream:${stream}`

/** The group that an ARN names, with or without `:*` at its end; undefined for any other text. */
export function logGroupOfArn(text: string): { account: Account; group: string } | undefined {
  const { service, region, account: id, resource } = partsOfArn(text)
  const match = /^log-group:([^:*]+)(?::\*)?$/.exec(resource)
  return service === 'logs' && match ? { account: { id, region }, group: match[1]! } : undefined
}

/** What a group is that somebody writes to without having made it. */
export async function bornGroup(
  records: Records,
  group: string,
  uid: string,
  now: number,
): Promise<Stored<LogGroupRecord>> {
  for (let attempt = 1; ; attempt++) {
    const known = await records.get(logGroups, '', group)
    if (known) return known
    try {
      const doc: LogGroupRecord = { uid, created: now, class: 'STANDARD', tags: {} }
      await records.change().create(logGroups, { parent: '', id: group }, doc).commit()
    } catch (error) {
      // Several objects of a group may notice at once that there is none.
      if (!(error instanceof StaleRevision) || attempt === 3) throw error
    }
  }
}
