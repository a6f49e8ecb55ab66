import { asciiJson } from '../../lib/ascii-json.ts'
import type { Clock } from '../../lib/clock.ts'
import { bodyOfPieces } from '../body-of-pieces.ts'
import type { Answered, StreamEnding, Streamed } from '../invocation.ts'
import type { CallLog } from '../log-lines.ts'
import { answeredAs, type Ended, endingOf, exited, timedOut, withLog } from '../report-call.ts'
import type { NotRun, Run, RunVersion } from '../run-version.ts'
import { type Frame, readFrames } from '../runtime/stream-frames.ts'
import { streamOf } from '../stream-of-answer.ts'
import {
  type Begin,
  CALLS,
  type CallEnd,
  type CallKind,
  type Cut,
  HEAD_HEADER,
  type RunHead,
  type Starting,
  TOKEN_HEADER,
  type WarmHead,
} from './protocol.ts'

export interface VersionsElsewhereOptions {
  /** Of the supervisor: `http://127.0.0.1:40001` */
  readonly address: string
  readonly token: string
  readonly clock: Clock
  /** Lets what a caller no longer waits for go on. */
  readonly defer: (work: Promise<unknown>) => void
}

/** Runs versions in the function process. */
export class VersionsElsewhere implements RunVersion {
  readonly #options: VersionsElsewhereOptions

  constructor(options: VersionsElsewhereOptions) {
    this.#options = options
  }

  async run(run: Run): Promise<Answered | NotRun> {
    return this.#call('run', run, async call => {
      const pieces: Uint8Array[] = []
      for (;;) {
        const reply = await call.next()
        if (reply.kind === 'data') pieces.push(reply.bytes)
        else if (reply.kind === 'cut') return call.cutOff(reply.cut)
        else if (reply.kind === 'end' && reply.end.kind === 'not-run') return reply.end
        else if (reply.kind === 'end' && reply.end.kind === 'answered') {
          const { logHead, ...end } = reply.end
          return withLog({ ...end, payload: await new Blob(pieces).text() }, call.logOf(logHead))
        } else throw new Error('an answer ended as none does')
      }
    })
  }

  async stream(run: Run): Promise<Streamed | NotRun> {
    return this.#call('stream', run, async call => {
      const first = await call.next()
      if (first.kind === 'begin') return this.#streamed(call, first.begin)
      if (first.kind === 'end' && first.end.kind === 'not-run') return first.end
      if (first.kind !== 'cut') throw new Error('a stream began as none does')
      const result = call.cutOff(first.cut)
      return result.kind === 'answered' ? streamOf(result) : result
    })
  }

  #streamed(call: Call, { executedVersion, contentType }: Begin): Streamed {
    const { promise: ending, resolve } = Promise.withResolvers<StreamEnding>()
    const read = async (): Promise<Uint8Array | undefined> => {
      try {
        const reply = await call.next()
        if (reply.kind === 'data') return reply.bytes
        if (reply.kind === 'cut') resolve(endingOf(call.endedBy(reply.cut)))
        else if (reply.kind === 'end' && reply.end.kind === 'ended') {
          const { kind: _, logHead, ...end } = reply.end
          resolve(withLog(end, call.logOf(logHead)))
        } else throw new Error('a stream ended as none does')
      } catch {
        resolve(endingOf(call.endedBy({ reason: 'interrupted' })))
      }
      return undefined
    }
    const body = bodyOfPieces(read, this.#options.defer)
    return { kind: 'streamed', executedVersion, contentType, body, ending }
  }

  async warm(manifest: string, isolates: number): Promise<void> {
    const call = new Call(await this.#post('warm', { manifest, isolates }, ''), '', this.#options.clock)
    const last = await call.next()
    if (last.kind === 'end' && last.end.kind === 'warm') return
    throw new Error(`the version could not be warmed: ${JSON.stringify(last)}`)
  }

  /** What fails is a fault of the platform, except when the caller ended it. */
  async #call<T>(kind: CallKind, run: Run, read: (call: Call) => Promise<T>): Promise<T | NotRun> {
    const { payload, signal, starting: _, known: __, patience: ___, ...head } = run
    try {
      const body = await this.#post(kind, head, payload, signal)
      return await read(new Call(body, run.requestId, this.#options.clock))
    } catch (cause) {
      if (signal?.aborted) throw cause
      return { kind: 'not-run', reason: 'unavailable', cause }
    }
  }

  async #post(
    kind: CallKind,
    head: RunHead | WarmHead,
    body: string | Uint8Array,
    signal?: AbortSignal,
  ): Promise<ReadableStream<Uint8Array>> {
    const response = await fetch(`${this.#options.address}${CALLS[kind]}`, {
      method: 'POST',
      headers: { [TOKEN_HEADER]: this.#options.token, [HEAD_HEADER]: asciiJson(head) },
      body: body as BodyInit,
      signal,
    })
    if (response.ok && response.body) return response.body
    throw new Error(`the function process answered ${response.status}: ${await response.text()}`)
  }
}

type Reply =
  | { readonly kind: 'data'; readonly bytes: Uint8Array }
  | { readonly kind: 'begin'; readonly begin: Begin }
  | { readonly kind: 'end'; readonly end: CallEnd }
  | { readonly kind: 'cut'; readonly cut: Cut }

/** One call, as the function process answers it. */
class Call {
  #lines = ''
  readonly #frames: AsyncGenerator<Frame, void, void>
  readonly #requestId: string
  readonly #clock: Clock
  readonly #sent: number
  #started: { readonly at: number; readonly function: Starting } | undefined

  constructor(body: ReadableStream<Uint8Array>, requestId: string, clock: Clock) {
    this.#frames = readFrames(body)
    this.#requestId = requestId
    this.#clock = clock
    this.#sent = clock()
  }

  /** A piece of the answer, or what parts and ends it. Rejects when the answer ends otherwise. */
  async next(): Promise<Reply> {
    for (;;) {
      const { done, value } = await this.#frames.next()
      if (done) throw new Error('the answer has no end')
      const { kind, bytes } = value
      switch (kind) {
        case 'data':
          return { kind, bytes }
        case 'logs':
          this.#lines = decoder.decode(bytes)
          continue
        case 'starting':
          this.#started = { at: this.#clock(), function: json(bytes) }
          continue
        case 'begin':
          return { kind, begin: json(bytes) }
        case 'end':
          return { kind, end: json(bytes) }
        case 'cut':
          return { kind, cut: json(bytes) }
      }
    }
  }

  cutOff(cut: Cut): Answered | NotRun {
    if (cut.reason === 'interrupted' || !this.#started) return { kind: 'not-run', reason: 'interrupted' }
    return this.endedBy(cut)
  }

  logOf(head: Omit<CallLog, 'lines'> | undefined): CallLog | undefined {
    return head && { ...head, lines: this.#lines }
  }

  endedBy(cut: Cut): Answered {
    const { version = '', memorySize = 0, timeout = 0, target } = this.#started?.function ?? {}
    const now = this.#clock()
    const durationMs = now - (this.#started?.at ?? this.#sent)
    const report = { requestId: this.#requestId, version, memorySize, durationMs, endedAt: now }
    return answeredAs(report, this.#endingOf(cut, timeout, now), target)
  }

  #endingOf(cut: Cut, timeout: number, now: number): Ended {
    switch (cut.reason) {
      case 'time-out':
        return timedOut(this.#requestId, timeout, now)
      case 'exit':
        return exited(this.#requestId, `Runtime exited with error: signal: ${cut.signal}`, now)
      case 'interrupted':
        return exited(
          this.#requestId,
          "the process that ran it was restarted for another function's sake",
          now,
        )
    }
  }
}

const json = <T>(bytes: Uint8Array): T => JSON.parse(decoder.decode(bytes)) as T

const decoder = new TextDecoder()
