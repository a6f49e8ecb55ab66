/** What a caller gets of a failed call: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html */
export interface ErrorDocument {
  errorType: string
  errorMessage: string
  trace: string[]
}

export class RuntimeError extends Error {
  /** `Runtime.HandlerNotFound` */
  constructor(type: string, message: string, options?: { stack?: string; cause?: unknown }) {
    super(message, { cause: options?.cause })
    this.name = type
    if (options?.stack !== undefined) this.stack = options.stack
  }
}

/** The function ended its process: nothing of its state may be used again. */
export class ExitError extends RuntimeError {}

const isError = (value: unknown): value is Error =>
  value instanceof Error ||
  // Errors of other realms, and of libraries that imitate them.
  (typeof value === 'object' &&
    value !== null &&
    typeof (value as Error).name === 'string' &&
    typeof (value as Error).message === 'string' &&
    typeof (value as Error).stack === 'string')

export function errorDocument(error: unknown): ErrorDocument {
  try {
    if (isError(error)) {
      return {
        // Text, whatever a program makes of it: JSON cannot say everything.
        errorType: `${error.name}`,
        errorMessage: explain(`${error.message}`),
        trace: typeof error.stack === 'string' ? error.stack.split('\n') : [],
      }
    }
    // Without a method, so that objects without a prototype and undefined are caught below, as on Lambda.
    return { errorType: typeof error, errorMessage: (error as object).toString(), trace: [] }
  } catch {
    return {
      errorType: 'handled',
      errorMessage:
        'callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack',
      trace: [],
    }
  }
}

/** The one thing in which an isolate differs from a process in a way that handlers notice. */
function explain(message: string): string {
  return /on behalf of a different request|different request context/i.test(message)
    ? `${message} A promise, stream or body that one call of a function created cannot be used by the next call: create it inside the handler.`
    : message
}

/** An error as Lambda's runtime writes it into a log. */
export function loggedError(error: unknown): string {
  try {
    const logged = error instanceof Error ? error : new Error(String(error))
    return `\t${JSON.stringify(logged, (_, value: unknown) =>
      value instanceof Error
        ? {
            errorType: value.name,
            errorMessage: value.message,
            code: (value as { code?: unknown }).code,
            ...value,
            stack: typeof value.stack === 'string' ? value.stack.split('\n') : undefined,
          }
        : value,
    )}`
  } catch {
    return `\t${JSON.stringify(errorDocument(error))}`
  }
}
