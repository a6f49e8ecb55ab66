/**
 * How often and when a delivery is tried again: at once, then with the shortest pause, then with growing ones, then with
 * the longest. https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
 */
export interface RetryPolicy {
  /** Seconds. */
  readonly minDelayTarget: number
  /** Seconds. */
  readonly maxDelayTarget: number
  /** Of all phases together. */
  readonly numRetries: number
  readonly numNoDelayRetries: number
  readonly numMinDelayRetries: number
  readonly numMaxDelayRetries: number
  readonly backoffFunction: BackoffFunction
}

export const BACKOFF_FUNCTIONS = ['arithmetic', 'exponential', 'geometric', 'linear'] as const

type BackoffFunction = (typeof BACKOFF_FUNCTIONS)[number]

/** Of HTTP endpoints, where nothing else is said. */
export const HTTP_RETRIES: RetryPolicy = {
  minDelayTarget: 20,
  maxDelayTarget: 20,
  numRetries: 3,
  numMaxDelayRetries: 0,
  numNoDelayRetries: 0,
  numMinDelayRetries: 0,
  backoffFunction: 'linear',
}

/** Of functions: as SNS tells what AWS itself runs. Some 23 days. */
export const FUNCTION_RETRIES: RetryPolicy = {
  minDelayTarget: 1,
  maxDelayTarget: 20,
  numRetries: 100_015,
  numNoDelayRetries: 3,
  numMinDelayRetries: 2,
  numMaxDelayRetries: 100_000,
  backoffFunction: 'exponential',
}

/**
 * How long to wait before a delivery is tried again; undefined when it is given up.
 *
 * @param failures so far, at least 1
 * @param random at least 0 and below 1: "Amazon SNS applies jittering to delivery retries", here a tenth of the pause
 * @returns milliseconds
 */
export function pauseAfter(policy: RetryPolicy, failures: number, random: number): number | undefined {
  if (failures > policy.numRetries) return undefined
  return secondsBefore(policy, failures) * 1000 * (1 + random / 10)
}

/** @param retry which one, from 1 */
function secondsBefore(policy: RetryPolicy, retry: number): number {
  const { minDelayTarget: min, maxDelayTarget: max, numRetries } = policy
  const { numNoDelayRetries, numMinDelayRetries, numMaxDelayRetries } = policy
  if (retry <= numNoDelayRetries) return 0
  if (retry <= numNoDelayRetries + numMinDelayRetries) return min
  if (retry > numRetries - numMaxDelayRetries) return max
  const backoffs = numRetries - numNoDelayRetries - numMinDelayRetries - numMaxDelayRetries
  const step = retry - numNoDelayRetries - numMinDelayRetries
  if (backoffs <= 1) return min
  return min + (max - min) * GROWTH[policy.backoffFunction]((step - 1) / (backoffs - 1))
}

/**
 * How much of the way from the shortest pause to the longest is gone; from 0 to 1. SNS documents the four functions by
 * a picture of their curves alone.
 */
const GROWTH: Readonly<Record<BackoffFunction, (way: number) => number>> = {
  linear: way => way,
  arithmetic: way => (way * (way + 1)) / 2,
  geometric: way => (4 ** way - 1) / 3,
  exponential: way => (16 ** way - 1) / 15,
}
