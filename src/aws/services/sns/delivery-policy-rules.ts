import { isJsonObject, type JsonObject, parseJsonObject } from '../../../lib/json-object.ts'
import {
  BACKOFF_FUNCTIONS,
  HTTP_RETRIES,
  pauseAfter,
  type RetryPolicy,
} from '../../../messaging/topics/delivery/retry-policy.ts'
import { invalidParameter } from './refusals.ts'

/**
 * What a policy's retries may be.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html#creating-delivery-policy
 */
const NUMBERS: Readonly<Record<string, readonly [least: number, most: number]>> = {
  minDelayTarget: [1, 3600],
  maxDelayTarget: [1, 3600],
  numRetries: [0, 100],
  numNoDelayRetries: [0, 100],
  numMinDelayRetries: [0, 100],
  numMaxDelayRetries: [0, 100],
}

/** "The total policy retry time for an HTTP/S endpoint cannot be greater than 3,600 seconds." */
const LONGEST_SECONDS = 3600

/** "headerContentType: the content type of the notification being sent" */
const CONTENT_TYPES = new Set([
  'application/atom+xml',
  'application/json',
  'application/octet-stream',
  'application/soap+xml',
  'application/x-www-form-urlencoded',
  'application/xhtml+xml',
  'application/xml',
  'text/css',
  'text/csv',
  'text/html',
  'text/plain',
  'text/xml',
])

/** Refuses what is no policy of a topic. */
export function checkTopicDeliveryPolicy(text: string): void {
  const { http } = read(text, ['http'])
  if (!isJsonObject(http)) throw invalid('http must be specified')
  const { defaultHealthyRetryPolicy, defaultThrottlePolicy, defaultRequestPolicy } = http
  only(http, [
    'defaultHealthyRetryPolicy',
    'disableSubscriptionOverrides',
    'defaultThrottlePolicy',
    'defaultRequestPolicy',
    'defaultSicklyRetryPolicy',
  ])
  checkParts(defaultHealthyRetryPolicy, defaultThrottlePolicy, defaultRequestPolicy)
}

/** Refuses what is no policy of a subscription. */
export function checkSubscriptionDeliveryPolicy(text: string): void {
  const { healthyRetryPolicy, throttlePolicy, requestPolicy } = read(text, [
    'healthyRetryPolicy',
    'throttlePolicy',
    'requestPolicy',
    'sicklyRetryPolicy',
    'guaranteed',
  ])
  checkParts(healthyRetryPolicy, throttlePolicy, requestPolicy)
}

function read(text: string, names: readonly string[]): JsonObject {
  const policy = parseJsonObject(text)
  if (!policy) throw invalid('failed to parse JSON.')
  only(policy, names)
  return policy
}

function only(policy: JsonObject, names: readonly string[]): void {
  const unknown = Object.keys(policy).find(name => !names.includes(name))
  if (unknown !== undefined) throw invalid(`Unrecognized field "${unknown}"`)
}

function checkParts(retries: unknown, throttle: unknown, request: unknown): void {
  if (isJsonObject(retries)) checkRetries(retries)
  if (isJsonObject(throttle)) {
    const { maxReceivesPerSecond } = throttle
    if (maxReceivesPerSecond !== undefined && maxReceivesPerSecond !== null) {
      throw invalid(
        'throttlePolicy is not supported: Weir has at most four requests to an endpoint under way at once',
      )
    }
  }
  if (isJsonObject(request)) checkContentType(request.headerContentType)
}

function checkContentType(type: unknown): void {
  if (type === undefined) return
  const [name = ''] = String(type).split(';')
  // No character that a header cannot have.
  const isHeader = typeof type === 'string' && /^[\x20-\x7e]*$/.test(type)
  if (!isHeader || !CONTENT_TYPES.has(name.trim().toLowerCase())) {
    throw invalid('requestPolicy.headerContentType is not a supported content type')
  }
}

function checkRetries(given: JsonObject): void {
  only(given, [...Object.keys(NUMBERS), 'backoffFunction'])
  for (const [name, [least, most]] of Object.entries(NUMBERS)) {
    const value = given[name]
    if (value === undefined) continue
    if (!Number.isInteger(value) || (value as number) < least || (value as number) > most) {
      throw invalid(
        `healthyRetryPolicy.${name} must be greater than or equal to ${least} and less than or equal to ${most}`,
      )
    }
  }
  const { backoffFunction } = given
  if (backoffFunction !== undefined && !BACKOFF_FUNCTIONS.some(each => each === backoffFunction)) {
    throw invalid(
      `healthyRetryPolicy.backoffFunction must be one of the following values: ${BACKOFF_FUNCTIONS.join(', ')}`,
    )
  }
  checkSum({ ...HTTP_RETRIES, ...given } as RetryPolicy)
}

function checkSum(policy: RetryPolicy): void {
  const { minDelayTarget, maxDelayTarget, numRetries } = policy
  if (minDelayTarget > maxDelayTarget) {
    throw invalid('healthyRetryPolicy.maxDelayTarget must be specified and greater than minDelayTarget')
  }
  const phases = policy.numNoDelayRetries + policy.numMinDelayRetries + policy.numMaxDelayRetries
  if (phases > numRetries) {
    throw invalid(
      'healthyRetryPolicy.numRetries must be greater than or equal to the sum of numNoDelayRetries, numMinDelayRetries and numMaxDelayRetries',
    )
  }
  let seconds = 0
  for (let retry = 1; retry <= numRetries; retry += 1) seconds += pauseAfter(policy, retry, 0)! / 1000
  if (seconds > LONGEST_SECONDS) {
    throw invalid(`the total retry time must be less than or equal to ${LONGEST_SECONDS} seconds`)
  }
}

const invalid = (what: string) => invalidParameter(`DeliveryPolicy: ${what}`)
