import type { Cut } from '../../src/functions/process/protocol.ts'
import type { FunctionProcess } from './function-process.ts'
import { type Judgement, judgeEnded, judgeHung, Reputation, type Running, suspects } from './judge-calls.ts'
import type { RelayedCall, RunningFunction } from './relayed-call.ts'
import { residentMemory } from './resident-memory.ts'
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
/** A process that was silent for so long while it had calls is asked whether its thread is free. */
const SILENCE_MS = 200
/** Without an answer for so long, it is not. Longer than what loading a large package takes, as a rule. */
const HUNG_MS = 400
/** A process that has not even begun any of its calls for so long is of no use. */
const USELESS_MS = 5000
/** What is not under way yet is sent so often before its caller is told to try again. */
const MOST_SENDS = 4
/** At once. As a rule there is one; each function that holds its thread needs one of its own until its time is over. */
const MOST_PROCESSES = 4
/** How long a function that is not known has the thread to itself, unless it answers before. */
const TRIAL_MS = 30
/** A process that another one has taken over from, and that got its thread back, is kept for so long. */
const SPARE_MS = 30_000
/** After a process that did not start. */
const RESTART_MS = 1000
/** Where a process has to be started to learn of another one's memory. */
const MEASURE_MS = process.platform === 'linux' ? 0 : 500
/** A process that ends takes its connections with it; what broke them is known so soon after. */
const SETTLE_MS = 200

interface Place {
  readonly process: FunctionProcess
  readonly calls: Set<RelayedCall>
  heard: number
  /** Since when a question is open. */
  asked: number | undefined
  memory: number
  /** When that was measured. */
  measured: number
  /** A function that nothing is known of yet; no other gets its event meanwhile. */
  onTrial: RunningFunction | undefined
  readonly held: (() => RunningFunction | undefined)[]
  /** It gets no more calls. */
  leaving: boolean
  idleSince: number
}

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
      ready: go => this.#begin(place, go),
      over: how => {
        const { running } = call
        if (how === 'well' && running && call.kind !== 'warm') this.#reputation.wentWell(running)
        if (running) this.#endTrial(place, running)
        place.calls.delete(call)
        this.#waiting.delete(call)
        if (place.calls.size === 0) place.idleSince = performance.now()
      },
    })
  }

  /**
   * Gives a function its event. One that is not known gets it alone: others wait until it has answered or let go of the
   * thread for a moment, so that, if it never does, it is known who it was, and nobody else is caught with it.
   */
  #begin(place: Place, go: () => RunningFunction | undefined): void {
    if (place.onTrial) {
      place.held.push(go)
      return
    }
    const running = go()
    if (!running || this.#reputation.isGood(running)) return
    place.onTrial = running
    setTimeout(async () => {
      try {
        // The first answer may be from before its first line.
        for (let answers = 0; answers < 2 && place.onTrial === running; answers++) await place.process.ping()
        this.#endTrial(place, running)
      } catch {
        // The process has ended.
      }
    }, TRIAL_MS)
  }

  #endTrial(place: Place, running: RunningFunction): void {
    if (place.onTrial !== running) return
    place.onTrial = undefined
    const held = place.held.splice(0)
    for (const go of held) this.#begin(place, go)
  }

  /** The process for a call; when there is none, one is on its way. */
  #choose(): Place | undefined {
    const usable = [...this.#places].filter(place => !isHung(place))
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
      const now = performance.now()
      const place: Place = {
        process,
        calls: new Set(),
        heard: now,
        asked: undefined,
        memory: 0,
        measured: now,
        onTrial: undefined,
        held: [],
        leaving: false,
        idleSince: now,
      }
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
    for (const call of this.#waiting) {
      this.#waiting.delete(call)
      this.run(call)
    }
  }

  async #look(place: Place): Promise<void> {
    if (performance.now() - place.measured >= MEASURE_MS) {
      place.memory = (await residentMemory(place.process.id)) ?? place.memory
      place.measured = performance.now()
    }
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
    this.#ask(place, now)
    if (isHung(place)) this.#takeFromHung(place, now)
  }

  /** Keeps a question open for as long as the process is silent. */
  #ask(place: Place, now: number): void {
    if (place.asked !== undefined || now - place.heard < SILENCE_MS) return
    place.asked = now
    place.process.ping().then(
      () => {
        place.heard = performance.now()
        place.asked = undefined
        this.#serveWaiting()
      },
      () => {
        // Its end is heard of otherwise.
        place.asked = undefined
      },
    )
  }

  #takeFromHung(place: Place, now: number): void {
    const { running, waiting } = split(place)
    // Whatever has not begun goes elsewhere, and a function that holds its thread may have it until its time is over.
    for (const call of waiting.keys()) if (call.sent < MOST_SENDS - 1) this.#takeBack(place, call)
    if (running.size === 0) {
      if (now - place.heard > USELESS_MS) this.#end(place, NOTHING)
      return
    }
    const judgement = judgeHung([...running.keys()], place.heard, this.#reputation, now)
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
    const { running } = split(place)
    const judgement = judgeEnded([...running.keys()], place.heard, 'killed', this.#reputation)
    this.#options.say(memoryMessage(place.memory, judgement.cut))
    this.#end(place, judgement, running)
  }

  /** It has ended, and nobody here has done it. */
  #ended(place: Place, signal: NodeJS.Signals | undefined): void {
    if (!this.#places.has(place)) return
    const { running } = split(place)
    const how = SIGNALS[signal ?? ''] ?? signal ?? 'killed'
    const judgement = judgeEnded([...running.keys()], place.heard, how, this.#reputation)
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
    const { size } = judgement.cut
    const blamed = [...judgement.cut.values()].filter(({ reason }) => reason !== 'interrupted').length
    for (const [one, { reason }] of judgement.cut) {
      if (reason !== 'interrupted' || (blamed === 0 && size > 0)) this.#reputation.suspect(one)
    }
    cutAll(judgement, running)
    // What is left had not begun.
    for (const call of place.calls) this.#takeBack(place, call)
    // The next call should not have to wait for it.
    if (this.#places.size === 0) this.#start()
  }

  /** When every place is taken by a function that holds its thread, the one that has done so for the longest ends. */
  #makeRoom(): void {
    if (this.#places.size < MOST_PROCESSES) return
    const place = [...this.#places].toSorted((one, other) => one.heard - other.heard)[0]!
    const { running } = split(place)
    const functions = [...running.keys()]
    const suspected = suspects(functions, place.heard, this.#reputation)
    const cut = new Map<RunningFunction, Cut>(
      functions.map(one => [
        one,
        suspected.includes(one) ? { reason: 'exit', signal: 'killed' } : { reason: 'interrupted' },
      ]),
    )
    this.#options.say(crowdedMessage(MOST_PROCESSES, cut))
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

const isHung = ({ asked }: Place): boolean => asked !== undefined && performance.now() - asked > HUNG_MS

function split({ calls }: Place): {
  readonly running: Map<RunningFunction, RelayedCall>
  readonly waiting: Set<RelayedCall>
} {
  const running = new Map<RunningFunction, RelayedCall>()
  const waiting = new Set<RelayedCall>()
  for (const call of calls) {
    if (call.running) running.set(call.running, call)
    else waiting.add(call)
  }
  return { running, waiting }
}

function cutAll<R extends Running>({ cut }: Judgement<R>, calls: ReadonlyMap<R, RelayedCall>): void {
  for (const [one, how] of cut) calls.get(one)?.cut(how)
}
