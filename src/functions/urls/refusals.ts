import type { RefusalReason } from '../invocation.ts'

/** What Weir itself answers on a function URL. */
export interface UrlRefusal {
  readonly status: number
  /** Value of `x-amzn-ErrorType`; absent where Lambda sends none. */
  readonly errorType?: string
  /** As it is sent. */
  readonly body: string
}

const refusal = (status: number, errorType: string, document: object): UrlRefusal => ({
  status,
  errorType,
  body: JSON.stringify(document),
})

/** Lambda's own words, except for `unavailable`: Lambda has no such answer, its own parts are one. */
export const URL_REFUSALS = {
  /** No such URL. */
  unknown: refusal(403, 'AccessDeniedException', { Message: null }),
  forbidden: refusal(403, 'AccessDeniedException', {
    Message:
      'Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html',
  }),
  tooLarge: refusal(413, 'RequestEntityTooLargeException', {
    Type: 'User',
    message: 'Request must be smaller than 6291456 bytes for the InvokeFunction operation',
  }),
  /** The function failed, or answered what cannot be sent. */
  badAnswer: { status: 502, body: 'Internal Server Error' },
  unavailable: refusal(503, 'ServiceUnavailableException', { message: 'Service Unavailable' }),
} as const satisfies Readonly<Record<string, UrlRefusal>>

export const badSignature = ({
  reason,
  status,
  code,
  message,
}: {
  readonly reason: string
  readonly status: number
  readonly code: string
  readonly message: string
}): UrlRefusal =>
  reason === 'throttled'
    ? refusal(429, 'TooManyRequestsException', { message })
    : refusal(status, code, { message })

/**
 * "Whenever your function concurrency exceeds the reserved concurrency, your function URL returns an HTTP 429 status
 * code." https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-throttling
 */
export function notInvoked(reason: RefusalReason, message: string): UrlRefusal {
  switch (reason) {
    case 'throttled':
      return tooMany('ConcurrentInvocationLimitExceeded', message)
    case 'over-ceiling':
      return tooMany('ReservedFunctionConcurrentInvocationLimitExceeded', message)
    case 'recursive':
      return refusal(400, 'RecursiveInvocationException', { Type: 'User', message })
    case 'not-ready':
      return refusal(502, 'ResourceNotReadyException', { Type: 'User', message })
    case 'not-found':
    case 'not-permitted':
      return URL_REFUSALS.forbidden
    case 'key-unusable':
      return URL_REFUSALS.badAnswer
    case 'unavailable':
      return URL_REFUSALS.unavailable
  }
}

const tooMany = (reason: string, message: string): UrlRefusal =>
  refusal(429, 'TooManyRequestsException', { Reason: reason, Type: 'User', message })
