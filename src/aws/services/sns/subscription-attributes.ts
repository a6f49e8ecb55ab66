import type { SubscriptionRecord, TopicRecord } from '../../../messaging/topics/control/topic-records.ts'
import { effectivePolicy } from '../../../messaging/topics/delivery/delivery-policy.ts'
import { compileFilterPolicy } from '../../../messaging/topics/filters/compile-filter-policy.ts'
import { InvalidFilter } from '../../../messaging/topics/filters/invalid-filter.ts'
import { subscriptionArn, type TopicPlace, topicArn } from '../../../messaging/topics/topic-arn.ts'
import { checkSubscriptionDeliveryPolicy } from './delivery-policy-rules.ts'
import { invalidParameter } from './refusals.ts'

type Attributes = SubscriptionRecord['attributes']

/** What SNS has and Weir does not. */
const ABSENT: Readonly<Record<string, string>> = {
  RedrivePolicy: 'its dead-letter queue would be an SQS queue, and Weir has none',
  SubscriptionRoleArn: 'it is for Firehose, which Weir does not have',
  ReplayPolicy: 'it is for FIFO topics, which Weir does not have',
}

/** The attributes of a subscription with further ones; '' takes one away. */
export function withAttributes(
  current: Attributes,
  given: Readonly<Record<string, string | undefined>>,
  protocol: string,
): Attributes {
  const attributes = { ...current }
  for (const [name, value = ''] of Object.entries(given)) {
    if (Object.hasOwn(ABSENT, name)) {
      if (value !== '') throw invalidParameter(`${name} Reason: ${ABSENT[name]}`)
      continue
    }
    const check = Object.hasOwn(CHECKS, name) ? CHECKS[name] : undefined
    if (!check) throw invalidParameter('AttributeName')
    if (value === '') delete attributes[name]
    else {
      check(value, protocol)
      attributes[name] = value
    }
  }
  checkFilter(attributes)
  return attributes
}

const CHECKS: Readonly<Record<string, (value: string, protocol: string) => void>> = {
  // With the scope, whichever of the two is set.
  FilterPolicy() {},
  FilterPolicyScope(value) {
    if (value === 'MessageAttributes' || value === 'MessageBody') return
    throw invalidParameter(
      `FilterPolicyScope: Invalid value [${value}]. Please use either MessageBody or MessageAttributes`,
    )
  },
  RawMessageDelivery(value, protocol) {
    if (!/^(?:true|false)$/i.test(value)) {
      throw invalidParameter(`RawMessageDelivery: Invalid value [${value}]. Must be true or false.`)
    }
    if (protocol === 'lambda' && value.toLowerCase() === 'true') {
      throw invalidParameter(`RawMessageDelivery: raw message delivery is not supported for protocol lambda`)
    }
  },
  DeliveryPolicy(value, protocol) {
    if (protocol === 'lambda') throw invalidParameter('DeliveryPolicy: protocol lambda has none of its own')
    checkSubscriptionDeliveryPolicy(value)
  },
}

function checkFilter({ FilterPolicy, FilterPolicyScope }: Attributes): void {
  if (FilterPolicy === undefined) return
  try {
    compileFilterPolicy(
      FilterPolicy,
      FilterPolicyScope === 'MessageBody' ? 'MessageBody' : 'MessageAttributes',
    )
  } catch (error) {
    throw error instanceof InvalidFilter ? invalidParameter(`FilterPolicy: ${error.message}`) : error
  }
}

/** What GetSubscriptionAttributes answers. */
export function describeSubscription(
  place: TopicPlace,
  id: string,
  record: SubscriptionRecord,
  topic: TopicRecord,
): Record<string, string> {
  const { attributes, protocol } = record
  const { RawMessageDelivery = 'false', ...set } = attributes
  const effective =
    protocol === 'lambda'
      ? undefined
      : effectivePolicy(
          { deliveryPolicy: topic.attributes.DeliveryPolicy },
          { deliveryPolicy: attributes.DeliveryPolicy, protocol },
        )
  return {
    SubscriptionArn: subscriptionArn(place, id),
    TopicArn: topicArn(place),
    Owner: record.owner,
    Protocol: protocol,
    Endpoint: record.endpoint,
    PendingConfirmation: String(record.state === 'pending'),
    ConfirmationWasAuthenticated: String(record.wasAuthenticated),
    SubscriptionPrincipal: record.principal,
    RawMessageDelivery: RawMessageDelivery.toLowerCase(),
    ...(effective && { EffectiveDeliveryPolicy: JSON.stringify(effective) }),
    ...set,
    ...(attributes.FilterPolicy !== undefined && {
      FilterPolicyScope: attributes.FilterPolicyScope ?? 'MessageAttributes',
    }),
  }
}
