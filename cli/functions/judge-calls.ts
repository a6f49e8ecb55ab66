import type { Cut } from '../../src/functions/process/protocol.ts'

/** A function that runs. Times are of one clock, in milliseconds. */
export interface Running {
  /** When it got its event. */
  readonly at: number
  /** When its time is over. */
  readonly due: number
  /** Names what runs, for what is known of it. */
  readonly code: string
}

export interface Judgement<R extends Running> {
  /** Whether the process has to end. */
  readonly end: boolean
  /** Those of the running functions whose calls are over, and how. */
  readonly cut: ReadonlyMap<R, Cut>
}

/** How long after its time a function may let go of the thread by itself: its own runtime ends it, too. */
export const GRACE_MS = 300

/** So soon after it got its event, a sign of life of the process may still be one from before. */
const TURN_MS = 20

const WELL = 1

/** What is known of functions from earlier calls: it tells which of several is the likeliest to have gone wrong. */
export class Reputation {
  readonly #known = new Map<string, number>()

  /** {@link WELL}: its last call went well. 0: unknown. Below: it was there when a process had to end. */
  of({ code }: Running): number {
    return this.#known.get(code) ?? 0
  }

  isGood(one: Running): boolean {
    return this.of(one) === WELL
  }

  wentWell({ code }: Running): void {
    this.#known.set(code, WELL)
  }

  suspect(one: Running): void {
    this.#known.set(one.code, Math.min(this.of(one), 0) - 1)
  }
}

/**
 * Who may hold a process's only thread: functions whose calls have not always gone well, and of those, or of all when
 * all have, the ones that got their event since the process was last heard of; one that had waited may hold it too.
 *
 * @param heard when the process last gave a sign of life
 */
export function suspects<R extends Running>(
  running: ReadonlyArray<R>,
  heard: number,
  reputation: Reputation,
): ReadonlyArray<R> {
  const doubtful = running.filter(one => !reputation.isGood(one))
  const isFresh = ({ at }: R) => heard <= at + TURN_MS
  const [first] = [doubtful.filter(isFresh), doubtful, running.filter(isFresh), running].filter(
    ({ length }) => length > 0,
  )
  if (!first) return []
  const worst = Math.min(...first.map(one => reputation.of(one)))
  return first.filter(one => reputation.of(one) === worst)
}

/**
 * What becomes of the functions in a process that does not answer. One may hold the thread until its own time is over,
 * as it may on Lambda; then the process ends. So it does if it could be one of several and the time of one is over: to
 * wait for the others would be to hold them responsible. Functions that could not go on for another one's sake did not
 * run out of time: their callers are told to try again.
 *
 * @param suspected as {@link suspects} says
 */
export function judgeHung<R extends Running>(
  running: ReadonlyArray<R>,
  suspected: ReadonlyArray<R>,
  now: number,
): Judgement<R> {
  const isOverdue = ({ due }: R) => due + GRACE_MS <= now
  const guilty = suspected.filter(isOverdue)
  const end = guilty.length > 0
  const over = end ? running : running.filter(isOverdue)
  return { end, cut: new Map(over.map(one => [one, guilty.includes(one) ? TIMED_OUT : INTERRUPTED])) }
}

/**
 * What becomes of the functions in a process that took too much memory, or ended by itself. When it could be any of
 * several, none is blamed yet: those whose calls are repeated will be fewer the next time, and suspected.
 *
 * @param signal in Lambda's words: `killed`
 */
export function judgeEnded<R extends Running>(
  running: ReadonlyArray<R>,
  suspected: ReadonlyArray<R>,
  signal: string,
  reputation: Reputation,
): Judgement<R> {
  const isKnown = suspected.length === 1 || suspected.some(one => reputation.of(one) < 0)
  return {
    end: true,
    cut: new Map(
      running.map(one => [
        one,
        isKnown && suspected.includes(one) ? { reason: 'exit', signal } : INTERRUPTED,
      ]),
    ),
  }
}

const INTERRUPTED: Cut = { reason: 'interrupted' }
const TIMED_OUT: Cut = { reason: 'time-out' }
