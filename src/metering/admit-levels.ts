import type { Admission } from './admission.ts'
import { Asker } from './asker.ts'
import type { Admittance, Admitted, Decision, Level, Refused } from './decision.ts'
import type { LeaseSlot } from './lease-slot.ts'
import type { AdmissionTarget } from './meter-memory.ts'

/** One meter that a request has to pass. */
export interface MeterAsked {
  readonly meter: string
  readonly target: AdmissionTarget
}

/** The meters of a method of a stage, prepared once: which they are is the same for all of its requests. */
export interface RequestLevels {
  /** For the meter of whatever key a request comes with: no key is asked for the requests of other methods. */
  readonly key: AdmissionTarget
  /** Absent: the stage sets no limits for the method. */
  readonly method?: MeterAsked & {
    /** A rate or a burst of 0 lets nobody in, which needs no bucket. */
    readonly isClosed: boolean
  }
  readonly account: MeterAsked
  /** Of the latest request that leases admitted: the next one's differs only when a lease is followed by another. */
  latest?: Admittance
}

/** One level of one request on its way. */
interface Step extends MeterAsked {
  readonly level: Level
  readonly slot: LeaseSlot
}

interface Asked {
  readonly step: Step
  readonly asker: Asker
  readonly decision: Decision | Promise<Decision>
}

/**
 * Admits a request at all of its levels at once: it passes if every one of them grants, and otherwise takes nothing.
 * Levels that memory cannot decide are asked together, so that a request waits for one round trip and not for three.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
 */
export class AdmitLevels {
  readonly #admission: Admission

  constructor(admission: Admission) {
    this.#admission = admission
  }

  /** Where this isolate is; see place.ts. */
  get place(): string | undefined {
    return this.#admission.calls.place
  }

  set place(place: string) {
    this.#admission.calls.place = place
  }

  /**
   * A promise only when memory does not decide.
   *
   * @param keyMeter name of the key's meter; undefined: the request is not counted for a key
   * @param from address of the client, where it is known
   */
  admit(
    levels: RequestLevels,
    keyMeter: string | undefined,
    from?: string,
  ): Admittance | Promise<Admittance> {
    const admission = this.#admission
    const now = admission.now()
    const keySlot = keyMeter === undefined ? undefined : admission.find(keyMeter, levels.key, now)
    const { method, account } = levels
    const methodSlot = method && admission.find(method.meter, method.target, now)
    const accountSlot = admission.find(account.meter, account.target, now)!
    const keyLease = keySlot?.live(now)
    const methodLease = methodSlot?.live(now)
    const accountLease = accountSlot.live(now)
    if (
      accountLease === undefined ||
      (keyMeter !== undefined && keyLease === undefined) ||
      (method !== undefined && (methodLease === undefined || method.isClosed))
    )
      return this.#decide(levels, keyMeter, keySlot, methodSlot, accountSlot, now, from)

    accountSlot.demand.arrive(now)
    const byAccount = admission.spend(accountSlot, accountLease, account.target, now)
    let byKey: Admitted | undefined
    if (keyLease !== undefined) {
      keySlot!.demand.arrive(now)
      byKey = admission.spend(keySlot!, keyLease, levels.key, now)
    }
    let byMethod: Admitted | undefined
    if (methodLease !== undefined) {
      methodSlot!.demand.arrive(now)
      byMethod = admission.spend(methodSlot!, methodLease, method!.target, now)
    }
    const { latest } = levels
    if (latest?.account === byAccount && latest.key === byKey && latest.method === byMethod) return latest
    levels.latest = { key: byKey, method: byMethod, account: byAccount }
    return levels.latest
  }

