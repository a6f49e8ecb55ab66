import { AsyncLocalStorage } from 'node:async_hooks'
import type { Entering } from '../../../src/functions/concurrency/concurrency-gate.ts'
import { FunctionConcurrency } from '../../../src/functions/concurrency/function-concurrency.ts'
import { PermitLedger, type SavedLedger } from '../../../src/functions/concurrency/permit-ledger.ts'
import {
  PERMITS,
  type PermitReply,
  type PermitRequest,
  TICK_MS,
} from '../../../src/functions/concurrency/permit-protocol.ts'
import { type ClockStep, type Faults, NO_FAULTS, World } from '../../metering/simulation.ts'
import { randomSource } from '../../random-source.ts'

export { type Faults, NO_FAULTS }

export interface Scenario {
  readonly seed: number
  /** What the reserved concurrency is from which true time on; the first from 0. */
  readonly limits: readonly { readonly at: number; readonly limit: number }[]
  /** One way, milliseconds, for each isolate. */
  readonly latencies: readonly number[]
  readonly faults?: Faults
  readonly objectCrashes?: readonly number[]
  readonly objectDownMs?: number
  readonly objectSteps?: readonly ClockStep[]
  readonly isolateSteps?: readonly (ClockStep & { readonly isolate: number })[]
  readonly isolateCrashes?: readonly { readonly at: number; readonly isolate: number }[]
  /** Neither requests nor replies of the isolate arrive. */
  readonly partitions?: readonly { readonly at: number; readonly isolate: number; readonly ms: number }[]
  /** Timers of isolates are late by up to so much, and a call takes up to so long to end when it is ended. */
  readonly lateness?: number
  readonly calls: readonly SimulatedCall[]
  /** The call that follows one that ended `now`, if any. */
  readonly next?: (call: SimulatedCall, outcome: CallOutcome, now: number) => SimulatedCall | undefined
  readonly until: number
}

export interface SimulatedCall {
  readonly at: number
  readonly isolate: number
  /** How long it runs. */
  readonly ms: number
  /** After so long it is cut off with its request, without a word. */
  readonly vanishesAfter?: number
}

export type CallOutcome = 'done' | 'ended' | 'vanished' | 'throttled' | 'unreachable'

export interface Start {
  /** When the call came. */
  readonly asked: number
  readonly at: number
  readonly isolate: number
  /** Calls that run now, this one included. */
  readonly running: number
}

export interface Outcome {
  readonly starts: readonly Start[]
  readonly answers: Readonly<Record<CallOutcome, number>>
  /** Milliseconds that each call waited for its answer, by true time. */
  readonly waits: readonly number[]
  /** Sum over all calls of the time they ran. */
  readonly runMs: number
  readonly objectCalls: number
  readonly diskWrites: number
  /** What the object counts as out at the end. */
  readonly out: number
}

/** A request to the worker: its timers and replies end with it. */
interface Request {
  isDead: boolean
}

const clockOf = (world: World, steps: readonly ClockStep[]) => () => {
  let off = 0
  for (const step of steps) if (step.at <= world.now) off += step.by
  return Math.floor(Date.UTC(2026, 10, 22, 12) + world.now + off)
}

/** The object: its disk outlives it. */
class SimulatedMeter {
  readonly #world: World
  readonly #clock: () => number
  readonly #waiting = new Map<string, ((reply: PermitReply) => void)[]>()
  #disk: SavedLedger | undefined
  #ledger!: PermitLedger
  #life = 0
  #ticking = false
  down = false
  calls = 0
  diskWrites = 0

  constructor(world: World, clock: () => number) {
    this.#world = world
    this.#clock = clock
    this.#start()
  }

  get out(): number {
    return this.#ledger.out
  }

  lease(request: PermitRequest, answer: (reply: PermitReply) => void): void {
    this.calls += 1
    const reply = this.#ledger.lease(request, this.#clock())
    if (reply) answer(reply)
    else this.#park(request, answer)
    this.#settle()
  }

