import fc from 'fast-check'
import type { KeyRecord, MeterKind, Quota, Throttle } from '../../src/metering/key-record.ts'
import { LEASE, type LeaseReply, type LeaseReturn } from '../../src/metering/lease-protocol.ts'
import { Meter, TICK_MS } from '../../src/metering/meter.ts'
import type { UsageRow } from '../../src/metering/saved-meter.ts'
import { leaseRequest } from './lease-request.ts'
import { recordOf } from './simulated-key.ts'
import { AdmissionLog } from './simulator/admission-log.ts'

/** What isolates, the network and the machine may do to a meter, at its worst. */
export type Action =
  | { readonly kind: 'wait'; readonly ms: number }
  | {
      readonly kind: 'ask'
      readonly waiting: number
      readonly extra: number
      readonly up: number
      readonly caller: number
      /** Of what a caller may want; a key's object does not look at how long. */
      readonly lifeWanted: number
      readonly method: number
    }
  | { readonly kind: 'ask again'; readonly which: number }
  | { readonly kind: 'spend'; readonly which: number; readonly share: number }
  | { readonly kind: 'return'; readonly which: number; readonly share: number; readonly done: boolean }
  | { readonly kind: 'return again'; readonly which: number }
  | { readonly kind: 'give back decided'; readonly which: number }
  | { readonly kind: 'crash'; readonly downMs: number }
  /** Nobody calls for ten seconds and more: the object is evicted with what its rows say, and lives again. */
  | { readonly kind: 'hibernate'; readonly ms: number; readonly settles: boolean }
  | { readonly kind: 'set the clock'; readonly by: number }

const index = fc.nat(1_000)
const share = fc.constantFrom(0.2, 1, 1, 1)
const ask = (weight: number, waiting: number, extra: number) => ({
  weight,
  arbitrary: fc.record({
    kind: fc.constant('ask' as const),
    waiting: fc.constant(waiting),
    extra: fc.constant(extra),
    up: fc.constantFrom(0, 0, 60, 200),
    caller: fc.nat(2),
    lifeWanted: fc.constantFrom(250, 2_000, 30_000),
    method: fc.nat(2),
  }),
})

export const actions: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.oneof(fc.nat(40), fc.constantFrom(100, 249, 300, 301, 600, 3_000, 9_000, 31_000)),
    }),
  },
  // For a lease to hold on to; for all there is; for a little of both.
  ask(5, 0, 10_000),
  ask(4, 1_000, 0),
  ask(2, 3, 10),
  // For little, again and again: within what a row has reserved, or what it says lasts.
  ask(5, 1, 0),
  ask(2, 0, 8),
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('ask again' as const), which: index }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('spend' as const), which: index, share }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('return' as const), which: index, share, done: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('return again' as const), which: index }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('give back decided' as const), which: index }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('crash' as const),
      downMs: fc.constantFrom(0, 0, 50, 290, 2_000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('hibernate' as const),
      ms: fc.constantFrom(10_000, 29_000),
      settles: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('set the clock' as const),
      by: fc.constantFrom(-3_600_000, -200, 200, 3_600_000),
    }),
  },
)

/** Requests are for one of these; the first two have buckets of their own where the plan says so. */
export const METHODS = ['GET /pets', 'POST /pets', 'GET /']

export interface Played {
  readonly throttle?: Throttle
  readonly quota?: Quota
  readonly kind?: MeterKind
  /** The plan's bucket of each of the first two {@link METHODS}. */
  readonly own?: Throttle
}

function recordFor({ throttle, quota, kind = 'key', own }: Played): KeyRecord {
  const record = recordOf(throttle, quota)
  const [plan] = record.plans
  const stages = plan!.stages.map(stage => ({
    ...stage,
    ...(own && { throttle: { '/pets/GET': own, '/pets/POST': own } }),
  }))
  return { ...record, ...(kind !== 'key' && { kind }), plans: [{ ...plan!, stages }] }
}

interface HeldLease {
  readonly method: number
  readonly grant: { readonly id: string; readonly grantedAt: number }
  left: number
  returned: number
  /** True time until which its holder may believe that it lives: its clock may be off by less than the margin. */
  readonly deadline: number
  over: boolean
}

/** Isolates that keep to the protocol and otherwise use it as badly as they can. */
export class Adversary {
  now = Date.UTC(2026, 10, 22, 12)
  readonly admissions = new AdmissionLog()
  /** The same by method. */
  readonly byMethod = METHODS.map(() => new AdmissionLog())
  readonly leases: HeldLease[] = []
  admitted = 0
  /** Calls of whose decided requests one was given back. */
  readonly #givenBack = new Set<LeaseReply>()
  readonly disk = new Map<string, UsageRow>()
  readonly #record
  readonly #asked: { readonly action: Action & { kind: 'ask' }; readonly id: string; reply: LeaseReply }[] =
    []
  readonly #returned: LeaseReturn[] = []
  #offset = 0
  /** The object's clock counts what it moves forward: what an object's next life shows less is no time that went back. */
  #shift = 0
  #lives = 0
  #meter!: Meter
  #tickAt = Number.POSITIVE_INFINITY
  #ids = 0

  constructor(played: Played) {
    this.#record = recordFor(played)
    this.#start()
  }

