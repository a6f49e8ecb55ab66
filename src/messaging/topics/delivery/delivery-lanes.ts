import type { Delivery } from './parcel-tables.ts'

/** How many deliveries of a kind may be under way at the same time. */
export interface LaneLimits {
  /** Altogether. */
  readonly atOnce: number
  /** To one subscription. */
  readonly toOne: number
}

interface Lane {
  /** Those that are due first come first; new ones are due at once. */
  waiting: Delivery[]
  underWay: number
  /** The last one failed: it is probed with one at a time, so that a dead endpoint holds nobody up. */
  isTroubled: boolean
}

/**
 * What of a topic is to be delivered next: each subscription in a lane of its own, and the lanes by turns, so that one
 * that is slow or dead does not hold up the others.
 */
export class DeliveryLanes {
  readonly #limits: LaneLimits
  readonly #lanes = new Map<string, Lane>()
  #underWay = 0
  #size = 0

  constructor(limits: LaneLimits) {
    this.#limits = limits
  }

  /** Deliveries that wait or are under way. */
  get size(): number {
    return this.#size
  }

  add(delivery: Delivery): void {
    const { subscription, due } = delivery
    let lane = this.#lanes.get(subscription)
    if (!lane) {
      lane = { waiting: [], underWay: 0, isTroubled: false }
      this.#lanes.set(subscription, lane)
    }
    const { waiting } = lane
    let at = waiting.length
    while (at > 0 && waiting[at - 1]!.due > due) at -= 1
    waiting.splice(at, 0, delivery)
    this.#size += 1
  }

  /** Those that are to begin now; each of them has to be ended. */
  take(now: number): Delivery[] {
    const taken: Delivery[] = []
    for (let found = true; found && this.#underWay < this.#limits.atOnce; ) {
      found = false
      for (const [name, lane] of [...this.#lanes]) {
        if (this.#underWay >= this.#limits.atOnce) break
        const first = lane.waiting[0]
        const most = lane.isTroubled ? 1 : this.#limits.toOne
        if (!first || first.due > now || lane.underWay >= most) continue
        lane.waiting.shift()
        lane.underWay += 1
        this.#underWay += 1
        taken.push(first)
        found = true
        // Last in the map: the others come before its next one.
        this.#lanes.delete(name)
        this.#lanes.set(name, lane)
      }
    }
    return taken
  }

  /** One that was taken is over; if it is tried again, it is added anew. */
  end({ subscription }: Delivery, failed: boolean): void {
    const lane = this.#lanes.get(subscription)
    this.#size -= 1
    this.#underWay -= 1
    if (!lane) return
    lane.underWay -= 1
    lane.isTroubled = failed
    if (lane.underWay === 0 && lane.waiting.length === 0 && !failed) this.#lanes.delete(subscription)
  }

  /** When the next one is due that nothing else holds back; undefined when nothing waits. Epoch milliseconds. */
  get nextDue(): number | undefined {
    let next: number | undefined
    for (const { waiting } of this.#lanes.values()) {
      const due = waiting[0]?.due
      if (due !== undefined && (next === undefined || due < next)) next = due
    }
    return next
  }

  /** What waits is not wanted any more; what is under way is still to be ended. */
  clear(): void {
    for (const [name, lane] of [...this.#lanes]) {
      this.#size -= lane.waiting.length
      lane.waiting = []
      if (lane.underWay === 0) this.#lanes.delete(name)
    }
  }
}
