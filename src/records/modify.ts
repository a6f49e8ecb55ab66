import { StaleRevision } from './records.ts'

/**
 * Each failed attempt means that somebody else's change was committed, so this many writers of one resource all get
 * through without a pause; more are helped by the pauses.
 */
const ATTEMPTS = 12

/** Attempts that follow each other at once; later ones wait a random while, so that contenders spread out. */
const IMMEDIATE = 3

const LONGEST_PAUSE_MS = 40

/**
 * A read-modify-write that loses no update: `work` reads, decides and commits; when what it read has changed
 * meanwhile ({@link StaleRevision}), it is run again from its reads. It must therefore have no effect but its commit.
 * Throws the last {@link StaleRevision} when others kept being faster.
 */
export async function modify<T>(
  work: () => Promise<T>,
  pause: (attempt: number) => Promise<void> = randomPause,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof StaleRevision) || attempt === ATTEMPTS) throw error
      if (attempt > IMMEDIATE) await pause(attempt)
    }
  }
}

/**
 * As {@link modify}, and throws what a service says when others kept being faster.
 *
 * @param refusal of the last failure
 */
export async function modifyOr<T>(
  refusal: (cause: StaleRevision) => Error,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await modify(work)
  } catch (error) {
    throw error instanceof StaleRevision ? refusal(error) : error
  }
}

const randomPause = (attempt: number): Promise<void> =>
  new Promise(resolve => setTimeout(resolve, Math.random() * LONGEST_PAUSE_MS * (attempt - IMMEDIATE)))
