import type { AsyncLocalStorage } from 'node:async_hooks'
import type { InvocationContext } from '../shim-manifest.ts'
import type { CallLines } from './console-lines.ts'
import type { Begun } from './outstanding-work.ts'
import type { NativeRequire } from './package-files.ts'

/** What workerd hands to an entrypoint besides the request. */
export interface ExecutionContext {
  waitUntil(promise: Promise<unknown>): void
}

/** One event that is under way. */
export interface Call {
  readonly given: InvocationContext
  readonly context: ExecutionContext
  /** Its response has begun, and ends later. */
  streams: boolean
  lines: CallLines
  readonly begun: Begun
  /** Ends the call from outside the handler. */
  readonly fail: (error: unknown) => void
  /** Rejects when it is. */
  readonly failure: Promise<never>
}

/** The events of an isolate: one at a time, as on Lambda, or overlapping where the function was written for it. */
export class Calls {
  readonly #require: NativeRequire
  readonly #running = new Set<Call>()
  /** What is written while no call is under way: by code that goes on after its answer. */
  readonly #idle: CallLines = { requestId: undefined, text: '', cut: false }
  /** Which of the overlapping calls code belongs to; not needed, and not loaded, where there is one. */
  #contexts: AsyncLocalStorage<Call> | undefined

  constructor(require: NativeRequire, shared: boolean) {
    this.#require = require
    if (shared) this.share()
  }

  get shared(): boolean {
    return this.#contexts !== undefined
  }

  /** From now on events may overlap. */
  share(): void {
    const hooks = this.#contexts
      ? undefined
      : (this.#require('node:async_hooks') as typeof import('node:async_hooks'))
    if (hooks) this.#contexts = new hooks.AsyncLocalStorage()
  }

  /**
   * The call that the running code belongs to; it may have ended. Code that was begun outside of calls belongs to the
   * only one that is under way, if there is only one.
   */
  get current(): Call | undefined {
    const own = this.#contexts?.getStore()
    if (own || this.#running.size !== 1) return own
    const [only] = this.#running
    return only
  }

  get lines(): CallLines {
    return this.current?.lines ?? this.#idle
  }

  /**
   * Whether an event may begin. `abandoned`: the one before will not end any more.
   *
   * @param over the id of a call whose caller has stopped waiting
   */
  room(over: string | undefined): 'free' | 'taken' | 'abandoned' {
    const now = Date.now()
    if (this.shared) {
      // Those that were cut off did not get to their end.
      for (const call of this.#running) if (now >= call.given.deadlineMs) this.end(call)
    }
    if (this.shared || this.#running.size === 0) return 'free'
    for (const call of this.#running)
      if (call.given.requestId !== over && now < call.given.deadlineMs) return 'taken'
    this.#running.clear()
    return 'abandoned'
  }

  begin(given: InvocationContext, context: ExecutionContext): Call {
    const { promise: failure, reject: fail } = Promise.withResolvers<never>()
    failure.catch(() => {})
    // What was written since the last answer goes into this call's log, as it does on Lambda.
    const { text, cut } = this.#idle
    this.#idle.text = ''
    this.#idle.cut = false
    const lines: CallLines = { requestId: undefined, text, cut }
    const call: Call = { given, context, streams: false, lines, begun: new Set(), fail, failure }
    this.#running.add(call)
    return call
  }

  /** Runs code as that of a call. */
  within<T>(call: Call, work: () => T): T {
    return this.#contexts ? this.#contexts.run(call, work) : work()
  }

  /** The lines since the last time, which are then forgotten. */
  take({ lines }: Call): string {
    const { text } = lines
    lines.text = ''
    lines.cut = false
    return text
  }

  /** False for a call that was over before: its isolate was told that nobody waits for it. */
  end(call: Call): boolean {
    if (!this.#running.delete(call)) return false
    const { requestId } = call.given
    this.#idle.requestId = requestId
    call.lines = new LateLines(requestId, this.#idle)
    return true
  }
}

/** Of a call that has ended: what its code still writes goes into the log of the next. */
class LateLines implements CallLines {
  readonly requestId: string
  readonly #next: CallLines

  constructor(requestId: string, next: CallLines) {
    this.requestId = requestId
    this.#next = next
  }

  get text(): string {
    return this.#next.text
  }

  set text(text: string) {
    this.#next.text = text
  }

  get cut(): boolean {
    return this.#next.cut
  }

  set cut(cut: boolean) {
    this.#next.cut = cut
  }
}
