/** Bytes of an answer that is given whole: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 6 MB and a hundred bytes */
export const RESPONSE_BYTES = 6_291_556

/** What a caller gets instead of a larger one. */
export const RESPONSE_TOO_LARGE = {
  errorType: 'Function.ResponseSizeTooLarge',
  errorMessage: `Response payload size exceeded maximum allowed payload size (${RESPONSE_BYTES} bytes).`,
} as const
