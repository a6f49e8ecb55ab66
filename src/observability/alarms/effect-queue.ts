import { type AlarmEffect, afterFailure, type PendingEffect, targetOf } from './alarm-effects.ts'
import { earliest } from './earliest.ts'

/** What has changed of a queue. */
export interface QueueSaves {
  readonly effects: readonly PendingEffect[]
  /** Numbers of those that are over. */
  readonly doneEffects: readonly number[]
}

/** What is still to be done because of changes of alarms. Times are epoch milliseconds. */
export class EffectQueue {
  readonly #newId: () => string
  readonly #effects = new Map<number, PendingEffect>()
  #nextNumber: number
  readonly #dirty = new Set<number>()
  readonly #done = new Set<number>()

  constructor(effects: readonly PendingEffect[], newId: () => string) {
    this.#newId = newId
    for (const pending of effects) this.#effects.set(pending.number, pending)
    this.#nextNumber = Math.max(0, ...effects.map(({ number }) => number)) + 1
  }

  add(effect: AlarmEffect, now: number): void {
    const number = this.#nextNumber++
    this.#effects.set(number, { number, id: this.#newId(), effect, since: now, due: now, failures: 0 })
    this.#dirty.add(number)
  }

  /** What is to be done now. */
  due(now: number): PendingEffect[] {
    return this.#nextOfTargets().filter(({ due }) => due <= now)
  }

  /** When something is next to be done. */
  next(): number | undefined {
    return earliest(this.#nextOfTargets().map(({ due }) => due))
  }

  /** It was done, or never can be. @returns false: that is known already */
  ended({ number }: PendingEffect): boolean {
    if (!this.#effects.delete(number)) return false
    this.#dirty.delete(number)
    this.#done.add(number)
    return true
  }

  /** It could not be done this time. @returns false: it has been tried for too long, and is to be given up */
  failed(pending: PendingEffect, now: number): boolean {
    const again = afterFailure(pending, now)
    if (!again) return false
    this.#effects.set(again.number, again)
    this.#dirty.add(again.number)
    return true
  }

  takeSaves(): QueueSaves {
    const saves = {
      effects: [...this.#dirty].map(number => this.#effects.get(number)!),
      doneEffects: [...this.#done],
    }
    this.#dirty.clear()
    this.#done.clear()
    return saves
  }

  /** Of each target only the oldest, so that it hears of changes in their order. */
  #nextOfTargets(): PendingEffect[] {
    const first = new Map<string, PendingEffect>()
    for (const pending of this.#effects.values()) {
      const target = targetOf(pending.effect)
      const known = first.get(target)
      if (!known || pending.number < known.number) first.set(target, pending)
    }
    return [...first.values()]
  }
}
