import type { Cut } from '../../src/functions/process/protocol.ts'
import type { FunctionProcess } from './function-process.ts'
import { type Judgement, judgeEnded, judgeHung, Reputation, type Running } from './judge-calls.ts'
import { Place } from './place.ts'
import type { RelayedCall, RunningFunction } from './relayed-call.ts'
import { crowdedMessage, endedMessage, memoryMessage, timeOutMessage } from './say-what-ended.ts'

export interface Budgets {
  /** Bytes at which a process gets no more calls and a fresh one takes over. */
  readonly soft: number
  /** Bytes at which it ends at once. */
  readonly hard: number
}

export interface FunctionProcessesOptions {
  readonly start: () => Promise<FunctionProcess>
  readonly token: string
  readonly budgets: Budgets
  /** A line for whoever started Weir. */
  readonly say: (line: string) => void
}

/** How often processes are looked at. */
const TICK_MS = 100
/** A process that has not even begun any of its calls for so long is of no use. */
const USELESS_MS = 5000
/** What is not under way yet is sent so often before its caller is told to try again. */
const MOST_SENDS = 4
/** At once. As a rule there is one; each function that holds its thread needs one of its own until its time is over. */
const MOST_PROCESSES = 4
/** A process that another one has taken over from, and that got its thread back, is kept for so long. */
const SPARE_MS = 30_000
/** After a process that did not start. */
const RESTART_MS = 1000
/** A process that ends takes its connections with it; what broke them is known so soon after. */
const SETTLE_MS = 200

/** The processes in which functions run, and who gets which call. */
export class FunctionProcesses {
  readonly #options: FunctionProcessesOptions
  readonly #places = new Set<Place>()
  readonly #waiting = new Set<RelayedCall>()
  readonly #reputation = new Reputation()
  #current: Place | undefined
  #starting = false

