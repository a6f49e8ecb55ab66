import {
  countSubscriptions,
  removingSubscriptions,
  type TopicRecord,
  topics,
} from '../../../../messaging/topics/control/topic-records.ts'
import { topicArn } from '../../../../messaging/topics/topic-arn.ts'
import {
  type Context,
  change,
  changeTopic,
  contextOf,
  findTopic,
  placeOf,
  type SnsHandlers,
} from '../context.ts'
import { LIMITS } from '../limits.ts'
import { pageOf } from '../pages.ts'
import { invalidParameter } from '../refusals.ts'
import { withTags } from '../tag-rules.ts'
import { describeTopic, withAttribute } from '../topic-attributes.ts'
import { defaultPolicy } from '../topic-policy.ts'

const NAME = /^[A-Za-z0-9_-]{1,256}$/

export const topicOperations = {
  async CreateTopic({ Name, Attributes = {}, Tags = [], DataProtectionPolicy }, call) {
    const place = { account: { id: call.account, region: call.region }, name: Name }
    const context = contextOf(call, place)
    const given = Object.entries(Attributes).filter(([, value]) => value !== undefined)
    if (DataProtectionPolicy) given.push(['DataProtectionPolicy', DataProtectionPolicy])
    const withGiven = (start: TopicRecord) =>
      given.reduce((topic, [name, value]) => withAttribute(topic, place, name, value), start)
    const wanted = withGiven(newTopic(context))
    if (!NAME.test(Name)) throw invalidParameter('Topic Name')
    const topic = { ...wanted, tags: withTags({}, Tags) }
    await change(context, async draft => {
      const there = await context.records.get(topics, '', Name)
      if (there) {
        const { tags } = Tags.length > 0 ? topic : there.doc
        return checkSame(there.doc, { ...withGiven(there.doc), tags })
      }
      draft.writes.create(topics, { parent: '', id: Name }, topic)
      draft.tellOfTopic(Name)
    })
    return { TopicArn: topicArn(place) }
  },

  async DeleteTopic({ TopicArn }, call) {
    const context = contextOf(call, placeOf(TopicArn))
    const { place, platform, records } = context
    await change(context, async draft => {
      const stored = await records.get(topics, '', place.name)
      // To delete what is not there is no error.
      if (!stored) return
      draft.writes
        .remove(topics, stored)
        .also([removingSubscriptions(platform.env.DB, place.account, place.name)])
      draft.tellOfTopic(place.name)
    })
    return {}
  },

  async ListTopics({ NextToken: token }, call) {
    const account = { id: call.account, region: call.region }
    const rest = (after: string | undefined) =>
      call.platform.records(account).each(topics, '', { after, batch: LIMITS.pageSize + 1 })
    const { items, NextToken } = await pageOf('topics', rest, token)
    return { Topics: items.map(({ id }) => ({ TopicArn: topicArn({ account, name: id }) })), NextToken }
  },

  async GetTopicAttributes({ TopicArn }, call) {
    const context = contextOf(call, placeOf(TopicArn))
    const { place, platform, now } = context
    const [{ doc }, counts] = await Promise.all([
      findTopic(context),
      countSubscriptions(platform.env.DB, place.account, place.name, now),
    ])
    return { Attributes: describeTopic(place, doc, counts) }
  },

  async SetTopicAttributes({ TopicArn, AttributeName, AttributeValue = '' }, call) {
    const context = contextOf(call, placeOf(TopicArn))
    await changeTopic(context, topic => withAttribute(topic, context.place, AttributeName, AttributeValue))
    return {}
  },
} satisfies SnsHandlers

const newTopic = ({ place, now }: Context): TopicRecord => ({
  uid: crypto.randomUUID(),
  created: now,
  policy: defaultPolicy(place),
  attributes: {},
  tags: {},
  ended: 0,
})

/** "if the requester already owns a topic with the specified name, that topic's ARN is returned" */
function checkSame(there: TopicRecord, wanted: TopicRecord): void {
  const isSame = wanted.policy === there.policy && sameEntries(wanted.attributes, there.attributes)
  if (!isSame) throw invalidParameter('Attributes Reason: Topic already exists with different attributes')
  if (!sameEntries(wanted.tags, there.tags)) {
    throw invalidParameter('Tags Reason: Topic already exists with different tags')
  }
}

export function sameEntries(
  one: Readonly<Record<string, string>>,
  other: Readonly<Record<string, string>>,
): boolean {
  const entries = Object.entries(one)
  return (
    entries.length === Object.keys(other).length && entries.every(([name, value]) => other[name] === value)
  )
}
