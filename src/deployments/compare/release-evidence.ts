import { keepLatest } from '../../lib/keep-latest.ts'
import {
  FEED_PROTOCOL,
  type FeedBatch,
  type FeedReply,
  type FeedTelling,
  pauseFor,
} from '../feed/feed-batch.ts'
import { copiesSince, countsSince, NO_COPIES, NO_COUNTS } from '../feed/version-counts.ts'
import type { ComparisonSettings } from '../release.ts'
import { Comparison, type ComparisonState, type Verdict } from './comparison.ts'

export interface EvidenceState {
  readonly comparison: ComparisonState
  /** What senders have said last, by sender and target. */
  readonly told: ReadonlyArray<readonly [string, FeedTelling]>
}

/** Senders and targets of which is known what they said last. What others say counts anew. */
const MOST_TOLD = 2_000

/** A sender that has said nothing for so long is none any more: milliseconds. */
const SILENT_MS = 60_000

/**
 * What isolates tell of one deployment, and what follows of it. What it has taken may be lost with the memory of who
 * holds it: isolates say again all that they have counted, so it goes on with what those that live have seen. For more,
 * save {@link ReleaseEvidence.state} now and then.
 */
export class ReleaseEvidence {
  readonly #deployment: string
  readonly #comparison: Comparison
  readonly #told: Map<string, FeedTelling>
  /** When each sender has spoken; epoch milliseconds. */
  readonly #senders = new Map<string, number>()
  /** Isolates of new versions that were loaded in advance. */
  #warmed: number

  /** @param targets what is released together: see `targetId` */
  constructor(
    deployment: string,
    settings: ComparisonSettings,
    targets: readonly string[],
    saved?: EvidenceState,
  ) {
    this.#deployment = deployment
    this.#comparison = new Comparison(settings, targets, saved?.comparison)
    this.#told = new Map(saved?.told)
    this.#warmed = [...this.#told.values()].reduce((sum, { warmed }) => sum + warmed, 0)
  }

  /**
   * Takes what an isolate says. Saying it again, or late, changes nothing.
   *
   * @param course whether the deployment goes on, goes back (from the decision on), or is over
   * @param now epoch milliseconds
   */
  tell(batch: FeedBatch, course: 'on' | 'back' | 'over', now: number): FeedReply {
    if (batch.protocol !== FEED_PROTOCOL) throw new Error(`protocol ${batch.protocol} is not spoken here`)
    const others = new Set<string>()
    for (const telling of batch.tellings) {
      if (telling.deployment === this.#deployment) this.#take(batch.sender, telling)
      else others.add(telling.deployment)
    }
    if (course === 'over') others.add(this.#deployment)
    for (const [sender, at] of this.#senders) if (now - at > SILENT_MS) this.#senders.delete(sender)
    this.#senders.set(batch.sender, now)
    return {
      everyMs: pauseFor(this.#senders.size),
      ...(others.size > 0 && { over: [...others] }),
      ...(course === 'back' && { back: [this.#deployment] }),
    }
  }

  verdict(): Verdict {
    return this.#comparison.verdict()
  }

  get warmed(): number {
    return this.#warmed
  }

  state(): EvidenceState {
    return { comparison: this.#comparison.state(), told: [...this.#told] }
  }

  #take(sender: string, telling: FeedTelling): void {
    const key = `${sender} ${telling.target}`
    const last = this.#told.get(key)
    if (last && saidOf(telling) <= saidOf(last)) return
    keepLatest(this.#told, key, telling, MOST_TOLD)
    this.#warmed += telling.warmed - (last?.warmed ?? 0)
    this.#comparison.add({
      target: telling.target,
      baseline: countsSince(telling.baseline, last?.baseline ?? NO_COUNTS),
      canary: countsSince(telling.canary, last?.canary ?? NO_COUNTS),
      mirrored: copiesSince(telling.mirrored ?? NO_COPIES, last?.mirrored ?? NO_COPIES),
    })
  }
}

/** Grows with everything that a sender counts: of two tellings the one with more of it is newer. */
const saidOf = ({ baseline, canary, mirrored = NO_COPIES, warmed }: FeedTelling): number =>
  baseline.calls +
  baseline.throttles +
  canary.calls +
  canary.throttles +
  mirrored.copies.calls +
  mirrored.copies.throttles +
  mirrored.compared +
  warmed