  /** Some level has no lease: it refuses from memory, or has to be asked. */
  #decide(
    levels: RequestLevels,
    keyMeter: string | undefined,
    keySlot: LeaseSlot | undefined,
    methodSlot: LeaseSlot | undefined,
    accountSlot: LeaseSlot,
    now: number,
    from: string | undefined,
  ): Admittance | Promise<Admittance> {
    const { method, account } = levels
    const steps: Step[] = []
    if (keyMeter !== undefined && !keySlot) {
      const absent = this.#admission.absence(keyMeter, now)
      if (absent) return refusedBy(absent)
    }
    if (keySlot) steps.push({ level: 'key', meter: keyMeter!, target: levels.key, slot: keySlot })
    if (methodSlot) steps.push({ level: 'method', ...method!, slot: methodSlot })
    steps.push({ level: 'account', ...account, slot: accountSlot })

    for (const { level, meter, slot } of steps) {
      const refusal =
        level === 'method' && method!.isClosed
          ? ({ admitted: false, level, meter, reason: 'throttled', by: 'memory' } as const)
          : slot.live(now)
            ? undefined
            : slot.refusal(now)
      if (!refusal) continue
      slot.demand.arrive(now)
      return refusedBy(refusal)
    }
    // Guessed keys take nothing of what others have: their look-up comes before everything else.
    if (keyMeter !== undefined && !keySlot) return this.#meet(levels, keyMeter, from)
    return this.#inTurns(steps, now)
  }

  async #meet(levels: RequestLevels, keyMeter: string, from: string | undefined): Promise<Admittance> {
    const absent = await this.#admission.meet(keyMeter, levels.key, from)
    return absent ? refusedBy(absent) : this.admit(levels, keyMeter)
  }

  /**
   * A level that refused lately is asked before the others and alone: whoever attacks what is exhausted costs nothing
   * elsewhere.
   */
  #inTurns(steps: readonly Step[], now: number): Admittance | Promise<Admittance> {
    const isDoubtful = ({ slot }: Step) => slot.isDoubtful(now)
    const doubtful = steps.filter(isDoubtful)
    if (doubtful.length === 0 || doubtful.length === steps.length) return this.#together(steps, now)
    return this.#oneAfterTheOther(
      doubtful,
      steps.filter(step => !isDoubtful(step)),
      now,
    )
  }

  async #oneAfterTheOther(
    doubtful: readonly Step[],
    others: readonly Step[],
    now: number,
  ): Promise<Admittance> {
    const first = await this.#together(doubtful, now)
    if (first.refusal) return first
    const later = this.#admission.now()
    // What they refuse from memory by now holds as well; so they are counted, and not only asked.
    const second = await this.#together(others, later)
    if (second.refusal)
      for (const { level, target } of doubtful) {
        const granted = first[level]
        if (granted?.admitted) this.#admission.giveBack(granted, target)
      }
    return { ...first, ...second }
  }

  #together(steps: readonly Step[], now: number): Admittance | Promise<Admittance> {
    const asked = steps.map(step => {
      const asker = new Asker()
      return { step, asker, decision: this.#admission.count(step.slot, step.target, now, asker) }
    })
    return asked.some(({ decision }) => decision instanceof Promise)
      ? this.#settle(asked)
      : this.#outcome(
          steps,
          asked.map(({ decision }) => decision as Decision),
        )
  }

  /** The answer is known with the first level that refuses, in their order: nobody waits for those behind it. */
  async #settle(asked: readonly Asked[]): Promise<Admittance> {
    const decisions: Decision[] = []
    for (const [index, { decision }] of asked.entries()) {
      const decided = await decision
      decisions.push(decided)
      if (decided.admitted) continue
      for (const { step, asker, decision: late } of asked.slice(index + 1)) {
        asker.loseInterest()
        // It may have been decided already.
        void Promise.resolve(late).then(granted => {
          if (granted.admitted) this.#admission.giveBack(granted, step.target)
        })
      }
      break
    }
    return this.#outcome(
      asked.map(({ step }) => step),
      decisions,
    )
  }

  #outcome(steps: readonly Step[], decisions: readonly Decision[]): Admittance {
    const refusal = decisions.find(decision => !decision.admitted)
    if (refusal)
      for (const [index, decision] of decisions.entries())
        if (decision.admitted) this.#admission.giveBack(decision, steps[index]!.target)
    return {
      ...Object.fromEntries(decisions.map(decision => [decision.level, decision])),
      ...(refusal && { refusal: refusal as Refused }),
    }
  }
}

const refusedBy = (refusal: Refused): Admittance => ({ [refusal.level]: refusal, refusal })
