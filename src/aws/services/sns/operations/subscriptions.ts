import type { Subscription } from '@aws-sdk/client-sns'
import { Refusal } from '../../../../lib/refusal.ts'
import { confirmationToken, confirmedBy } from '../../../../messaging/topics/control/confirmation-token.ts'
import { publishedSubscription } from '../../../../messaging/topics/control/publish-topic.ts'
import {
  countSubscriptions,
  isExpired,
  isListed,
  partsOfKey,
  type SubscriptionRecord,
  subscriptionAlias,
  subscriptionKey,
  subscriptions,
  type TopicRecord,
  topics,
} from '../../../../messaging/topics/control/topic-records.ts'
import type { Notice } from '../../../../messaging/topics/delivery/parcel-tables.ts'
import { signingKey } from '../../../../messaging/topics/signature/signing-key.ts'
import {
  subscriptionArn,
  type TopicPlace,
  topicArn,
  topicHubName,
} from '../../../../messaging/topics/topic-arn.ts'
import type { Stored } from '../../../../records/records.ts'
import { ANONYMOUS } from '../../../wire/service.ts'
import {
  type Context,
  change,
  contextOf,
  type Draft,
  findSubscription,
  findTopic,
  placeOf,
  type SnsHandlers,
  subscriptionOf,
} from '../context.ts'
import { checkedEndpoint } from '../endpoint-rules.ts'
import { LIMITS } from '../limits.ts'
import { pageOf } from '../pages.ts'
import { authorizationError, invalidParameter } from '../refusals.ts'
import { describeSubscription, withAttributes } from '../subscription-attributes.ts'
import { sameEntries } from './topics.ts'

/** What stands for the ARN of a subscription that nobody has confirmed: in the answer of Subscribe, and in lists. */
const PENDING = 'pending confirmation'
const LISTED_PENDING = 'PendingConfirmation'

