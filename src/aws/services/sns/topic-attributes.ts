import type { TopicRecord } from '../../../messaging/topics/control/topic-records.ts'
import { topicPolicy } from '../../../messaging/topics/delivery/delivery-policy.ts'
import { type TopicPlace, topicArn } from '../../../messaging/topics/topic-arn.ts'
import { checkTopicDeliveryPolicy } from './delivery-policy-rules.ts'
import { LIMITS } from './limits.ts'
import { invalidParameter } from './refusals.ts'
import { checkedPolicy } from './topic-policy.ts'

type Check = (value: string) => void

/** What of a topic can be set, beside its policy. '' takes it away. */
const CHECKS: Readonly<Record<string, Check>> = {
  DisplayName(value) {
    if (value.length > LIMITS.displayName) throw invalidParameter('DisplayName')
  },
  DeliveryPolicy: checkTopicDeliveryPolicy,
  SignatureVersion: oneOf('SignatureVersion', '1', '2'),
  TracingConfig: oneOf('TracingConfig', 'PassThrough', 'Active'),
  FifoTopic(value) {
    if (value === 'false') return
    // "FIFO topics deliver to SQS queues" alone.
    throw invalidParameter('FifoTopic Reason: Weir has no SQS queues, which FIFO topics deliver to')
  },
}

/** What SNS has and Weir does not: it must not look as if it were there. */
const ABSENT: Readonly<Record<string, string>> = {
  KmsMasterKeyId: 'messages are encrypted at rest by the platform, and by no key of yours',
  ContentBasedDeduplication: 'it is for FIFO topics, which Weir does not have',
  FifoThroughputScope: 'it is for FIFO topics, which Weir does not have',
  ArchivePolicy: 'it is for FIFO topics, which Weir does not have',
  DataProtectionPolicy: 'Weir does not look for personal data in messages',
}

const FEEDBACK =
  /^(?:HTTP|Lambda|SQS|Firehose|Application)(?:SuccessFeedbackRoleArn|SuccessFeedbackSampleRate|FailureFeedbackRoleArn)$/

function oneOf(name: string, ...values: readonly string[]): Check {
  return value => {
    if (!values.includes(value)) throw invalidParameter(`${name} Reason: it is one of ${values.join(', ')}`)
  }
}

/** A topic with an attribute set. */
export function withAttribute(
  topic: TopicRecord,
  place: TopicPlace,
  name: string,
  value: string,
): TopicRecord {
  if (name === 'Policy') return { ...topic, policy: checkedPolicy(value, place) }
  const { [name]: _, ...others } = topic.attributes
  if (Object.hasOwn(ABSENT, name)) {
    if (value === '' || value === 'false') return topic
    throw invalidParameter(`${name} Reason: ${ABSENT[name]}`)
  }
  if (FEEDBACK.test(name)) {
    if (value === '') return topic
    throw invalidParameter(`${name} Reason: Weir does not log deliveries`)
  }
  const check = Object.hasOwn(CHECKS, name) ? CHECKS[name] : undefined
  if (!check) throw invalidParameter('AttributeName')
  if (value === '') return { ...topic, attributes: others }
  check(value)
  return { ...topic, attributes: { ...others, [name]: value } }
}

/** What GetTopicAttributes answers. */
export function describeTopic(
  place: TopicPlace,
  { policy, attributes, ended }: TopicRecord,
  { confirmed, pending }: { readonly confirmed: number; readonly pending: number },
): Record<string, string> {
  const { DisplayName = '', FifoTopic: _, ...set } = attributes
  return {
    TopicArn: topicArn(place),
    Owner: place.account.id,
    DisplayName,
    Policy: policy,
    EffectiveDeliveryPolicy: JSON.stringify({
      http: topicPolicy({ deliveryPolicy: attributes.DeliveryPolicy }),
    }),
    SubscriptionsConfirmed: String(confirmed),
    SubscriptionsPending: String(pending),
    SubscriptionsDeleted: String(ended),
    ...set,
  }
}
