import type { Answered, Streamed } from './invocation.ts'
import { RESPONSE_BYTES, RESPONSE_TOO_LARGE } from './runtime/response-limit.ts'

/** The answer of a handler that streams, for a caller who wants all of it at once. */
export async function answerOf(streamed: Streamed): Promise<Answered> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of streamed.body) {
    size += piece.length
    // What is beyond cannot be answered, so it need not be kept; the function ends as it would.
    if (size <= RESPONSE_BYTES) pieces.push(piece)
  }
  const { functionError, errorDocument, logs, durationMs, usage } = await streamed.ending
  const answered = {
    kind: 'answered',
    executedVersion: streamed.executedVersion,
    logs,
    durationMs,
    usage,
  } as const
  if (functionError) return { ...answered, functionError, payload: errorDocument ?? '{}' }
  if (size > RESPONSE_BYTES) {
    return { ...answered, functionError: 'Unhandled', payload: JSON.stringify(RESPONSE_TOO_LARGE) }
  }
  return { ...answered, payload: await new Blob(pieces).text() }
}
