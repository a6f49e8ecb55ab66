import type { Answered, Streamed } from './invocation.ts'
import { endingOf } from './report-call.ts'

/** The answer of a handler that does not stream, for a caller who takes it as it comes: all at once. */
export const streamOf = (answer: Answered): Streamed => ({
  kind: 'streamed',
  executedVersion: answer.executedVersion,
  contentType: 'application/json',
  body: new Blob(answer.functionError ? [] : [answer.payload]).stream(),
  ending: Promise.resolve(endingOf(answer)),
})
