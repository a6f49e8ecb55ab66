import { isJsonObject, type JsonObject, parseJsonObject } from '../../../lib/json-object.ts'
import type { PublishedSubscription, PublishedTopic } from '../published-topic.ts'
import { FUNCTION_RETRIES, HTTP_RETRIES, type RetryPolicy } from './retry-policy.ts'

/**
 * How a subscription's deliveries are tried again: as its own policy says, then the topic's, then as always.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html#creating-delivery-policy
 */
export function retriesOf(topic: DeliveryPolicyOwner, subscription: PolicedSubscription): RetryPolicy {
  if (subscription.protocol === 'lambda') return FUNCTION_RETRIES
  return {
    ...HTTP_RETRIES,
    ...(effectivePolicy(topic, subscription).healthyRetryPolicy as Partial<RetryPolicy>),
  }
}

/** What notifications are sent as; undefined where nobody says. */
export function contentTypeOf(
  topic: DeliveryPolicyOwner,
  subscription: PolicedSubscription,
): string | undefined {
  const { requestPolicy } = effectivePolicy(topic, subscription)
  return requestPolicy?.headerContentType as string | undefined
}

type DeliveryPolicyOwner = Pick<PublishedTopic, 'deliveryPolicy'>
type PolicedSubscription = Pick<PublishedSubscription, 'deliveryPolicy' | 'protocol'>

/** A subscription's policy, complete: what GetSubscriptionAttributes calls `EffectiveDeliveryPolicy`. */
interface SubscriptionPolicy {
  readonly healthyRetryPolicy: JsonObject
  readonly sicklyRetryPolicy?: JsonObject | null
  readonly throttlePolicy: JsonObject | null
  readonly requestPolicy: JsonObject | null
  readonly guaranteed: boolean
}

export function effectivePolicy(
  topic: DeliveryPolicyOwner,
  subscription: PolicedSubscription,
): SubscriptionPolicy {
  const http = topicPolicy(topic)
  const own =
    http.disableSubscriptionOverrides || subscription.deliveryPolicy === undefined
      ? {}
      : (parseJsonObject(subscription.deliveryPolicy) ?? {})
  return {
    healthyRetryPolicy: {
      ...http.defaultHealthyRetryPolicy,
      ...objectOf(own.healthyRetryPolicy),
    },
    sicklyRetryPolicy: null,
    throttlePolicy: objectOf(own.throttlePolicy) ?? http.defaultThrottlePolicy ?? null,
    requestPolicy: objectOf(own.requestPolicy) ?? http.defaultRequestPolicy ?? null,
    guaranteed: false,
  }
}

interface TopicHttpPolicy {
  readonly defaultHealthyRetryPolicy: JsonObject
  readonly disableSubscriptionOverrides: boolean
  readonly defaultThrottlePolicy?: JsonObject
  readonly defaultRequestPolicy: JsonObject
}

/** What GetTopicAttributes calls `EffectiveDeliveryPolicy`, of HTTP. */
export function topicPolicy({ deliveryPolicy }: DeliveryPolicyOwner): TopicHttpPolicy {
  const http =
    objectOf(deliveryPolicy === undefined ? undefined : parseJsonObject(deliveryPolicy)?.http) ?? {}
  return {
    defaultHealthyRetryPolicy: { ...HTTP_RETRIES, ...objectOf(http.defaultHealthyRetryPolicy) },
    disableSubscriptionOverrides: http.disableSubscriptionOverrides === true,
    ...(isJsonObject(http.defaultThrottlePolicy) && { defaultThrottlePolicy: http.defaultThrottlePolicy }),
    defaultRequestPolicy: objectOf(http.defaultRequestPolicy) ?? {
      headerContentType: 'text/plain; charset=UTF-8',
    },
  }
}

const objectOf = (value: unknown): JsonObject | undefined => (isJsonObject(value) ? value : undefined)