  act(action: Action): void {
    switch (action.kind) {
      case 'wait':
        this.#wait(action.ms)
        return
      case 'ask': {
        const id = `call-${this.#ids++}`
        this.#asked.push({ action, id, reply: this.#ask(action, id) })
        return
      }
      case 'ask again': {
        const asked = this.#asked[action.which % this.#asked.length]
        if (asked) asked.reply = this.#ask(asked.action, asked.id, asked.reply)
        return
      }
      case 'spend': {
        const lease = this.#pick(action.which)
        if (!lease || lease.over || this.now >= lease.deadline) return
        const requests = Math.ceil(lease.left * action.share)
        lease.left -= requests
        if (requests > 0) this.#admit(requests, lease.method)
        return
      }
      case 'return': {
        const lease = this.#pick(action.which)
        if (!lease) return
        const unspent = Math.floor(lease.left * action.share)
        lease.left -= unspent
        lease.returned += unspent
        if (action.done) lease.over = true
        this.#return({ ...lease.grant, leased: lease.returned, decided: 0, done: lease.over })
        return
      }
      case 'return again': {
        const returned = this.#returned[action.which % this.#returned.length]
        if (returned) this.#return(returned)
        return
      }
      case 'give back decided': {
        const asked = this.#asked[action.which % this.#asked.length]
        // What the object did not decide nobody gives back as decided, but a relay.
        if (!asked || asked.reply.admitted === 0) return
        this.#givenBack.add(asked.reply)
        this.#return({ id: asked.id, grantedAt: asked.reply.grantedAt, leased: 0, decided: 1, done: false })
        return
      }
      case 'crash':
        this.#die(action.downMs)
        return
      case 'hibernate':
        // The alarm may come too late.
        if (action.settles) {
          this.#meter.settle(this.#raw)
          this.#save()
        }
        this.#die(action.ms)
        return
      case 'set the clock':
        this.#offset += action.by
    }
  }

  /** Admissions that were used: not those that were given back in time. */
  get used(): number {
    return this.admitted - this.#givenBack.size
  }

  /** Usage as it stands when everybody has fallen silent. */
  settled(): UsageRow[] {
    this.#wait(3_000)
    return this.#meter.unrolled(this.#raw)
  }

  get #raw(): number {
    return this.now + this.#offset
  }

  get #clock(): number {
    return this.#meter.clockAt(this.#raw) + this.#shift
  }

  #pick(which: number): HeldLease | undefined {
    // Young leases first: old ones are mostly over.
    return this.leases[this.leases.length - 1 - (which % Math.min(3, this.leases.length))]
  }

  #ask(
    { waiting, extra, up, caller, lifeWanted, method }: Action & { kind: 'ask' },
    id: string,
    known?: LeaseReply,
  ): LeaseReply {
    const request = leaseRequest(id, {
      caller: `isolate-${caller}`,
      method: METHODS[method]!,
      waiting,
      extra,
      lifeWanted,
      rtt: 2 * up,
    })
    const reply = this.#meter.lease(request, this.#raw)
    this.#save()
    if (this.#tickAt === Number.POSITIVE_INFINITY && this.#meter.needsTicks) this.#tickAt = this.now + TICK_MS
    // The reply of before is no new grant; any other is, for instance after a crash.
    const granted = reply !== known
    if (granted && reply.admitted > 0) this.#admit(reply.admitted, method)
    if (granted && reply.lease)
      this.leases.push({
        method,
        grant: { id, grantedAt: reply.grantedAt },
        left: reply.lease.tokens,
        returned: 0,
        deadline: this.now - up + reply.lease.lifeMs + LEASE.margin,
        over: false,
      })
    return reply
  }

  #return(returned: LeaseReturn): void {
    this.#returned.push(returned)
    const request = leaseRequest(`call-${this.#ids++}`, { caller: 'isolate-0', returns: [returned] })
    this.#meter.lease(request, this.#raw)
    this.#save()
  }

  #admit(requests: number, method: number): void {
    this.admitted += requests
    this.admissions.enter(this.#clock, requests)
    this.byMethod[method]!.enter(this.#clock, requests)
  }

  #die(downMs: number): void {
    this.#tickAt = Number.POSITIVE_INFINITY
    this.#wait(downMs)
    const shown = this.#clock
    this.#start()
    if (this.#record.kind) this.#shift += Math.max(0, shown - this.#clock)
  }

  #wait(ms: number): void {
    const until = this.now + ms
    while (this.#tickAt <= until) {
      this.now = this.#tickAt
      const again = this.#meter.tick(this.#raw)
      this.#save()
      this.#tickAt = again ? this.now + TICK_MS : Number.POSITIVE_INFINITY
    }
    this.now = until
  }

  #start(): void {
    this.#meter = new Meter(
      { record: this.#record, usage: [...this.disk.values()], adjustments: [] },
      this.#raw,
      (this.#lives++ % 4096) / 4096,
    )
    if (this.#meter.needsTicks) this.#tickAt = this.now + TICK_MS
    if (!this.#record.kind) this.#clockWasRead()
  }

  #save(): void {
    this.#clockWasRead()
    for (const row of this.#meter.takeSaves().usage) this.disk.set(row.day, row)
  }

  #clockWasRead(): void {
    for (const admissions of [this.admissions, ...this.byMethod]) admissions.clockWasRead(this.#clock)
  }
}
