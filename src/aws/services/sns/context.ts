import type { SNS } from '@aws-sdk/client-sns'
import {
  SUBSCRIPTION_PUBLICATION,
  TOPIC_PUBLICATION,
} from '../../../messaging/topics/control/publish-topic.ts'
import {
  isListed,
  type SubscriptionRecord,
  subscriptionKey,
  subscriptions,
  type TopicRecord,
  topics,
} from '../../../messaging/topics/control/topic-records.ts'
import { noSuchTopic } from '../../../messaging/topics/publish-to-topic.ts'
import { type TopicPlace, topicOfArn } from '../../../messaging/topics/topic-arn.ts'
import type { Platform } from '../../../platform.ts'
import { modifyOr } from '../../../records/modify.ts'
import type { Change, Records, Stored } from '../../../records/records.ts'
import type { Call, Handlers } from '../../wire/service.ts'
import { authorizationError, invalidParameter, noSuchSubscription, othersAreFaster } from './refusals.ts'

export type SnsHandlers = Handlers<SNS, Platform>

/** What an operation on a topic needs: the topic's account may be another one than the caller's. */
export interface Context {
  readonly place: TopicPlace
  readonly records: Records
  readonly platform: Platform
  readonly call: Call<Platform>
  /** Epoch milliseconds. */
  readonly now: number
}

export const contextOf = (call: Call<Platform>, place: TopicPlace): Context => ({
  place,
  records: call.platform.records(place.account),
  platform: call.platform,
  call,
  now: call.platform.clock(),
})

/** The topic that a parameter names. Whether there is one is not known yet. */
export function placeOf(arn: string, parameter = 'TopicArn'): TopicPlace {
  const { subscription, ...place } = readArn(arn, parameter)
  if (subscription !== undefined) throw invalidParameter(parameter)
  return place
}

/** The subscription that a parameter names. */
export function subscriptionOf(arn: string): { readonly place: TopicPlace; readonly id: string } {
  const { subscription, ...place } = readArn(arn, 'SubscriptionArn')
  if (subscription === undefined) throw invalidParameter('SubscriptionArn')
  return { place, id: subscription }
}

function readArn(arn: string, parameter: string) {
  const elements = arn.split(':').length
  if (elements < 6) {
    throw invalidParameter(`${parameter} Reason: An ARN must have at least 6 elements, not ${elements}`)
  }
  const read = topicOfArn(arn)
  if (!read) throw invalidParameter(parameter)
  return read
}

export async function findTopic({ records, place }: Context): Promise<Stored<TopicRecord>> {
  const found = await records.get(topics, '', place.name)
  if (!found) throw noSuchTopic()
  return found
}

/** What `edit` answers is what the topic is from now on, everywhere. */
export async function changeTopic(
  context: Context,
  edit: (topic: TopicRecord) => TopicRecord,
): Promise<void> {
  const { name } = context.place
  await change(context, async draft => {
    const stored = await findTopic(context)
    draft.writes.replace(topics, stored, edit(stored.doc))
    draft.tellOfTopic(name)
  })
}

/** A subscription that lists have, of which the caller may ask: its own, or one of its own topic's. */
export async function findSubscription(context: Context, id: string): Promise<Stored<SubscriptionRecord>> {
  const { records, place, now, call } = context
  const found = await records.get(subscriptions, '', subscriptionKey(place.name, id))
  if (!found || !isListed(found.doc, now)) throw noSuchSubscription()
  // Of a subscription those alone may decide who have it, and whose topic it is.
  if (call.account !== found.doc.owner && call.account !== place.account.id) {
    throw authorizationError(
      `User: ${call.identity.arn} is not authorized to perform: SNS:${call.operation} on this subscription`,
    )
  }
  return found
}

/** What an operation is about to write, and of what the topic's object has to be told. */
export class Draft {
  readonly #records: Records
  readonly #told = new Map<string, { readonly kind: string; readonly id: string }>()
  #writes: Change | undefined

  constructor(records: Records) {
    this.#records = records
  }

  get writes(): Change {
    this.#writes ??= this.#records.change()
    return this.#writes
  }

  get told(): Iterable<{ readonly kind: string; readonly id: string }> {
    return this.#told.values()
  }

  tellOfTopic(name: string): void {
    this.#tell(TOPIC_PUBLICATION, name)
  }

  tellOfSubscription(key: string): void {
    this.#tell(SUBSCRIPTION_PUBLICATION, key)
  }

  async commit(): Promise<void> {
    await this.#writes?.commit()
  }

  #tell(kind: string, id: string): void {
    this.writes.publish({ kind, id })
    this.#told.set(`${kind} ${id}`, { kind, id })
  }
}

/**
 * A change: `work` reads, decides and drafts, and is run again when somebody else was faster. What it drafted is
 * written, and then the topic's object is told.
 */
export async function change<T>(
  { records, place, platform }: Context,
  work: (draft: Draft) => Promise<T>,
): Promise<T> {
  const { result, told } = await modifyOr(othersAreFaster, async () => {
    const draft = new Draft(records)
    const result = await work(draft)
    await draft.commit()
    return { result, told: draft.told }
  })
  for (const { kind, id } of told) await platform.publications.publish(place.account, kind, id)
  return result
}
