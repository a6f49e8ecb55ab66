import { RESPONSE_BYTES, RESPONSE_TOO_LARGE } from '../response-limit.ts'
import {
  fitsHeader,
  LOGS_HEADER,
  OUTCOME_HEADER,
  type Outcome,
  SHARED_HEADER,
  STREAM_HEADER,
} from '../shim-manifest.ts'
import { ExitError, errorDocument, RuntimeError } from './lambda-errors.ts'

/** What is said of the isolate beside its answer. */
export interface AboutIsolate {
  readonly shared: boolean
  /** Its log stream, for a caller who asks. */
  readonly logStream?: string | undefined
}

const NOTHING_TO_SAY: AboutIsolate = { shared: false }

/**
 * A short payload in a header; or one body of log lines and payload, so that neither is encoded twice nor has to be
 * parsed to be parted.
 */
export function respond(outcome: Outcome, payload: string, logs = '', about = NOTHING_TO_SAY): Response {
  const isInHeader = logs === '' && fitsHeader(payload)
  const headers: Record<string, string> = {}
  headers[OUTCOME_HEADER] = isInHeader ? `${outcome}\t${payload}` : outcome
  if (logs !== '') headers[LOGS_HEADER] = String(byteLength(logs))
  describe(about, headers)
  return new Response(isInHeader ? null : logs + payload, { headers })
}

/** An answer that has only begun. */
export function respondWith(
  frames: ReadableStream<Uint8Array>,
  contentType: string,
  about: AboutIsolate,
): Response {
  const headers: Record<string, string> = { [OUTCOME_HEADER]: 'stream', 'content-type': contentType }
  describe(about, headers)
  return new Response(frames, { headers })
}

function describe({ shared, logStream }: AboutIsolate, headers: Record<string, string>): void {
  if (shared) headers[SHARED_HEADER] = '1'
  if (logStream !== undefined) headers[STREAM_HEADER] = logStream
}

/** What is answered in the place of a result that is too large. */
export const TOO_LARGE = { outcome: 'error', text: JSON.stringify(RESPONSE_TOO_LARGE) } as const

/** What a handler returned, as JSON; one that is too large is an error. */
export function resultText(result: unknown): { outcome: 'ok' | 'error'; text: string } {
  let text: string
  try {
    text = JSON.stringify(result === undefined ? null : result) ?? 'null'
  } catch (cause) {
    throw new RuntimeError('Runtime.JSONStringifyError', 'Unable to stringify response body', { cause })
  }
  return exceeds(text, RESPONSE_BYTES) ? TOO_LARGE : { outcome: 'ok', text }
}

/** What nobody caught: Lambda's process ends with it, and the function's state. */
export class Uncaught {
  readonly error: unknown

  constructor(error: unknown) {
    this.error = error
  }
}

/** What a caller gets of a failed call. `exit`: the function's state is lost with it. */
export function failureDocument(error: unknown): { outcome: 'error' | 'exit'; document: object } {
  if (is(error, Uncaught)) return { outcome: 'exit', document: errorDocument(error.error) }
  const document = errorDocument(error)
  if (is(error, RuntimeError) && error.name === 'Runtime.UnhandledPromiseRejection') {
    return { outcome: 'exit', document: { ...document, reason: errorDocument(error.cause), promise: {} } }
  }
  if (is(error, ExitError)) {
    const { errorType, errorMessage } = document
    return { outcome: 'exit', document: { errorType, errorMessage } }
  }
  return { outcome: 'error', document }
}

/** JSON text of an error document: it has to be small enough to be answered, too. */
export function errorText(document: object): string {
  const text = JSON.stringify(document)
  return exceeds(text, RESPONSE_BYTES) ? TOO_LARGE.text : text
}

/** `instanceof`, which itself throws for some of what programs throw. */
export function is<T>(value: unknown, type: abstract new (...args: never[]) => T): value is T {
  try {
    return value instanceof type
  } catch {
    return false
  }
}

function byteLength(text: string): number {
  return /^[\0-\x7f]*$/.test(text) ? text.length : new TextEncoder().encode(text).length
}

function exceeds(text: string, bytes: number): boolean {
  if (text.length > bytes) return true
  return text.length * 3 > bytes && new TextEncoder().encode(text).length > bytes
}