export const subscriptionOperations = {
  async Subscribe(input, call) {
    const context = contextOf(call, placeOf(input.TopicArn))
    const { place } = context
    const target = checkedEndpoint(input.Protocol, input.Endpoint)
    const attributes = withAttributes({}, input.Attributes ?? {}, target.protocol)
    // Made before it is needed, and refused where it could never be made.
    await signingKey(context.platform.env, context.now)
    const { id, record } = await change(context, async draft => {
      const topic = await findTopic(context)
      const alias = subscriptionAlias(place.name, target.protocol, target.endpoint)
      const there = await context.records.byAlias(subscriptions, alias)
      if (there?.doc.state === 'confirmed') {
        checkSame(there.doc, attributes)
        return { id: partsOfKey(there.id).id, record: there.doc }
      }
      if (there && isListed(there.doc, context.now)) checkSame(there.doc, attributes)
      else await checkRoom(context)
      const record = newSubscription(context, topic.doc, { ...target, attributes })
      const id = there ? partsOfKey(there.id).id : crypto.randomUUID()
      const key = subscriptionKey(place.name, id)
      if (there) draft.writes.replace(subscriptions, there, record)
      else draft.writes.create(subscriptions, { parent: '', id: key }, record, alias)
      draft.writes.expect(topics, topic)
      draft.tellOfSubscription(key)
      return { id, record }
    })
    const isPending = record.state === 'pending'
    if (isPending) await notify(context, id, record, 'SubscriptionConfirmation')
    const arn = subscriptionArn(place, id)
    return { SubscriptionArn: isPending && !input.ReturnSubscriptionArn ? PENDING : arn }
  },

  async ConfirmSubscription({ TopicArn, Token, AuthenticateOnUnsubscribe }, call) {
    const context = contextOf(call, placeOf(TopicArn))
    const { place, records, now, platform } = context
    // First: tokens are known by a key of the topic's account, which is made where there is none, and strangers make
    // accounts up.
    await findTopic(context)
    const id = await confirmedBy(platform.secrets, place, Token)
    const isSigned = call.identity !== ANONYMOUS
    await change(context, async draft => {
      await findTopic(context)
      const key = subscriptionKey(place.name, id ?? '')
      const stored = await records.get(subscriptions, '', key)
      if (!stored || isExpired(stored.doc, now)) throw invalidParameter('Token')
      const { doc } = stored
      if (doc.state === 'confirmed') return
      const authenticatesUnsubscribe = isSigned && AuthenticateOnUnsubscribe?.toLowerCase() === 'true'
      draft.writes.replace(subscriptions, stored, {
        ...doc,
        state: 'confirmed',
        since: now,
        wasAuthenticated: isSigned,
        authenticatesUnsubscribe,
      })
      draft.tellOfSubscription(key)
    })
    return { SubscriptionArn: subscriptionArn(place, id!) }
  },

  async Unsubscribe({ SubscriptionArn }, call) {
    const { place, id } = subscriptionOf(SubscriptionArn)
    const context = contextOf(call, place)
    const key = subscriptionKey(place.name, id)
    const left = await change(context, async draft => {
      const stored = await context.records.get(subscriptions, '', key)
      // To end what is over is no error.
      if (!stored || !isListed(stored.doc, context.now)) return undefined
      return call.identity === ANONYMOUS ? leave(context, draft, stored) : end(context, draft, stored)
    })
    if (left) await notify(context, id, left, 'UnsubscribeConfirmation')
    return {}
  },

  async ListSubscriptions({ NextToken: token }, call) {
    const { account, region, platform } = call
    const own = { id: account, region }
    const now = platform.clock()
    const rest = async function* (after: string | undefined) {
      const all = platform.records(own).each(subscriptions, '', { after, batch: LIMITS.pageSize + 1 })
      for await (const each of all) if (isListed(each.doc, now)) yield each
    }
    const { items, NextToken } = await pageOf('subscriptions', rest, token)
    return {
      Subscriptions: items.map(each => listed({ account: own, name: partsOfKey(each.id).topic }, each)),
      NextToken,
    }
  },

  async ListSubscriptionsByTopic({ TopicArn, NextToken: token }, call) {
    const context = contextOf(call, placeOf(TopicArn))
    await findTopic(context)
    const { place, records, now } = context
    const first = subscriptionKey(place.name, '')
    const rest = async function* (after = first) {
      for await (const each of records.each(subscriptions, '', { after, batch: LIMITS.pageSize + 1 })) {
        if (!each.id.startsWith(first)) return
        if (isListed(each.doc, now)) yield each
      }
    }
    const { items, NextToken } = await pageOf(`subscriptions ${place.name}`, rest, token)
    return { Subscriptions: items.map(each => listed(place, each)), NextToken }
  },

  async GetSubscriptionAttributes({ SubscriptionArn }, call) {
    const { place, id } = subscriptionOf(SubscriptionArn)
    const context = contextOf(call, place)
    const [{ doc }, topic] = await Promise.all([findSubscription(context, id), findTopic(context)])
    return { Attributes: describeSubscription(place, id, doc, topic.doc) }
  },

  async SetSubscriptionAttributes({ SubscriptionArn, AttributeName, AttributeValue }, call) {
    const { place, id } = subscriptionOf(SubscriptionArn)
    const context = contextOf(call, place)
    await change(context, async draft => {
      const stored = await findSubscription(context, id)
      const { attributes, protocol } = stored.doc
      draft.writes.replace(subscriptions, stored, {
        ...stored.doc,
        attributes: withAttributes(attributes, { [AttributeName]: AttributeValue }, protocol),
      })
      draft.tellOfSubscription(stored.id)
    })
    return {}
  },
} satisfies SnsHandlers