  constructor(options: FunctionProcessesOptions) {
    this.#options = options
    this.#start()
    const look = async () => {
      await Promise.all([...this.#places].map(place => this.#look(place)))
      setTimeout(look, TICK_MS)
    }
    setTimeout(look, TICK_MS)
  }

  run(call: RelayedCall): void {
    if (call.isOver) return
    const place = this.#choose()
    if (!place) {
      this.#waiting.add(call)
      return
    }
    if (call.sent === MOST_SENDS) {
      call.cut({ reason: 'interrupted' })
      return
    }
    place.calls.add(call)
    call.send(place.process, this.#options.token, {
      heard: () => {
        place.heard = performance.now()
      },
      lost: () => setTimeout(() => this.#lost(place, call), SETTLE_MS),
      ready: go => place.begin(go, this.#reputation),
      over: how => {
        const { running } = call
        if (how === 'well' && running && call.kind !== 'warm') {
          place.ended(running, this.#reputation)
          this.#reputation.wentWell(running)
        }
        if (running) place.endTrial(running, this.#reputation)
        place.calls.delete(call)
        this.#waiting.delete(call)
        if (place.calls.size === 0) place.idleSince = performance.now()
      },
    })
  }

  /** The process for a call; when there is none, one is on its way. */
  #choose(): Place | undefined {
    const usable = [...this.#places].filter(place => !place.isHung)
    const best =
      (this.#current && usable.includes(this.#current) && !this.#current.leaving
        ? this.#current
        : undefined) ?? usable.find(place => !place.leaving)
    if (best) {
      this.#current = best
      return best
    }
    this.#start()
    // Until its successor is there, one that is to leave does.
    return usable[0]
  }

  async #start(): Promise<void> {
    if (this.#starting) return
    this.#starting = true
    this.#makeRoom()
    try {
      const process = await this.#options.start()
      const place = new Place(process)
      this.#places.add(place)
      this.#current = place
      process.ended.then(signal => this.#ended(place, signal))
      this.#starting = false
      this.#serveWaiting()
    } catch (error) {
      this.#options.say(`The process that runs functions does not start: ${(error as Error).message}`)
      for (const call of this.#waiting) call.cut({ reason: 'interrupted' })
      setTimeout(() => {
        this.#starting = false
        if (this.#waiting.size > 0) this.#start()
      }, RESTART_MS)
    }
  }

  #serveWaiting(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const call of waiting) this.run(call)
  }

  async #look(place: Place): Promise<void> {
    await place.measure()
    if (!this.#places.has(place)) return
    const { soft, hard } = this.#options.budgets
    if (place.memory > hard) return this.#endForMemory(place)
    if (place.memory > soft && !place.leaving) {
      place.leaving = true
      this.#start()
    }
    const now = performance.now()
    if (place.calls.size === 0) {
      const isSpare = place !== this.#current && now - place.idleSince > SPARE_MS
      if ((place.leaving && this.#current !== place) || isSpare) this.#end(place, NOTHING)
      return
    }
    place.ask(() => this.#serveWaiting())
    if (place.isHung) this.#takeFromHung(place, now)
  }

  #takeFromHung(place: Place, now: number): void {
    const { running, waiting } = place.split()
    // Whatever has not begun goes elsewhere, and a function that holds its thread may have it until its time is over.
    for (const call of waiting) if (call.sent < MOST_SENDS - 1) this.#takeBack(place, call)
    if (running.size === 0) {
      if (now - place.heard <= USELESS_MS) return
      this.#options.say('The process that runs functions did not answer any more and was replaced.')
      this.#end(place, NOTHING)
      return
    }
    const judgement = judgeHung([...running.keys()], place.suspects(this.#reputation), now)
    if (judgement.end) this.#options.say(timeOutMessage(judgement.cut))
    if (judgement.end) this.#end(place, judgement, running)
    else cutAll(judgement, running)
  }

  #takeBack(place: Place, call: RelayedCall): void {
    call.withdraw()
    place.calls.delete(call)
    this.run(call)
  }

  #endForMemory(place: Place): void {
    const { running } = place.split()
    const judgement = this.#judgeEnded(place, running, 'killed')
    this.#options.say(memoryMessage(place.memory, judgement.cut))
    this.#end(place, judgement, running)
  }

  #judgeEnded(
    place: Place,
    running: ReadonlyMap<RunningFunction, RelayedCall>,
    signal: string,
  ): Judgement<RunningFunction> {
    const suspected = place.suspects(this.#reputation)
    return judgeEnded([...running.keys()], suspected, signal, this.#reputation)
  }

  /** It has ended, and nobody here has done it. */
  #ended(place: Place, signal: NodeJS.Signals | undefined): void {
    if (!this.#places.has(place)) return
    const { running } = place.split()
    const how = SIGNALS[signal ?? ''] ?? signal ?? 'killed'
    const judgement = this.#judgeEnded(place, running, how)
    this.#options.say(endedMessage(signal, judgement.cut))
    this.#end(place, judgement, running)
  }

  #end(
    place: Place,
    judgement: Judgement<RunningFunction>,
    running: ReadonlyMap<RunningFunction, RelayedCall> = new Map(),
  ): void {
    this.#places.delete(place)
    if (this.#current === place) this.#current = undefined
    place.process.kill()
    place.process.agent.destroy()
    const isKnown = [...judgement.cut.values()].some(({ reason }) => reason !== 'interrupted')
    for (const [one, { reason }] of judgement.cut) {
      if (reason !== 'interrupted' || !isKnown) this.#reputation.suspect(one)
    }
    // First, so that none of them begins now.
    for (const call of place.split().waiting) this.#takeBack(place, call)
    cutAll(judgement, running)
    // The next call should not have to wait for it.
    if (this.#places.size === 0) this.#start()
  }

  /** When every place is taken by a function that holds its thread, the one that has done so for the longest ends. */
  #makeRoom(): void {
    if (this.#places.size < MOST_PROCESSES) return
    const place = [...this.#places].toSorted((one, other) => one.heard - other.heard)[0]!
    const { running } = place.split()
    const functions = [...running.keys()]
    const suspected = place.suspects(this.#reputation)
    const cut = new Map<RunningFunction, Cut>(
      functions.map(one => [
        one,
        suspected.includes(one) ? { reason: 'exit', signal: 'killed' } : { reason: 'interrupted' },
      ]),
    )
    if (running.size > 0) this.#options.say(crowdedMessage(MOST_PROCESSES, cut))
    this.#end(place, { end: true, cut }, running)
  }

  /** A connection broke. If its process ended, {@link #ended} has seen to the call by now. */
  #lost(place: Place, call: RelayedCall): void {
    if (!place.calls.has(call) || !this.#places.has(place)) return
    if (call.running) call.cut({ reason: 'interrupted' })
    else this.#takeBack(place, call)
  }
}

const NOTHING: Judgement<RunningFunction> = { end: true, cut: new Map() }

/** As Go words them, which Lambda's own runtime is written in. */
const SIGNALS: Readonly<Record<string, string>> = {
  SIGABRT: 'aborted',
  SIGBUS: 'bus error',
  SIGILL: 'illegal instruction',
  SIGKILL: 'killed',
  SIGSEGV: 'segmentation fault',
  SIGTRAP: 'trace/breakpoint trap',
}

function cutAll<R extends Running>({ cut }: Judgement<R>, calls: ReadonlyMap<R, RelayedCall>): void {
  for (const [one, how] of cut) calls.get(one)?.cut(how)
}
