import type { KeyRecord } from '../../../src/metering/key-record.ts'
import type { LeaseReply, LeaseRequest } from '../../../src/metering/lease-protocol.ts'
import { Meter, TICK_MS } from '../../../src/metering/meter.ts'
import { throttleRecord } from '../../../src/metering/method-throttle.ts'
import { Relay } from '../../../src/metering/relays/relay.ts'
import type { AdjustmentRow, UsageRow } from '../../../src/metering/saved-meter.ts'
import type { AdmissionLog } from './admission-log.ts'
import type { City } from './network.ts'
import type { World } from './world.ts'

/** Calls to one object, by tenths of a second. */
export class CallCount {
  readonly #tenths: number[] = []
  total = 0

  note(now: number): void {
    this.total += 1
    const tenth = Math.floor(now / 100)
    this.#tenths[tenth] = (this.#tenths[tenth] ?? 0) + 1
  }

  /** The most within any second that lies between two times, milliseconds. */
  peak(from: number, until: number): number {
    let most = 0
    for (let tenth = Math.ceil(from / 100); tenth + 10 <= until / 100; tenth += 1)
      most = Math.max(most, this.#sum(tenth, tenth + 10))
    return most
  }

  between(from: number, until: number): number {
    return this.#sum(Math.ceil(from / 100), Math.ceil(until / 100))
  }

  #sum(from: number, until: number): number {
    let calls = 0
    for (let tenth = from; tenth < until; tenth += 1) calls += this.#tenths[tenth] ?? 0
    return calls
  }
}

/** A meter's own object: its disk outlives it. */
export class SimulatedMeter {
  readonly city: City
  readonly calls = new CallCount()
  readonly log: AdmissionLog
  readonly #world: World
  readonly #clock: () => number
  readonly #usage = new Map<string, UsageRow>()
  readonly #adjustments = new Map<string, AdjustmentRow>()
  readonly #answered = new WeakSet<LeaseReply>()
  #record: KeyRecord | undefined
  #meter!: Meter
  #life = 0
  #ticking = false
  #settling = false
  isDown = false
  rowsWritten = 0

  constructor(world: World, city: City, clock: () => number, log: AdmissionLog, record?: KeyRecord) {
    this.#world = world
    this.city = city
    this.#clock = clock
    this.log = log
    this.#record = record
    this.#start()
  }

  /** What the object's clock shows, or showed and would go on to show while it is down. */
  get now(): number {
    return this.#meter.clockAt(this.#clock())
  }

  configure(record: KeyRecord): void {
    this.#record = record
    this.#meter.configure(record, this.#clock())
    this.#save()
  }

