import type { InvocationContext } from '../shim-manifest.ts'
import type { Handler } from './find-handler.ts'

/** The object that a handler gets as its second argument. */
export function contextObject(given: InvocationContext): Record<string, unknown> {
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: given.functionVersion,
    functionName: given.functionName,
    memoryLimitInMB: given.memoryLimitInMB,
    logGroupName: given.logGroupName,
    logStreamName: given.logStreamName,
    clientContext: given.clientContext === undefined ? undefined : decodeClientContext(given.clientContext),
    identity: given.identity === undefined ? undefined : parse(given.identity),
    invokedFunctionArn: given.invokedFunctionArn,
    awsRequestId: given.requestId,
    getRemainingTimeInMillis: () => given.deadlineMs - Date.now(),
  }
}

const decodeClientContext = (base64: string): unknown => {
  try {
    return parse(
      new TextDecoder().decode(Uint8Array.from(atob(base64), character => character.charCodeAt(0))),
    )
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
 * A handler that returns no promise answers `null` when nothing is left to wait for. Workers do not tell when that
 * is; so if it has no parameter for the callback and did not take one of the context's functions, it is now.
 */
export function callHandler(
  handler: Handler,
  event: unknown,
  context: Record<string, unknown>,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let mayAnswerLater = handler.length >= 3
    const callback = (error?: unknown, result?: unknown) => {
      if (error !== undefined && error !== null) reject(error)
      else resolve(result)
    }
    const answers: Record<string, (...args: never[]) => void> = {
      done: callback,
      succeed: resolve,
      fail: (error?: unknown) => reject(error ?? 'handled'),
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
      returned = handler(event, context, callback)
    } catch (error) {
      reject(error)
      return
    }
    if (isThenable(returned)) returned.then(resolve, reject)
    else if (!mayAnswerLater) resolve(null)
  })
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
