import {
  CONTEXT_HEADER,
  type InvocationContext,
  LOGS_HEADER,
  OUTCOME_HEADER,
  type Outcome,
} from './shim-manifest.ts'

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
      /** JSON text. */
      payload: string
      /** The function's own lines. */
      logs: string
    }

/**
 * Sends one event to a loaded function. A fetch rather than a call over RPC, because only a fetch ends the
 * function's execution when the signal aborts.
 *
 * Lambda's Node runtime reports every error of a function as `Unhandled`, whether it was thrown or handed to a
 * callback. Rejects when the isolate fails, or does not load, or the signal aborts.
 */
export async function callRuntime(
  entrypoint: Fetcher,
  payload: string | Uint8Array,
  context: InvocationContext,
  signal?: AbortSignal,
): Promise<RuntimeReply> {
  let response: Response
  try {
    response = await entrypoint.fetch('http://function/', {
      method: 'POST',
      body: payload as BodyInit,
      headers: { [CONTEXT_HEADER]: asciiJson(context) },
      signal,
    })
  } catch (error) {
    throw /hung and would never generate a response/.test(String(error)) ? new NeverAnswered(error) : error
  }
  const outcome = response.headers.get(OUTCOME_HEADER) as Outcome
  if (outcome === 'busy') return { kind: 'busy' }
  const logBytes = Number(response.headers.get(LOGS_HEADER))
  const answered = { kind: 'answered', exited: outcome === 'exit' } as const
  const failure = outcome === 'ok' ? {} : ({ functionError: 'Unhandled' } as const)
  if (logBytes === 0) return { ...answered, ...failure, payload: await response.text(), logs: '' }
  const body = new Uint8Array(await response.arrayBuffer())
  return {
    ...answered,
    ...failure,
    payload: decoder.decode(body.subarray(logBytes)),
    logs: decoder.decode(body.subarray(0, logBytes)),
  }
}

/** The handler waits for what cannot come, and workerd noticed. */
export class NeverAnswered extends Error {
  constructor(cause: unknown) {
    super(
      'the handler waits for something that will never happen: a callback that nobody calls, or a promise that ' +
        'belongs to an earlier call',
      { cause },
    )
  }
}

const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true })

/** Headers carry ASCII; JSON can say everything else in escapes. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
