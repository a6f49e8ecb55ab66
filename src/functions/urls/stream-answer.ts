import { joinBytes } from '../../lib/join-bytes.ts'
import type { StreamEnding, Streamed } from '../invocation.ts'
import { RESPONSE_BYTES } from '../runtime/response-limit.ts'
import { type AnswerHead, answerHead, urlAnswer } from './answer.ts'
import { PRELUDE_TYPE, readPrelude } from './read-prelude.ts'

/** An answer that can be sent. */
export interface SentAnswer extends AnswerHead {
  readonly body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>
}

const STREAM_TYPE = 'application/octet-stream'

/**
 * A function's answer while it is written (`RESPONSE_STREAM`): nothing of it is held back but the prelude. What a
 * handler that does not stream returns is not interpreted, but sent.
 *
 * A function that fails before it wrote anything has no answer (undefined); one that fails later breaks its body off,
 * since an end would make the half look whole. A client that goes away does not end the function.
 */
export async function streamedAnswer(streamed: Streamed): Promise<SentAnswer | undefined> {
  const { contentType, ending } = streamed
  const reader = streamed.body.getReader()
  if (contentType === PRELUDE_TYPE) {
    const prelude = await readPrelude(reader)
    const head = prelude && answerHead(prelude.head, STREAM_TYPE)
    if (!head) return givenUp(reader)
    return { ...head, body: restOf(reader, prelude.rest, ending) }
  }
  const first = await reader.read()
  if (first.done && (await ending).functionError) return undefined
  return {
    status: 200,
    headers: [['Content-Type', contentType]],
    body: restOf(reader, first.value ?? new Uint8Array(), ending),
  }
}

/** A function's answer once it is whole (`BUFFERED`): interpreted, whichever way the function writes it. */
export async function bufferedAnswer(streamed: Streamed): Promise<SentAnswer | undefined> {
  const reader = streamed.body.getReader()
  const prelude = streamed.contentType === PRELUDE_TYPE ? await readPrelude(reader) : undefined
  const whole = await readWhole(reader, prelude?.rest)
  const { functionError } = await streamed.ending
  if (functionError || !whole) return undefined
  if (streamed.contentType !== PRELUDE_TYPE) return urlAnswer(new TextDecoder().decode(whole))
  const head = prelude && answerHead(prelude.head, STREAM_TYPE)
  return head && { ...head, body: whole }
}

/** What is left of a body, with what was read of it before; undefined when it is larger than an answer may be. */
async function readWhole(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  first: Uint8Array | undefined,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const pieces = first ? [first] : []
  let size = first?.length ?? 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    size += value.length
    // The rest is read and let go: the function ends as it would.
    if (size <= RESPONSE_BYTES) pieces.push(value)
  }
  if (size > RESPONSE_BYTES) return undefined
  return joinBytes(pieces, size)
}

function restOf(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  first: Uint8Array,
  ending: Promise<StreamEnding>,
): ReadableStream<Uint8Array> {
  let next: Uint8Array | undefined = first.length > 0 ? first : undefined
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (next) {
          controller.enqueue(next)
          next = undefined
          return
        }
        const { done, value } = await reader.read()
        if (!done) return controller.enqueue(value)
        if ((await ending).functionError)
          return controller.error(new Error('the function failed while it answered'))
        controller.close()
      },
      cancel: reason => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}

async function givenUp(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<undefined> {
  await reader.cancel().catch(() => {})
}
