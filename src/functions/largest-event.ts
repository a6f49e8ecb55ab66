/**
 * Bytes of the event of a synchronous call, whoever makes it: "Invocation payload (request and response): 6 MB each".
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export const LARGEST_EVENT = 6 * 1024 * 1024