  configure(generation: number, limit: number): void {
    this.#ledger.configure(generation, limit)
    this.#settle()
  }

  crash(): void {
    this.down = true
    this.#life += 1
    this.#ticking = false
    this.#waiting.clear()
  }

  restart(): void {
    this.down = false
    this.#start()
  }

  #start(): void {
    this.#ledger = new PermitLedger(this.#disk, this.#clock())
    this.#tickLater()
  }

  #park({ caller, seq }: PermitRequest, answer: (reply: PermitReply) => void): void {
    const key = `${caller} ${seq}`
    const waiting = this.#waiting.get(key)
    if (waiting) {
      waiting.push(answer)
      return
    }
    this.#waiting.set(key, [answer])
    const life = this.#life
    this.#world.at(this.#world.now + PERMITS.park, () => {
      if (life !== this.#life) return
      this.#ledger.giveUp(caller, seq)
      this.#settle()
    })
  }

  #settle(): void {
    const save = this.#ledger.takeSave()
    if (save) {
      this.#disk = save
      this.diskWrites += 1
    }
    for (const { caller, reply } of this.#ledger.takeReplies()) {
      const key = `${caller} ${reply.seq}`
      for (const answer of this.#waiting.get(key) ?? []) answer(reply)
      this.#waiting.delete(key)
    }
    this.#tickLater()
  }

  #tickLater(): void {
    if (this.#ticking || this.#ledger.out === 0) return
    this.#ticking = true
    const life = this.#life
    this.#world.at(this.#world.now + TICK_MS, () => {
      if (life !== this.#life) return
      this.#ticking = false
      const again = this.#ledger.tick(this.#clock())
      this.#settle()
      if (again) this.#tickLater()
    })
  }
}

