import { Admission } from '../../../src/metering/admission.ts'
import { AdmitLevels, type RequestLevels } from '../../../src/metering/admit-levels.ts'
import type { Admittance, Admitted, Decision } from '../../../src/metering/decision.ts'
import type { KeyRecord, Quota, Throttle } from '../../../src/metering/key-record.ts'
import type { LeaseReply, LeaseRequest } from '../../../src/metering/lease-protocol.ts'
import type { LeaseSlot } from '../../../src/metering/lease-slot.ts'
import { type Place, type RelayAddress, relayName } from '../../../src/metering/relays/relay-address.ts'
import { randomSource } from '../../random-source.ts'
import { recordOf } from '../simulated-key.ts'
import { AdmissionLog } from './admission-log.ts'
import { SimulatedMeter, SimulatedRelay } from './meters.ts'
import { type City, citiesOf, distanceMs } from './network.ts'
import { World } from './world.ts'

const EPOCH = Date.UTC(2026, 10, 22, 12)
const CITIES = 300
const KEY = 'keys/000000000000/us-east-1/hot'
const METHOD = 'throttles/000000000000/us-east-1/api/prod/GET /hot'
const ACCOUNT = 'accounts/000000000000/us-east-1'
const STAGE = { apiId: 'api', stage: 'prod' }

/** Messages that do not arrive, in either direction. */
export interface Partition {
  readonly from: number
  readonly until: number
  /** Between whom: relays and the meters' own objects, isolates and those, or isolates and relays. */
  readonly between: 'relays and roots' | 'isolates and roots' | 'isolates and relays'
  /** On the isolates' or the relays' side; absent: everywhere. */
  readonly places?: readonly Place[]
}

export interface Setting {
  readonly seed?: number
  readonly isolates: number
  readonly seconds: number
  /** Requests a second, of all isolates together, once all are there; and how that changes with time. */
  readonly demand: number
  readonly course?: (atMs: number) => number
  /** How uneven isolates are: 0: all alike; 1: a tenth of them has most of the requests. */
  readonly uneven?: number
  /** Isolates start one after the other within this time. */
  readonly rampMs?: number
  readonly key?: { readonly throttle?: Throttle; readonly quota?: Quota }
  readonly method?: Throttle
  readonly account?: Throttle
  /** Absent: where a meter wants them. */
  readonly relays?: 'never' | 'always'
  /** Shares of messages. */
  readonly lost?: number
  readonly doubled?: number
  readonly partitions?: readonly Partition[]
  /** Milliseconds between crashes, on average, of isolates and of objects (meters and relays alike). */
  readonly isolateCrashMs?: number
  readonly objectCrashMs?: number
  /** Clocks are off by up to an hour, and every second or two they step by one of these, milliseconds. */
  readonly clockSteps?: {
    readonly roots: readonly number[]
    /** Of isolates and relays, whose clocks must not fall behind unnoticed by more than the margin. */
    readonly callers: readonly number[]
  }
  /** Records that are published while it runs. */
  readonly changes?: readonly { readonly at: number; readonly record: KeyRecord }[]
}

/** One request, when it was decided. */
export interface Outcome {
  readonly at: number
  readonly waitedMs: number
  readonly admitted: boolean
  readonly reason?: string
  readonly isFirst: boolean
}

export interface Run {
  readonly requests: number
  readonly outcomes: readonly Outcome[]
  readonly roots: ReadonlyMap<string, SimulatedMeter>
  readonly relays: ReadonlyMap<string, SimulatedRelay>
  /** Requests that every level admitted, and those whose isolate died before it could say so. */
  readonly admitted: number
}

/** Tells the log of each meter what is admitted from leases, when it is. */
class LoggedAdmission extends Admission {
  logOf: (meter: string) => SimulatedMeter = () => {
    throw new Error('no meters yet')
  }
  /** Entries by what admitted them. */
  readonly #entries = new Map<unknown, number[]>()

  override spend(...spending: Parameters<Admission['spend']>): Admitted {
    const admitted = super.spend(...spending)
    this.#enter(admitted)
    return admitted
  }

  override count(slot: LeaseSlot, ...rest: [Parameters<Admission['count']>[1], number]) {
    const decision = super.count(slot, ...rest)
    if (decision instanceof Promise)
      return decision.then(decided => {
        if (decided.admitted && decided.by === 'lease') this.#enter(decided)
        return decided
      })
    return decision
  }

