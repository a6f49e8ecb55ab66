import type { Answered, Streamed } from './invocation.ts'

/** The answer of a handler that does not stream, for a caller who takes it as it comes: all at once. */
export function streamOf({
  executedVersion,
  functionError,
  payload,
  logs,
  durationMs,
  usage,
}: Answered): Streamed {
  const failed = functionError !== undefined
  return {
    kind: 'streamed',
    executedVersion,
    contentType: 'application/json',
    body: new Blob(failed ? [] : [payload]).stream(),
    ending: Promise.resolve({
      functionError: failed ? 'Unhandled' : undefined,
      errorDocument: failed ? payload : undefined,
      logs,
      durationMs,
      usage,
    }),
  }
}
