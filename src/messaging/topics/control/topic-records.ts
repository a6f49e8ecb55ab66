import type { Account } from '../../../lib/account.ts'
import type { Tags } from '../../../lib/tags.ts'
import { kind } from '../../../records/records.ts'
import type { DeliveryProtocol } from '../published-topic.ts'

export interface TopicRecord {
  /** Differs from that of a former topic of the same name. */
  readonly uid: string
  /** Epoch milliseconds. */
  readonly created: number
  /** JSON text. */
  readonly policy: string
  /** What was set, by SNS's names, but for the policy. */
  readonly attributes: Readonly<Record<string, string>>
  readonly tags: Tags
  /** Subscriptions that it had and has no more. */
  readonly ended: number
}

/** By name. */
export const topics = kind<TopicRecord>('topic')

export interface SubscriptionRecord {
  /** Of the topic that was subscribed to. */
  readonly topicUid: string
  readonly protocol: DeliveryProtocol
  readonly endpoint: string
  /** The account that subscribed. */
  readonly owner: string
  /** ARN of whoever subscribed. */
  readonly principal: string
  /** Where whoever subscribed reached Weir. */
  readonly origin: string
  /** `left`: it was ended by somebody who did not say who they are, and can be brought back. */
  readonly state: 'pending' | 'confirmed' | 'left'
  /** When it came into this state; epoch milliseconds. */
  readonly since: number
  /** Whether whoever confirmed it signed. */
  readonly wasAuthenticated: boolean
  /** Whether a link does not suffice to end it. */
  readonly authenticatesUnsubscribe: boolean
  /** What was set, by SNS's names. */
  readonly attributes: Readonly<Record<string, string>>
}

/** Under `{topic}:{id}`, so that those of a topic stand together. */
export const subscriptions = kind<SubscriptionRecord>('topic-subscription')

export const subscriptionKey = (topic: string, id: string): string => `${topic}:${id}`

/** The topic and the id in a subscription's key. */
export function partsOfKey(key: string): { readonly topic: string; readonly id: string } {
  const colon = key.indexOf(':')
  return { topic: key.slice(0, colon), id: key.slice(colon + 1) }
}

/** There is one subscription of an endpoint to a topic. */
export const subscriptionAlias = (topic: string, protocol: string, endpoint: string): string =>
  `${topic} ${protocol} ${endpoint}`

/** "Confirmation tokens are valid for two days." */
const CONFIRMATION_MS = 2 * 24 * 3_600_000

/** Whether it can be confirmed no more. */
export const isExpired = ({ state, since }: SubscriptionRecord, now: number): boolean =>
  state !== 'confirmed' && since + CONFIRMATION_MS <= now

/** Whether a subscription is one that lists have. */
export const isListed = (record: SubscriptionRecord, now: number): boolean =>
  record.state !== 'left' && !isExpired(record, now)

/** Subscriptions of a topic by state; expired ones do not count. */
export async function countSubscriptions(
  db: D1Database,
  { id, region }: Account,
  topic: string,
  now: number,
): Promise<{ readonly confirmed: number; readonly pending: number }> {
  const row = await db
    .prepare(
      `SELECT count(*) FILTER (WHERE doc ->> 'state' = 'confirmed') AS confirmed,
         count(*) FILTER (WHERE doc ->> 'state' = 'pending' AND doc ->> 'since' > ?) AS pending
       FROM resources WHERE account = ? AND region = ? AND kind = ? AND parent = '' AND id > ? AND id < ?`,
    )
    .bind(now - CONFIRMATION_MS, id, region, subscriptions.name, `${topic}:`, `${topic};`)
    .first<{ confirmed: number; pending: number }>()
  return row ?? { confirmed: 0, pending: 0 }
}

/** Removes all subscriptions of a topic; to be done together with what else changes. */
export const removingSubscriptions = (
  db: D1Database,
  { id, region }: Account,
  topic: string,
): D1PreparedStatement =>
  db
    .prepare(
      "DELETE FROM resources WHERE account = ? AND region = ? AND kind = ? AND parent = '' AND id > ? AND id < ?",
    )
    .bind(id, region, subscriptions.name, `${topic}:`, `${topic};`)
