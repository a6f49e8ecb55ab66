import type { Answered, Streamed } from './invocation.ts'
import { withLog } from './report-call.ts'
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
  const { functionError, errorDocument, log, durationMs, usage } = await streamed.ending
  const answered = { kind: 'answered', executedVersion: streamed.executedVersion, durationMs, usage } as const
  if (functionError) return withLog({ ...answered, functionError, payload: errorDocument ?? '{}' }, log)
  if (size > RESPONSE_BYTES) {
    const payload = JSON.stringify(RESPONSE_TOO_LARGE)
    return withLog({ ...answered, functionError: 'Unhandled' as const, payload }, log)
  }
  return withLog({ ...answered, payload: await new Blob(pieces).text() }, log)
}
