import { fromBase64 } from '../../../lib/base64.ts'
import type { InvocationContext } from '../shim-manifest.ts'
import type { Handler } from './find-handler.ts'

/** A function's variables as it was loaded with them: what it makes of `process.env` changes nothing here. */
export type Variables = Readonly<Record<string, string | undefined>>

/** The object that a handler gets as its second argument. */
export function contextObject(given: InvocationContext, variables: Variables): Record<string, unknown> {
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: variables.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: variables.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: variables.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: variables.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: variables.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: given.clientContext === undefined ? undefined : decodeClientContext(given.clientContext),
    identity: given.identity === undefined ? undefined : parse(given.identity),
    invokedFunctionArn: given.invokedFunctionArn,
    awsRequestId: given.requestId,
    getRemainingTimeInMillis: () => given.deadlineMs - Date.now(),
  }
}

const decodeClientContext = (base64: string): unknown => {
  try {
    return parse(new TextDecoder().decode(fromBase64(base64)))
  } catch {
    return undefined
  }
}

const parse = (json: string): unknown => {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

/**
 * Calls a handler in whichever style it is written: a promise, `callback(error, result)`, or `context.done`,
 * `succeed` and `fail`. The first answer counts.
 *
 * A handler that returns no promise and answers nobody has answered `null` when nothing is left to wait for, unless
 * it has a parameter for the callback or took one of the context's functions: what is outstanding is not all known.
 *
 * After a callback Lambda waits for what is left too, unless `callbackWaitsForEmptyEventLoop` is false:
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html#nodejs-handler-callback
 *
 * @param nothingLeft resolves when no work that is known of is outstanding
 */
export function callHandler(
  handler: Handler,
  event: unknown,
  context: Record<string, unknown>,
  nothingLeft: () => Promise<void>,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let mayAnswerLater = handler.length >= 3
    let isAnswered = false
    /** Also while the answer waits for what is left. */
    const first =
      <T extends unknown[]>(answer: (...args: T) => void) =>
      (...args: T) => {
        if (isAnswered) return
        isAnswered = true
        answer(...args)
      }
    const give = (error: unknown, result: unknown) => {
      if (error !== undefined && error !== null) reject(error)
      else if (context.callbackWaitsForEmptyEventLoop === false) resolve(result)
      else nothingLeft().then(() => resolve(result), reject)
    }
    const answer = first(give)
    const succeed = first(resolve)
    const fail = first(reject)
    // Only these end the call at once.
    const answers: Record<string, (...args: never[]) => void> = {
      done: first((error?: unknown, result?: unknown) => {
        context.callbackWaitsForEmptyEventLoop = false
        give(error, result)
      }),
      succeed,
      fail: (error?: unknown) => fail(error ?? 'handled'),
    }
    for (const name in answers) {
      Object.defineProperty(context, name, {
        get: () => {
          mayAnswerLater = true
          return answers[name]
        },
        configurable: true,
        enumerable: true,
      })
    }
    let returned: unknown
    try {
      returned = handler(event, context, answer)
    } catch (error) {
      fail(error)
      return
    }
    if (isThenable(returned)) returned.then(succeed, fail)
    else if (!mayAnswerLater) {
      nothingLeft().then(() => {
        if (!mayAnswerLater) resolve(null)
      }, reject)
    }
  })
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
