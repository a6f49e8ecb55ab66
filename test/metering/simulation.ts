import { Admission } from '../../src/metering/admission.ts'
import type { Decision } from '../../src/metering/decision.ts'
import type { KeyRecord, Quota, Throttle } from '../../src/metering/key-record.ts'
import type { LeaseReply, LeaseRequest } from '../../src/metering/lease-protocol.ts'
import { Meter, TICK_MS } from '../../src/metering/meter.ts'
import type { AdjustmentRow, UsageRow } from '../../src/metering/saved-meter.ts'
import { randomSource } from '../random-source.ts'
import { NAME, recordOf, TARGET } from './simulated-key.ts'
import { AdmissionLog } from './simulator/admission-log.ts'
import { EventQueue } from './simulator/event-queue.ts'

/** True time, in milliseconds, and what is to happen in it. Promises settle between any two events. */
export class World {
  now = 0
  readonly #events = new EventQueue()

  at(time: number, run: () => void): void {
    this.#events.plan(Math.max(time, this.now), run)
  }

  async run(until: number): Promise<void> {
    while (this.#events.nextAt <= until) {
      this.now = this.#events.nextAt
      this.#events.take()()
      await new Promise(setImmediate)
    }
    this.now = until
  }
}

/** A machine's clock: true time, plus what it is off by, plus what its steps added. */
export interface ClockStep {
  /** True time, milliseconds. */
  readonly at: number
  readonly by: number
}

export interface Faults {
  /** Shares of calls, 0 to 1. */
  readonly lostRequests: number
  readonly lostReplies: number
  readonly doubledRequests: number
  /** Replies that take another `lateBy` milliseconds. */
  readonly lateReplies: number
  readonly lateBy: number
}

export const NO_FAULTS: Faults = {
  lostRequests: 0,
  lostReplies: 0,
  doubledRequests: 0,
  lateReplies: 0,
  lateBy: 0,
}

export interface Scenario {
  readonly seed: number
  readonly throttle?: Throttle
  readonly quota?: Quota
  /** One way, milliseconds, for each isolate. */
  readonly latencies: readonly number[]
  readonly faults: Faults
  /** True times at which the object dies; it is back `objectDownMs` later, on its disk. */
  readonly objectCrashes?: readonly number[]
  readonly objectDownMs?: number
  readonly objectSteps?: readonly ClockStep[]
  readonly isolateSteps?: readonly (ClockStep & { readonly isolate: number })[]
  readonly isolateCrashes?: readonly { readonly at: number; readonly isolate: number }[]
  /** Requests: when (true time) and where. */
  readonly requests: readonly { readonly at: number; readonly isolate: number }[]
  /** Epoch milliseconds at true time 0. */
  readonly epoch?: number
}

export interface Outcome {
  /** Of requests whose isolate lived to answer: what they were answered. */
  readonly decisions: readonly Decision[]
  readonly admissions: AdmissionLog
  /** Requests that were answered "admitted", by day of the debit. */
  readonly admittedByDay: ReadonlyMap<string, number>
  readonly usage: readonly UsageRow[]
  readonly calls: number
  readonly diskWrites: number
}

/** The object: its disk outlives it. */
class SimulatedObject {
  readonly #world: World
  readonly #clock: () => number
  readonly #admissions: AdmissionLog
  readonly #disk = { usage: new Map<string, UsageRow>(), adjustments: new Map<string, AdjustmentRow>() }
  readonly record: KeyRecord
  readonly dayOfGrant = new Map<string, string>()
  #meter!: Meter
  #life = 0
  #ticking = false
  down = false
  calls = 0
  diskWrites = 0

  constructor(world: World, clock: () => number, record: KeyRecord, admissions: AdmissionLog) {
    this.#world = world
    this.#clock = clock
    this.record = record
    this.#admissions = admissions
    this.#start()
  }

  /** What the object's clock shows, or showed and would go on to show while it is down. */
  get now(): number {
    return this.#meter.clockAt(this.#clock())
  }