  lease(request: LeaseRequest): LeaseReply {
    this.calls.note(this.#world.now)
    const { throttle } = request
    if (throttle && throttle.version > (this.#record?.version ?? -1))
      this.configure(throttleRecord(request, throttle))
    const reply = this.#meter.lease(request, this.#clock())
    this.#save()
    this.#tickLater()
    this.#settleLater()
    // A doubled call is answered alike and admits nobody.
    if (reply.admitted > 0 && !this.#answered.has(reply)) this.log.enter(this.now, reply.admitted)
    this.#answered.add(reply)
    return reply
  }

  crash(downMs: number): void {
    if (this.isDown) return
    this.isDown = true
    this.#life += 1
    this.#ticking = false
    this.#settling = false
    this.#world.at(this.#world.now + downMs, () => {
      this.isDown = false
      this.#start()
    })
  }

  /** Requests in all that it says were used. */
  get used(): number {
    for (const row of this.#meter.unrolled(this.#clock())) this.#usage.set(row.day, row)
    this.#save()
    return [...this.#usage.values()].reduce((sum, { used }) => sum + used, 0)
  }

  #start(): void {
    const saved = { usage: [...this.#usage.values()], adjustments: [...this.#adjustments.values()] }
    this.#meter = new Meter(
      this.#record ? { ...saved, record: this.#record } : saved,
      this.#clock(),
      (this.#life % 1000) / 1000,
    )
    this.log.clockWasRead(this.now)
    this.#tickLater()
  }

  #save(): void {
    this.log.clockWasRead(this.now)
    const { usage, adjustments } = this.#meter.takeSaves()
    this.rowsWritten += usage.length + adjustments.length
    for (const row of usage) this.#usage.set(row.day, row)
    for (const row of adjustments) this.#adjustments.set(row.period, row)
  }

  #tickLater(): void {
    if (this.#ticking || !this.#meter.needsTicks) return
    this.#ticking = true
    const life = this.#life
    this.#world.at(this.#world.now + TICK_MS, () => {
      if (life !== this.#life) return
      this.#ticking = false
      this.#meter.tick(this.#clock())
      this.#save()
      this.#tickLater()
    })
  }

  /** The object's alarm, which is a row written, too. */
  #settleLater(): void {
    const settleIn = this.#meter.settleIn(this.#clock())
    if (this.#settling || settleIn === undefined) return
    this.#settling = true
    this.rowsWritten += 1
    const life = this.#life
    this.#world.at(this.#world.now + settleIn, () => {
      if (life !== this.#life) return
      this.#settling = false
      if (this.#meter.settleIn(this.#clock()) === 0) this.#meter.settle(this.#clock())
      this.#save()
      this.#settleLater()
    })
  }
}

type Answer = (reply: LeaseReply | undefined) => void

/** A relay of a meter: it has nothing but what is in memory. */
export class SimulatedRelay {
  readonly name: string
  readonly city: City
  readonly calls = new CallCount()
  readonly root: SimulatedMeter
  readonly #world: World
  readonly #clock: () => number
  readonly #callRoot: (request: LeaseRequest, answer: Answer) => void
  readonly #waiting = new Map<string, Answer[]>()
  readonly #answered = new WeakSet<LeaseReply>()
  #relay!: Relay
  #life = 0
  #wakesAt = Number.POSITIVE_INFINITY
  isDown = false

  constructor(
    world: World,
    name: string,
    city: City,
    clock: () => number,
    root: SimulatedMeter,
    callRoot: (request: LeaseRequest, answer: Answer) => void,
  ) {
    this.#world = world
    this.name = name
    this.city = city
    this.#clock = clock
    this.root = root
    this.#callRoot = callRoot
    this.#start()
  }

  /** `answer` is called once; with undefined when nobody can decide. */
  lease(request: LeaseRequest, answer: Answer): void {
    this.calls.note(this.#world.now)
    const others = this.#waiting.get(request.id)
    if (others) others.push(answer)
    else this.#waiting.set(request.id, [answer])
    this.#relay.ask(request, this.#clock())
    this.#do(0)
  }

  crash(downMs: number): void {
    if (this.isDown) return
    this.isDown = true
    this.#life += 1
    this.#waiting.clear()
    this.#world.at(this.#world.now + downMs, () => {
      this.isDown = false
      this.#start()
    })
  }

  #start(): void {
    this.#relay = new Relay({ id: `${this.name} in its life ${this.#life}`, place: this.city.place })
    this.#wakesAt = Number.POSITIVE_INFINITY
  }

  /** `fromRoot`: requests that the root has just admitted, and that the relay only passes on. */
  #do(fromRoot: number): void {
    const { calls, replies, failed } = this.#relay.take()
    const life = this.#life
    let admitted = 0
    for (const reply of replies) {
      if (!this.#answered.has(reply)) admitted += reply.admitted
      this.#answered.add(reply)
      this.#answer(reply.id, reply)
    }
    for (const id of failed) this.#answer(id, undefined)
    // By tokens of a lease, here and now.
    if (admitted > fromRoot) this.root.log.enter(this.root.now, admitted - fromRoot)
    for (const request of calls)
      this.#callRoot(request, reply => {
        if (life !== this.#life) return
        if (reply) this.#relay.answered(reply, this.#clock())
        else this.#relay.lost(request.id, this.#clock())
        this.#do(reply?.admitted ?? 0)
      })
    const at = this.#world.now + Math.max(1, this.#relay.wakeAfterMs)
    if (at === Number.POSITIVE_INFINITY || at >= this.#wakesAt) return
    this.#wakesAt = at
    this.#world.at(at, () => {
      if (life !== this.#life || this.#wakesAt !== at) return
      this.#wakesAt = Number.POSITIVE_INFINITY
      this.#relay.tick(this.#clock())
      this.#do(0)
    })
  }

  #answer(id: string, reply: LeaseReply | undefined): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    for (const answer of waiting ?? []) answer(reply)
  }
}