  override giveBack(...back: Parameters<Admission['giveBack']>): void {
    const [{ by, grant, meter }] = back
    if (by === 'lease') this.logOf(meter).log.strike(this.#entries.get(grant)!.pop()!)
    super.giveBack(...back)
  }

  #enter({ meter, grant }: Admitted): void {
    const root = this.logOf(meter)
    const entry = root.log.enter(root.now, 1)
    const entries = this.#entries.get(grant)
    if (entries) entries.push(entry)
    else {
      // Those of leases that are long over are not given back any more.
      if (this.#entries.size > 50) this.#entries.delete(this.#entries.keys().next().value)
      this.#entries.set(grant, [entry])
    }
  }
}

export async function simulate(setting: Setting): Promise<Run> {
  const { isolates, seconds, demand, rampMs = 0, uneven = 0, lost = 0, doubled = 0 } = setting
  const random = randomSource(setting.seed ?? 1)
  const world = new World()
  const cities = citiesOf(CITIES, random)
  const end = seconds * 1000
  const exponential = (mean: number) => -Math.log(1 - random()) * mean

  /** A machine's clock: whole milliseconds; off, and stepping, where the setting wants it. */
  const machineClock = (of: 'roots' | 'callers'): (() => number) => {
    const steps = setting.clockSteps?.[of] ?? []
    if (steps.length === 0) return () => Math.floor(EPOCH + world.now)
    let off = Math.round((random() - 0.5) * 7_200_000)
    const step = () => {
      off += steps[Math.floor(random() * steps.length)]!
      if (world.now < end) world.at(world.now + 500 + exponential(1_000), step)
    }
    world.at(world.now + exponential(1_000), step)
    return () => Math.floor(EPOCH + world.now + off)
  }

  const recordFor = (name: string): KeyRecord | undefined => {
    if (name === KEY) return recordOf(setting.key?.throttle, setting.key?.quota)
    if (name !== ACCOUNT) return undefined
    const account = recordOf(setting.account)
    return {
      ...account,
      kind: 'account',
      plans: [{ ...account.plans[0]!, stages: [{ apiId: '', stage: '' }] }],
    }
  }
  const roots = new Map<string, SimulatedMeter>()
  const relays = new Map<string, SimulatedRelay>()
  const rootOf = (name: string, near: City): SimulatedMeter => {
    let root = roots.get(name)
    if (!root) {
      root = new SimulatedMeter(world, near, machineClock('roots'), new AdmissionLog(), recordFor(name))
      roots.set(name, root)
    }
    return root
  }
  const isCut = (between: Partition['between'], place: Place): boolean =>
    (setting.partitions ?? []).some(
      cut =>
        cut.between === between &&
        world.now >= cut.from &&
        world.now < cut.until &&
        (cut.places?.includes(place) ?? true),
    )
  const oneWay = (a: City, b: City) => distanceMs(a, b) * (1 + random() * 0.3) + exponential(0.3)
  const isLost = (share: number) => share > 0 && world.now < end && random() < share

  /** A message there and an answer back, either of which may be lost; and another like it, where messages double. */
  const exchange = <Request, Reply>(
    [from, to]: readonly [City, City],
    cut: () => boolean,
    request: Request,
    arrive: (request: Request, answer: (reply: Reply) => void) => void,
    answered: (reply: Reply) => void,
  ): void => {
    if (!isLost(lost) && !cut())
      world.at(world.now + oneWay(from, to), () =>
        arrive(request, reply => {
          if (!isLost(lost) && !cut()) world.at(world.now + oneWay(to, from), () => answered(reply))
        }),
      )
    if (isLost(doubled) && !cut())
      world.at(world.now + oneWay(from, to) + random() * 400, () => arrive(request, () => {}))
  }

  const callRoot = (
    from: City,
    root: SimulatedMeter,
    cut: () => boolean,
    request: LeaseRequest,
    answered: (reply: LeaseReply | undefined) => void,
  ) =>
    exchange<LeaseRequest, LeaseReply | undefined>(
      [from, root.city],
      cut,
      request,
      (arrived, answer) => answer(root.isDown ? undefined : root.lease(arrived)),
      answered,
    )

  const relayOf = (name: string, address: RelayAddress, near: City): SimulatedRelay => {
    const full = relayName(name, address)
    let relay = relays.get(full)
    if (!relay) {
      const root = rootOf(name, near)
      // Any city of the place: the platform chooses.
      const there = cities.filter(({ place }) => place === address.place)
      const city = there[Math.floor(random() * there.length)]!
      const cut = () => isCut('relays and roots', city.place)
      relay = new SimulatedRelay(world, full, city, machineClock('callers'), root, (request, answer) =>
        callRoot(city, root, cut, request, answer),
      )
      relays.set(full, relay)
    }
    return relay
  }

  const outcomes: Outcome[] = []
  let requests = 0
  let admitted = 0
  const levels: RequestLevels = {
    key: { ...STAGE, method: 'GET /hot' },
    ...(setting.method && {
      method: {
        meter: METHOD,
        target: {
          ...STAGE,
          throttle: { rate: setting.method.rateLimit, burst: setting.method.burstLimit, version: 1 },
        },
        isClosed: false,
      },
    }),
    account: { meter: ACCOUNT, target: { apiId: '', stage: '', level: 'account' } },
  }

  const weights = Array.from({ length: isolates }, () => (1 - random()) ** -uneven)
  const whole = weights.reduce((sum, weight) => sum + weight, 0)

  /** One isolate; when it dies another one takes its place. */
  const startIsolate = (index: number, generation: number, startsAt: number): void => {
    const city = cities[index % cities.length]!
    let isAlive = true
    const unavailable = () => Object.assign(new Error('the object is down'), { retryable: false })
    const callObject = (name: string, request: LeaseRequest, address?: RelayAddress) =>
      new Promise<LeaseReply>((resolve, reject) => {
        const answered = (reply: LeaseReply | undefined) => {
          if (isAlive) world.settle(() => (reply ? resolve(reply) : reject(unavailable())))
        }
        const asked = setting.relays === 'always' ? { place: city.place, number: 0 } : address
        if (asked) {
          const relay = relayOf(name, asked, city)
          exchange<LeaseRequest, LeaseReply | undefined>(
            [city, relay.city],
            () => isCut('isolates and relays', city.place),
            request,
            (arrived, answer) => (relay.isDown ? answer(undefined) : relay.lease(arrived, answer)),
            answered,
          )
        } else {
          const cut = () => isCut('isolates and roots', city.place)
          callRoot(city, rootOf(name, city), cut, request, answered)
        }
      })
    const admission = new LoggedAdmission({
      clock: machineClock('callers'),
      callObject,
      recordExists: async () => true,
      defer: () => {},
      sleep: ms => new Promise(resolve => world.at(world.now + ms, () => isAlive && world.settle(resolve))),
      newId: () => `isolate-${index}-${generation}`,
    })
    admission.logOf = meter => rootOf(meter, city)
    if (setting.relays !== 'never') admission.calls.place = city.place
    const all = new AdmitLevels(admission)
    let isFirst = true
    const ask = (): void => {
      requests += 1
      const asked = world.now
      const first = isFirst
      isFirst = false
      const decided = (decision: Decision | Admittance) => {
        const refusal = 'admitted' in decision ? (decision.admitted ? undefined : decision) : decision.refusal
        if (!refusal) admitted += 1
        const waitedMs = world.now - asked
        outcomes.push({ at: asked, waitedMs, admitted: !refusal, reason: refusal?.reason, isFirst: first })
      }
      const decision = setting.account ? all.admit(levels, KEY) : admission.admit(KEY, levels.key)
      if (decision instanceof Promise) {
        world.begun()
        void (decision as Promise<Decision | Admittance>).then(decided)
      } else decided(decision)
    }
    const perMs = (demand * weights[index]!) / whole / 1000
    const next = (): void => {
      // Thinned: the course says which share of the highest demand there is.
      const at = world.now + exponential(1 / perMs)
      if (at >= end) return
      world.at(at, () => {
        if (!isAlive) return
        if (!setting.course || random() < setting.course(world.now)) ask()
        next()
      })
    }
    world.at(startsAt, next)
    if (setting.isolateCrashMs)
      world.at(startsAt + exponential(setting.isolateCrashMs), () => {
        if (world.now >= end) return
        isAlive = false
        startIsolate(index, generation + 1, world.now)
      })
  }
  for (let index = 0; index < isolates; index += 1) startIsolate(index, 0, (index / isolates) * rampMs)

  if (setting.objectCrashMs) {
    const crash = (): void => {
      if (world.now >= end) return
      const objects = [...roots.values(), ...relays.values()]
      objects[Math.floor(random() * objects.length)]?.crash(random() < 0.5 ? 0 : random() * 800)
      world.at(world.now + exponential(setting.objectCrashMs!), crash)
    }
    world.at(exponential(setting.objectCrashMs), crash)
  }
  for (const { at, record } of setting.changes ?? [])
    world.at(at, () => rootOf(KEY, cities[0]!).configure(record))

  await world.run(end)
  // Whatever is owed comes home.
  await world.run(end + 12_000)
  return { requests, outcomes, roots, relays, admitted }
}

export const keyMeterOf = ({ roots }: Run): SimulatedMeter => roots.get(KEY)!
export const accountMeterOf = ({ roots }: Run): SimulatedMeter => roots.get(ACCOUNT)!
export const methodMeterOf = ({ roots }: Run): SimulatedMeter => roots.get(METHOD)!
