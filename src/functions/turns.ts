/** Calls in one isolate at most: the one it is at, and those behind it. */
const LONGEST_LINE = 16

/** Milliseconds that a line may take by the average of a version's events, and how much of one event counts. */
const LINE_MS = 20
const COUNTED_MS = 40
/** Weight of the newest event in the average. */
const NEWEST = 1 / 16

/** Short events in a row before the next one may wait: at first, and after events turned out not to be short. */
const FEWEST = 16
const MOST = 65_536
/** After so many events in line, what made them stand apart before is forgotten. */
const PROVEN = 1024

/**
 * Lines calls of one version up before one isolate where its events are short. An isolate takes one event at a time and
 * refuses others, but one that waits for nothing is over before the isolate looks at the next: calls that overlap
 * outside do not overlap in it. One isolate that is at many events runs compiled code from memory that is at hand, and
 * sixteen that take turns do not: that is a tenth of what a short call costs. A call waits for few milliseconds; for
 * longer only if the event that it has just come to stand behind computes for as long.
 *
 * Whether events are short is found out: by the time between answers, and by refusals. The line begins with two and
 * doubles, so that a version whose events are not short shows it to a call or two; and every time it takes twice as
 * many short events to begin again.
 */
export class Turns {
  #slot: number | undefined
  /** In the order in which they were sent, which is the order of their turns. */
  #calls = new Set<object>()
  /** When the turn of the first of them came, if it is not known to have come later. */
  #turnAt = Number.NEGATIVE_INFINITY
  /** Of lines whose isolate is lost, and when it was. */
  readonly #stranded = new WeakMap<object, number>()
  /** Who was left alone by its line, and when its turn came. */
  readonly #alone = new WeakMap<object, number>()
  /** In whichever isolate. */
  #answeredAt = Number.NEGATIVE_INFINITY
  #averageMs: number | undefined
  /** Short events since the last that was not. */
  #short = 0
  #needed = FEWEST
  /** Calls that a line may have now; 1: there is none. */
  #longest = 1

  /**
   * The slot at whose end a call may stand; undefined: it needs one for itself, also where the event that is under way
   * takes longer than a line may.
   */
  join(call: object, now: number): number | undefined {
    if (this.#slot === undefined || this.#calls.size >= this.#room) return undefined
    if (now - this.#turnAt > LINE_MS) return undefined
    this.#calls.add(call)
    return this.#slot
  }

  /**
   * A call has a slot for itself: others may line up behind it. Not while there is a line already, unless that is one
   * event that takes long: it may never be heard of again, as when its caller is gone and the platform ended its request.
   */
  lead(call: object, slot: number, now: number): void {
    if (this.#room < 2) return
    const [first] = this.#calls
    if (first) {
      if (this.#calls.size > 1 || now - this.#turnAt <= LINE_MS) return
      this.#alone.set(first, this.#turnAt)
      this.#calls.delete(first)
    }
    this.#slot = slot
    this.#turnAt = now
    this.#calls.add(call)
  }

  /** A call has ended. True: its slot is nobody's now. */
  leave(call: object): boolean {
    if (this.#stranded.delete(call)) return false
    if (!this.#calls.delete(call)) return true
    if (this.#calls.size > 0) return false
    this.#slot = undefined
    return true
  }

  /** Whether a call is the first of a line in which others stand. */
  isFollowed(call: object): boolean {
    const [first] = this.#calls
    return first === call && this.#calls.size > 1
  }

  /** Whether others stand before a call, or stood there when the isolate was lost to one of them. */
  isBehind(call: object): boolean {
    if (this.#stranded.has(call)) return true
    const [first] = this.#calls
    return first !== call && this.#calls.has(call)
  }

  /**
   * An event was answered, or ended without an answer. Returns when its turn came, as far as is known: when it was sent,
   * or when the one before it in its line was answered.
   */
  answered(call: object, sentAt: number, now: number): number {
    const ms = Math.min(now - Math.max(sentAt, this.#answeredAt), COUNTED_MS)
    this.#answeredAt = now
    this.#averageMs = this.#averageMs === undefined ? ms : this.#averageMs + (ms - this.#averageMs) * NEWEST
    if (this.#averageMs * 2 > LINE_MS) this.#standApart()
    else if (++this.#short >= this.#needed) {
      this.#longest = Math.min(this.#longest * 2, LONGEST_LINE)
      if (this.#short >= this.#needed + PROVEN) this.#needed = FEWEST
    }
    if (!this.#calls.has(call)) {
      return Math.max(sentAt, this.#stranded.get(call) ?? this.#alone.get(call) ?? sentAt)
    }
    const turnAt = Math.max(sentAt, this.#turnAt)
    this.#turnAt = now
    return turnAt
  }

  /** The isolate was at another event when a call's turn came. Returns as {@link leave} does. */
  refused(call: object): boolean {
    this.#standApart()
    return this.leave(call)
  }

  /** The isolate is lost, and with it whoever stands in line. */
  strand(slot: number, now: number): void {
    if (slot !== this.#slot) return
    for (const call of this.#calls) this.#stranded.set(call, now)
    this.#calls = new Set()
    this.#slot = undefined
    this.#standApart()
  }

  get #room(): number {
    return Math.min(this.#longest, Math.floor(LINE_MS / (this.#averageMs ?? LINE_MS)))
  }

  #standApart(): void {
    if (this.#longest > 1) this.#needed = Math.min(this.#needed * 2, MOST)
    this.#longest = 1
    this.#short = 0
  }
}
