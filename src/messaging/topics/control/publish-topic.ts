import type { Env } from '../../../env.ts'
import { writePointer } from '../../../pointers/pointer-store.ts'
import type { Publish } from '../../../records/publications.ts'
import { Records } from '../../../records/records.ts'
import type { PublishedSubscription, PublishedTopic } from '../published-topic.ts'
import { topicHubName } from '../topic-arn.ts'
import {
  partsOfKey,
  type SubscriptionRecord,
  subscriptions,
  type TopicRecord,
  topics,
} from './topic-records.ts'

/** Kind of publications; the pointer is the topic's name. */
export const TOPIC_PUBLICATION = 'topic'

/** Kind of publications; the pointer is the subscription's key. */
export const SUBSCRIPTION_PUBLICATION = 'topic-subscription'

/** Tells a topic's object what the topic is. */
export const publishTopic =
  (env: Env): Publish =>
  async ({ id, region, pointer: name, generation }) => {
    const account = { id, region }
    const found = await new Records(env.DB, account).get(topics, '', name)
    const store = { objects: env.TOPIC_HUB, documents: env.STORE }
    await writePointer(
      store,
      topicHubName({ account, name }),
      generation,
      found ? publishedTopic(found.doc) : null,
    )
  }

const publishedTopic = ({ uid, policy, attributes }: TopicRecord): PublishedTopic => ({
  schema: 1,
  uid,
  policy,
  signatureVersion: attributes.SignatureVersion === '2' ? '2' : '1',
  deliveryPolicy: attributes.DeliveryPolicy,
})

/** Tells a topic's object of one of its subscriptions. */
export const publishSubscription =
  (env: Env): Publish =>
  async ({ id: owner, region, pointer: key, generation }) => {
    const account = { id: owner, region }
    const { topic, id } = partsOfKey(key)
    const found = await new Records(env.DB, account).get(subscriptions, '', key)
    const hub = env.TOPIC_HUB.getByName(topicHubName({ account, name: topic }))
    const isThere = found !== undefined && found.doc.state !== 'left'
    await hub.writeSubscription(id, generation, isThere ? publishedSubscription(id, found.doc) : null)
  }

export function publishedSubscription(id: string, record: SubscriptionRecord): PublishedSubscription {
  const { topicUid, protocol, endpoint, origin, state, attributes } = record
  const { FilterPolicy, FilterPolicyScope, DeliveryPolicy, RawMessageDelivery } = attributes
  return {
    schema: 1,
    id,
    topicUid,
    protocol,
    endpoint,
    origin,
    isPending: state !== 'confirmed',
    isRaw: RawMessageDelivery === 'true',
    ...(FilterPolicy !== undefined && {
      filter: {
        policy: FilterPolicy,
        scope: FilterPolicyScope === 'MessageBody' ? 'MessageBody' : 'MessageAttributes',
      },
    }),
    ...(DeliveryPolicy !== undefined && { deliveryPolicy: DeliveryPolicy }),
  }
}
