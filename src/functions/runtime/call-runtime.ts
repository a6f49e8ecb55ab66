import { asciiJson } from '../../lib/ascii-json.ts'
import {
  CONTEXT_HEADER,
  fitsHeader,
  type InvocationContext,
  LOGS_HEADER,
  OUTCOME_HEADER,
  type Outcome,
  partsOfHeader,
  SHARED_HEADER,
  STREAM_HEADER,
  type StreamEnd,
} from './shim-manifest.ts'
import { readFrames } from './stream-frames.ts'

export type { InvocationContext as CallContext }

export type RuntimeReply =
  /** Another event is under way in this isolate; nothing ran. */
  | { kind: 'busy' }
  | {
      kind: 'answered'
      /** Set when the function failed; `payload` then is its error document. */
      functionError?: 'Unhandled'
      /** The function ended its process: its state is gone, and its next call begins anew. */
      exited: boolean
      /** Its events may overlap. */
      shared: boolean
      /** JSON text. */
      payload: string
      /** The function's own lines; {@link CONTINUED} stands where one that was logged at once goes on. */
      logs: string
      /** Of the isolate, if the context asks for it. */
      logStream?: string
    }
  /** The function answers piece by piece, and returns how it ended; it has to be read to its end. */
  | {
      kind: 'streaming'
      shared: boolean
      contentType: string
      logStream?: string
      pieces: AsyncGenerator<Uint8Array, RuntimeEnd, void>
    }

export interface RuntimeEnd {
  functionError?: 'Unhandled'
  exited: boolean
  /** The error document; empty when the function succeeded. */
  payload: string
  logs: string
}

/**
 * Sends one event to a loaded function; without a context it is only loaded. A fetch rather than a call over RPC,
 * because only a fetch ends the function's execution when the signal aborts.
 *
 * Lambda's Node runtime reports every error of a function as `Unhandled`, whether it was thrown or handed to a
 * callback. Rejects when the isolate fails, or does not load, or the signal aborts.
 */
export async function callRuntime(
  entrypoint: Fetcher,
  payload: string | Uint8Array,
  context: InvocationContext | undefined,
  signal?: AbortSignal,
): Promise<RuntimeReply> {
  let response: Response
  try {
    const headers: Record<string, string> = {}
    if (context !== undefined && typeof payload === 'string' && fitsHeader(payload)) {
      headers[CONTEXT_HEADER] = `${asciiJson(context)}\t${payload}`
      response = await entrypoint.fetch('http://function/', { headers, signal })
    } else {
      if (context) headers[CONTEXT_HEADER] = asciiJson(context)
      const init = { method: 'POST', body: payload as BodyInit, headers, signal }
      response = await entrypoint.fetch('http://function/', init)
    }
  } catch (error) {
    throw explained(error)
  }
  const [said, result] = partsOfHeader(response.headers.get(OUTCOME_HEADER)!)
  const outcome = said as Outcome
  if (outcome === 'busy') return { kind: 'busy' }
  const shared = response.headers.has(SHARED_HEADER)
  const logStream = (context?.asksStream && response.headers.get(STREAM_HEADER)) || undefined
  if (outcome === 'stream') {
    const contentType = response.headers.get('content-type')!
    return { kind: 'streaming', shared, contentType, logStream, pieces: piecesOf(response.body!) }
  }
  const answered = { kind: 'answered', exited: outcome === 'exit', shared, logStream } as const
  const failure = outcome === 'ok' || outcome === 'warm' ? {} : ({ functionError: 'Unhandled' } as const)
  if (result !== undefined) return { ...answered, ...failure, payload: result, logs: '' }
  const logBytes = Number(response.headers.get(LOGS_HEADER) ?? 0)
  if (logBytes === 0) return { ...answered, ...failure, payload: await response.text(), logs: '' }
  const body = new Uint8Array(await response.arrayBuffer())
  return {
    ...answered,
    ...failure,
    payload: decoder.decode(body.subarray(logBytes)),
    logs: decoder.decode(body.subarray(0, logBytes)),
  }
}

async function* piecesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, RuntimeEnd, void> {
  let logs = ''
  let end: StreamEnd | undefined
  try {
    for await (const { kind, bytes } of readFrames(body)) {
      if (kind === 'data') yield bytes
      else if (kind === 'logs') logs = decoder.decode(bytes)
      else end = JSON.parse(decoder.decode(bytes)) as StreamEnd
    }
  } catch (error) {
    throw explained(error)
  }
  if (!end) throw new Error('the function ended in the middle of its answer')
  return {
    functionError: end.outcome === 'ok' ? undefined : 'Unhandled',
    exited: end.outcome === 'exit',
    payload: end.error ?? '',
    logs,
  }
}

/** The handler waits for what cannot come, and workerd noticed. */
export class NeverAnswered extends Error {
  constructor(cause: unknown) {
    super(
      'the handler waits for something that will never happen: a callback that nobody calls, a response stream that ' +
        'it does not end, or a promise that belongs to an earlier call',
      { cause },
    )
  }
}

const explained = (error: unknown): unknown =>
  /hung and would never generate a response/.test(String(error)) ? new NeverAnswered(error) : error

const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })
