import { functionArn } from '../lib/arn.ts'
import type { Clock } from '../lib/clock.ts'
import { PLATFORM_LIMITS } from '../lib/platform-limits.ts'
import { answerOf } from './answer-of-stream.ts'
import { bodyOfPieces } from './body-of-pieces.ts'
import type { Answered, StreamEnding, Streamed } from './invocation.ts'
import { KeyUnusable } from './key-unusable.ts'
import { type LoadedVersion, MissingVersion, type VersionLoader } from './load-version.ts'
import type { LogTarget } from './log-lines.ts'
import { answeredAs, type Ended, endingOf, exited, timedOut } from './report-call.ts'
import type { NotRun, Run, RunVersion } from './run-version.ts'
import { type CallContext, callRuntime, NeverAnswered, type RuntimeReply } from './runtime/call-runtime.ts'
import { streamOf } from './stream-of-answer.ts'

export interface LoadedVersionsOptions {
  readonly loader: VersionLoader
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** Lets what a caller no longer waits for go on. */
  readonly defer: (work: Promise<unknown>) => void
}

/**
 * Slots that may turn out to be taken by other isolates before a call is refused. Each costs the request one call of
 * a Worker, and an authorizer's function and an integration's share what it has; as the numbers that are passed over
 * double, this is far more than is ever needed.
 */
const BUSY_SLOTS = PLATFORM_LIMITS.workerCalls / 4

/** Slots in which a version is tried to be loaded. */
const LOADS = 2

/** Events that an isolate answers before it is as quick as it gets: clients are made, secrets fetched, code compiled. */
const FRESH_EVENTS = 5

/** Runs versions in isolates that this isolate loads: take a slot, call, give it back. */
export class LoadedVersions implements RunVersion {
  readonly #options: LoadedVersionsOptions

  constructor(options: LoadedVersionsOptions) {
    this.#options = options
  }

  async run(run: Run): Promise<Answered | NotRun> {
    const answer = await this.#call(run, false)
    return answer.kind === 'streamed' ? answerOf(answer) : answer
  }

  async stream(run: Run): Promise<Streamed | NotRun> {
    const answer = await this.#call(run, true)
    return answer.kind === 'answered' ? streamOf(answer) : answer
  }

  async warm(manifest: string, isolates: number): Promise<void> {
    const version = await this.#options.loader.version(manifest)
    const taken = Array.from({ length: version.shared ? 1 : isolates }, () => version.slots.take())
    const warm: number[] = []
    try {
      for (const slot of taken) {
        const entrypoint = await this.#options.loader.entrypoint(version, slot)
        await callRuntime(entrypoint, '', undefined)
        warm.push(slot)
      }
    } finally {
      for (const slot of warm.reverse()) version.slots.free(slot)
    }
  }

  async #call(run: Run, streamed: boolean): Promise<Answered | Streamed | NotRun> {
    let version: LoadedVersion
    try {
      const loaded = this.#options.loader.version(run.manifest, run.shared, run.known)
      version = loaded instanceof Promise ? await loaded : loaded
    } catch (cause) {
      return notRun(cause instanceof MissingVersion ? 'not-found' : 'unavailable', cause)
    }
    let pass = 0
    let loads = 0
    // Only whole answers: one that streams has an isolate for as long as somebody reads. And where somebody judges
    // which function holds a process up, an event has begun once its call was let go.
    let waits = !version.shared && !streamed && run.starting === undefined
    for (let attempt = 0; attempt < BUSY_SLOTS; attempt++) {
      const now = this.#options.clock()
      const joined = waits ? version.turns.join(run, now) : undefined
      const slot = joined ?? (version.shared ? version.slots.current() : version.slots.take(pass))
      if (waits && joined === undefined) version.turns.lead(run, slot, now)
      const result = await this.#callSlot(version, run, slot, streamed)
      if (result !== 'busy' && !('failedLoad' in result)) return result
      run.patience?.beginsAnew()
      if (result === 'busy') {
        waits = false
        if (joined === undefined) pass = Math.floor(this.#options.random() * 2 ** attempt)
        continue
      }
      if (result.failedLoad instanceof MissingVersion) return notRun('not-found', result.failedLoad)
      if (result.failedLoad instanceof KeyUnusable) return keyUnusable(result.failedLoad)
      if (++loads === LOADS) return notRun('unavailable', result.failedLoad)
    }
    return notRun('throttled')
  }

  /** One call in one slot. `busy`: the slot's isolate is at another isolate's event. */
  async #callSlot(
    version: LoadedVersion,
    run: Run,
    slot: number,
    streamed: boolean,
  ): Promise<Answered | Streamed | NotRun | 'busy' | FailedLoad> {
    const { loader, clock } = this.#options
    const asked = clock()
    let entrypoint: Fetcher
    let initMs: number | undefined
    try {
      const loading = loader.entrypoint(version, slot)
      if (loading instanceof Promise) {
        // It is loaded once, by whoever is the first in line.
        const isBehind = version.turns.isBehind(run)
        entrypoint = await loading
        if (!isBehind) initMs = clock() - asked
      } else {
        entrypoint = loading
      }
    } catch (failedLoad) {
      // The loader was not asked yet, so nothing sticks to the slot.
      this.#giveBack(version, slot, run)
      return { failedLoad }
    }
    try {
      if (run.starting) await run.starting(version.manifest, version.logs.target(slot))
      // The isolate would not get to know of the event, nor of the one before that is over.
      run.signal?.throwIfAborted()
    } catch (error) {
      this.#giveBack(version, slot, run)
      throw error
    }
    const attempt = new Attempt(this.#options, version, run, slot, initMs)
    let reply: RuntimeReply
    try {
      reply = await callRuntime(entrypoint, run.payload, attempt.context(streamed), attempt.signal)
    } catch (error) {
      attempt.over()
      if (run.signal?.aborted) {
        this.#lose(version, slot, run)
        throw error
      }
      const failedLoad = loader.takeFailure(version, slot)
      if (failedLoad !== undefined && !attempt.isOutOfTime) {
        this.#drop(version, slot, run)
        return { failedLoad }
      }
      // Its isolate was lost to the event before it, or that one took all the time that both of them had.
      const isBehind = version.turns.isBehind(run)
      const result = isBehind ? notRun('interrupted', error) : attempt.failed(error)
      if (failedLoad === undefined) this.#letGo(version, slot, run, attempt, error)
      else this.#drop(version, slot, run)
      return result
    }
    if (reply.kind === 'busy') {
      attempt.over()
      this.#refused(version, slot, run)
      return 'busy'
    }
    if (reply.logStream !== undefined) attempt.logsTo(reply.logStream)
    if (reply.shared && !version.shared) {
      version.shared = true
      version.slots.settle(slot)
    }
    if (reply.kind === 'answered') {
      attempt.over()
      const answered = attempt.answered(reply)
      // Also after the function ended its process: its runtime begins anew with the next event.
      this.#giveBack(version, slot, run)
      return answered
    }
    return this.#streamed(version, run, slot, attempt, reply)
  }

  /** The slot is taken until the function has ended, whoever reads its answer, and if nobody does. */
  #streamed(
    version: LoadedVersion,
    run: Run,
    slot: number,
    attempt: Attempt,
    reply: Extract<RuntimeReply, { kind: 'streaming' }>,
  ): Streamed {
    const { promise: ending, resolve } = Promise.withResolvers<StreamEnding>()
    const pieces = reply.pieces
    let isOver = false
    const failed = (error: unknown) => {
      if (isOver) return
      isOver = true
      attempt.over()
      const ended = attempt.failed(error)
      this.#letGo(version, slot, run, attempt, error)
      resolve(endingOf(ended))
    }
    // A reader that has stopped reading would not notice.
    attempt.signal.addEventListener('abort', () => failed(attempt.signal.reason))
    const read = async (): Promise<Uint8Array | undefined> => {
      try {
        const { done, value } = await pieces.next()
        // What is read for a reader that goes away may meet what is read to have it gone.
        if (isOver) return undefined
        if (!done) return value
        isOver = true
        attempt.over()
        this.#giveBack(version, slot, run)
        resolve(endingOf(attempt.answered(value)))
      } catch (error) {
        failed(error)
      }
      return undefined
    }
    const body = bodyOfPieces(read, this.#options.defer)
    return {
      kind: 'streamed',
      executedVersion: version.manifest.version,
      contentType: reply.contentType,
      body,
      ending,
    }
  }

  /** The call ended without an answer. A fresh isolate for every one of them would be a fresh charge. */
  #letGo(version: LoadedVersion, slot: number, run: Run, attempt: Attempt, error: unknown): void {
    // Those in line behind it never had their turn: no isolate that lets others in keeps them waiting for so long.
    if (attempt.isOutOfTime && version.turns.isFollowed(run)) this.#drop(version, slot, run)
    // It was cut off at the deadline that the runtime knows too: it begins anew with the next event.
    else if (attempt.isOutOfTime) this.#giveBack(version, slot, run)
    else if (run.signal?.aborted || error instanceof NeverAnswered) this.#lose(version, slot, run)
    else this.#drop(version, slot, run)
  }

  /** The slot's isolate is ready for the next event. */
  #giveBack(version: LoadedVersion, slot: number, run: Run): void {
    if (!version.shared && version.turns.leave(run)) version.slots.free(slot)
  }

  /** The isolate does not know that its call is over; its next event tells it so. */
  #lose(version: LoadedVersion, slot: number, run: Run): void {
    if (version.shared) return
    // Of a line, the first is the one that the isolate is at.
    if (!version.overdue.has(slot)) version.overdue.set(slot, run.requestId)
    this.#giveBack(version, slot, run)
  }

  /** The isolate is at another event: of those in line here, or of another isolate of Weir's. */
  #refused(version: LoadedVersion, slot: number, run: Run): void {
    if (version.turns.refused(run)) this.#drop(version, slot, run)
  }

  /** The slot cannot be used again: its code did not load, its isolate died, or somebody else's call is in it. */
  #drop(version: LoadedVersion, slot: number, run: Run): void {
    this.#options.loader.drop(version, slot)
    version.turns.strand(slot, this.#options.clock())
    version.turns.leave(run)
    if (version.shared) version.slots.renew(slot)
  }
}

interface FailedLoad {
  readonly failedLoad: unknown
}

const keyUnusable = ({ code, message }: KeyUnusable): NotRun => ({
  kind: 'not-run',
  reason: 'key-unusable',
  trouble: { code, message },
})

const notRun = (reason: NotRun['reason'], cause?: unknown): NotRun => ({ kind: 'not-run', reason, cause })

/** One call that is under way: its clock, and what is said of it at its end. */
class Attempt {
  readonly signal: AbortSignal
  readonly #clock: Clock
  readonly #version: LoadedVersion
  readonly #run: Run
  readonly #slot: number
  readonly #initMs: number | undefined
  readonly #started: number
  /** Kept, as the slot may be let go of before the call has ended. */
  #target: LogTarget
  readonly #timeOut = new AbortController()
  /** One of its own for every call: on Workers a timer belongs to the request that set it. */
  readonly #timer: ReturnType<typeof setTimeout>

  constructor(
    { clock }: LoadedVersionsOptions,
    version: LoadedVersion,
    run: Run,
    slot: number,
    initMs: number | undefined,
  ) {
    this.#clock = clock
    this.#version = version
    this.#run = run
    this.#slot = slot
    this.#initMs = initMs
    this.#target = version.logs.target(slot)
    this.#started = clock()
    const ms = version.manifest.timeout * 1000
    this.#timer = setTimeout(() => this.#timeOut.abort(), ms)
    run.patience?.endsWithin(ms)
    this.signal = run.signal ? AbortSignal.any([this.#timeOut.signal, run.signal]) : this.#timeOut.signal
  }

  get isOutOfTime(): boolean {
    return this.#timeOut.signal.aborted
  }

  /** `stream`: of the isolate, as it says itself. */
  logsTo(stream: string): void {
    const { logs } = this.#version
    logs.confirm(this.#slot, stream)
    this.#target = logs.target(this.#slot)
  }

  over(): void {
    clearTimeout(this.#timer)
  }

  context(streamed: boolean): CallContext {
    const { manifest, overdue, logs } = this.#version
    const after = overdue.get(this.#slot)
    if (after !== undefined) overdue.delete(this.#slot)
    return {
      requestId: this.#run.requestId,
      invokedFunctionArn: functionArn(manifest.account, manifest.name, this.#run.qualifier),
      deadlineMs: this.#started + manifest.timeout * 1000,
      clientContext: this.#run.clientContext,
      identity: this.#run.identity,
      traceId: this.#run.traceId,
      streamed: streamed || undefined,
      asksStream: logs.asks(this.#slot) || undefined,
      after,
    }
  }

  answered(ended: Ended): Answered {
    const { version, memorySize, timeout } = this.#version.manifest
    // Noticing that the time is over takes some, which is not the function's.
    const now = this.#clock()
    const turnAt = this.#version.turns.answered(this.#run, this.#started, now)
    const durationMs = Math.min(now - turnAt, timeout * 1000)
    const { requestId } = this.#run
    const report = { requestId, version, memorySize, durationMs, initMs: this.#initMs, endedAt: now }
    return answeredAs(report, ended, this.#target, {
      isFresh: this.#countAnswer(ended) < FRESH_EVENTS,
      inLineMs: turnAt - this.#started,
    })
  }

  /** @returns events that the isolate had answered before */
  #countAnswer({ exited }: Ended): number {
    const { answered } = this.#version
    const before = answered.get(this.#slot) ?? 0
    answered.set(this.#slot, exited ? 0 : before + 1)
    return before
  }

  /** The isolate did not answer: it ran out of time, or it died. */
  failed(error: unknown): Answered {
    const { requestId } = this.#run
    const { timeout } = this.#version.manifest
    return this.answered(
      this.isOutOfTime
        ? timedOut(requestId, timeout, this.#clock())
        : exited(requestId, reasonOf(error), this.#clock()),
    )
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