/** A function's owner need not confirm: its own policy says whether a topic may call it. */
function newSubscription(
  { call, platform, now }: Context,
  { uid }: TopicRecord,
  given: Pick<SubscriptionRecord, 'protocol' | 'endpoint' | 'attributes'>,
): SubscriptionRecord {
  const isConfirmed = given.protocol === 'lambda'
  return {
    ...given,
    topicUid: uid,
    owner: call.account,
    principal: call.identity.arn,
    origin: platform.origin,
    state: isConfirmed ? 'confirmed' : 'pending',
    since: now,
    wasAuthenticated: isConfirmed,
    authenticatesUnsubscribe: isConfirmed,
  }
}

function checkSame({ attributes }: SubscriptionRecord, wanted: SubscriptionRecord['attributes']): void {
  if (Object.keys(wanted).length === 0 || sameEntries(attributes, wanted)) return
  throw invalidParameter('Attributes Reason: Subscription already exists with different attributes')
}

async function checkRoom({ platform, place, now }: Context): Promise<void> {
  const { confirmed, pending } = await countSubscriptions(platform.env.DB, place.account, place.name, now)
  if (confirmed + pending < LIMITS.subscriptions) return
  throw new Refusal(
    'SubscriptionLimitExceededException',
    `Indicates that the customer already owns the maximum allowed number of subscriptions: a topic has at most ${LIMITS.subscriptions}`,
  )
}

/** Ended by somebody of whom nothing is known but the subscription's ARN: its endpoint is told how to restore it. */
async function leave(
  context: Context,
  draft: Draft,
  stored: Stored<SubscriptionRecord>,
): Promise<SubscriptionRecord> {
  if (stored.doc.authenticatesUnsubscribe) {
    throw authorizationError('This subscription is ended by its owner alone, in a signed request')
  }
  const left: SubscriptionRecord = { ...stored.doc, state: 'left', since: context.now }
  draft.writes.replace(subscriptions, stored, left)
  await countEnded(context, draft, stored)
  return left
}

async function end(context: Context, draft: Draft, stored: Stored<SubscriptionRecord>): Promise<undefined> {
  const { call, place } = context
  if (call.account !== stored.doc.owner && call.account !== place.account.id) {
    throw authorizationError('A subscription is ended by its owner, or by that of its topic')
  }
  draft.writes.remove(subscriptions, stored)
  await countEnded(context, draft, stored)
}

/** Subscriptions that are no more are counted: GetTopicAttributes says how many there were. */
async function countEnded(
  { records, place }: Context,
  draft: Draft,
  stored: Stored<SubscriptionRecord>,
): Promise<void> {
  const topic = await records.get(topics, '', place.name)
  if (topic) draft.writes.replace(topics, topic, { ...topic.doc, ended: topic.doc.ended + 1 })
  draft.tellOfSubscription(stored.id)
}

/** Tells an endpoint how to confirm a subscription, or that it is over. */
async function notify(
  { platform, place, now }: Context,
  id: string,
  record: SubscriptionRecord,
  kind: Notice,
): Promise<void> {
  if (record.protocol === 'lambda') return
  const token = await confirmationToken(platform.secrets, place, id)
  const hub = platform.env.TOPIC_HUB.getByName(topicHubName(place))
  const message = { id: crypto.randomUUID(), at: now, message: NOTICES[kind](place, id) }
  await hub.notify(kind, publishedSubscription(id, record), token, message)
}

const NOTICES: Readonly<Record<Notice, (place: TopicPlace, id: string) => string>> = {
  SubscriptionConfirmation: place =>
    `You have chosen to subscribe to the topic ${topicArn(place)}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`,
  UnsubscribeConfirmation: (place, id) =>
    `You have chosen to deactivate subscription ${subscriptionArn(place, id)}.\nTo cancel this operation and restore the subscription, visit the SubscribeURL included in this message.`,
}

const listed = (place: TopicPlace, { id, doc }: Stored<SubscriptionRecord>): Subscription => ({
  SubscriptionArn: doc.state === 'pending' ? LISTED_PENDING : subscriptionArn(place, partsOfKey(id).id),
  Owner: doc.owner,
  Protocol: doc.protocol,
  Endpoint: doc.endpoint,
  TopicArn: topicArn(place),
})
