import type { Cut } from '../../src/functions/process/protocol.ts'

/** A function that runs. Times are of one clock, in milliseconds. */
export interface Running {
  /** When it got its event. */
  readonly at: number
  /** When its time is over. */
  readonly due: number
}

/** How long after its time a function may let go of the thread by itself: its own runtime ends it, too. */
export const GRACE_MS = 300

/** What the thread does between two events takes no longer. */
const TURN_MS = 20

/**
 * Whoever holds a process's only thread: of the functions that run, the one that started last, if nothing was heard of
 * the process since. Undefined when that cannot be told, as something was.
 *
 * @param heard when the process last gave a sign of life
 */
export function threadHolder<R extends Running>(running: ReadonlyArray<R>, heard: number): R | undefined {
  const last = running.toSorted((one, other) => one.at - other.at).at(-1)
  return last && heard <= last.at + TURN_MS ? last : undefined
}

export interface Judgement<R extends Running> {
  /** Whether the process has to end. */
  readonly end: boolean
  /** Those of the running functions whose calls are over, and how. */
  readonly cut: ReadonlyMap<R, Cut>
}

/**
 * What becomes of the functions in a process that does not answer. One may hold the thread until its own time is over,
 * as it may on Lambda; then the process ends. Functions that could not go on for another one's sake did not run out of
 * time: their callers are told to try again.
 */
export function judgeHung<R extends Running>(
  running: ReadonlyArray<R>,
  heard: number,
  now: number,
): Judgement<R> {
  const isOverdue = ({ due }: R) => due + GRACE_MS <= now
  const overdue = running.filter(isOverdue)
  if (overdue.length === 0) return { end: false, cut: new Map() }
  const holder = threadHolder(running, heard)
  if (holder && !isOverdue(holder))
    return { end: false, cut: new Map(overdue.map(one => [one, INTERRUPTED])) }
  const guilty = holder ? [holder] : overdue
  return {
    end: true,
    cut: new Map(running.map(one => [one, guilty.includes(one) ? { reason: 'time-out' } : INTERRUPTED])),
  }
}

/**
 * What becomes of the functions in a process that took too much memory, or ended by itself.
 *
 * @param signal in Lambda's words: `killed`
 * @param suspicions how often a function was there when this happened before
 */
export function judgeEnded<R extends Running>(
  running: ReadonlyArray<R>,
  heard: number,
  signal: string,
  suspicions: (one: R) => number,
): Judgement<R> {
  const holder = threadHolder(running, heard)
  let guilty: ReadonlyArray<R> = running.length > 1 && holder ? [holder] : running
  if (guilty.length > 1) {
    const most = Math.max(...guilty.map(suspicions))
    // Those whose calls are repeated will be fewer, or alone, the next time.
    guilty = most === 0 ? [] : guilty.filter(one => suspicions(one) === most)
  }
  return {
    end: true,
    cut: new Map(running.map(one => [one, guilty.includes(one) ? { reason: 'exit', signal } : INTERRUPTED])),
  }
}

const INTERRUPTED: Cut = { reason: 'interrupted' }
