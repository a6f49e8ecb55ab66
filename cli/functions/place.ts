import type { FunctionProcess } from './function-process.ts'
import { type Reputation, suspects } from './judge-calls.ts'
import type { RelayedCall, RunningFunction } from './relayed-call.ts'
import { residentMemory } from './resident-memory.ts'

/** A process that was silent for so long while it had calls is asked whether its thread is free. */
const SILENCE_MS = 200
/** Without an answer for so long, it is not. Longer than what loading a large package takes, as a rule. */
const HUNG_MS = 400
/** How long a function that is not known has the thread to itself, unless it answers before. */
const TRIAL_MS = 30
/** How long after its answer code of a function may still run. */
const LEFTOVER_MS = 100
/** Where a process has to be started to learn of another one's memory. */
const MEASURE_MS = process.platform === 'linux' ? 0 : 500

type Go = () => RunningFunction | undefined

/** A process in which functions run, with the calls that it has, as far as the supervisor knows. */
export class Place {
  readonly process: FunctionProcess
  readonly calls = new Set<RelayedCall>()
  /** When it last gave a sign of life. */
  heard = performance.now()
  /** Since when it has no calls. */
  idleSince = performance.now()
  /** Bytes. */
  memory = 0
  /** It gets no more calls. */
  leaving = false
  /** When a function that was not known ended last. */
  #firstEnded = Number.NEGATIVE_INFINITY
  #measured = Number.NEGATIVE_INFINITY
  /** Since when a question is open. */
  #asked: number | undefined
  /** A function that nothing is known of yet; no other gets its event meanwhile. */
  #onTrial: RunningFunction | undefined
  #held: Go[] = []

  constructor(process: FunctionProcess) {
    this.process = process
  }

  get isHung(): boolean {
    return this.#asked !== undefined && performance.now() - this.#asked > HUNG_MS
  }

  /** Functions that have their event, with their calls, and calls whose functions have not. */
  split(): { readonly running: Map<RunningFunction, RelayedCall>; readonly waiting: Set<RelayedCall> } {
    const running = new Map<RunningFunction, RelayedCall>()
    const waiting = new Set<RelayedCall>()
    for (const call of this.calls) {
      if (call.running) running.set(call.running, call)
      else waiting.add(call)
    }
    return { running, waiting }
  }

  /** Who may hold its thread; none, if it is rather one whose call has just ended: it may have left a timer behind. */
  suspects(reputation: Reputation): ReadonlyArray<RunningFunction> {
    const running = [...this.split().running.keys()]
    if (this.#onTrial && running.includes(this.#onTrial)) return [this.#onTrial]
    const isLeftover = this.heard - this.#firstEnded < LEFTOVER_MS
    if (isLeftover && running.every(one => reputation.isGood(one))) return []
    return suspects(running, this.heard, reputation)
  }

  async measure(): Promise<void> {
    if (performance.now() - this.#measured < MEASURE_MS) return
    this.memory = (await residentMemory(this.process.id)) ?? this.memory
    this.#measured = performance.now()
  }

  /** Keeps a question open for as long as the process is silent. */
  ask(onAnswer: () => void): void {
    const now = performance.now()
    if (this.#asked !== undefined || now - this.heard < SILENCE_MS) return
    this.#asked = now
    this.process.ping().then(
      () => {
        this.heard = performance.now()
        this.#asked = undefined
        onAnswer()
      },
      () => {
        // Its end is heard of otherwise.
        this.#asked = undefined
      },
    )
  }

  /**
   * Gives a function its event. One that is not known gets it alone: others wait until it has answered or let go of the
   * thread for a moment, so that, if it never does, it is known who it was, and nobody else is caught with it.
   */
  begin(go: Go, reputation: Reputation): void {
    if (this.#onTrial) {
      this.#held.push(go)
      return
    }
    const running = go()
    if (!running || reputation.isGood(running)) return
    this.#onTrial = running
    setTimeout(async () => {
      try {
        // The first answer may be from before its first line.
        for (let answers = 0; answers < 2 && this.#onTrial === running; answers++) await this.process.ping()
        this.endTrial(running, reputation)
      } catch {
        // The process has ended.
      }
    }, TRIAL_MS)
  }

  ended(running: RunningFunction, reputation: Reputation): void {
    if (!reputation.isGood(running)) this.#firstEnded = performance.now()
  }

  endTrial(running: RunningFunction, reputation: Reputation): void {
    if (this.#onTrial !== running) return
    this.#onTrial = undefined
    for (const go of this.#held.splice(0)) this.begin(go, reputation)
  }
}