  lease(request: LeaseRequest): LeaseReply {
    this.calls += 1
    const known = this.dayOfGrant.has(request.id)
    const reply = this.#meter.lease(request, this.#clock())
    this.#save()
    this.#tickLater()
    // A doubled call is answered alike and admits nobody; after a crash it may be decided anew.
    if (!known || this.#forgot.delete(request.id)) {
      if (reply.admitted > 0) this.#admissions.enter(this.now, reply.admitted)
      this.dayOfGrant.set(request.id, new Date(this.#clock()).toISOString().slice(0, 10))
    }
    return reply
  }

  readonly #forgot = new Set<string>()

  crash(): void {
    this.down = true
    this.#life += 1
    this.#ticking = false
    for (const id of this.dayOfGrant.keys()) this.#forgot.add(id)
  }

  restart(): void {
    this.down = false
    this.#start()
  }

  rows(): UsageRow[] {
    const rows = this.#meter.unrolled(this.#clock())
    this.#save()
    return rows
  }

  #start(): void {
    const saved = {
      record: this.record,
      usage: [...this.#disk.usage.values()],
      adjustments: [...this.#disk.adjustments.values()],
    }
    this.#meter = new Meter(saved, this.#clock())
    this.#admissions.clockWasRead(this.now)
    if (this.#meter.needsTicks) this.#tickLater()
  }

  #save(): void {
    this.#admissions.clockWasRead(this.now)
    const { usage, adjustments } = this.#meter.takeSaves()
    this.diskWrites += usage.length + adjustments.length
    const limit = this.record.plans[0]!.quota?.limit ?? Number.POSITIVE_INFINITY
    for (const row of usage) {
      if (row.used > limit) throw new Error(`${row.used} requests reserved of a quota of ${limit}`)
      this.#disk.usage.set(row.day, row)
    }
    for (const row of adjustments) this.#disk.adjustments.set(row.period, row)
  }

  #tickLater(): void {
    if (this.#ticking) return
    this.#ticking = true
    const life = this.#life
    this.#world.at(this.#world.now + TICK_MS, () => {
      if (life !== this.#life) return
      this.#ticking = false
      const again = this.#meter.tick(this.#clock())
      this.#save()
      if (again) this.#tickLater()
    })
  }
}

const clockOf = (world: World, epoch: number, steps: readonly ClockStep[]) => () => {
  let off = 0
  for (const step of steps) if (step.at <= world.now) off += step.by
  return Math.floor(epoch + world.now + off)
}

/** Runs a scenario to its end and some seconds of silence beyond it. */
export async function simulate(scenario: Scenario): Promise<Outcome> {
  const world = new World()
  const random = randomSource(scenario.seed)
  const epoch = scenario.epoch ?? Date.UTC(2026, 10, 22, 12)
  const admissions = new AdmissionLog()
  const decisions: Decision[] = []
  const admittedByDay = new Map<string, number>()
  const object = new SimulatedObject(
    world,
    clockOf(world, epoch, scenario.objectSteps ?? []),
    recordOf(scenario.throttle, scenario.quota),
    admissions,
  )
  for (const at of scenario.objectCrashes ?? []) {
    world.at(at, () => {
      if (object.down) return
      object.crash()
      world.at(at + (scenario.objectDownMs ?? 0), () => object.restart())
    })
  }

  const end = scenario.requests.reduce((last, { at }) => Math.max(last, at), 0)
  const alive = scenario.latencies.map(() => true)
  const chance = (share: number) => world.now <= end && random() < share
  const call = (isolate: number, request: LeaseRequest): Promise<LeaseReply> => {
    const { promise, resolve, reject } = Promise.withResolvers<LeaseReply>()
    const oneWay = () => scenario.latencies[isolate]! * (0.5 + random())
    const arrive = (answering: boolean) => {
      if (object.down) {
        const unavailable = Object.assign(new Error('down'), { retryable: true })
        if (answering) world.at(world.now + oneWay(), () => alive[isolate] && reject(unavailable))
        return
      }
      const reply = object.lease(structuredClone(request))
      if (!answering || chance(scenario.faults.lostReplies)) return
      const late = chance(scenario.faults.lateReplies) ? scenario.faults.lateBy : 0
      world.at(world.now + oneWay() + late, () => alive[isolate] && resolve(structuredClone(reply)))
    }
    if (!chance(scenario.faults.lostRequests)) world.at(world.now + oneWay(), () => arrive(true))
    if (chance(scenario.faults.doubledRequests))
      world.at(world.now + oneWay() + random() * 400, () => arrive(false))
    return promise
  }

  const isolates = scenario.latencies.map((_, isolate) => {
    const steps = (scenario.isolateSteps ?? []).filter(step => step.isolate === isolate)
    return new Admission({
      clock: clockOf(world, epoch, steps),
      callObject: (_name, request) => call(isolate, request),
      recordExists: async () => true,
      defer: () => {},
      sleep: ms => new Promise(resolve => world.at(world.now + ms, () => alive[isolate] && resolve())),
      newId: () => `isolate-${isolate}`,
    })
  })
  for (const { at, isolate } of scenario.isolateCrashes ?? [])
    world.at(at, () => {
      alive[isolate] = false
    })

  const decided = (decision: Decision) => {
    decisions.push(decision)
    if (!decision.admitted) return
    // A lease's token is spent here and now; what the object decided was entered when it decided.
    if (decision.by === 'lease') admissions.enter(object.now, 1)
    const day = object.dayOfGrant.get(decision.grantId)!
    admittedByDay.set(day, (admittedByDay.get(day) ?? 0) + 1)
  }
  for (const { at, isolate } of scenario.requests)
    world.at(at, () => {
      if (!alive[isolate]) return
      const decision = isolates[isolate]!.admit(NAME, TARGET)
      if (decision instanceof Promise) void decision.then(decided)
      else decided(decision)
    })

  await world.run(end + 8_000)
  // Whatever is still owed rides on one more call of everybody.
  for (const [isolate, admission] of isolates.entries())
    if (alive[isolate])
      world.at(world.now + isolate, () => {
        void Promise.resolve(admission.admit(NAME, TARGET)).then(decided)
      })
  await world.run(end + 11_000)
  return {
    decisions,
    admissions,
    admittedByDay,
    usage: object.rows(),
    calls: object.calls,
    diskWrites: object.diskWrites,
  }
}