export async function simulate(scenario: Scenario): Promise<Outcome> {
  const world = new World()
  const random = randomSource(scenario.seed)
  const { faults = NO_FAULTS, lateness = 0 } = scenario
  const meter = new SimulatedMeter(world, clockOf(world, scenario.objectSteps ?? []))
  const current = new AsyncLocalStorage<Request>()
  const alive = scenario.latencies.map(() => true)
  const starts: Start[] = []
  const answers = { done: 0, ended: 0, vanished: 0, throttled: 0, unreachable: 0 }
  const waits: number[] = []
  let running = 0
  let runMs = 0

  for (const at of scenario.objectCrashes ?? []) {
    world.at(at, () => {
      if (meter.down) return
      meter.crash()
      world.at(at + (scenario.objectDownMs ?? 0), () => meter.restart())
    })
  }
  for (const [index, { at, limit }] of scenario.limits.entries())
    if (index > 0) world.at(at, () => !meter.down && meter.configure(index + 1, limit))

  const isCutOff = (isolate: number) =>
    (scenario.partitions ?? []).some(
      cut => cut.isolate === isolate && world.now >= cut.at && world.now < cut.at + cut.ms,
    )

  const call = (isolate: number, request: PermitRequest): Promise<PermitReply> => {
    const { promise, resolve, reject } = Promise.withResolvers<PermitReply>()
    const sender = current.getStore()!
    const oneWay = () => scenario.latencies[isolate]! * (0.5 + random())
    const back = (deliver: () => void) => {
      const late = random() < faults.lateReplies ? faults.lateBy : 0
      world.at(world.now + oneWay() + late, () => {
        if (alive[isolate] && !sender.isDead && !isCutOff(isolate)) deliver()
      })
    }
    const arrive = (answering: boolean) => {
      if (isCutOff(isolate)) return
      if (meter.down) {
        if (answering) back(() => reject(Object.assign(new Error('down'), { retryable: true })))
        return
      }
      meter.lease(structuredClone(request), reply => {
        if (answering && random() >= faults.lostReplies) back(() => resolve(structuredClone(reply)))
      })
    }
    if (random() >= faults.lostRequests) world.at(world.now + oneWay(), () => arrive(true))
    if (random() < faults.doubledRequests)
      world.at(world.now + oneWay() + random() * 2 * faults.lateBy, () => arrive(false))
    return promise
  }

  const gates = scenario.latencies.map((_, isolate) => {
    const steps = (scenario.isolateSteps ?? []).filter(step => step.isolate === isolate)
    return new FunctionConcurrency({
      clock: clockOf(world, steps),
      timer(ms, callback) {
        const request = current.getStore()!
        let isCancelled = false
        world.at(world.now + ms + random() * lateness, () => {
          if (!isCancelled && alive[isolate] && !request.isDead) current.run(request, callback)
        })
        return () => {
          isCancelled = true
        }
      },
      callObject: (_name, request) => call(isolate, request),
      defer: () => {},
      newId: () => `isolate-${isolate}`,
    })
  })

  /** The pointer as an isolate knows it: up to two seconds old. */
  const learnt = scenario.latencies.map(() => scenario.limits.map(({ at }) => at + random() * 2_000))
  const pointer = (isolate: number) => {
    let known = 0
    for (const [index, at] of learnt[isolate]!.entries()) if (at <= world.now) known = index
    return { limit: scenario.limits[known]!.limit, generation: known + 1, uid: 'uid' }
  }

  const runningOf = scenario.latencies.map(() => new Set<(outcome: CallOutcome) => void>())
  const run = async (made: SimulatedCall) => {
    const { isolate } = made
    if (!alive[isolate]) return
    const request = current.getStore()!
    const asked = world.now
    const entering: Entering | Promise<Entering> = gates[isolate]!.enter('function', pointer(isolate))
    const entered = entering instanceof Promise ? await entering : entering
    if (!alive[isolate] || request.isDead) return
    waits.push(world.now - asked)
    if (typeof entered === 'string') {
      answers[entered] += 1
      followUp(made, entered)
      return
    }
    running += 1
    const began = world.now
    starts.push({ asked, at: world.now, isolate, running })
    const finish = (outcome: CallOutcome) => {
      if (!runningOf[isolate]!.delete(finish)) return
      running -= 1
      runMs += world.now - began
      answers[outcome] += 1
      if (outcome !== 'vanished') current.run(request, () => entered.leave())
      followUp(made, outcome)
    }
    runningOf[isolate]!.add(finish)
    const end = () => world.at(world.now + random() * lateness, () => finish('ended'))
    if (entered.signal.aborted) end()
    else entered.signal.addEventListener('abort', end)
    world.at(began + made.ms, () => finish('done'))
    if (made.vanishesAfter !== undefined)
      world.at(began + made.vanishesAfter, () => {
        request.isDead = true
        finish('vanished')
      })
  }
  const followUp = (made: SimulatedCall, outcome: CallOutcome) => {
    const next = scenario.next?.(made, outcome, world.now)
    if (next) send(next)
  }
  const send = (made: SimulatedCall) => {
    world.at(made.at, () => {
      current.run({ isDead: false }, () => void run(made))
    })
  }
  for (const made of scenario.calls) send(made)

  for (const { at, isolate } of scenario.isolateCrashes ?? [])
    world.at(at, () => {
      alive[isolate] = false
      for (const finish of [...(runningOf[isolate] ?? [])]) finish('vanished')
    })

  await world.run(scenario.until)
  return {
    starts,
    answers,
    waits,
    runMs,
    objectCalls: meter.calls,
    diskWrites: meter.diskWrites,
    out: meter.out,
  }
}

/** How long a lowered limit may go unnoticed by an isolate: a pointer's age. */
export const NOTICE_MS = 2_000

/** Starts of calls above every limit that they may have known of; none when the ceiling holds. */
export function overshoots({ limits }: Scenario, { starts }: Outcome): Start[] {
  return starts.filter(({ asked, at, running }) => {
    let most = 0
    for (const [index, { limit }] of limits.entries()) {
      const until = limits[index + 1]?.at ?? Number.POSITIVE_INFINITY
      if (until > asked - NOTICE_MS && limits[index]!.at <= at) most = Math.max(most, limit)
    }
    return running > most
  })
}
